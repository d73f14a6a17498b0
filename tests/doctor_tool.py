"""A server that prio-processor doctor finds nothing wrong with, to be spoilt one thing at a time."""

import json
import pathlib
import subprocess
import tempfile

import servers
from servers import APP, DATE


class Patient:
	"""env: its variables. Its buckets are directories, which nobody else can read, until env says otherwise."""

	def __init__(self, program, folder):
		self.program, self.folder = program, pathlib.Path(folder)
		own, other = servers.new_keys(), servers.new_keys()
		self.secrets = [own.private, servers.new_secret()]
		self.own, self.other = own.public, other.public
		self.env = {
			"APP_NAME": APP, "SUBMISSION_DATE": DATE, "DATA_CONFIG": self.config([{"batch_id": "one", "n_data": 441}]), "SERVER_ID": "A",
			"SHARED_SECRET": self.secrets[1], "PRIVATE_KEY_HEX": own.private, "PUBLIC_KEY_HEX_INTERNAL": self.own,
			"PUBLIC_KEY_HEX_EXTERNAL": self.other, "MIN_BATCH": "1000", "MAX_REFUSED_FRACTION": "0.1", "REQUIRE_MANIFEST": "1",
			"RETRY_LIMIT": "60", "RETRY_DELAY": "60", "RETRY_BACKOFF_EXPONENT": "1",
			"BUCKET_INTERNAL_ENDPOINT": f"file://{self.folder}/ours", "BUCKET_EXTERNAL_ENDPOINT": f"file://{self.folder}/theirs",
			"BUCKET_INTERNAL_INGEST": "ingest", "BUCKET_INTERNAL_PRIVATE": "private", "BUCKET_INTERNAL_SHARED": "shared",
			"BUCKET_EXTERNAL_SHARED": "shared",
		}
		for path in ("ours/ingest", "ours/private", "ours/shared", "theirs/shared"):
			self.bucket(path).mkdir(parents=True, mode=0o700)

	@property
	def inner(self):
		return f"data/v1/{self.other}/{APP}/{DATE}"

	def bucket(self, path):
		return self.folder / path

	def config(self, batches):
		path = self.folder / "config.json"
		path.write_text(batches if isinstance(batches, str) else json.dumps(batches))
		return str(path)

	def files(self):
		return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))

	def run(self, *options, env=None, **more):
		variables = servers.environment(**{"PRIO_CPU": "", **self.env, **(env or {})})
		return subprocess.run([self.program, "doctor", *options], env=variables, stdin=subprocess.DEVNULL, capture_output=True,
			cwd=self.folder, text=True, timeout=servers.PATIENCE_S, check=False, **more)

	def findings(self, env=None, **more):
		"""What it found that is not well, as (level, what, text). Checks that the table says the same, and that no secret is said."""
		done = self.run("--json", env=env, **more)
		answer = json.loads(done.stdout)
		for secret in self.secrets:
			assert secret not in done.stdout + done.stderr
		levels = [one["level"] for one in answer["findings"]]
		assert {level: levels.count(level) for level in ("ok", "warn", "fail")} == {
			level: answer[level] for level in ("ok", "warn", "fail")}
		assert done.returncode == (1 if answer["fail"] else 0), done.stderr
		assert all(("advice" in one) == (one["level"] != "ok") for one in answer["findings"])
		self.told = answer["findings"]
		return [(one["level"], one["what"], one["text"]) for one in answer["findings"] if one["level"] != "ok"]

	def finds(self, level, what, text, env=None, **more):
		"""It finds this, and at most that beside it; returns what else."""
		found = self.findings(env, **more)
		matching = [one for one in found if one[0] == level and one[1] == what and text in one[2]]
		assert matching, found
		return [one for one in found if one not in matching]

	def finds_only(self, level, what, text, env=None, **more):
		others = self.finds(level, what, text, env, **more)
		assert others == []


class OpenFolder:
	"""A folder that everybody can reach: pytest's own are closed to others."""

	def __enter__(self):
		self.held = tempfile.TemporaryDirectory(prefix="doctor-", dir="/tmp")
		path = pathlib.Path(self.held.name)
		path.chmod(0o755)
		return path

	def __exit__(self, *_):
		self.held.cleanup()

"""compose.yml at work, from Python: brings it up, waits, reads what was published. For the script demo and for the tests."""

import json
import os
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE_S = 600


class Deployment:
	"""One compose project over an environment directory of generate-dotenv.

	docker, compose   how to call them, as lists of words
	variables         for the compose file, besides PRIO_LOCAL
	"""

	def __init__(self, docker, compose, local, project, file="compose.yml", variables=None):
		self.docker, self.compose_words = docker, [*compose, "-p", project, "-f", os.path.join(HERE, file)]
		self.local = os.path.abspath(local)
		self.environment = {**os.environ, "PRIO_LOCAL": self.local, **(variables or {})}

	def call(self, words, check=True, stderr=subprocess.PIPE):
		done = subprocess.run(words, cwd=HERE, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, text=True,
			errors="replace", timeout=PATIENCE_S, check=False)
		if check and done.returncode != 0:
			raise RuntimeError(f"{' '.join(words)}: {(done.stderr or done.stdout or '').strip()[-2000:]}")
		return done

	def compose(self, *words, check=True):
		return self.call([*self.compose_words, *words], check)

	def up(self, *services):
		self.compose("up", "--detach", "--no-build", *services)

	def down(self):
		self.compose("down", "--volumes", "--timeout", "5", check=False)

	def container(self, service):
		"""The container of a service, running or not. Older versions of compose list those that ended only with --all, the oldest always."""
		for option in (["--all"], []):
			ids = self.compose("ps", "-q", *option, service, check=False).stdout.split()
			if ids:
				return ids[0]
		raise RuntimeError(f"service {service} has no container")

	def wait(self, service):
		"""The exit code of a service, once it ended."""
		return int(self.call([*self.docker, "wait", self.container(service)]).stdout)

	def log(self, service):
		done = self.call([*self.docker, "logs", self.container(service)])
		return done.stdout, done.stderr

	def inspect(self, service):
		return json.loads(self.call([*self.docker, "inspect", self.container(service)]).stdout)[0]

	def variables(self, role):
		with open(os.path.join(self.local, role, ".env"), encoding="utf-8") as file:
			return dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)

	def run(self, service, *words, check=True):
		"""A command beside a service, with its environment, networks and mounts."""
		return self.compose("run", "--rm", "-T", "--no-deps", service, *words, check=check)

	def published(self, service, role):
		"""{batch id: record} of what a server published, read with its own keys. One container lists and prints, for speed."""
		own = self.variables(role)
		under = "/".join((own.get("BUCKET_PREFIX", "data/v1"), own["PUBLIC_KEY_HEX_EXTERNAL"], own["APP_NAME"], own["SUBMISSION_DATE"], "processed/publish"))
		script = f"prio-processor ls --recursive --json private:{under} | sed -n 's/.*\"name\": *\"\\([^\"]*\\/part-[^\"]*\\)\".*/\\1/p' | " \
			"while read -r name; do printf '%s\\t' \"$name\"; prio-processor cat \"$name\"; done"
		records = {}
		for line in self.run(service, "sh", "-ec", script).stdout.splitlines():
			name, record = line.split("\t")
			records[name.split("batch_id=")[1].split("/")[0]] = json.loads(record)
		return records


def truth_in(text):
	"""What generate printed to standard output as TRUTH: {batch id: counts}."""
	return {entry["batch_id"]: entry["payload"] for entry in json.loads(text[text.index("["):])}


def until(condition, seconds):
	end = time.monotonic() + seconds
	while not condition():
		if time.monotonic() > end:
			return False
		time.sleep(0.2)
	return True

"""Whole runs of two servers that have the rights of deploy/policies and no other: all that a run needs is in them, and nothing
that it does not need."""

import collections
import json
import os
import subprocess

import pytest

import s3_policy
import servers
from test_policies import BUCKETS, OTHER, SIDES, Sides

BATCH, N_DATA, N_ROWS = "some=batch", 20, 30
Outcome = collections.namedtuple("Outcome", "code err")


class Pair:
	"""Both servers, each with a key pair for its own buckets and one for its partner's shared bucket."""

	def __init__(self, sides, directory):
		self.sides, self.directory = sides, str(directory)
		self.keys = {side: servers.new_keys() for side in SIDES}
		self.secret = servers.new_secret()
		self.config = os.path.join(self.directory, "config.json")
		with open(self.config, "w", encoding="utf-8") as file:
			json.dump([{"batch_id": BATCH, "n_data": N_DATA}], file)

	def common(self, side):
		return {"APP_NAME": servers.APP, "SUBMISSION_DATE": servers.DATE, "DATA_CONFIG": self.config, "SERVER_ID": side.upper(),
			"PUBLIC_KEY_HEX_INTERNAL": self.keys[side].public, "PUBLIC_KEY_HEX_EXTERNAL": self.keys[OTHER[side]].public}

	def generate(self):
		outside = {name.replace("INTERNAL", "EXTERNAL"): value for name, value in self.sides.environment("b", "ingest").items()}
		truth = os.path.join(self.directory, "truth.json")
		made = servers.run_tool(servers.PROCESSOR, "generate", "--mode", "random", "--n-rows", N_ROWS, "--truth", truth, **self.common("a"),
			**self.sides.environment("a", "ingest"), **outside)
		assert made.returncode == servers.DONE, made.stderr
		with open(truth, encoding="utf-8") as file:
			return json.load(file)[0]["payload"]

	def start(self, side, **changes):
		return subprocess.Popen([servers.PROCESSOR, "process"], env=servers.environment(**self.common(side),
			PRIVATE_KEY_HEX=self.keys[side].private, SHARED_SECRET=self.secret, **self.sides.environment(side, "server"),
			**self.sides.environment(OTHER[side], "partner"),
			**{"RETRY_LIMIT": "50", "RETRY_DELAY": "0.2", "RETRY_BACKOFF_EXPONENT": "1", **changes}),
			stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

	def run(self, until=SIDES, of_a=None, of_b=None):
		"""Both servers at once, until those of these sides have ended; of_a and of_b change their environments."""
		running = {"a": self.start("a", **(of_a or {})), "b": self.start("b", **(of_b or {}))}
		try:
			return {side: Outcome(err=running[side].communicate(timeout=servers.PATIENCE_S)[1], code=running[side].returncode) for side in until}
		finally:
			for process in running.values():
				process.kill()
				process.communicate()

	def keys_in(self, side, bucket):
		return self.sides.server.client().list(self.sides.bucket(side, bucket), "data/v1/" + self.keys[OTHER[side]].public)

	def published(self, side):
		part, = [key for key in self.keys_in(side, "private") if "/publish/" in key and "/part-" in key]
		return json.loads(self.sides.server.client().get(self.sides.bucket(side, "private"), part))["payload"]


@pytest.fixture
def pair(s3_server, tmp_path):
	return Pair(Sides(s3_server, tmp_path / "setup", "--ingest-role", "generate"), tmp_path)


def test_a_run_and_its_clearing(pair):
	truth = pair.generate()
	for side, outcome in pair.run().items():
		assert outcome.code == servers.DONE, outcome.err
		assert "denied" not in outcome.err and "allowed" not in outcome.err, outcome.err
		assert pair.published(side) == truth
		assert pair.keys_in(side, "ingest") == [] and pair.keys_in(side, "shared") == []


# Not tried here: what is for uploads that broke off, which are found and ended where that is allowed.
NEEDED = [(user, statement["Sid"], action) for user in ("server", "partner")
	for statement in s3_policy.statements(user, *BUCKETS) for action in statement["Action"]
	if action not in ("s3:AbortMultipartUpload", "s3:ListBucketMultipartUploads")]


@pytest.mark.parametrize("user, sid, action", NEEDED, ids=[f"{user}-{action[3:]}-{sid}" for user, sid, action in NEEDED])
def test_each_right_is_needed(pair, user, sid, action):
	"""Without one right to side A's buckets, the server that has its keys names it: as what it failed for, or as what it could not do."""
	names = {bucket: pair.sides.bucket("a", bucket) for bucket in BUCKETS}
	users = {}
	for other, role in (("server", "server"), ("partner", "partner"), ("ingest", "generate")):
		found = pair.sides.environment("a", other)
		statements = s3_policy.statements(role, **names)
		for statement in statements:
			if (other, statement["Sid"]) == (user, sid):
				statement["Action"] = [own for own in statement["Action"] if own != action]
		users[f"{pair.sides.side('a')}-{other}"] = {
			"secret": next(value for name, value in found.items() if name.endswith("_SECRET_KEY")),
			"statements": [statement for statement in statements if statement["Action"]]}
	pair.generate()
	if (user, action) == ("partner", "s3:GetObject"):  # asked for when a run goes on: is what was sent there?
		pair.run(of_a={"MIN_BATCH": str(N_ROWS + 1)}, of_b={"RETRY_LIMIT": "25"})
	if (user, action) == ("partner", "s3:DeleteObject"):  # of what an earlier run left in a directory of ours
		pair.sides.server.client().put(names["shared"],
			f"data/v1/{pair.keys['b'].public}/{servers.APP}/{servers.DATE}/intermediate/external/verify1/batch_id={BATCH}/part-old.json", b"")
	pair.sides.server.make_users_and_buckets({"buckets": list(names.values()), "users": users})
	side = "a" if user == "server" else "b"
	outcome = pair.run(until=side)[side]
	assert action in outcome.err, outcome.err

"""Whole runs of two servers, each side's buckets wherever the test says: in directories, or on an S3 server, with a user for the
side itself and another one for its partner."""

import json
import os

import servers
from servers import APP, DATE, DONE, OTHER, PREFIX

ROLES = ("ingest", "private", "shared")
SIDES = ("INTERNAL", "EXTERNAL")


class InFiles:
	def __init__(self, directory):
		self.directory = str(directory)
		os.makedirs(self.directory, exist_ok=True)

	def variables(self, where):
		"""where: INTERNAL, as the side's own server names it, or EXTERNAL, as the partner does."""
		return {f"BUCKET_{where}_ENDPOINT": "file://" + self.directory, **{f"BUCKET_{where}_{role.upper()}": role for role in ROLES}}

	def keys(self, role):
		top = os.path.join(self.directory, role)
		return sorted(os.path.relpath(os.path.join(folder, name), top) for folder, _, names in os.walk(top) for name in names)

	def get(self, role, key):
		with open(os.path.join(self.directory, role, key), "rb") as file:
			return file.read()


class OnS3:
	def __init__(self, server):
		"""Makes the buckets, and both users with all rights to what they need."""
		self.server = server
		name = "side-" + os.urandom(4).hex()
		self.buckets = {role: f"{name}-{role}" for role in ROLES}
		self.users = {"INTERNAL": (name + "-own", os.urandom(12).hex()), "EXTERNAL": (name + "-partner", os.urandom(12).hex())}
		full = {"INTERNAL": list(self.buckets.values()), "EXTERNAL": [self.buckets["shared"], self.buckets["ingest"]]}
		server.make_users_and_buckets({"buckets": list(self.buckets.values()),
			"users": {self.users[where][0]: {"secret": self.users[where][1], "full": full[where]} for where in SIDES}})

	def variables(self, where):
		key, secret = self.users[where]
		found = {"ENDPOINT": self.server.url, "ACCESS_KEY": key, "SECRET_KEY": secret, "CA_FILE": self.server.ca_file,
			**{role.upper(): bucket for role, bucket in self.buckets.items()}}
		return {f"BUCKET_{where}_{name}": value for name, value in found.items()}

	def keys(self, role):
		return self.server.client().list(self.buckets[role])

	def get(self, role, key):
		return self.server.client().get(self.buckets[role], key)


class Runs:
	"""Both servers; places: {"A": ..., "B": ...}."""

	def __init__(self, directory, places, batches, keys=None, secret=None):
		self.directory, self.places = str(directory), places
		os.makedirs(self.directory, exist_ok=True)
		self.keys = keys or {name: servers.new_keys() for name in "AB"}
		self.secret = secret or servers.new_secret()
		self.config = os.path.join(self.directory, "config.json")
		with open(self.config, "w", encoding="utf-8") as file:
			json.dump(batches, file)
		self.n_runs = 0

	def variables(self, name, **changes):
		own, other = self.places[name].variables("INTERNAL"), self.places[OTHER[name]].variables("EXTERNAL")
		other.pop("BUCKET_EXTERNAL_PRIVATE")
		return servers.environment(**{"APP_NAME": APP, "SUBMISSION_DATE": DATE, "DATA_CONFIG": self.config, "SERVER_ID": name,
			"SHARED_SECRET": self.secret, "PRIVATE_KEY_HEX": self.keys[name].private, "PUBLIC_KEY_HEX_INTERNAL": self.keys[name].public,
			"PUBLIC_KEY_HEX_EXTERNAL": self.keys[OTHER[name]].public, "BUCKET_PREFIX": PREFIX, **own, **other,
			"RETRY_LIMIT": "2000", "RETRY_DELAY": "0.05", "RETRY_BACKOFF_EXPONENT": "1", **changes})

	def start(self, name, *words, **changes):
		self.n_runs += 1
		return servers.Run([servers.PROCESSOR, *(words or ["process"])], self.variables(name, **changes),
			os.path.join(self.directory, f"{self.n_runs}-{name}"))

	def generate(self, *options):
		"""Fills both ingest buckets from A's side; returns the true counts by batch."""
		truth = os.path.join(self.directory, "truth.json")
		run = self.start("A", "generate", "--mode", "random", "--truth", truth, *options)
		assert run.wait() == DONE, run.err
		with open(truth, encoding="utf-8") as file:
			return {batch["batch_id"]: batch["payload"] for batch in json.load(file)}

	def run(self, watch=None, **changes):
		"""Both at once, to the end; watch is called with them again and again. Returns them by name."""
		runs = {name: self.start(name, **changes) for name in "AB"}
		try:
			while any([run.is_running() for run in runs.values()]):
				if watch:
					watch(runs)
				else:
					next(run for run in runs.values() if run.is_running()).wait()
		finally:
			for run in runs.values():
				run.stop()
		return runs

	def published(self, name):
		place, found = self.places[name], {}
		for key in place.keys("private"):
			if "/processed/publish/" in key and "/part-" in key:
				record = json.loads(place.get("private", key))
				batch = key.split("/publish/batch_id=")[1].split("/")[0]
				found[batch] = record["payload"]
		return found

	def check(self, truth, **changes):
		"""Runs both; each publishes the truth, and what is no longer needed is gone."""
		runs = self.run(**changes)
		for name, run in runs.items():
			assert run.code == DONE, run.err
			assert self.published(name) == truth, name
			assert self.places[name].keys("ingest") == [] and self.places[name].keys("shared") == []
		return runs

"""Two servers over files in one directory, as the demo sets them up, and clients whose true counts are known."""

import json
import os
import subprocess
import sys
import tempfile

APP, DATE, PREFIX = "bench", "2026-01-01", "data/v1"


def bytes_under(top):
	return sum(os.lstat(os.path.join(folder, name)).st_size for folder, _, names in os.walk(top) for name in names)


class Site:
	"""n_records of n_data fields for both servers, in their ingest buckets."""

	def __init__(self, bindir, directory, n_records, n_data):
		self.bindir, self.directory, self.n_records, self.n_data = bindir, directory, n_records, n_data
		self.config = os.path.join(directory, "config.json")
		self.truth = os.path.join(directory, "truth.json")
		with open(self.config, "w", encoding="utf-8") as file:
			json.dump([{"batch_id": "bench", "n_data": n_data}], file)
		self.keys = {name: json.loads(self.prio("keygen")) for name in "AB"}
		self.secret = json.loads(self.prio("shared-seed"))["shared_seed"]
		self.generated = self.timed("A", ["generate", "--mode", "random", "--n-rows", str(n_records), "--seed", "1", "--truth",
			self.truth], BUCKET_EXTERNAL_INGEST="ingest")
		os.sync()  # what generating left to write would be written in the time of others, at their first fsync

	def prio(self, *words):
		return subprocess.run([os.path.join(self.bindir, "prio"), *words], stdout=subprocess.PIPE, check=True).stdout

	def variables(self, name, more):
		other = "B" if name == "A" else "A"
		return {
			"PATH": os.environ["PATH"], "APP_NAME": APP, "SUBMISSION_DATE": DATE, "BUCKET_PREFIX": PREFIX,
			"DATA_CONFIG": self.config, "SERVER_ID": name, "SHARED_SECRET": self.secret,
			"PRIVATE_KEY_HEX": self.keys[name]["private_key"], "PUBLIC_KEY_HEX_INTERNAL": self.keys[name]["public_key"],
			"PUBLIC_KEY_HEX_EXTERNAL": self.keys[other]["public_key"],
			"BUCKET_INTERNAL_ENDPOINT": f"file://{self.directory}/{name}", "BUCKET_EXTERNAL_ENDPOINT": f"file://{self.directory}/{other}",
			"BUCKET_INTERNAL_INGEST": "ingest", "BUCKET_INTERNAL_PRIVATE": "private", "BUCKET_INTERNAL_SHARED": "shared",
			"BUCKET_EXTERNAL_SHARED": "shared", "RETRY_LIMIT": "100000", "RETRY_DELAY": "0.02", "RETRY_BACKOFF_EXPONENT": "1",
			"KEEP_STATE": "1", **more,
		}

	def start(self, name, words, cores=None, before=(), **more):
		"""prio-processor on some cores, under the clock of prio_bench: (process, file of times). before: a command that runs it."""
		times = os.path.join(self.directory, f"times-{name}.json")
		prefix = [] if cores is None else ["taskset", "-c", ",".join(str(core) for core in cores)]
		command = [os.path.join(self.bindir, "prio_bench"), "time", times, *prefix, *before, os.path.join(self.bindir, "prio-processor")]
		return subprocess.Popen([*command, *words], env=self.variables(name, more), stdout=subprocess.DEVNULL,
			stderr=subprocess.PIPE, text=True), times

	def finish(self, started, wanted=""):
		"""What it took. wanted: words that must stand in what it said where it failed, if it is to fail."""
		process, times = started
		said = process.communicate()[1]
		if process.returncode != 0 and (not wanted or wanted not in said):
			sys.exit(f"prio-processor failed:\n{said}")
		with open(times, encoding="utf-8") as file:
			took = json.load(file)
		took["cpu_s"] = took["user_s"] + took["sys_s"]
		return took

	def timed(self, name, words, cores=None, **more):
		return self.finish(self.start(name, words, cores, **more))

	def part_lines(self, stage, name):
		"""All lines that server `name` sent for a stage, sorted."""
		lines = []
		other = "B" if name == "A" else "A"
		for folder, _, names in os.walk(os.path.join(self.directory, other, "shared")):
			for part in names if f"/external/{stage}" in folder else ():
				if part.startswith("part-"):
					with open(os.path.join(folder, part), "rb") as file:
						lines += file.read().splitlines()
		return sorted(lines)

	def check(self, name):
		"""Published counts against the clients' truth."""
		with open(self.truth, encoding="utf-8") as file:
			truth = next(batch["payload"] for batch in json.load(file) if batch["batch_id"] == "bench")
		for folder, _, names in os.walk(os.path.join(self.directory, name, "private")):
			parts = [part for part in names if part.startswith("part-")]
			if "processed/publish" in folder and parts:
				with open(os.path.join(folder, parts[0]), encoding="utf-8") as file:
					if json.load(file)["payload"] != truth:
						sys.exit(f"server {name} published wrong counts")
				return
		sys.exit(f"server {name} published nothing")

	def put_aside(self, name, bucket):
		"""Out of the way, to be deleted together with the site. Some file systems (ext4 without a journal) make files slowly for some
		minutes after many were deleted, which would be counted as time of the next run."""
		path = os.path.join(self.directory, name, bucket)
		if os.path.exists(path):
			os.rename(path, tempfile.mkdtemp(dir=self.directory))

	def forget(self, name):
		"""As if this server had never run; what the other one sent stays."""
		self.put_aside(name, "private")

	def forget_all(self):
		for name in "AB":
			self.forget(name)
			self.put_aside(name, "shared")

	def sizes(self):
		"""Bytes on disk, after a run that kept its state."""
		result = {}
		for name, other in ("AB", "BA"):
			result[name] = {
				"raw": bytes_under(os.path.join(self.directory, name, "ingest")),
				"private": bytes_under(os.path.join(self.directory, name, "private")),
				"sent": bytes_under(os.path.join(self.directory, other, "shared")),
			}
		return result

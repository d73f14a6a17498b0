"""One whole run through a network that loses, breaks, doubles and delays a tenth of what passes, while either server is killed
and started again at random moments."""

import collections
import json
import os
import random
import time

import fault_proxy
import servers
from servers import APP, DATE, DONE, OTHER, PREFIX, PROCESSOR, Run, environment

BATCHES = ({"batch_id": "small=1", "n_data": 30}, {"batch_id": "large 2", "n_data": 2000})
N_ROWS = 150  # A's shares of the large batch are 10 MB: more than what is uploaded in one request
TASK_BYTES = 1 << 20  # so that a part is cut into ten ranges
RATE = 0.1
# What is rare in a run fails more often, so that a few runs meet everything.
RATES = {"LIST": 0.15, "LIST uploads": 0.35, "DELETE many": 0.55, "GET range": 0.15, "create upload": 0.6, "upload part": 0.4,
	"complete upload": 0.6, "abort upload": 0.6}
N_COPIES, N_COPIES_MAX = 8, 40  # of an object in two parts: as many as it takes that uploads meet everything
UPLOAD_OPERATIONS = ("create upload", "upload part", "complete upload")
N_STALE = 8  # uploads that somebody left half-done
RESTARTS_MAX = 60  # of one server, by itself or by us
PATIENCE_S = 240
# Of every operation that a run is made of; each must meet every fault that can befall it.
OPERATIONS = ("GET", "GET range", "HEAD", "LIST", "LIST uploads", "PUT", "PUT if", "create upload", "upload part", "complete upload",
	"abort upload", "DELETE many")

Verdict = collections.namedtuple("Verdict", "published restarts kills seconds calm faults requests")


class Scene:
	"""Both servers with buckets of their own on one S3 server, behind one proxy."""

	def __init__(self, server, directory, seed, met):
		"""met: Counter of (operation, kind) that earlier scenes met: others come first."""
		self.server, self.directory, self.random = server, str(directory), random.Random(seed)
		self.keys = {side: servers.new_keys() for side in "AB"}
		self.secret = servers.new_secret()
		self.buckets = {(side, role): server.new_bucket() for side in "AB" for role in ("ingest", "private", "shared")}
		self.client = server.client(server.root_key, server.root_secret)
		self.config = self.write("config.json", json.dumps(BATCHES))
		self.proxy = fault_proxy.FaultProxy(server.url, seed=seed, rate=RATE, rates=RATES, delay_s=0.1, late_s=0.3, trickle_s=0.2)
		self.proxy.injected.update(met)
		self.met = collections.Counter(met)
		self.n_runs = 0
		self.programs = os.path.dirname(PROCESSOR)

	def write(self, name, text):
		path = os.path.join(self.directory, name)
		with open(path, "w", encoding="utf-8") as file:
			file.write(text)
		return path

	def variables(self, side, url):
		"""Everything that process takes, and cp."""
		key = {"ACCESS_KEY": self.server.root_key, "SECRET_KEY": self.server.root_secret, "ENDPOINT": url}
		return environment(APP_NAME=APP, SUBMISSION_DATE=DATE, DATA_CONFIG=self.config, SERVER_ID=side, SHARED_SECRET=self.secret,
			PRIVATE_KEY_HEX=self.keys[side].private, PUBLIC_KEY_HEX_INTERNAL=self.keys[side].public,
			PUBLIC_KEY_HEX_EXTERNAL=self.keys[OTHER[side]].public,
			BUCKET_INTERNAL_INGEST=self.buckets[side, "ingest"], BUCKET_INTERNAL_PRIVATE=self.buckets[side, "private"],
			BUCKET_INTERNAL_SHARED=self.buckets[side, "shared"], BUCKET_EXTERNAL_SHARED=self.buckets[OTHER[side], "shared"],
			RETRY_LIMIT=40, RETRY_DELAY=0.25, RETRY_BACKOFF_EXPONENT=1, PRIO_LEASE_TTL=5, PRIO_CRASH_TASK_BYTES=TASK_BYTES,
			**{f"BUCKET_{where}_{name}": value for where in ("INTERNAL", "EXTERNAL") for name, value in key.items()})

	def start(self, side, url, *command):
		self.n_runs += 1
		return Run([os.path.join(self.programs, command[0]), *command[1:]], self.variables(side, url),
			os.path.join(self.directory, f"{self.n_runs:03}-{side}"))

	def until_done(self, side, url, *command):
		"""Again and again; returns how often it was started."""
		for n in range(1, RESTARTS_MAX + 1):
			run = self.start(side, url, *command)
			if run.wait(PATIENCE_S) == DONE:
				return n
		raise AssertionError(f"{command[:2]} does not come to its end; at last: {run.err}")

	def fill(self):
		"""Raw shares through the faults; the marker last."""
		self.truth = os.path.join(self.directory, "truth.json")
		made = servers.run_tool(PROCESSOR, "generate", MODE="random", SERVER_ID="A", DATA_CONFIG=self.config, N_ROWS=N_ROWS,
			OUTPUT=os.path.join(self.directory, "shares"), TRUTH=self.truth, PUBLIC_KEY_HEX_INTERNAL=self.keys["A"].public,
			PUBLIC_KEY_HEX_EXTERNAL=self.keys["B"].public)
		assert made.returncode == DONE, made.stderr
		for side in "AB":
			target = "/".join((PREFIX, self.keys[OTHER[side]].public, APP, DATE, "raw/shares/"))
			self.until_done(side, self.proxy.url, "prio-processor", "cp", "--recursive",
				os.path.join(self.directory, f"shares/server_{side.lower()}/raw/shares/"), "ingest:" + target)

	def upload(self):
		"""Large objects, again and again: what arrives must be what was sent."""
		data = self.random.randbytes((8 << 20) + 12345)
		path = os.path.join(self.directory, "large")
		with open(path, "wb") as file:
			file.write(data)
		for n in range(N_COPIES_MAX):
			if n >= N_COPIES and not self.proxy.missing(operations=UPLOAD_OPERATIONS):
				break
			self.until_done("A", self.proxy.url, "prio-processor", "cp", path, f"private:copies/{n}")
			assert self.client.get(self.buckets["A", "private"], f"copies/{n}") == data, n
		os.remove(path)

	def leave_uploads(self):
		"""What a run that was killed leaves, where the next one must end it."""
		for n in range(N_STALE):
			key = "/".join((PREFIX, self.keys["B"].public, APP, DATE, f"checkpoint/stale-{n}"))
			self.client.expect("begin an upload", "POST", f"/{self.buckets['A', 'private']}/{key}", {"uploads": ""})

	def published(self, side):
		"""The counts of every batch that is published, by batch id; read past the proxy."""
		found = {}
		prefix = "/".join((PREFIX, self.keys[OTHER[side]].public, APP, DATE, "processed/publish/"))
		for key in self.client.list(self.buckets[side, "private"], prefix):
			if "/part-" in key:
				batch = key[len(prefix):].split("/")[0].removeprefix("batch_id=")
				assert batch not in found, key
				found[batch] = json.loads(self.client.get(self.buckets[side, "private"], key))["payload"]
		return found

	def told(self):
		"""What every run said, for a person who has to find out what went wrong."""
		words = []
		for name in sorted(os.listdir(self.directory)):
			if name.endswith((".err", ".out")):
				with open(os.path.join(self.directory, name), encoding="utf-8", errors="replace") as file:
					words.append(f"-- {name}\n{file.read()}")
		return "\n".join(words)

	def expected(self):
		with open(self.truth, encoding="utf-8") as file:
			return {batch["batch_id"]: batch["payload"] for batch in json.load(file)}

	def check(self, must_be_complete):
		"""Whatever is published is the truth, also where not all is yet."""
		expected = self.expected()
		for side in "AB":
			found = self.published(side)
			wrong = {batch: sum(a != b for a, b in zip(counts, expected[batch])) for batch, counts in found.items() if counts != expected[batch]}
			assert not wrong, f"{self.directory}: {side} published wrong counts (batch: how many): {wrong}\n{self.told()}"
			assert not must_be_complete or set(found) == set(expected), f"{self.directory}: {side} published {sorted(found)}"

	def run_both(self, url, kills):
		"""Until both are done or patience ends; a server that ends otherwise is started again. Returns (done, restarts, kills)."""
		running = {side: self.start(side, url, "prio-processor-crash", "process") for side in "AB"}
		begun = {side: time.monotonic() for side in "AB"}
		moment = {side: self.moment(kills) for side in "AB"}
		n_restarts = n_kills = 0
		end = time.monotonic() + PATIENCE_S
		done = set()
		try:
			while len(done) < 2 and time.monotonic() < end and n_restarts < RESTARTS_MAX:
				time.sleep(0.02)
				for side in set("AB") - done:
					run = running[side]
					if run.is_running():
						if time.monotonic() - begun[side] >= moment[side]:
							run.stop()
							n_kills += 1
						continue
					if run.code == DONE:
						done.add(side)
						continue
					assert run.code in (-9, servers.FAILED, servers.UNPUBLISHED), f"exit code {run.code}: {run.err}"
					n_restarts += 1
					running[side], begun[side] = self.start(side, url, "prio-processor-crash", "process"), time.monotonic()
					moment[side] = self.moment(kills)
		finally:
			for run in running.values():
				run.stop()
		return len(done) == 2, n_restarts, n_kills

	def moment(self, kills):
		"""Seconds after which a run is killed: half of the runs, at first."""
		return self.random.uniform(0.05, 3) if kills and self.random.random() < 0.5 else float("inf")

	def play(self):
		begun = time.monotonic()
		with self.proxy:
			self.fill()
			self.upload()
			self.leave_uploads()
			calm = False
			done, n_restarts, n_kills = self.run_both(self.proxy.url, kills=True)
			self.check(must_be_complete=done)
			if not done:
				calm = True
				self.proxy.disable()
				done, *_ = self.run_both(self.proxy.url, kills=False)
				assert done, f"{self.directory}: not even a network without faults brings it to its end"
				self.check(must_be_complete=True)
			assert not self.proxy.trouble, self.proxy.trouble
			return Verdict(True, n_restarts, n_kills, time.monotonic() - begun, calm, self.proxy.counts() - self.met,
				collections.Counter(self.proxy.requests))

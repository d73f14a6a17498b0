"""Two servers on one machine, for tests: each with its buckets as directories, and the programs under test from PRIO_BIN and
PRIO_PROCESSOR_BIN (build/bin without them)."""

import collections
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import uuid

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PRIO = os.environ.get("PRIO_BIN") or os.path.join(TOP, "build/bin/prio")
PROCESSOR = os.environ.get("PRIO_PROCESSOR_BIN") or os.path.join(TOP, "build/bin/prio-processor")
PREFIX, APP, DATE = "data/v1", "test-app", "2026-11-22"
STAGES = ("verify1", "verify2", "aggregate")
DONE, FAILED, USAGE, UNPUBLISHED = 0, 1, 2, 3
PATIENCE_S = 300  # a run that takes longer hangs
RUNTIME = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "PATH", "LD_LIBRARY_PATH", "PRIO_CPU")
OTHER = {"A": "B", "B": "A"}
# Where tests/s3/with_gateway.py has a server of S3 for us; None: buckets are reached as directories.
GATEWAY = json.loads(os.environ.get("PRIO_TEST_GATEWAY", "null"))
MIRROR = None
LOOK_SECONDS = 0.05  # how often a mirror is brought up to date beside a run
if GATEWAY and GATEWAY["is_mirrored"]:
	sys.path[1:1] = [os.path.join(TOP, "tests/s3"), os.path.join(TOP, "deploy")]
	import mirror
	import s3_client

	MIRROR = mirror.Mirror(GATEWAY["root"], s3_client.Client(GATEWAY["url"], GATEWAY["access_key"], GATEWAY["secret_key"]))

Keys = collections.namedtuple("Keys", "private public")


def environment(**variables):
	"""Nothing of the surroundings but what the sanitizers need."""
	return {**{name: os.environ[name] for name in RUNTIME if name in os.environ}, **{k: str(v) for k, v in variables.items() if v is not None}}


def run_tool(*arguments, **variables):
	return subprocess.run([str(word) for word in arguments], env=environment(**variables), capture_output=True, text=True,
		timeout=PATIENCE_S, check=False)


def new_keys():
	made = json.loads(run_tool(PRIO, "keygen").stdout)
	return Keys(made["private_key"], made["public_key"])


def new_secret():
	return json.loads(run_tool(PRIO, "shared-seed").stdout)["shared_seed"]


def encode(vectors, batch, n_data, key_a, key_b, directory, *options):
	"""What clients send: vectors is a list of (id, fields); returns the lines for A and for B, in the same order."""
	os.makedirs(directory, exist_ok=True)
	with open(os.path.join(directory, "vectors.json"), "w", encoding="utf-8") as file:
		for key, fields in vectors:
			file.write(json.dumps({"id": key, "payload": fields}) + "\n")
	out = [os.path.join(directory, name) for name in ("for-a", "for-b")]
	made = run_tool(PRIO, "encode-shares", "--input", file.name, "--output-A", out[0], "--output-B", out[1], *options,
		BATCH_ID=batch, N_DATA=n_data, PUBLIC_KEY_HEX_INTERNAL=key_a, PUBLIC_KEY_HEX_EXTERNAL=key_b)
	assert made.returncode == DONE, made.stderr
	lines = tuple(read_lines(path) for path in out)
	shutil.rmtree(directory)
	assert len(lines[0]) == len(lines[1]) == len(vectors)
	return lines


def read_lines(directory):
	"""All lines of all part files of a batch directory, as text."""
	lines = []
	for path in sorted(glob.glob(os.path.join(glob.escape(directory), "*"))):
		if os.path.basename(path)[0] not in "_.":
			with open(path, encoding="utf-8", newline="") as file:
				text = file.read()
			assert text == "" or text.endswith("\n"), path
			lines += text.split("\n")[:-1]
	return lines


def batches_in(stage_directory):
	return sorted(name[len("batch_id="):] for name in os.listdir(stage_directory) if name.startswith("batch_id=")) \
		if os.path.isdir(stage_directory) else []


class Run:
	"""A process that was started: its outcome once it ended. sync: called now and then while it runs, and when it has ended."""

	def __init__(self, arguments, variables, log, sync=None):
		self.log = log
		self.sync, self.next_sync = sync, 0
		self.err_path, self.out_path = log + ".err", log + ".out"
		with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
			self.process = subprocess.Popen([str(word) for word in arguments], env=variables, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
		self.code = None
		self.peak_bytes = None

	def is_running(self):
		if self.code is None:
			pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
			if pid:
				self._end(status, usage)
			elif self.sync and time.monotonic() >= self.next_sync:
				self.sync()
				self.next_sync = time.monotonic() + LOOK_SECONDS
			if not pid:
				self._look_at_memory()
		return self.code is None

	def _look_at_memory(self):
		"""The most that it has used. What wait4 says is not below what this very Python has used, for it was forked from it."""
		with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
			used = [int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:")]
		self.peak_bytes = used[0] if used else self.peak_bytes

	def _end(self, status, usage):
		self.code = os.waitstatus_to_exitcode(status)
		self.process.returncode = self.code
		self.peak_bytes = self.peak_bytes or usage.ru_maxrss * 1024
		if self.sync:
			self.sync()

	def wait(self, seconds=PATIENCE_S):
		end = time.monotonic() + seconds
		while self.is_running():
			if time.monotonic() > end:
				self.stop()
				raise AssertionError(f"still running after {seconds} s:\n{self.err}")
			time.sleep(0.01)
		return self.code

	def stop(self):
		if self.is_running():
			self.process.kill()
			_, status, usage = os.wait4(self.process.pid, 0)
			self._end(status, usage)

	@property
	def err(self):
		with open(self.err_path, encoding="utf-8", errors="replace") as file:
			return file.read()

	@property
	def out(self):
		with open(self.out_path, encoding="utf-8", errors="replace") as file:
			return file.read()

	@property
	def summary(self):
		return {batch["batch_id"]: batch for batch in json.loads(self.out)["batches"]}


class Server:
	"""One server's side: where its buckets are, how it is configured, what it wrote."""

	def __init__(self, name, root, keys, secret, config, one_bucket=False):
		self.name, self.root, self.keys, self.secret, self.config = name, str(root), keys, secret, str(config)
		self.own, self.other = keys[name].public, keys[OTHER[name]].public
		self._place(one_bucket)
		self.inner = f"{PREFIX}/{self.other}/{APP}/{DATE}"
		self.outer = f"{PREFIX}/{self.own}/{APP}/{DATE}"
		self.n_runs = 0
		os.makedirs(self.root, exist_ok=True)
		for home, bucket in ((self.home, self.ingest), (self.home, self.private), (self.home, self.shared), (self.partner_home, self.partner_shared)):
			os.makedirs(os.path.join(home, bucket) if GATEWAY else home, exist_ok=True)

	def _place(self, one_bucket):
		"""The directories of both servers' buckets, and the buckets' names: with a gateway all lie in one, so that names must tell them apart."""
		sides = ["both", "both"] if one_bucket else [self.name.lower(), OTHER[self.name].lower()]
		roles = ("all",) * 3 if one_bucket else ("ingest", "private", "shared")
		if GATEWAY:
			place = hashlib.sha256(self.root.encode()).hexdigest()[:12]
			self.home = self.partner_home = GATEWAY["root"]
			self.ingest, self.private, self.shared = (f"{place}-{sides[0]}-{role}" for role in roles)
			self.partner_shared = f"{place}-{sides[1]}-{roles[2]}"
		else:
			self.home, self.partner_home = (os.path.join(self.root, side) for side in sides)
			self.ingest, self.private, self.shared = roles
			self.partner_shared = self.shared

	def bucket_paths(self):
		"""The directory of each of its buckets, by role; one of them may stand for all."""
		named = {self.ingest: "ingest", self.private: "private", self.shared: "shared"}
		return {role: os.path.join(self.home, bucket) for bucket, role in named.items()}

	def access(self):
		if not GATEWAY:
			return {"BUCKET_INTERNAL_ENDPOINT": "file://" + self.home, "BUCKET_EXTERNAL_ENDPOINT": "file://" + self.partner_home}
		key = {"ENDPOINT": GATEWAY["url"], "ACCESS_KEY": GATEWAY["access_key"], "SECRET_KEY": GATEWAY["secret_key"]}
		return {f"BUCKET_{side}_{name}": value for side in ("INTERNAL", "EXTERNAL") for name, value in key.items()}

	def sync(self):
		"""Carries over what was changed in its buckets, or in their directories, where these are not the same."""
		if MIRROR:
			MIRROR.sync({self.ingest, self.private, self.shared, self.partner_shared})

	def variables(self, **changes):
		return {
			"APP_NAME": APP, "SUBMISSION_DATE": DATE, "DATA_CONFIG": self.config, "SERVER_ID": self.name,
			"SHARED_SECRET": self.secret, "PRIVATE_KEY_HEX": self.keys[self.name].private,
			"PUBLIC_KEY_HEX_INTERNAL": self.own, "PUBLIC_KEY_HEX_EXTERNAL": self.other,
			**self.access(),
			"BUCKET_INTERNAL_INGEST": self.ingest, "BUCKET_INTERNAL_PRIVATE": self.private, "BUCKET_INTERNAL_SHARED": self.shared,
			"BUCKET_EXTERNAL_SHARED": self.partner_shared, "BUCKET_PREFIX": PREFIX,
			"RETRY_LIMIT": "2000", "RETRY_DELAY": "0.05", "RETRY_BACKOFF_EXPONENT": "1",
			"KEEP_STATE": "1", **changes}

	def start(self, *options, **changes):
		self.n_runs += 1
		self.sync()
		return Run([PROCESSOR, "process", *options], environment(**self.variables(**changes)),
			os.path.join(self.root, f"{self.name}-{self.n_runs}"), self.sync if MIRROR else None)

	# Directories, absolute.
	def raw(self, batch=None):
		return self._path(self.home, self.ingest, self.inner, "raw/shares", batch)

	def kept(self, stage, batch=None):
		return self._path(self.home, self.private, self.inner, "intermediate/internal", stage, batch)

	def checkpoints(self, batch=None):
		return self._path(self.home, self.private, self.inner, "checkpoint", batch)

	def sent(self, stage, batch=None):
		return self._path(self.partner_home, self.partner_shared, self.outer, "intermediate/external", stage, batch)

	def received(self, stage, batch=None):
		return self._path(self.home, self.shared, self.inner, "intermediate/external", stage, batch)

	def processed(self, what="publish", batch=None):
		return self._path(self.home, self.private, self.inner, "processed", what, batch)

	@staticmethod
	def _path(*words):
		words = list(words)
		batch = words.pop()
		return os.path.join(*words, *([] if batch is None else ["batch_id=" + batch]))

	# What it wrote.
	def published(self, batch):
		lines = read_lines(self.processed("publish", batch))
		assert len(lines) == 1, lines
		return json.loads(lines[0])

	def refused(self, batch, stage):
		path = os.path.join(self.processed("refused", batch), stage + ".json")
		if not os.path.exists(path):
			return []
		with open(path, encoding="utf-8") as file:
			return [json.loads(line) for line in file]

	def reasons(self, batch, stage):
		return dict(collections.Counter(record["reason"] for record in self.refused(batch, stage)))

	def put_raw(self, batch, lines, part="part-00000.json"):
		"""Raw shares, without the marker."""
		directory = self.raw(batch)
		os.makedirs(directory, exist_ok=True)
		with open(os.path.join(directory, part), "w", encoding="utf-8", newline="") as file:
			file.write("".join(line + "\n" for line in lines))

	def raw_done(self):
		os.makedirs(self.raw(), exist_ok=True)
		with open(os.path.join(self.raw(), "_SUCCESS"), "wb"):
			pass


def put_tree(source, target):
	"""A stage's directory as it comes over the wire: the batches first, the top marker last."""
	os.makedirs(target, exist_ok=True)
	for name in os.listdir(source):
		if name != "_SUCCESS":
			path = os.path.join(source, name)
			(shutil.copytree if os.path.isdir(path) else shutil.copyfile)(path, os.path.join(target, name))
	if os.path.exists(os.path.join(source, "_SUCCESS")):
		shutil.copyfile(os.path.join(source, "_SUCCESS"), os.path.join(target, "_SUCCESS"))


class Pair:
	"""Both servers, ours, under one directory."""

	def __init__(self, root, batches, keys=None, secret=None, one_bucket=False):
		self.root = str(root)
		os.makedirs(self.root, exist_ok=True)
		self.keys = keys or {"A": new_keys(), "B": new_keys()}
		self.config = os.path.join(self.root, "config.json")
		with open(self.config, "w", encoding="utf-8") as file:
			json.dump(batches, file)
		secret = secret or new_secret()
		self.a, self.b = (Server(name, self.root, self.keys, secret, self.config, one_bucket) for name in "AB")
		self.servers = (self.a, self.b)

	def generate(self, *options, config=None, **changes):
		"""Fills both ingest buckets; returns the true counts by batch."""
		truth = os.path.join(self.root, "truth.json")
		for server in self.servers:
			server.sync()
		made = run_tool(PROCESSOR, "generate", "--truth", truth, *options, APP_NAME=APP, SUBMISSION_DATE=DATE,
			DATA_CONFIG=config or self.config, SERVER_ID="A", PUBLIC_KEY_HEX_INTERNAL=self.a.own, PUBLIC_KEY_HEX_EXTERNAL=self.a.other,
			**self.a.access(), BUCKET_INTERNAL_INGEST=self.a.ingest, BUCKET_EXTERNAL_INGEST=self.b.ingest, **changes)
		assert made.returncode == DONE, made.stderr
		for server in self.servers:
			server.sync()
		with open(truth, encoding="utf-8") as file:
			return {entry["batch_id"]: entry for entry in json.load(file)}

	def encode(self, vectors, batch, n_data, *options, swap_keys=False):
		first, second = (self.b, self.a) if swap_keys else (self.a, self.b)
		return encode(vectors, batch, n_data, first.own, second.own, os.path.join(self.root, "clients"), *options)

	def put_records(self, batch, n_data, vectors, *options):
		"""Encodes vectors and puts them into both ingest buckets, without the markers."""
		lines = self.encode(vectors, batch, n_data, *options)
		for server, own in zip(self.servers, lines):
			server.put_raw(batch, own)
		return lines

	def raw_done(self):
		for server in self.servers:
			server.raw_done()

	def run(self, seconds=PATIENCE_S, **changes):
		"""Both at once, to the end."""
		runs = [server.start(**changes) for server in self.servers]
		end = time.monotonic() + seconds
		try:
			while all([run.is_running() for run in runs]) and time.monotonic() < end:  # each is looked at, to the end
				time.sleep(0.01)
			for run in runs:
				run.wait(seconds)
		finally:
			for run in runs:
				run.stop()
		return runs

	def clear_outputs(self):
		"""All but the raw shares."""
		for server in self.servers:
			for bucket in {server.private, server.shared} - {server.ingest}:
				shutil.rmtree(os.path.join(server.home, bucket), ignore_errors=True)


def random_vectors(random, n, n_data):
	return [(str(uuid.UUID(int=random.getrandbits(128), version=4)), [random.getrandbits(1) for _ in range(n_data)]) for _ in range(n)]


def sums(vectors):
	return [sum(fields) for fields in zip(*(fields for _, fields in vectors))]


def move_lines(server, batch, change):
	"""Rewrites one server's raw shares of a batch: change gets its lines and returns lists of lines, one a part."""
	directory = server.raw(batch)
	lines = read_lines(directory)
	shutil.rmtree(directory)
	for index, part in enumerate(change(lines)):
		server.put_raw(batch, part, f"part-{index:05}-again.json")

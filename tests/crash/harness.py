"""Two small servers that are run over and over: what they are given, what each run leaves behind, and the comparison with a
run in which nothing went wrong."""

import collections
import hashlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from servers import DONE, FAILED, OTHER, PROCESSOR, Pair, Server, environment, random_vectors  # noqa: E402

CRASH = os.path.join(os.path.dirname(PROCESSOR), "prio-processor-crash")
SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ
SECONDS = 60  # a run that takes longer hangs
KILLED = -signal.SIGKILL
PATIENT = {"RETRY_LIMIT": "100000", "RETRY_DELAY": "0.004"}
IMPATIENT = {"RETRY_LIMIT": "0", "RETRY_DELAY": "0.001"}

COVERED = []  # what conftest.py says at the end

Change = collections.namedtuple("Change", "number role what key digest")


class Program:
	"""A run of one server over stores that may go wrong."""

	def __init__(self, server, task_bytes, how=None, at=None, options=(), **changes):
		server.n_runs += 1
		server.sync()
		self.server, self.has_ended = server, False
		self.err_path = os.path.join(server.root, f"{server.name}-{server.n_runs}.err")
		variables = server.variables(**{"KEEP_STATE": None, "PRIO_JOBS": "1", **PATIENT, **changes})
		with open(self.err_path, "wb") as err:
			self.process = subprocess.Popen([CRASH, "process", *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err,
				env=environment(**variables, PRIO_CRASH_HOW=how, PRIO_CRASH_AT=at, PRIO_CRASH_LOG=server.log, PRIO_CRASH_TASK_BYTES=task_bytes))

	def wait(self):
		end = os.pidfd_open(self.process.pid)
		try:
			poll = select.poll()
			poll.register(end, select.POLLIN)
			if not poll.poll(SECONDS * 1000):
				self.stop()
				raise AssertionError(f"still running after {SECONDS} s:\n{self.err}")
		finally:
			os.close(end)
		return self._end()

	def stop(self, number=signal.SIGKILL):
		if self.process.poll() is None:
			self.process.send_signal(number)
		return self._end()

	def _end(self):
		code = self.process.wait()
		if not self.has_ended:
			self.server.sync()
		self.has_ended = True
		return code

	@property
	def err(self):
		with open(self.err_path, encoding="utf-8", errors="replace") as file:
			return file.read()


def read_log(server):
	"""Every change that this server's runs asked for, in order."""
	if not os.path.exists(server.log):
		return []
	with open(server.log, encoding="utf-8") as file:
		rows = [line.rstrip("\n").split("\t") for line in file]
	return [Change(int(row[0]), *row[1:]) for row in rows]


def sent_by(server):
	"""What left or was about to: a set of digests for each key in the partner's bucket."""
	sent = collections.defaultdict(set)
	for change in read_log(server):
		if change.role == "outbox" and change.what in ("put", "commit"):
			sent[change.key].add(change.digest)
	return dict(sent)


def named_by(server):
	"""Digests of the results that were written, or were about to be: id and time stand in them."""
	named = collections.defaultdict(set)
	for change in read_log(server):
		if change.what == "commit" and "/processed/publish/" in change.key:
			named[change.key].add(change.digest)
	return dict(named)


def tree_of(server):
	"""Every file in this server's buckets, names that begin with a dot too, with its digest; None for what is random or holds times."""
	tree = {}
	for role, top in server.bucket_paths().items():
		for path in (os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names):
			name = os.path.basename(path)
			key = os.path.join(role, os.path.relpath(path, top))
			is_own = any(part in key for part in ("/journal/run/_lock", "/result", "/answers", "/processed/publish/", "/summary.json"))
			if is_own and not name.startswith("_SUCCESS"):
				tree[key] = None
			else:
				with open(path, "rb") as file:
					tree[key] = hashlib.sha256(file.read()).hexdigest()
	return tree


class Scene:
	"""Raw shares of both servers with everything in them that a batch can meet, to be copied for each run; and what a run without
	faults makes of them."""

	def __init__(self, root, random, n_records=3, n_data=6, task_bytes=1500, one_bucket=False, **variables):
		self.task_bytes, self.one_bucket, self.variables = task_bytes, one_bucket, variables
		self.pair = Pair(os.path.join(str(root), "template"), [
			{"batch_id": "bits", "n_data": n_data}, {"batch_id": "ints", "n_data": 6, "precision": 3}, {"batch_id": "empty", "n_data": 4}],
			one_bucket=one_bucket)
		self.truth = {}
		self._put_bits(random, n_records, n_data)
		numbers = [[random.randrange(8), random.randrange(8)] for _ in range(n_records)]
		self.pair.put_records("ints", 6, [(f"whole {i}", row) for i, row in enumerate(numbers)], "--precision", 3)
		self.truth["ints"] = ([sum(column) for column in zip(*numbers)], 0, n_records)
		self.pair.raw_done()
		self.root = os.path.join(str(root), "runs")
		self.n_made = 0
		first = self.new()
		codes = self.run_both(first)
		assert codes == [DONE, DONE], [open(os.path.join(first[0].root, f"{name}-1.err"), encoding="utf-8").read() for name in "AB"]
		self.reference = {server.name: (sent_by(server), tree_of(server)) for server in first}
		self.n_changes = {server.name: len(read_log(server)) for server in first}
		self.changes = {server.name: read_log(server) for server in first}
		self.check(first)
		begun = time.monotonic()
		assert self.run_both(self.new()) == [DONE, DONE]
		self.seconds = time.monotonic() - begun

	def _put_bits(self, random, n_records, n_data):
		"""Good records, a cheat, a copy, a conflict, lines that are none, ids that one server alone has."""
		good = random_vectors(random, n_records, n_data)
		forged = [("forged", [5] + [0] * (n_data - 1))]
		lonely = [("only a", [1] * n_data), ("only b", [1] * n_data)]
		twice = [("twice", [1] * n_data), ("twice", [0] * n_data)]
		lines = self.pair.encode(good + forged + lonely + twice, "bits", n_data)
		at = n_records + 1
		for index, server in enumerate(self.pair.servers):
			own = list(lines[index])
			del own[at + 1 - index]
			own.insert(1, "no record")
			server.put_raw("bits", own[:-2])
			server.put_raw("bits", [*own[-2:], own[0]], "part-00001.json")
		self.truth["bits"] = ([sum(column) for column in zip(*(fields for _, fields in good))], 1, n_records + 1)

	def new(self):
		"""Both servers of a new copy of the raw shares."""
		self.n_made += 1
		root = os.path.join(self.root, str(self.n_made))
		servers = [Server(name, root, self.pair.keys, self.pair.a.secret, self.pair.config, self.one_bucket) for name in "AB"]
		for server, source in zip(servers, self.pair.servers):
			server.log = os.path.join(root, f"{server.name}.log")
			for role, path in source.bucket_paths().items():
				if os.path.exists(path):
					shutil.copytree(path, server.bucket_paths()[role], dirs_exist_ok=True)
		return servers

	def start(self, server, how=None, at=None, **changes):
		return Program(server, self.task_bytes, how, at, **{**self.variables, **changes})

	def run_both(self, servers, **changes):
		runs = [self.start(server, **changes) for server in servers]
		try:
			return [run.wait() for run in runs]
		finally:
			for run in runs:
				run.stop()

	def check(self, servers):
		"""Both servers have published what they should, every message ever sent is the reference's, nothing lies about."""
		for server in servers:
			sent, tree = self.reference[server.name]
			for batch, (payload, error, total) in self.truth.items():
				record = server.published(batch)
				assert (record["payload"], record["error"], record["total"]) == (payload, error, total), (server.name, batch, record)
			mine = sent_by(server)
			wrong = {key: digests for key, digests in mine.items() if digests != sent.get(key)}
			assert not wrong, f"{server.name} sent other bytes: {sorted(wrong)}"
			assert mine.keys() == sent.keys(), f"{server.name} never sent {sorted(sent.keys() - mine.keys())}"
			renamed = [key for key, digests in named_by(server).items() if len(digests) != 1]
			assert not renamed, f"{server.name} named results anew: {renamed}"
			found = tree_of(server)
			assert found.keys() == tree.keys(), \
				f"{server.name}: left over {sorted(found.keys() - tree.keys())}, missing {sorted(tree.keys() - found.keys())}"
			other = [key for key in tree if tree[key] != found[key]]
			assert not other, f"{server.name}: other content in {other}"

	@staticmethod
	def clear(servers):
		shutil.rmtree(servers[0].root)
		for path in {path for server in servers for path in server.bucket_paths().values()}:
			shutil.rmtree(path, ignore_errors=True)

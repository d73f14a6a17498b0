"""One server of ours against a partner under the test's control, and what is asked of every such meeting, whatever the partner does:
the rules about what left, no control characters on stderr, bounded memory, no run that hangs."""

import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import servers  # noqa: E402
from partner import Partner  # noqa: E402
from recorder import Left, Recorder  # noqa: E402
from servers import OTHER, Pair, Run, environment, random_vectors, sums  # noqa: E402

PEAK_BYTES = 200 << 20
SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ
SOON = {"RETRY_LIMIT": "8", "RETRY_DELAY": "0.05"}  # for runs that are to wait in vain
X = {"batch_id": "x", "n_data": 20}
Y = {"batch_id": "y", "n_data": 11}


class Case:
	def __init__(self, root, library, ours="A", batches=(X, Y), n=6, manifests=True, binary=None, vectors=None, **settings):
		self.root = str(root)
		self.pair = Pair(os.path.join(self.root, "servers"), list(batches))
		self.ours = self.pair.a if ours == "A" else self.pair.b
		self.binary, self.settings = binary or servers.PROCESSOR, settings
		self.recorder = Recorder(library, os.path.join(self.root, "recorded"))
		self.runs = []
		other = OTHER[ours]
		self.partner = Partner(self.ours, other, self.pair.keys[other].private, self.ours.secret, batches, manifests)
		self.vectors = vectors or {one["batch_id"]: random_vectors(random.Random(one["batch_id"]), n, one["n_data"]) for one in batches}
		for one in batches:
			lines = dict(zip("AB", self.pair.encode(self.vectors[one["batch_id"]], one["batch_id"], one["n_data"],
				*(["--prg", one["prg"]] if "prg" in one else []))))
			self.ours.put_raw(one["batch_id"], lines[ours])
			self.partner.load(one["batch_id"], lines[other])
		self.ours.raw_done()

	def ids(self, batch="x"):
		return [key for key, _ in self.vectors[batch]]

	def truth(self, batch="x", without=()):
		return sums([vector for vector in self.vectors[batch] if vector[0] not in without])

	# Runs of ours.

	def start(self, *options, **changes):
		variables = {**self.ours.variables(**self.settings), **changes}
		run = Run([self.binary, "process", *options], environment(**variables, **self.recorder.variables()),
			os.path.join(self.root, f"run-{len(self.runs)}"))
		self.runs.append(run)
		return run

	def until(self, stage, run=None):
		"""Our stage is sent."""
		self.wait_for(os.path.join(self.ours.sent(stage), "_SUCCESS"), run)

	def wait_for(self, path, run=None):
		run = run or self.runs[-1]
		end = time.monotonic() + 60
		while not os.path.exists(path):
			assert run.is_running() and time.monotonic() < end, f"no {path}, exit status {run.code}:\n{run.err}"
			time.sleep(0.003)

	def wait_for_words(self, words):
		run, end = self.runs[-1], time.monotonic() + 60
		while words not in run.err:
			assert run.is_running() and time.monotonic() < end, f"not said: {words}, exit status {run.code}:\n{run.err}"
			time.sleep(0.01)

	def ends(self, code, *words, run=None):
		"""The run ends with an exit status, and says these words."""
		run = run or self.runs[-1]
		assert run.wait(120) == code, f"exit status {run.code}, not {code}:\n{run.err}"
		for word in words:
			assert word in run.err, f"not said: {word}\n{run.err}"
		return run

	def left(self):
		return Left(self.recorder, os.path.join(self.ours.partner_home, self.ours.shared, self.ours.outer, "intermediate/external"))

	def check(self):
		"""What is asked of every meeting."""
		for run in self.runs:
			run.stop()
		for run in self.runs:
			with open(run.err_path, "rb") as file:
				err = file.read()
			assert not any(byte < 0x20 and byte != 0x0A or byte == 0x7F for byte in err), err
			assert b"\xc2\x9b" not in err, "a C1 control sequence introducer"
			assert run.code is None or run.code >= -9, f"died of signal {run.code}:\n{run.err}"
			if not SANITIZED:
				end = self.recorder.at_the_end(run.process.pid)
				assert end is not None or run.code < 0, "it did not record its end"
				if end is not None:
					assert end["VmHWM:"] << 10 < PEAK_BYTES, f"peak memory {end['VmHWM:'] >> 10} MiB"
					assert (end["core"], end["dumpable"]) == (0, 0)
		self.left().all_rules()

	# Meetings.

	def play(self, changes=None, stages=servers.STAGES, run=None, **how):
		"""The partner's part of a meeting with a run of ours. changes: stage -> change (see Partner.play)."""
		for stage in stages:
			if stage != "verify1":
				self.until({"verify2": "verify1", "aggregate": "verify2"}[stage], run)
			self.partner.play(stage, (changes or {}).get(stage), **how)

	def block(self, stage, batch="y"):
		"""The partner's bucket takes nothing for one batch of a stage; what comes before it gets there. Undone by what is returned."""
		path = self.ours.sent(stage, batch)
		os.makedirs(os.path.dirname(path), exist_ok=True)
		with open(path, "wb"):
			pass
		return lambda: os.remove(path)

"""Our server, ended at every change, beside a partner that is as an original: without manifests, and when it starts again it
deletes each of its stages and writes the same records under other names."""

import concurrent.futures
import os
import random
import shutil
import uuid

import pytest

from harness import COVERED, KILLED, SANITIZED, Program, read_log, sent_by, tree_of
from servers import DONE, STAGES, Pair, Server, random_vectors, sums

STEP = 9 if SANITIZED and not os.environ.get("PRIO_SOAK") else 1


class Beside:
	"""A, and what B sent in a run of both, without its manifests."""

	def __init__(self, root):
		source = random.Random(9)
		self.pair = Pair(os.path.join(root, "template"), [{"batch_id": "x", "n_data": 6}, {"batch_id": "y", "n_data": 4}])
		self.truth = {}
		for batch, n_data in (("x", 6), ("y", 4)):
			good = random_vectors(source, 4, n_data)
			lines = self.pair.encode(good + [("forged", [5] + [0] * (n_data - 1)), ("lonely", [1] * n_data)], batch, n_data)
			self.pair.a.put_raw(batch, lines[0])
			self.pair.b.put_raw(batch, lines[1][:-1])
			self.truth[batch] = (sums(good), 1, 5)
		self.pair.raw_done()
		self.raw = os.path.join(root, "raw")
		shutil.copytree(os.path.join(self.pair.a.home, self.pair.a.ingest), self.raw)
		runs = self.pair.run()
		assert [run.code for run in runs] == [DONE, DONE], [run.err for run in runs]
		self.root, self.n_made = os.path.join(root, "runs"), 0

	def new(self):
		self.n_made += 1
		root = os.path.join(self.root, str(self.n_made))
		server = Server("A", root, self.pair.keys, self.pair.a.secret, self.pair.config)
		server.log = os.path.join(root, "A.log")
		shutil.copytree(self.raw, os.path.join(server.home, server.ingest))
		self.send(server)
		return server

	def send(self, server):
		"""All stages, each anew: parts under names of their own, markers last."""
		for stage in STAGES:
			target = server.received(stage)
			shutil.rmtree(target, ignore_errors=True)
			for batch in self.truth:
				os.makedirs(server.received(stage, batch))
				for name in os.listdir(self.pair.a.received(stage, batch)):
					anew = f"part-00000-{uuid.uuid4()}-c000.json" if name.startswith("part-") else name
					shutil.copyfile(os.path.join(self.pair.a.received(stage, batch), name), os.path.join(server.received(stage, batch), anew))
			with open(os.path.join(target, "_SUCCESS"), "wb"):
				pass

	def start(self, server, how=None, at=None):
		return Program(server, 1500, how, at, PARTNER="4.1")

	def check(self, server):
		for batch, (payload, error, total) in self.truth.items():
			record = server.published(batch)
			assert (record["payload"], record["error"], record["total"]) == (payload, error, total), (batch, record)


@pytest.fixture(scope="module")
def beside(directory):
	return Beside(os.path.join(directory, "original"))


def go_through(beside, at, sent, tree, is_rewritten):
	server = beside.new()
	run = beside.start(server, "before", at)
	assert run.wait() == KILLED and read_log(server)[-1].number == at, run.err
	if is_rewritten:
		beside.send(server)
	again = beside.start(server)
	assert again.wait() == DONE, again.err
	beside.check(server)
	assert {key: digests for key, digests in sent_by(server).items() if digests != sent[key]} == {}
	found = tree_of(server)
	assert found.keys() == tree.keys(), f"left over {sorted(found.keys() - tree.keys())}, missing {sorted(tree.keys() - found.keys())}"
	shutil.rmtree(server.root)


def test_every_change_beside_one(beside):
	server = beside.new()
	assert beside.start(server).wait() == DONE
	beside.check(server)
	log, sent, tree = read_log(server), sent_by(server), tree_of(server)
	assert not any("_manifest.json" in key and "/external/" in key for key in tree)
	published = next(change.number for change in log if change.key.endswith("/published"))
	numbers = range(1, len(log) + 1, STEP)
	failed = []
	with concurrent.futures.ThreadPoolExecutor(2) as pool:
		points = {pool.submit(go_through, beside, at, sent, tree, at <= published): at for at in numbers}
		for point in concurrent.futures.as_completed(points):
			if point.exception() is not None:
				failed.append((points[point], f"{log[points[point] - 1]}: {point.exception()}"))
	COVERED.append(f"beside an original that rewrites its stages, before each of {len(log)} changes: {len(numbers)} points, {len(failed)} failed")
	assert not failed, "\n".join(text for _, text in sorted(failed))

"""Checkpoints are not made durable: whatever a power failure leaves of them, the next run makes the same of it. A server ends after
any one change of its run, its checkpoints are cut, emptied, zeroed or taken away, and it is started again: as in test_crash.py,
the same results, the same messages, nothing left over."""

import concurrent.futures
import os
import random

import pytest

from harness import COVERED, SANITIZED, Scene, read_log
from servers import DONE

WORKERS = 2
STEP = 31 if SANITIZED and not os.environ.get("PRIO_SOAK") else 1 if os.environ.get("PRIO_SOAK") else 5


def cut(source, path, size):
	os.truncate(path, source.randrange(size))


def empty(_, path, __):
	os.truncate(path, 0)


def zero(source, path, size):
	"""The size was written, and the end of the bytes was not."""
	os.truncate(path, source.choice([0, 4096 * source.randrange(size // 4096 + 1)]))
	os.truncate(path, size)


def take(_, path, __):
	os.remove(path)


def keep(_, __, ___):
	pass


FAILURES = (cut, empty, zero, take, keep)


def checkpoints_of(server):
	found = []
	for folder, _, names in os.walk(server.home):
		if f"{os.sep}checkpoint{os.sep}" in folder:
			found += [os.path.join(folder, name) for name in names if not name.startswith(".tmp-")]
	return sorted(found)


@pytest.fixture(scope="module")
def scene(directory):
	return Scene(os.path.join(directory, "power"), random.Random(6))


def go_through(scene, name, at):
	"""Returns how many checkpoints were damaged."""
	source = random.Random(at)
	servers = scene.new()
	own, other = servers if name == "A" else servers[::-1]
	runs = [scene.start(own, "after", at), scene.start(other)]
	n_damaged = 0
	try:
		runs[0].wait()
		assert read_log(own)[-1].number == at
		for path in checkpoints_of(own):
			failure = source.choice(FAILURES)
			failure(source, path, os.path.getsize(path))
			n_damaged += failure is not keep
		runs.append(scene.start(own))
		for run in runs[1:]:
			assert run.wait() == DONE, run.err
		scene.check(servers)
	finally:
		for run in runs:
			run.stop()
	scene.clear(servers)
	return n_damaged


@pytest.mark.parametrize("name", ["A", "B"])
def test_what_a_power_failure_leaves(scene, name):
	points = range(1, scene.n_changes[name] + 1, STEP)
	with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
		n_damaged = sum(pool.map(lambda at: go_through(scene, name, at), points))
	assert n_damaged > len(points)
	COVERED.append(f"server {name}, after {len(points)} of its {scene.n_changes[name]} changes: {n_damaged} checkpoints damaged")

"""Both servers killed from outside at moments that nobody chose, and started again, several times a run: as in test_crash.py, the
same results, the same messages, nothing left over."""

import os
import random
import signal
import time

import pytest

from harness import COVERED, KILLED, SANITIZED, Scene, read_log
from servers import DONE

# The odd ones with several workers a server.
SEEDS = range(int(os.environ.get("PRIO_TEST_SEEDS") or (20 if os.environ.get("PRIO_SOAK") else 2 if SANITIZED else 4)))
ROUNDS = 15  # runs a seed


@pytest.fixture(scope="module")
def scene(directory):
	"""More and larger tasks than in test_crash.py, so that there is something to hit."""
	return Scene(os.path.join(directory, "kills"), random.Random(2), n_records=60, n_data=100, task_bytes=7000)


@pytest.mark.parametrize("n_workers", [2, 3, 8])
def test_any_number_of_workers_sends_the_same(scene, n_workers):
	servers = scene.new()
	assert scene.run_both(servers, PRIO_JOBS=n_workers) == [DONE, DONE]
	scene.check(servers)
	scene.clear(servers)


def moment(source, seconds):
	"""When the next kill comes: most of them soon, a few after everything."""
	return source.uniform(0, seconds * source.choice([0.1, 0.3, 0.3, 0.6, 0.6, 1, 2]))


def wait_for_first_write(servers, runs):
	"""A kill before anything was written shows little."""
	end = time.monotonic() + 30
	while not any(change.what in ("commit", "put") for server in servers for change in read_log(server)):
		assert time.monotonic() < end and any(run.process.poll() is None for run in runs.values())
		time.sleep(0.001)


def go_through(scene, source, seconds, n_workers):
	"""Returns how many runs were killed."""
	servers = dict(zip("AB", scene.new()))
	runs = {name: scene.start(server, PRIO_JOBS=n_workers) for name, server in servers.items()}
	n_killed = 0
	try:
		if source.random() < 0.9:
			wait_for_first_write(servers.values(), runs)
		for _ in range(source.randint(2, 8)):
			time.sleep(moment(source, seconds))
			for name in source.choice(["A", "B", "AB"]):
				n_killed += runs[name].stop(signal.SIGKILL) == KILLED
				time.sleep(source.choice([0, 0, source.uniform(0, seconds / 4)]))
				runs[name] = scene.start(servers[name], PRIO_JOBS=n_workers)
		for run in runs.values():
			assert run.wait() == DONE, run.err
		scene.check(list(servers.values()))
	finally:
		for run in runs.values():
			run.stop()
	scene.clear(list(servers.values()))
	return n_killed


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_random(scene, seed):
	source = random.Random(seed)
	n_workers = 1 + seed % 2 * 2
	n_killed = sum(go_through(scene, source, scene.seconds, n_workers) for _ in range(ROUNDS))
	COVERED.append(f"seed {seed}: {ROUNDS} pairs of servers of {n_workers} workers, {n_killed} runs killed at random")
	assert n_killed > 0

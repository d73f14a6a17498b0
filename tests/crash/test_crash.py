"""A server that ends before or after any one change of its run, or to which any one change is refused, and is started again:
the same results, every message the same to the byte, nothing left over."""

import concurrent.futures
import itertools
import os
import random
import signal

import pytest

from harness import COVERED, IMPATIENT, KILLED, SANITIZED, Scene, read_log
from servers import DONE, FAILED, PROCESSOR

WORKERS = 2
SOAK = bool(os.environ.get("PRIO_SOAK"))
# Every which point of a server and a way to fail; each way begins at another one.
STEP = 1 if SOAK else int(os.environ.get("PRIO_TEST_STEP") or (9 if SANITIZED else 1))


SCENES = {
	"three buckets a server": {},
	"one bucket for all": {"one_bucket": True},
	"each takes the other for an original": {"PARTNER": "4.1"},
}


@pytest.fixture(scope="module")
def scenes(directory):
	made = {}

	def scene_of(name):
		if name not in made:
			made[name] = Scene(os.path.join(directory, name), random.Random(1), **SCENES[name])
		return made[name]
	return scene_of


@pytest.fixture
def scene(scenes):
	return scenes("three buckets a server")


def end_at(server, how, at, run):
	"""Waits for a run that a fault was planned for, and sees that it ended of it, and of nothing else."""
	code = run.wait()
	change = read_log(server)[-1]
	assert change.number == at, f"ended at change {change.number} instead of {at}, status {code}:\n{run.err}"
	if how in ("before", "after"):
		assert code == KILLED, f"status {code}:\n{run.err}"
	else:
		assert code == FAILED, f"status {code}:\n{run.err}"
		assert change.key in run.err, f"{change.key} is not named:\n{run.err}"


def go_through(scene, name, how, at, apart):
	"""One point. together: the server is started again at once, while the other waits for it. apart: the other is stopped too,
	goes as far as it can alone, and only then both start again."""
	servers = scene.new()
	own, other = servers if name == "A" else servers[::-1]
	runs = [scene.start(own, how, at), scene.start(other)]
	try:
		end_at(own, how, at, runs[0])
		is_done = False
		if apart:
			runs[1].stop(signal.SIGTERM)
			alone = scene.start(other, **IMPATIENT)
			runs.append(alone)
			is_done = alone.wait() == DONE
		again = [scene.start(own)] + ([scene.start(other)] if apart and not is_done else [])
		runs += again
		for run in again + ([] if apart else [runs[1]]):
			assert run.wait() == DONE, run.err
		scene.check(servers)
	finally:
		for run in runs:
			run.stop()
	scene.clear(servers)


ALL = tuple(itertools.product(("before", "after", "full", "io"), (False, True)))
SOME = (("before", False), ("after", True), ("full", False), ("io", True))  # before one change and after the last is the same moment


@pytest.mark.parametrize("how, apart", ALL if SOAK else SOME)
@pytest.mark.parametrize("name", ["A", "B"])
def test_every_change(scene, name, how, apart):
	every_change(scene, "", name, how, apart)


@pytest.mark.parametrize("how, apart", ALL if SOAK else [("after", True)])
@pytest.mark.parametrize("name", ["A", "B"])
@pytest.mark.parametrize("other_scene", list(SCENES)[1:])
def test_every_change_elsewhere(scenes, other_scene, name, how, apart):
	every_change(scenes(other_scene), other_scene + ", ", name, how, apart)


def every_change(scene, where, name, how, apart):
	numbers = range(1 + ALL.index((how, apart)) // 2 % STEP, scene.n_changes[name] + 1, STEP)
	failed = []
	with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
		points = {pool.submit(go_through, scene, name, how, at, apart): at for at in numbers}
		for point in concurrent.futures.as_completed(points):
			if point.exception() is not None:
				at = points[point]
				change = scene.changes[name][at - 1]
				failed.append((at, f"{at}: {change.role} {change.what} {change.key.split('/', 5)[-1]}: {point.exception()}"))
	COVERED.append(f"{where}server {name}, {how} {'each' if STEP == 1 else 'some'} of its {scene.n_changes[name]} changes, the other "
		f"{'stopped too' if apart else 'waiting'}: {len(numbers)} points, {len(failed)} failed")
	assert not failed, f"{len(failed)} of {len(numbers)} points:\n" + "\n".join(text for _, text in sorted(failed))


# What the points above rest on.

def test_the_program_that_is_shipped_has_no_such_switch():
	with open(PROCESSOR, "rb") as file:
		program = file.read()
	assert b"RETRY_LIMIT" in program and b"PRIO_CRASH" not in program


@pytest.mark.parametrize("words, change", [
	("left over", lambda a: write(os.path.join(a.raw("bits"), ".tmp-0123456789abcdef"), "")),
	("missing", lambda a: os.remove(os.path.join(a.processed(), "../summary.json"))),
	("other content", lambda a: write(os.path.join(a.processed("refused", "bits"), "verify1.json"), "\n")),
	("sent other bytes", lambda a: write(a.log, f"1\toutbox\tput\t{a.outer}/intermediate/external/verify1/_SUCCESS\t00\n")),
	("sent other bytes", lambda a: write(a.log, "1\toutbox\tput\tanother\t00\n")),
	("named results anew", lambda a: write(a.log, next("\t".join(["1", *change[1:4], "00"]) for change in read_log(a)
		if change.what == "commit" and "/processed/publish/" in change.key) + "\n")),
])
def test_the_comparison_sees_it(scene, words, change):
	servers = scene.new()
	assert scene.run_both(servers) == [DONE, DONE]
	scene.check(servers)
	change(servers[0])
	with pytest.raises(AssertionError, match=words):
		scene.check(servers)


def write(path, text):
	os.makedirs(os.path.dirname(path), exist_ok=True)
	with open(path, "a", encoding="utf-8") as file:
		file.write(text)

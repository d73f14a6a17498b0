"""What aggregate takes out of a sum, and runs that begin again."""

import json
import os
import random
import shutil
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from servers import DONE, FAILED, UNPUBLISHED, Pair, random_vectors, read_lines, sums  # noqa: E402

SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ
ONE = [{"batch_id": "x", "n_data": 20}]


def wait_for(path, run):
	end = time.monotonic() + 120
	while not os.path.exists(path):
		assert run.is_running() and time.monotonic() < end, run.err
		time.sleep(0.005)


@pytest.mark.parametrize("n_bad", [0, 1, 10, 20, 30, 39, 40])
@pytest.mark.parametrize("kind", ["missing", "forged", "repeated"])
def test_any_number_of_refused_records(tmp_path, kind, n_bad):
	"""None, few, most and all of a part refused after it was summed: subtracted, or summed anew; the counts are the same."""
	source = random.Random(n_bad)
	vectors = random_vectors(source, 40, 20)
	bad = set(source.sample(range(40), n_bad))
	good = [vector for i, vector in enumerate(vectors) if i not in bad]
	if kind == "forged":
		vectors = [(key, [3] + fields[1:] if i in bad else fields) for i, (key, fields) in enumerate(vectors)]
	pair = Pair(tmp_path, ONE)
	lines_a, lines_b = pair.encode(vectors, "x", 20)
	if kind == "missing":
		lines_b = [line for i, line in enumerate(lines_b) if i not in bad]
	if kind == "repeated":  # another's share under the same id
		lines_a = lines_a + [json.dumps({"id": vectors[i][0], "payload": json.loads(lines_a[(i + 1) % 40])["payload"]}) for i in sorted(bad)]
	pair.a.put_raw("x", lines_a)
	pair.b.put_raw("x", lines_b)
	pair.raw_done()
	runs = pair.run(ALLOW_COPIED_SHARES="1")
	if not good and kind != "forged":
		assert [run.code for run in runs] == ([UNPUBLISHED] * 2 if kind == "repeated" else [UNPUBLISHED, DONE]), [run.err for run in runs]
		return
	assert [run.code for run in runs] == [DONE, DONE], [run.err for run in runs]
	for server in pair.servers:
		record = server.published("x")
		assert record["payload"] == (sums(good) if good else [0] * 20)
		assert (record["error"], record["total"]) == ((n_bad, 40) if kind == "forged" else (0, 40 - n_bad))


def test_many_small_parts(tmp_path):
	pair = Pair(tmp_path, ONE)
	vectors = random_vectors(random.Random(1), 600, 20)
	lines = pair.encode(vectors, "x", 20)
	for server, own in zip(pair.servers, lines):
		for i, line in enumerate(own):
			server.put_raw("x", [line], f"part-{i:05}.json")
	pair.raw_done()
	assert [run.code for run in pair.run()] == [DONE, DONE]
	assert pair.a.published("x")["payload"] == pair.b.published("x")["payload"] == sums(vectors)


def test_largest_size(tmp_path):
	"""2^18 - 2 fields: lines of 12 MB."""
	n_data = 2**14 - 2 if SANITIZED else 2**18 - 2
	pair = Pair(tmp_path, [{"batch_id": "x", "n_data": n_data}])
	try:
		truth = pair.generate("--mode", "random", "--n-rows", 3)
		runs = pair.run()
		assert [run.code for run in runs] == [DONE, DONE], [run.err for run in runs]
		assert pair.a.published("x")["payload"] == pair.b.published("x")["payload"] == truth["x"]["payload"]
		if not SANITIZED:
			assert max(run.peak_bytes for run in runs) < 400 << 20
	finally:
		shutil.rmtree(pair.root)


def test_raw_part_that_changes_during_the_run(tmp_path):
	"""A part is exchanged after it was opened: the run stops with an error instead of summing what was not checked."""
	pair = Pair(tmp_path, ONE)
	vectors = random_vectors(random.Random(2), 10, 20)
	lines = pair.put_records("x", 20, vectors)
	pair.raw_done()
	runs = [pair.a.start()]
	try:
		wait_for(os.path.join(pair.a.sent("verify1"), "_SUCCESS"), runs[0])
		pair.a.put_raw("x", lines[0][::-1])
		pair.b.put_raw("x", lines[1][:9])  # so that a record has to be taken out of A's sum
		runs.append(pair.b.start())
		assert runs[0].wait() == FAILED, runs[0].err
	finally:
		for run in runs:
			run.stop()
	assert "part-00000.json" in runs[0].err and "must not change" in runs[0].err
	assert not os.path.exists(os.path.join(pair.a.sent("aggregate"), "_SUCCESS"))


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone", "exchanged"])
def test_damaged_checkpoint(tmp_path, damage):
	"""A checkpoint that does not open is made again, with the same messages and results."""
	pair = Pair(tmp_path, ONE + [{"batch_id": "y", "n_data": 20}])
	truth = pair.generate("--n-rows", 10)
	assert [run.code for run in pair.run()] == [DONE, DONE]
	tasks = [os.path.join(folder, name) for folder, _, names in os.walk(pair.a.home) for name in names if name.startswith("task-")]
	assert len(tasks) == 2
	sent = {stage: read_lines(pair.a.sent(stage, "x")) for stage in ("verify1", "verify2")}
	with open(tasks[0], "rb") as file:
		content = bytearray(file.read())
	if damage == "exchanged":
		shutil.copyfile(tasks[1], tasks[0])
	elif damage == "gone":
		os.remove(tasks[0])
	else:
		if damage == "flip":
			content[len(content) // 2] ^= 4
		with open(tasks[0], "wb") as file:
			file.write({"flip": content, "cut": content[:-40], "empty": b""}[damage])
	runs = pair.run()
	assert [run.code for run in runs] == [DONE, DONE], [run.err for run in runs]
	for server in pair.servers:
		for batch in "xy":
			assert server.published(batch)["payload"] == truth[batch]["payload"]
	assert {stage: read_lines(pair.a.sent(stage, "x")) for stage in sent} == sent


def test_checkpoints_hold_no_shares_in_the_clear(tmp_path):
	"""Two runs seal the same checkpoint differently, and a record's id is not to be found in it."""
	pair = Pair(tmp_path, ONE)
	pair.put_records("x", 20, [("an id that is easily found", [1] * 20)])
	pair.raw_done()
	seen = []
	for _ in range(2):
		assert [run.code for run in pair.run()] == [DONE, DONE]
		tasks = [os.path.join(folder, name) for folder, _, names in os.walk(pair.a.home) for name in names if name.startswith("task-")]
		with open(tasks[0], "rb") as file:
			seen.append(file.read())
		pair.clear_outputs()
	assert seen[0] != seen[1] and all(len(content) > 200 and b"easily" not in content for content in seen)


@pytest.mark.parametrize("stage", ["verify1", "verify2", "aggregate"])
def test_killed_and_started_again(tmp_path, stage):
	"""A is killed when it has sent a stage, and started again: the same messages, the right counts."""
	pair = Pair(tmp_path, ONE)
	truth = pair.generate("--n-rows", 10)
	run, other = pair.a.start(), pair.b.start()
	try:
		wait_for(os.path.join(pair.a.sent(stage), "_SUCCESS"), run)
		run.stop()
		before = read_lines(pair.a.sent(stage, "x"))
		again = pair.a.start()
		assert again.wait() == DONE, again.err
		assert other.wait() == DONE, other.err
	finally:
		for one in (run, other):
			one.stop()
	assert read_lines(pair.a.sent(stage, "x")) == before
	for server in pair.servers:
		assert server.published("x")["payload"] == truth["x"]["payload"]
		assert len(read_lines(server.processed("publish", "x"))) == 1


def test_parts_of_another_run_are_removed(tmp_path):
	"""What an interrupted run with more parts left in a batch's directory does not stay among the messages."""
	pair = Pair(tmp_path, ONE)
	vectors = random_vectors(random.Random(3), 6, 20)
	pair.put_records("x", 20, vectors)
	pair.raw_done()
	stale = [os.path.join(top, "part-00009-00000000-0000-0000-0000-000000000000-c000.json")
		for top in (pair.a.sent("verify1", "x"), pair.a.kept("verify1", "x"))]
	for path in stale:
		os.makedirs(os.path.dirname(path))
		with open(path, "w", encoding="utf-8") as file:
			file.write('{"id":"stale","payload":"qwAA"}\n')
	assert [run.code for run in pair.run()] == [DONE, DONE]
	assert not any(os.path.exists(path) for path in stale)
	assert len(read_lines(pair.a.sent("verify1", "x"))) == 6
	assert pair.a.published("x")["payload"] == pair.b.published("x")["payload"] == sums(vectors)

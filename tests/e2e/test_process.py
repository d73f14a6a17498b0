"""Two servers, both ours, from raw shares to published counts."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from servers import (DONE, FAILED, PRIO, PROCESSOR, STAGES, TOP, UNPUBLISHED, Pair, batches_in, environment, move_lines, random_vectors, read_lines,  # noqa: E402
	run_tool, sums)

# Under a sanitizer everything takes several times as long and as much memory.
SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ


def entry(batch_id, n_data, **members):
	return {"batch_id": batch_id, "n_data": n_data, **members}


def assert_published(pair, truth, error=0):
	for batch, true in truth.items():
		for server in pair.servers:
			record = server.published(batch)
			assert record["payload"] == true["payload"], (server.name, batch)
			assert (record["error"], record["total"]) == (error, true["records"] + error), (server.name, batch)


def assert_all_done(runs):
	assert [run.code for run in runs] == [DONE, DONE], [run.err for run in runs]


def test_integration_data(tmp_path):
	"""The original's integration data: wrong lengths, an unknown batch and one without data among good ones."""
	pair = Pair(tmp_path, [entry("a", 2046), entry("c", 441), entry("b", 20), entry("z", 10)])
	truth = pair.generate("--n-rows", 30, "--n-partitions", 3, "--n-drop-batch", 1)
	assert set(truth) == {"a", "b", "c"}
	for batch, true in truth.items():
		assert true["payload"] == [29 * (x % 3 == 0 or x % 5 == 0) for x in range(true["n_data"])], batch
	runs = pair.run()
	assert_all_done(runs)
	assert_published(pair, truth)
	for run, server, stage, reason in zip(runs, pair.servers, ("verify1", "verify2"), ("wrong-length", "unmatched")):
		assert batches_in(server.processed()) == ["a", "b", "c"]
		assert run.summary["z"]["status"] == "no-data"
		assert "bad-id" in run.err
		for batch in truth:
			assert server.reasons(batch, stage) == {reason: 1}
		with open(server.processed("summary.json"), encoding="utf-8") as file:
			assert json.load(file) == json.loads(run.out)


def test_mixed_sizes(tmp_path):
	"""From two fields to more than 2^16, many batches in one run, one of them with a single record."""
	sizes = [2, 4, 5, 8, 10, 100, 441, 2046, 2048, 5000, 70000]
	pair = Pair(tmp_path, [entry(f"size-{n}", n) for n in sizes])
	truth = pair.generate("--mode", "random", "--n-rows", 3)
	assert_all_done(pair.run())
	assert_published(pair, truth)


def test_integers(tmp_path):
	"""Batches with a precision publish sums of integers."""
	pair = Pair(tmp_path, [entry("ages", 70, precision=7), entry("wide", 42 * 5, precision=42), entry("bits", 9), entry("ones", 12, precision=1)])
	truth = pair.generate("--mode", "random", "--n-rows", 40)
	assert [len(truth[batch]["payload"]) for batch in ("ages", "wide", "bits", "ones")] == [10, 5, 9, 12]
	assert max(truth["wide"]["payload"]) > 2**42
	assert_all_done(pair.run())
	assert_published(pair, truth)


def test_integers_that_are_known(tmp_path):
	"""The same without generate's own arithmetic: what clients encode as integers comes out as their sum."""
	numbers = [[0, 127, 3], [127, 127, 1], [5, 0, 64]]
	pair = Pair(tmp_path, [entry("ages", 21, precision=7)])
	pair.put_records("ages", 21, [(f"client {i}", row) for i, row in enumerate(numbers)], "--precision", 7)
	pair.raw_done()
	assert_all_done(pair.run())
	for server in pair.servers:
		assert server.published("ages")["payload"] == [132, 254, 68]


def test_legacy_key_rule(tmp_path):
	pair = Pair(tmp_path, [entry("old", 21, prg="legacy"), entry("new", 21)])
	truth = pair.generate("--mode", "random", "--n-rows", 20)
	assert_all_done(pair.run())
	assert_published(pair, truth)


def test_different_parts_and_missing_records(tmp_path):
	"""The servers got the same records in different orders and part files, and each lacks some: what both have counts."""
	source = random.Random(1)
	vectors = random_vectors(source, 60, 33)
	pair = Pair(tmp_path, [entry("batch", 33)])
	lines_a, lines_b = pair.encode(vectors, "batch", 33)
	for_a = [lines_a[i] for i in source.sample(range(60), 60) if not 10 <= i < 15]
	for_b = [lines_b[i] for i in source.sample(range(60), 60) if not 14 <= i < 22]
	pair.a.put_raw("batch", for_a)
	for index in range(7):
		pair.b.put_raw("batch", for_b[index::7], f"share-{index}.ndjson")
	pair.raw_done()
	runs = pair.run()
	assert_all_done(runs)
	both = [vector for i, vector in enumerate(vectors) if not 10 <= i < 22]
	assert_published(pair, {"batch": {"payload": sums(both), "records": 48}})
	assert {record["id"] for record in pair.a.refused("batch", "verify2")} == {vectors[i][0] for i in range(15, 22)}
	assert {record["id"] for record in pair.b.refused("batch", "verify2")} == {vectors[i][0] for i in range(10, 14)}
	assert [run.summary["batch"]["partner_only"] for run in runs] == [4, 7]


def test_one_bucket_for_all_roles(tmp_path):
	"""Ingest, private and shared of both servers in one and the same bucket."""
	pair = Pair(tmp_path, [entry("x", 10), entry("y", 20)], one_bucket=True)
	truth = pair.generate("--n-rows", 12)
	assert pair.a.home == pair.b.home
	assert_all_done(pair.run())
	assert_published(pair, truth)
	assert os.listdir(pair.a.home) == ["all"]


@pytest.mark.parametrize("kinds", [(int, int), (int, str), (lambda i: i if i % 2 else str(i), int)])
def test_numeric_ids(tmp_path, kinds):
	"""Ids as numbers on both sides, on one, or mixed with texts: they match by their digits."""
	pair = Pair(tmp_path, [entry("n", 12)])
	vectors = [(str(number), fields) for number, (_, fields) in zip((0, -5, 2**53, 2**63 - 1, -2**63, 7, 8), random_vectors(random.Random(2), 7, 12))]
	lines = pair.encode(vectors, "n", 12)
	for server, own, kind in zip(pair.servers, lines, kinds):
		records = [json.loads(line) for line in own]
		server.put_raw("n", [json.dumps({"id": kind(int(record["id"])), "payload": record["payload"]}) for record in records])
	pair.raw_done()
	assert_all_done(pair.run())
	assert_published(pair, {"n": {"payload": sums(vectors), "records": 7}})


def test_no_records_at_all(tmp_path):
	pair = Pair(tmp_path, [entry("x", 10), entry("y", 20)])
	pair.raw_done()
	pair.a.put_raw("y", [])
	runs = pair.run()
	assert_all_done(runs)
	for run, server in zip(runs, pair.servers):
		assert batches_in(server.processed()) == []
		assert {batch["status"] for batch in run.summary.values()} == {"no-data"}
		assert "x" in run.err and "y" in run.err
		for stage in STAGES:
			assert sorted(os.listdir(server.sent(stage))) == ["_SUCCESS", "_manifest.json"]


def test_batch_of_one_server_alone(tmp_path):
	"""A batch that only one server got is not published, and the others are."""
	pair = Pair(tmp_path, [entry("alone", 10), entry("both", 20)])
	truth = pair.generate("--mode", "random", "--n-rows", 5)
	shutil.rmtree(pair.b.raw("alone"))
	runs = pair.run()
	assert [run.code for run in runs] == [UNPUBLISHED, DONE], [run.err for run in runs]
	assert_published(pair, {"both": truth["both"]})
	assert runs[0].summary["alone"]["status"] == "not-published"
	assert runs[1].summary["alone"]["status"] == "no-data"
	for server in pair.servers:
		assert batches_in(server.processed()) == ["both"]


def test_all_refused(tmp_path):
	"""Nothing opens on A: exit code 3 on both, and a word; the other batch is published."""
	pair = Pair(tmp_path, [entry("bad", 10), entry("good", 20)])
	truth = pair.generate("--mode", "random", "--n-rows", 5)
	move_lines(pair.a, "bad", lambda lines: [[line[:80] + ("B" if line[80] != "B" else "C") + line[81:] for line in lines]])
	runs = pair.run()
	assert [run.code for run in runs] == [UNPUBLISHED, UNPUBLISHED], [run.err for run in runs]
	assert_published(pair, {"good": truth["good"]})
	assert sum(pair.a.reasons("bad", "verify1").values()) == 5
	for run, server in zip(runs, pair.servers):
		assert "bad" in run.err
		assert run.summary["bad"]["status"] == "not-published"
		assert batches_in(server.processed()) == ["good"]


def test_no_id_in_common(tmp_path):
	pair = Pair(tmp_path, [entry("apart", 10)])
	lines = pair.encode(random_vectors(random.Random(3), 6, 10), "apart", 10)
	pair.a.put_raw("apart", lines[0][:3])
	pair.b.put_raw("apart", lines[1][3:])
	pair.raw_done()
	runs = pair.run()
	assert [run.code for run in runs] == [UNPUBLISHED, UNPUBLISHED]
	for server in pair.servers:
		assert server.reasons("apart", "verify2") == {"unmatched": 3}


def test_all_proofs_fail(tmp_path):
	"""Vectors that are not bits: they are counted as errors and add nothing."""
	pair = Pair(tmp_path, [entry("twos", 10)])
	good = random_vectors(random.Random(4), 3, 10)
	pair.put_records("twos", 10, good + [("two", [2] + [0] * 9), ("many", [200] * 10)])
	pair.raw_done()
	runs = pair.run()
	assert_all_done(runs)
	assert_published(pair, {"twos": {"payload": sums(good), "records": 3}}, error=2)
	for server in pair.servers:
		assert {(record["id"], record["reason"]) for record in server.refused("twos", "aggregate")} == {("two", "proof-failed"), ("many", "proof-failed")}


def test_copies_and_conflicts(tmp_path):
	"""A row twice counts once. Two records under one id count not at all. One share under two ids counts once."""
	pair = Pair(tmp_path, [entry("d", 16)])
	vectors = random_vectors(random.Random(5), 6, 16)
	lines = pair.encode(vectors, "d", 16)
	for server, own in zip(pair.servers, lines):
		records = [json.loads(line) for line in own]
		conflict = json.dumps({"id": records[1]["id"], "payload": records[2]["payload"]})
		copy = json.dumps({"id": "~ larger than any uuid", "payload": records[3]["payload"]})
		server.put_raw("d", [own[0], own[0], own[1], own[3], own[4]], "part-0.json")
		server.put_raw("d", [copy, conflict, own[0], own[5]], "part-1.json")
	pair.raw_done()
	assert_all_done(pair.run())
	counted = [vectors[i] for i in (0, 3, 4, 5)]
	assert_published(pair, {"d": {"payload": sums(counted), "records": 4}})
	for server in pair.servers:
		assert server.reasons("d", "verify1") == {"duplicate": 2, "conflicting-id": 2, "copied-share": 1}


def test_copied_shares_of_generate(tmp_path):
	pair = Pair(tmp_path, [entry("c", 15 + 1)])
	truth = pair.generate("--mode", "random", "--n-rows", 8, "--scale", 3)
	assert (truth["c"]["records"], truth["c"]["copies"]) == (8, 3)
	assert_all_done(pair.run())
	assert_published(pair, truth)
	for server in pair.servers:
		assert server.reasons("c", "verify1") == {"copied-share": 16}
	pair.clear_outputs()
	assert_all_done(pair.run(ALLOW_COPIED_SHARES="1"))
	assert_published(pair, {"c": {"payload": [3 * n for n in truth["c"]["payload"]], "records": 24}})


def test_forgeable_size(tmp_path):
	"""n_data + 1 a power of two: refused, batch by batch, with what to do; or allowed, with a warning."""
	pair = Pair(tmp_path, [entry("three", 3), entry("four", 4)])
	truth = pair.generate("--mode", "random", "--n-rows", 5, "--allow-forgeable-size")
	runs = pair.run()
	assert [run.code for run in runs] == [UNPUBLISHED, UNPUBLISHED]
	assert_published(pair, {"four": truth["four"]})
	for run, server in zip(runs, pair.servers):
		assert batches_in(server.processed()) == ["four"]
		assert "power of two" in run.err and "n_data 4" in run.err and "ALLOW_FORGEABLE_SIZE" in run.err
	pair.clear_outputs()
	runs = pair.run(ALLOW_FORGEABLE_SIZE="1")
	assert_all_done(runs)
	assert_published(pair, truth)
	assert all("warning" in run.err and "three" in run.err for run in runs)


def test_min_batch(tmp_path):
	"""Fewer accepted records than min_batch: this server's aggregate never leaves."""
	pair = Pair(tmp_path, [entry("few", 10, min_batch=6), entry("enough", 20, min_batch=5)])
	truth = pair.generate("--mode", "random", "--n-rows", 5)
	runs = pair.run()
	assert [run.code for run in runs] == [UNPUBLISHED, UNPUBLISHED]
	assert_published(pair, {"enough": truth["enough"]})
	for run, server in zip(runs, pair.servers):
		assert batches_in(server.processed()) == batches_in(server.sent("aggregate")) == ["enough"]
		assert "min_batch" in run.err


@pytest.mark.parametrize("batch_id", ["content.blocking_blocked-0", "a/b:c=d%e", "été ☃", "..", "with space", "%41", "x" * 200])
def test_batch_ids_in_paths(tmp_path, batch_id):
	"""As it is where that is one safe component, else escaped as Spark does; both are read."""
	name = "a%2Fb%3Ac%3Dd%25e" if "/" in batch_id else batch_id
	pair = Pair(tmp_path, [entry(batch_id, 10), entry("other", 10)])
	truth = pair.generate("--mode", "random", "--n-rows", 4)
	assert batches_in(pair.a.raw()) == sorted([name, "other"])
	assert_all_done(pair.run())
	assert_published(pair, {name: truth[batch_id], "other": truth["other"]})


def test_batch_directory_as_spark_escapes_it(tmp_path):
	"""B's ingest comes from a Spark job, which escapes "="."""
	pair = Pair(tmp_path, [entry("k=v", 10)])
	truth = pair.generate("--mode", "random", "--n-rows", 4)
	name = batches_in(pair.b.raw())[0]
	other = "k%3Dv" if name == "k=v" else "k=v"
	os.rename(pair.b.raw(name), pair.b.raw(other))
	assert_all_done(pair.run())
	assert_published(pair, {name: truth["k=v"]})


def test_hidden_names_are_no_data(tmp_path):
	pair = Pair(tmp_path, [entry("h", 10)])
	truth = pair.generate("--mode", "random", "--n-rows", 4)
	part = read_lines(pair.a.raw("h"))
	pair.a.put_raw("h", part, "_part-00007.json")
	pair.a.put_raw("h", part[:2], ".part-00007.json.crc")
	pair.a.put_raw("_temporary", part, "part-00000.json")
	os.mkfifo(os.path.join(pair.a.raw("h"), "part-00008.json"))
	os.symlink("/etc/passwd", os.path.join(pair.a.raw("h"), "part-00009.json"))
	assert_all_done(pair.run())
	assert_published(pair, truth)
	assert pair.a.reasons("h", "verify1") == {}


def test_both_take_the_other_for_an_original(tmp_path):
	"""PARTNER=4.1 on both: each finds the other's announcement and goes on as with one of ours."""
	pair = Pair(tmp_path, [entry("x", 10), entry("only-a", 20), entry("apart", 20)])
	truth = pair.generate("--mode", "random", "--n-rows", 6)
	shutil.rmtree(pair.b.raw("only-a"))
	move_lines(pair.a, "apart", lambda lines: [lines[:3]])
	ids = {json.loads(line)["id"] for line in read_lines(pair.a.raw("apart"))}
	move_lines(pair.b, "apart", lambda lines: [[line for line in lines if json.loads(line)["id"] not in ids]])
	runs = pair.run(PARTNER="4.1")
	assert [run.code for run in runs] == [UNPUBLISHED, UNPUBLISHED], [run.err for run in runs]
	assert_published(pair, {"x": truth["x"]})
	for run in runs:
		assert "the partner runs this program too" in run.err


def test_one_takes_the_other_for_an_original(tmp_path):
	"""PARTNER=4.1 on one side only still comes to the right end."""
	pair = Pair(tmp_path, [entry("x", 10)])
	truth = pair.generate("--mode", "random", "--n-rows", 6)
	runs = [pair.a.start(PARTNER="4.1"), pair.b.start()]
	for run in runs:
		run.wait()
	assert_all_done(runs)
	assert_published(pair, truth)


def tree(top):
	"""Every file and its bytes."""
	found = {}
	for folder, _, names in os.walk(top):
		for name in names:
			path = os.path.join(folder, name)
			with open(path, "rb") as file:
				found[os.path.relpath(path, top)] = file.read()
	return found


def test_again(tmp_path):
	"""A run after a complete run says so, and changes nothing."""
	pair = Pair(tmp_path, [entry("x", 10), entry("y", 441)])
	truth = pair.generate("--n-rows", 10)
	assert_all_done(pair.run())
	before = [tree(server.home) for server in pair.servers]
	runs = pair.run()
	assert_all_done(runs)
	assert all("is complete" in run.err for run in runs)
	assert_published(pair, truth)
	for server, old in zip(pair.servers, before):
		new = tree(server.home)
		changed = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
		assert all(path.endswith("journal/run/_lock") for path in changed), changed


@pytest.mark.parametrize("keep", ["1", None])
def test_data_for_a_date_that_is_complete(tmp_path, keep):
	"""Nobody will process them, so the next run says so: a further part with a warning, a batch that was never published with
	exit code 3. Nothing of it is touched."""
	pair = Pair(tmp_path, [entry("x", 10), entry("late", 20)])
	late = tmp_path / "late.json"
	pair.generate("--mode", "random", "--n-rows", 5)
	for server in pair.servers:
		shutil.move(server.raw("late"), f"{late}-{server.name}")
	assert_all_done(pair.run(KEEP_STATE=keep))
	before = [server.published("x") for server in pair.servers]
	for server in pair.servers:
		shutil.copytree(f"{late}-{server.name}", server.raw("late"), dirs_exist_ok=True)
		server.put_raw("x", ["{}"], "part-99999.json")
	runs = pair.run(KEEP_STATE=keep)
	assert [run.code for run in runs] == [UNPUBLISHED, UNPUBLISHED], [run.err for run in runs]
	for run, server in zip(runs, pair.servers):
		assert "batch late is not published: its raw shares came after this date was complete" in run.err
		assert "batch x: 1 raw parts came after the batch was verified" in run.err
		assert os.listdir(server.raw("late")) and "part-99999.json" in os.listdir(server.raw("x"))
	assert [server.published("x") for server in pair.servers] == before


def test_starts_before_the_shares_are_there(tmp_path):
	"""The servers wait for raw/shares/_SUCCESS, and for nothing less."""
	pair = Pair(tmp_path, [entry("x", 10)])
	runs = [server.start() for server in pair.servers]
	try:
		time.sleep(0.3)
		truth = pair.generate("--mode", "random", "--n-rows", 6)
		for run in runs:
			run.wait()
	finally:
		for run in runs:
			run.stop()
	assert_all_done(runs)
	assert_published(pair, truth)


@pytest.mark.parametrize("missing", ["raw shares", "verify1"])
def test_a_partner_that_never_comes(tmp_path, missing):
	"""RETRY_LIMIT + 1 sleeps, each RETRY_BACKOFF_EXPONENT times as long; then exit code 1 with the original's sentence."""
	pair = Pair(tmp_path, [entry("x", 10)])
	if missing == "verify1":
		pair.generate("--mode", "random", "--n-rows", 3)
	started = time.monotonic()
	run = pair.a.start(RETRY_LIMIT=2, RETRY_DELAY="0.2", RETRY_BACKOFF_EXPONENT="1.5")
	assert run.wait(60) == FAILED
	assert 0.2 + 0.3 + 0.45 <= time.monotonic() - started < (60 if SANITIZED else 10)
	assert "Reached the maximum number of retries." in run.err and missing in run.err
	assert "RETRY_LIMIT" in run.err


def test_a_stage_marker_alone_is_not_enough_for_a_batch(tmp_path):
	"""A partner that sends markers and nothing else: our batches are not published, nothing breaks."""
	pair = Pair(tmp_path, [entry("x", 10)])
	pair.generate("--mode", "random", "--n-rows", 3)
	for stage in STAGES:
		os.makedirs(pair.a.received(stage))
		with open(os.path.join(pair.a.received(stage), "_SUCCESS"), "wb"):
			pass
	run = pair.a.start()
	assert run.wait() == UNPUBLISHED
	assert "the partner sent no verify1" in run.err
	assert batches_in(pair.a.processed()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_wait(tmp_path, number):
	pair = Pair(tmp_path, [entry("x", 10)])
	run = pair.a.start(RETRY_DELAY="100")
	end = time.monotonic() + 30
	while "waiting" not in run.err:
		assert time.monotonic() < end
		time.sleep(0.02)
	run.process.send_signal(number)
	assert run.wait(20) == FAILED
	assert "signal" in run.err


def test_secrets_stay_inside(tmp_path):
	"""Neither words, nor results, nor what is sent, nor the command line hold a secret, however it was given."""
	pair = Pair(tmp_path, [entry("x", 10)])
	pair.generate("--n-rows", 5)
	(tmp_path / "key").write_text(pair.b.keys["B"].private + "\n")
	(tmp_path / "secret").write_text(pair.b.secret + "\n")
	by_option = pair.a.start("--private-key-hex", pair.a.keys["A"].private, "--shared-secret=" + pair.a.secret,
		PRIVATE_KEY_HEX=None, SHARED_SECRET=None)
	end = time.monotonic() + 30
	while "waiting" not in by_option.err:
		assert by_option.is_running() and time.monotonic() < end, by_option.err
		time.sleep(0.01)
	with open(f"/proc/{by_option.process.pid}/cmdline", "rb") as file:
		command_line = file.read().decode()
	by_file = pair.b.start(PRIVATE_KEY_HEX=None, SHARED_SECRET=None, PRIVATE_KEY_HEX_FILE=tmp_path / "key", SHARED_SECRET_FILE=tmp_path / "secret")
	for run in (by_option, by_file):
		assert run.wait() == DONE, run.err
	os.remove(tmp_path / "key")
	os.remove(tmp_path / "secret")
	assert "process" in command_line and "--private-key-hex" in command_line
	seen = {"command line": command_line.encode(), **tree(tmp_path)}
	assert len(seen) > 20
	for server in pair.servers:
		private = server.keys[server.name].private
		for path, content in seen.items():
			for secret in (private.encode(), private.lower().encode(), bytes.fromhex(private), server.secret.encode()):
				assert secret not in content, path


def test_generate_into_a_directory(tmp_path):
	pair = Pair(tmp_path, [entry("x", 10)])
	out = tmp_path / "out"
	made = run_tool(PROCESSOR, "generate", "--output", out, "--n-rows", 7, DATA_CONFIG=pair.config, PUBLIC_KEY_HEX_INTERNAL=pair.a.own,
		PUBLIC_KEY_HEX_EXTERNAL=pair.b.own)
	assert made.returncode == DONE, made.stderr
	for server in pair.servers:
		top = out / f"server_{server.name.lower()}" / "raw" / "shares"
		assert sorted(os.listdir(top)) == ["_SUCCESS", "batch_id=bad-id", "batch_id=x"]
		assert len(read_lines(top / "batch_id=x")) == 7
		for line in read_lines(top / "batch_id=x"):
			assert list(json.loads(line)) == ["id", "payload"] and line == json.dumps(json.loads(line), separators=(",", ":"))
	again = run_tool(PROCESSOR, "generate", "--output", out, DATA_CONFIG=pair.config, PUBLIC_KEY_HEX_INTERNAL=pair.a.own, PUBLIC_KEY_HEX_EXTERNAL=pair.b.own)
	assert again.returncode == FAILED and "already" in again.stderr


def test_generate_as_server_b(tmp_path):
	"""SERVER_ID=B: the internal key and bucket are B's."""
	pair = Pair(tmp_path, [entry("x", 10)])
	made = run_tool(PROCESSOR, "generate", "--mode", "random", "--n-rows", 5, "--truth", tmp_path / "truth.json",
		**pair.b.variables(BUCKET_EXTERNAL_INGEST=pair.a.ingest, SHARED_SECRET=None, PRIVATE_KEY_HEX=None))
	assert made.returncode == DONE, made.stderr
	assert_all_done(pair.run())
	assert_published(pair, {"x": json.loads((tmp_path / "truth.json").read_text())[0]})


def test_generate_with_a_seed(tmp_path):
	"""The same seed gives the same fields, never the same shares."""
	pair = Pair(tmp_path, [entry("x", 100), entry("y", 100)])
	truths, shares = [], []
	for run, seed in enumerate((5, 5, 6)):
		out = tmp_path / str(run)
		made = run_tool(PROCESSOR, "generate", "--mode", "random", "--n-rows", 9, "--seed", seed, "--output", out, "--truth", tmp_path / "truth.json",
			DATA_CONFIG=pair.config, PUBLIC_KEY_HEX_INTERNAL=pair.a.own, PUBLIC_KEY_HEX_EXTERNAL=pair.b.own)
		assert made.returncode == DONE, made.stderr
		truths.append(json.loads((tmp_path / "truth.json").read_text()))
		shares.append({json.loads(line)["payload"] for line in read_lines(out / "server_a/raw/shares/batch_id=x")})
	assert truths[0] == truths[1] != truths[2]
	assert truths[0][0]["payload"] != truths[0][1]["payload"]
	assert not shares[0] & shares[1]


def test_demo_notices_a_wrong_count(tmp_path):
	"""scripts/demo exits non-zero when a server publishes something else than the truth, and leaves nothing behind."""
	wrong = tmp_path / "prio-processor"
	wrong.write_text(f"""#!/bin/sh
"{PROCESSOR}" "$@" || exit
[ "$1" = generate ] || exit 0
sed -i 's/"payload":\\[[0-9]*/"payload":[12345/g' "$(echo "$*" | sed 's/.*--truth //')"
""")
	wrong.chmod(0o755)
	demo = subprocess.run([os.path.join(TOP, "scripts/demo")], env=environment(PRIO_BIN=PRIO, PRIO_PROCESSOR_BIN=wrong, TMPDIR=tmp_path),
		capture_output=True, text=True, timeout=300, check=False)
	assert demo.returncode == 1, demo.stderr
	assert demo.stdout.count("NOT EQUAL") == 2
	assert [name for name in os.listdir(tmp_path) if name.startswith("prio-demo")] == []

"""What goes wrong, and what is said about it: variables, configuration, shares, buckets."""

import base64
import json
import os
import random
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from servers import (DONE, FAILED, PROCESSOR, STAGES, UNPUBLISHED, USAGE, Pair, Run, batches_in, environment, new_keys,  # noqa: E402
	put_tree, random_vectors, read_lines, run_tool, sums)

ONE = [{"batch_id": "x", "n_data": 10}]


def process(server, **changes):
	return run_tool(PROCESSOR, "process", **server.variables(**{"RETRY_LIMIT": 1, "RETRY_DELAY": "0.01", **changes}))


# Variables

REQUIRED = ("APP_NAME", "DATA_CONFIG", "SERVER_ID", "SHARED_SECRET", "PRIVATE_KEY_HEX", "PUBLIC_KEY_HEX_INTERNAL", "PUBLIC_KEY_HEX_EXTERNAL",
	"BUCKET_INTERNAL_ENDPOINT", "BUCKET_EXTERNAL_ENDPOINT", "BUCKET_INTERNAL_INGEST", "BUCKET_INTERNAL_PRIVATE", "BUCKET_INTERNAL_SHARED",
	"BUCKET_EXTERNAL_SHARED")


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
	return Pair(tmp_path_factory.mktemp("idle"), ONE)


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("name", REQUIRED)
def test_missing_variable(idle, name, value):
	run = process(idle.a, **{name: value})
	assert run.returncode == USAGE
	assert name in run.stderr and run.stdout == ""


KEY = "41487569FB9FE57D8E6A86B97BA383A161A155AC284D93400FC96A9400B6373E"


@pytest.mark.parametrize("name, value", [
	("SERVER_ID", "C"),
	("SERVER_ID", "a"),
	("PRIVATE_KEY_HEX", KEY[:-1]),
	("PRIVATE_KEY_HEX", KEY + "00"),
	("PRIVATE_KEY_HEX", "G" + KEY[1:]),
	("PRIVATE_KEY_HEX", KEY),  # of another public key
	("PUBLIC_KEY_HEX_INTERNAL", KEY[:10]),
	("PUBLIC_KEY_HEX_EXTERNAL", KEY[:10]),
	("PUBLIC_KEY_HEX_EXTERNAL", "x" * 64),
	("SHARED_SECRET", "no base64 at all!"),
	("SHARED_SECRET", base64.b64encode(bytes(15)).decode()),
	("SHARED_SECRET", base64.b64encode(bytes(17)).decode()),
	("SUBMISSION_DATE", "2026/11/22"),
	("SUBMISSION_DATE", "22-11-2026"),
	("SUBMISSION_DATE", "2026-11-2"),
	("SUBMISSION_DATE", "2026-13-01"),
	("SUBMISSION_DATE", "2026-11-32"),
	("SUBMISSION_DATE", "2026-00-10"),
	("MAX_REFUSED_FRACTION", "5"),
	("MAX_REFUSED_FRACTION", "1.01"),
	("RETRY_LIMIT", "five"),
	("RETRY_DELAY", "-0.5"),
	("RETRY_DELAY", "1s"),
	("RETRY_BACKOFF_EXPONENT", "nan"),
	("PARTNER", "4"),
	("APP_NAME", "a/b"),
	("APP_NAME", ".."),
	("BUCKET_PREFIX", "data/../v1"),
	("BUCKET_INTERNAL_PRIVATE", "a/b"),
	("BUCKET_EXTERNAL_SHARED", ".."),
	("BUCKET_INTERNAL_ENDPOINT", "/some/dir"),
	("BUCKET_EXTERNAL_ENDPOINT", "file://relative"),
	("ALLOW_FORGEABLE_SIZE", "perhaps"),
	("PRIO_JOBS", "many"),
])
def test_malformed_variable(idle, name, value):
	run = process(idle.a, **{name: value})
	assert run.returncode == USAGE, run.stderr
	# An endpoint is told by its bucket's variable too.
	assert name in run.stderr or name.endswith("ENDPOINT") and name.rsplit("_", 1)[0] in run.stderr, run.stderr
	if name in ("PRIVATE_KEY_HEX", "SHARED_SECRET"):
		assert value not in run.stderr


def test_own_key_as_the_partners(idle):
	run = process(idle.a, PUBLIC_KEY_HEX_EXTERNAL=idle.a.own)
	assert run.returncode == USAGE and "PUBLIC_KEY_HEX_EXTERNAL" in run.stderr


def test_secret_file_that_is_missing(idle):
	run = process(idle.a, PRIVATE_KEY_HEX=None, PRIVATE_KEY_HEX_FILE="/nowhere/key")
	assert run.returncode == FAILED and "PRIVATE_KEY_HEX_FILE" in run.stderr and "/nowhere/key" in run.stderr


def test_number_out_of_range(idle):
	"""As the original: it is a number, so the usage is right, and it fails."""
	run = process(idle.a, RETRY_LIMIT=-1)
	assert run.returncode == FAILED and "RETRY_LIMIT" in run.stderr


def test_misspelt_option(idle):
	run = run_tool(PROCESSOR, "process", "--shared-secrt=x", **idle.a.variables())
	assert run.returncode == USAGE and "shared-secret" in run.stderr


# DATA_CONFIG

@pytest.mark.parametrize("text, words", [
	(None, "No such file"),
	("", "line 1"),
	("{}", "list"),
	("[]", "empty"),
	("[", "line 1"),
	('[{"batch_id": "x", "n_data": 10},\n{"batch_id": "y", "n_data": 10}', "line 2"),
	('[{"batch_id": "x", "n_data": 10}] trailing', "line 1"),
	("[1]", "entry 1"),
	('[{"n_data": 10}]', "batch_id"),
	('[{"batch_id": "", "n_data": 10}]', "batch_id"),
	('[{"batch_id": 7, "n_data": 10}]', "batch_id"),
	('[{"batch_id": "x"}]', "n_data"),
	('[{"batch_id": "x", "n_data": 0}]', "n_data"),
	('[{"batch_id": "x", "n_data": -10}]', "n_data"),
	('[{"batch_id": "x", "n_data": 10.0}]', "n_data"),
	('[{"batch_id": "x", "n_data": "10"}]', "n_data"),
	('[{"batch_id": "x", "n_data": 262144}]', "262143"),
	('[{"batch_id": "x", "n_data": 99999999999999999999}]', "line 1"),
	('[{"batch_id": "x", "n_data": 10}, {"batch_id": "x", "n_data": 20}]', "entry 2"),
	('[{"batch_id": "x", "n_data": 10, "precision": 3}]', "precision"),
	('[{"batch_id": "x", "n_data": 43, "precision": 43}]', "precision"),
	('[{"batch_id": "x", "n_data": 10, "prg": "newest"}]', "prg"),
	('[{"batch_id": "x", "n_data": 10, "min_batch": -1}]', "min_batch"),
	('[{"batch_id": "%s", "n_data": 10}]' % ("x" * 1100), "entry 1"),
])
def test_bad_configuration(idle, tmp_path, text, words):
	path = tmp_path / "config.json"
	if text is not None:
		path.write_text(text)
	run = process(idle.a, DATA_CONFIG=path)
	assert run.returncode in (USAGE, FAILED), run.stderr
	assert run.returncode == USAGE or text is None
	assert "DATA_CONFIG" in run.stderr and words in run.stderr, run.stderr
	assert text is None or str(path) in run.stderr or "batch" in run.stderr


def test_unknown_member_of_the_configuration(tmp_path):
	"""A misspelt member is warned of, and the rest goes on."""
	pair = Pair(tmp_path, [{"batch_id": "x", "n_data": 10, "percision": 2}])
	pair.raw_done()
	for run in pair.run():
		assert run.code == DONE and "percision" in run.err and "warning" in run.err


# Shares

def test_every_line_has_its_reason(tmp_path):
	"""Broken lines and shares of every kind on A, among good ones: each is listed with its reason and where it is, and the
	good ones count."""
	pair = Pair(tmp_path, [{"batch_id": "x", "n_data": 12}])
	source = random.Random(6)
	good = random_vectors(source, 4, 12)
	rest = random_vectors(source, 30, 12)
	lines_a, lines_b = pair.encode(good + rest, "x", 12)
	pair.b.put_raw("x", lines_b)
	other_batch = pair.encode(rest, "y", 12)[0]
	longer = pair.encode([(key, fields + [0]) for key, fields in rest], "x", 13)[0]
	swapped = pair.encode(rest, "x", 12, swap_keys=True)[1]  # sealed to A, made for B

	def altered(index, change):
		record = json.loads(lines_a[4 + index])
		sealed = bytearray(base64.b64decode(record["payload"]))
		sealed = change(sealed)
		return json.dumps({"id": record["id"], "payload": base64.b64encode(bytes(sealed)).decode()})

	def flip(position):
		def change(sealed):
			sealed[position] ^= 1
			return sealed
		return change

	def member(index, **members):
		return json.dumps({**json.loads(lines_a[4 + index]), **members})

	bad = [
		("not-json", None, lines_a[4][:70]),
		("not-json", None, ""),
		("not-json", None, "[1, 2]"),
		("not-json", None, "\ufeff" + lines_a[4]),
		("not-json", None, lines_a[4] + " x"),
		("line-too-long", None, member(1, filler="x" * 100000)),
		("no-id", None, json.dumps({"payload": json.loads(lines_a[4])["payload"]})),
		("no-id", None, json.dumps({"id": None, "payload": json.loads(lines_a[4])["payload"]})),
		("bad-id", None, json.dumps({"id": "i" * 1025, "payload": json.loads(lines_a[4])["payload"]})),
		("bad-id", None, json.dumps({"id": 1.5, "payload": json.loads(lines_a[4])["payload"]})),
		("bad-id", None, json.dumps({"id": ["x"], "payload": json.loads(lines_a[4])["payload"]})),
		("no-payload", rest[2][0], json.dumps({"id": rest[2][0]})),
		("no-payload", rest[2][0], json.dumps({"id": rest[2][0], "payload": None})),
		("bad-base64", rest[3][0], member(3, payload="?" + json.loads(lines_a[7])["payload"][1:])),
		("bad-base64", rest[3][0], member(3, payload=json.loads(lines_a[7])["payload"][:-4] + "A")),
		("truncated", rest[4][0], altered(4, lambda sealed: sealed[:59])),
		("truncated", rest[4][0], member(4, payload="")),
		("low-order-key", rest[5][0], altered(5, lambda sealed: bytes(32) + sealed[32:])),
		("bad-tag", rest[6][0], altered(6, flip(-1))),
		("bad-tag", rest[7][0], altered(7, flip(100))),
		("bad-tag", rest[8][0], altered(8, flip(40))),
		("bad-tag", rest[9][0], altered(9, lambda sealed: sealed[:-1])),
		("bad-tag", rest[10][0], lines_b[4 + 10]),
		("other-batch", rest[11][0], other_batch[11]),
		("wrong-length", rest[12][0], longer[12]),
		("other-server", rest[13][0], swapped[13]),
	]
	pair.a.put_raw("x", lines_a[:2] + [line for _, _, line in bad] + lines_a[2:4])
	pair.raw_done()
	runs = pair.run()
	assert [run.code for run in runs] == [DONE, DONE], [run.err for run in runs]
	for server in pair.servers:
		assert server.published("x")["payload"] == sums(good)
		assert (server.published("x")["error"], server.published("x")["total"]) == (0, 4)
	found = pair.a.refused("x", "verify1")
	with open(os.path.join(pair.a.raw("x"), "part-00000.json"), "rb") as file:
		raw = file.read()
	for (reason, key, line), record in zip(bad, found):
		assert record["reason"] == reason, (record, line[:100])
		assert raw[record["offset"]:].startswith(line.encode() + b"\n") and record["part"] == "part-00000.json"
		if key is not None:
			assert record["id"] == key
	assert len(found) == len(bad)
	counts = {}
	for reason, _, _ in bad:
		counts[reason] = counts.get(reason, 0) + 1
	assert runs[0].summary["x"]["refused"] == counts
	for reason, n in counts.items():
		assert f"{n} {reason}" in runs[0].err


def test_truncated_part(tmp_path):
	"""A part that ends within a line: that record is refused, those before count."""
	pair = Pair(tmp_path, ONE)
	vectors = random_vectors(random.Random(7), 5, 10)
	pair.put_records("x", 10, vectors)
	part = os.path.join(pair.a.raw("x"), "part-00000.json")
	os.truncate(part, os.path.getsize(part) - 100)
	pair.raw_done()
	assert [run.code for run in pair.run()] == [DONE, DONE]
	for server in pair.servers:
		assert server.published("x")["payload"] == sums(vectors[:4])
	assert pair.a.reasons("x", "verify1") == {"not-json": 1}
	assert [record["id"] for record in pair.b.refused("x", "verify2")] == [vectors[4][0]]


def test_no_line_feed_at_the_end(tmp_path):
	pair = Pair(tmp_path, ONE)
	vectors = random_vectors(random.Random(8), 5, 10)
	pair.put_records("x", 10, vectors)
	part = os.path.join(pair.a.raw("x"), "part-00000.json")
	os.truncate(part, os.path.getsize(part) - 1)
	pair.raw_done()
	assert [run.code for run in pair.run()] == [DONE, DONE]
	assert pair.a.published("x")["payload"] == sums(vectors)


def test_wrong_n_data(tmp_path):
	"""A configuration that names another number of fields than the clients have: A refuses everything, nothing is published."""
	pair = Pair(tmp_path, [{"batch_id": "x", "n_data": 11}])
	vectors = random_vectors(random.Random(9), 5, 10)
	pair.put_records("x", 10, vectors)
	pair.raw_done()
	runs = pair.run()
	assert [run.code for run in runs] == [UNPUBLISHED, UNPUBLISHED]
	assert pair.a.reasons("x", "verify1") == {"wrong-length": 5}
	assert batches_in(pair.a.processed()) == batches_in(pair.b.processed()) == []


def test_the_other_servers_shares(tmp_path):
	"""Both ingest buckets exchanged: nothing opens, nothing is published, and it is said why."""
	pair = Pair(tmp_path, ONE)
	lines = pair.encode(random_vectors(random.Random(10), 5, 10), "x", 10)
	pair.a.put_raw("x", lines[1])
	pair.b.put_raw("x", lines[0])
	pair.raw_done()
	for run, server in zip(pair.run(), pair.servers):
		assert run.code == UNPUBLISHED
		assert server.reasons("x", "verify1") == {"bad-tag": 5}
		assert "5 bad-tag" in run.err


def test_hostile_ids_are_escaped(tmp_path):
	"""Ids, batch ids and members with control characters reach no terminal as they are."""
	pair = Pair(tmp_path, [{"batch_id": "x", "n_data": 10}, {"batch_id": "\x1b[31mred\x07", "n_data": 10}])
	vectors = [("\x1b]0;title\x07\u202e", [0] * 10), ("line\nfeed", [1] * 10)]
	pair.put_records("x", 10, vectors)
	pair.raw_done()
	for run, server in zip(pair.run(), pair.servers):
		assert run.code == DONE, run.err
		assert server.published("x")["payload"] == [1] * 10
		for text in (run.err, run.out):
			assert not any(ord(c) < 32 and c not in "\n" or c == "\u202e" for c in text), text
		assert len(run.out.splitlines()) == 1


def encode_packet(*numbers):
	return base64.b64encode(b"".join(b"\xab" + number.to_bytes(11, "big") for number in numbers)).decode()


def test_hostile_messages_of_the_partner(tmp_path):
	"""The partner's verify1 holds packets that cannot be read, two different ones for one id, and lines that are no records:
	those ids are refused with their reason, and the rest is answered."""
	pair = Pair(tmp_path, ONE)
	vectors = random_vectors(random.Random(11), 6, 10)
	pair.put_records("x", 10, vectors)
	pair.raw_done()
	assert [run.code for run in pair.run()] == [DONE, DONE]
	sent = {stage: read_lines(pair.b.sent(stage, "x")) for stage in STAGES}
	pair.clear_outputs()
	ids = [json.loads(line)["id"] for line in sent["verify1"]]
	verify1 = [
		json.dumps({"id": ids[0], "payload": encode_packet(1 << 87 | 1 << 19 | 1, 5)}),  # p itself
		json.dumps({"id": ids[1], "payload": "AAAA"}),
		json.dumps({"id": ids[2], "payload": "no base64?"}),
		sent["verify1"][3], json.dumps({"id": ids[3], "payload": encode_packet(1, 2)}),
		sent["verify1"][4], sent["verify1"][4],  # twice the same is one
		sent["verify1"][5],
		"{", "", json.dumps({"payload": encode_packet(1, 2)}),
		json.dumps({"id": "nobody's", "payload": encode_packet(1, 2)}),
	]
	directory = pair.a.received("verify1", "x")
	os.makedirs(directory)
	with open(os.path.join(directory, "part-0.json"), "w", encoding="utf-8") as file:
		file.write("\n".join(verify1) + "\n")
	with open(os.path.join(pair.a.received("verify1"), "_SUCCESS"), "wb"):
		pass
	run = pair.a.start(RETRY_LIMIT=5)
	assert run.wait() == FAILED and "verify2" in run.err  # the partner's verify2 never comes
	found = {record["id"]: record["reason"] for record in pair.a.refused("x", "verify2")}
	assert found == {ids[0]: "partner-packet", ids[1]: "partner-packet", ids[2]: "partner-packet", ids[3]: "partner-conflict"}
	assert {json.loads(line)["id"] for line in read_lines(pair.a.sent("verify2", "x"))} == set(ids[4:])


@pytest.mark.parametrize("change", ["none", "payload", "total", "error", "two parts", "not json", "short", "own"])
def test_hostile_aggregate_of_the_partner(tmp_path, change):
	"""An aggregate that does not fit ours is not published, and it is said why. The partner writes no manifests."""
	pair = Pair(tmp_path, ONE)
	pair.put_records("x", 10, random_vectors(random.Random(12), 6, 10))
	pair.raw_done()
	assert [run.code for run in pair.run()] == [DONE, DONE]
	for stage in STAGES:
		put_tree(pair.b.sent(stage), tmp_path / "sent" / stage)
		os.remove(tmp_path / "sent" / stage / "_manifest.json")
	own = json.loads(read_lines(pair.a.kept("aggregate", "x"))[0])["payload"]
	pair.clear_outputs()

	directory = tmp_path / "sent/aggregate/batch_id=x"
	record = json.loads(read_lines(directory)[0])
	payload = bytearray(base64.b64decode(own if change == "own" else record["payload"]))
	if change == "payload":
		payload[20] ^= 1
	if change == "short":
		del payload[-3:]
	record["payload"] = base64.b64encode(bytes(payload)).decode()
	if change in ("total", "error"):
		record[change] += 1
	text = json.dumps(record) if change != "not json" else '{"payload":'
	for part in directory.glob("part-*"):
		part.unlink()
	for index in range(2 if change == "two parts" else 1):
		(directory / f"part-{index}.json").write_text(text + "\n")
	for stage in STAGES:
		put_tree(tmp_path / "sent" / stage, pair.a.received(stage))
	run = pair.a.start()
	if change == "none":
		assert run.wait() == DONE, run.err
		return
	assert run.wait() == UNPUBLISHED, run.err
	assert batches_in(pair.a.processed()) == []
	assert run.summary["x"]["status"] == "not-published" and run.summary["x"]["why"] in run.err.replace("\\\\", "\\")


# Buckets

# Without the capabilities that let root read and write everything.
PLAIN = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def run_plainly(server, **changes):
	server.n_runs += 1
	variables = server.variables(RETRY_LIMIT=1, RETRY_DELAY="0.01", **changes)
	run = Run([*PLAIN, PROCESSOR, "process"], environment(**variables), os.path.join(server.root, f"{server.name}-plain-{server.n_runs}"))
	run.wait()
	return run


def test_unreadable_part(tmp_path):
	pair = Pair(tmp_path, ONE)
	pair.generate("--n-rows", 4)
	part = [os.path.join(pair.a.raw("x"), name) for name in os.listdir(pair.a.raw("x"))][0]
	os.chmod(part, 0)
	run = run_plainly(pair.a)
	assert run.code == FAILED
	assert os.path.basename(part) in run.err and "ermission" in run.err
	assert not os.path.exists(os.path.join(pair.a.sent("verify1"), "_SUCCESS"))


@pytest.mark.parametrize("role, variable", [("private", "BUCKET_INTERNAL_PRIVATE"), ("shared", "BUCKET_EXTERNAL_SHARED")])
def test_unwritable_bucket(tmp_path, role, variable):
	pair = Pair(tmp_path, ONE)
	pair.generate("--n-rows", 4)
	bucket = os.path.join(pair.a.home if role == "private" else pair.b.home, role)
	os.makedirs(bucket)
	os.chmod(bucket, 0o500)
	run = run_plainly(pair.a)
	os.chmod(bucket, 0o700)
	assert run.code == FAILED
	assert "ermission" in run.err and (variable in run.err or bucket in run.err), run.err
	assert os.listdir(bucket) == []


@pytest.fixture
def small_disk(tmp_path):
	"""A directory with room for a few hundred kilobytes."""
	disk = tmp_path / "disk"
	disk.mkdir()
	mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", disk], capture_output=True, check=False)
	if mounted.returncode != 0:
		pytest.skip("only root may make a small file system")
	yield disk
	subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.parametrize("role", ["private", "shared"])
def test_full_disk(tmp_path, small_disk, role):
	"""No room in the private or in the partner's bucket: the run ends with a word, and what it left is never taken for
	complete. With room, the same run comes to the right end."""
	pair = Pair(tmp_path / "run", ONE)
	n_rows = 12000 if role == "shared" else 4000
	vectors = random_vectors(random.Random(13), 40, 10)
	lines = pair.encode(vectors, "x", 10)
	truth = [n * (n_rows // 40) for n in sums(vectors)]
	for server, own in zip(pair.servers, lines):
		records = [json.loads(line) for line in own]
		server.put_raw("x", [json.dumps({"id": f"{copy}-{record['id']}", "payload": record["payload"]})
			for copy in range(n_rows // 40) for record in records])
	pair.raw_done()
	bucket = os.path.join(pair.a.home if role == "private" else pair.b.home, role)
	os.makedirs(os.path.dirname(bucket), exist_ok=True)
	os.symlink(small_disk, bucket)  # the bucket itself may be a link; nothing below it
	run = pair.a.start(ALLOW_COPIED_SHARES="1", RETRY_LIMIT=3)
	assert run.wait() == FAILED, run.err
	assert "pace" in run.err and "verify1" in run.err or "checkpoint" in run.err, run.err
	assert not os.path.exists(os.path.join(pair.a.sent("verify1"), "_SUCCESS"))
	for top in (pair.a.kept("verify1", "x"), pair.a.sent("verify1", "x")):
		for line in read_lines(top) if os.path.isdir(top) else ():
			json.loads(line)  # whole lines only
		assert not os.path.exists(os.path.join(pair.a.sent("verify1", "x"), "_SUCCESS"))
	subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
	for run, server in zip(pair.run(ALLOW_COPIED_SHARES="1"), pair.servers):
		assert run.code == DONE, run.err
		assert server.published("x")["payload"] == truth
		assert server.published("x")["total"] == n_rows
	leftovers = [name for _, _, names in os.walk(pair.root) for name in names if name.startswith(".tmp")]
	assert leftovers == []


def test_full_output_of_generate(tmp_path, small_disk):
	pair = Pair(tmp_path / "run", ONE)
	made = run_tool(PROCESSOR, "generate", "--mode", "random", "--n-rows", 5000, "--output", small_disk, DATA_CONFIG=pair.config,
		PUBLIC_KEY_HEX_INTERNAL=pair.a.own, PUBLIC_KEY_HEX_EXTERNAL=pair.b.own)
	assert made.returncode == FAILED and "pace" in made.stderr
	assert not [name for _, _, names in os.walk(small_disk) for name in names]


# generate

@pytest.mark.parametrize("options, changes, words", [
	(["--n-rows", "0"], {}, "N_ROWS"),
	(["--n-partitions", "0"], {}, "N_PARTITIONS"),
	(["--mode", "random", "--scale", "0"], {}, "SCALE"),
	(["--mode", "random", "--partition-size-mb", "0"], {}, "PARTITION_SIZE_MB"),
	(["--mode", "sorted"], {}, "integration"),
	([], {"DATA_CONFIG": None}, "DATA_CONFIG"),
	(["--batch-id", "x"], {}, "N_DATA"),
	(["--batch-id", "x", "--n-data", "7"], {}, "power of two"),
	(["--batch-id", "x", "--n-data", "7"], {}, "ALLOW_FORGEABLE_SIZE"),
	([], {"PUBLIC_KEY_HEX_EXTERNAL": None}, "PUBLIC_KEY_HEX_EXTERNAL"),
	([], {"PUBLIC_KEY_HEX_EXTERNAL": KEY[:9]}, "PUBLIC_KEY_HEX_EXTERNAL"),
	([], {"BUCKET_EXTERNAL_INGEST": None}, "BUCKET_EXTERNAL_INGEST"),
	([], {"APP_NAME": None}, "APP_NAME"),
	([], {"SUBMISSION_DATE": "tomorrow"}, "SUBMISSION_DATE"),
])
def test_bad_use_of_generate(idle, options, changes, words):
	run = run_tool(PROCESSOR, "generate", *options, **idle.a.variables(**{"BUCKET_EXTERNAL_INGEST": "ingest", "PRIVATE_KEY_HEX": None,
		"SHARED_SECRET": None, **changes}))
	assert run.returncode == USAGE, run.stderr
	assert words in run.stderr
	assert not os.path.exists(idle.a.raw())


def test_generate_for_one_server_twice(idle):
	run = run_tool(PROCESSOR, "generate", **idle.a.variables(BUCKET_EXTERNAL_INGEST="ingest", PUBLIC_KEY_HEX_EXTERNAL=idle.a.own))
	assert run.returncode == USAGE and "PUBLIC_KEY_HEX_EXTERNAL" in run.stderr


def test_keys_of_another_pair(idle):
	stranger = new_keys()
	run = process(idle.a, PRIVATE_KEY_HEX=stranger.private)
	assert run.returncode == USAGE and "PRIVATE_KEY_HEX" in run.stderr and "public key" in run.stderr


def test_generate_names_the_way_out_of_a_forgeable_size(idle, tmp_path):
	(tmp_path / "config.json").write_text('[{"batch_id": "fine", "n_data": 10}, {"batch_id": "y", "n_data": 3}]')
	run = run_tool(PROCESSOR, "generate", "--output", tmp_path / "out", **idle.a.variables(DATA_CONFIG=tmp_path / "config.json",
		PRIVATE_KEY_HEX=None, SHARED_SECRET=None))
	assert run.returncode == USAGE, run.stderr
	assert "batch y" in run.stderr and "n_data 4" in run.stderr and "ALLOW_FORGEABLE_SIZE" in run.stderr
	assert not os.path.exists(tmp_path / "out")

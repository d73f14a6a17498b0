"""Messages that are not what they should be: made for other parameters, altered, missing, stale, of the wrong kind, too large."""

import base64
import json
import os
import shutil
import socket

import pytest

from case import SOON, X
from partner import signed
from prio_model.share import Params
from servers import DONE, FAILED, STAGES, UNPUBLISHED, new_secret

MANY = int(os.environ.get("PRIO_TEST_OBJECTS") or 100000)
GIB = 1 << 30


# ---- Other parameters ----

OTHERS = {
	"n_data": (lambda one: Params(one.batch_id, 21, one.precision, one.rule), "its n_data is 20 here and 21 at the partner; both DATA_CONFIG must agree"),
	"precision": (lambda one: Params(one.batch_id, 20, 5, one.rule), "its precision is 0 here and 5 at the partner; both DATA_CONFIG must agree"),
	"prg": (lambda one: Params(one.batch_id, 20, 0, "legacy"), "its prg differs from the partner's; both DATA_CONFIG must agree"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_other_parameters(meeting, what):
	"""Learnt after verify1, in words; the other batch goes on."""
	other, words = OTHERS[what]
	case = meeting()
	case.partner.params["x"] = other(case.partner.params["x"])
	case.partner.verify1 = lambda batch: {key: (1, 2) for key in case.ids(batch)} if batch == "x" else type(case.partner).verify1(case.partner, batch)
	case.start()
	case.play()
	case.ends(UNPUBLISHED, "batch x is not published: " + words)
	assert not os.path.exists(case.ours.sent("verify2", "x"))
	assert case.ours.published("y")["payload"] == case.truth("y")


def test_other_query_point(meeting):
	case = meeting()
	case.start()
	case.play({"verify1": lambda played: played.entry.update(commitment="0" * 64) if played.batch == "x" else None})
	case.ends(UNPUBLISHED, "batch x is not published: its query point differs from the partner's")
	assert case.ours.published("y")["payload"] == case.truth("y")


def test_other_secret(meeting):
	case = meeting()
	case.partner.secret = base64.b64decode(new_secret())
	case.start()
	case.partner.play("verify1")
	case.ends(FAILED, "was not signed with our shared secret: the servers have different SHARED_SECRET")
	assert not os.path.exists(case.ours.sent("verify2"))


@pytest.mark.parametrize("what", ["secret", "prg", "point"])
def test_other_parameters_without_manifests(meeting, what):
	"""Nothing says so, but no record passes, and so nothing of any client's is in what we release."""
	case = meeting(manifests=False, batches=[X])
	if what == "secret":
		case.partner.secret = base64.b64decode(new_secret())
	elif what == "prg":
		case.partner.params["x"] = Params(b"x", 20, 0, "legacy")
	else:
		case.partner.query = lambda batch: 12345
	case.start()
	case.play()
	case.ends(DONE, "writes no manifests", "only 0 records were accepted")
	assert (case.ours.published("x")["error"], case.ours.published("x")["payload"]) == (6, [0] * 20)


# ---- Manifests ----

@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("alter", [
	lambda text: text.replace(b'"format":1', b'"format":2', 1),
	lambda text: text.replace(b'"mac":"', b'"mac":"0', 1),
	lambda text: text[:-20] + (b"0" if text[-20:-19] != b"0" else b"1") + text[-19:],
	lambda text: text[: len(text) // 2],
	lambda text: b"",
	lambda text: b"[]\n",
	lambda text: b"\xff" + text,
	lambda text: b"\x1b]0;title\x07",
], ids=["content", "longer", "mac", "cut", "empty", "list", "bytes", "escape"])
def test_altered_manifest(meeting, stage, alter):
	case = meeting(ours="B")
	case.start()
	case.play(stages=STAGES[:STAGES.index(stage)])
	if stage != "verify1":
		case.until({"verify2": "verify1", "aggregate": "verify2"}[stage])
	case.partner.play(stage, alter=alter)
	run = case.ends(FAILED, f"{stage}/_manifest.json")
	assert "was not signed with our shared secret" in run.err or "is damaged: it is not made as this program makes it" in run.err


@pytest.mark.parametrize("change, words", [
	({"format": 2}, "has a format that this version does not read; both servers need the same major version"),
	({"server": "A"}, "says that it is server A too; one of the two SERVER_ID is wrong"),
	({"stage": "verify2"}, "is not the manifest of verify1"),
	({"batches": {}}, "is not the manifest of verify1"),
])
def test_manifest_of_something_else(meeting, change, words):
	"""Signed, and wrong all the same."""
	case = meeting()
	case.start()
	case.partner.play("verify1", marker=False)
	case.partner.put_manifest("verify1", {**case.partner.content("verify1", []), **change})
	case.partner.mark("verify1")
	case.ends(FAILED, words)


def test_manifest_of_another_date(meeting):
	"""A whole directory of another day, with its manifest."""
	case = meeting()
	case.start()
	key = case.partner.place("verify1", "_manifest.json")[0].replace("2026-11-22", "2026-11-21")
	case.partner.play("verify1", key=key)
	case.ends(FAILED, "or it belongs to another application, date or stage")


def test_manifest_under_another_key(meeting):
	"""Signed as a journal would be, or under a stranger's secret."""
	case = meeting()
	case.start()
	case.partner.play("verify1", secret=bytes(16))
	case.ends(FAILED, "was not signed with our shared secret")


def test_no_manifest_after_one_was_shown(meeting):
	case = meeting()
	case.start()
	case.play(stages=["verify1"])
	case.until("verify1")
	case.partner.play("verify2", manifest=False)
	case.ends(FAILED, "the partner's verify2 has no manifest, though the partner has written manifests before")
	case.start()
	case.ends(FAILED, "has no manifest, though the partner has written manifests before")


def test_no_manifest_in_the_next_run(meeting):
	"""What was shown once is remembered by the next run."""
	case = meeting()
	case.start(**SOON)
	case.partner.play("verify1")
	case.ends(FAILED, "the partner's verify2 did not come")
	os.remove(case.partner.place("verify1", "_manifest.json")[1])
	case.start()
	case.ends(FAILED, "the partner's verify1 has no manifest, though the partner has written manifests before")


def test_manifests_are_required(meeting):
	case = meeting(manifests=False)
	case.start(REQUIRE_MANIFEST="1")
	case.partner.play("verify1")
	case.ends(FAILED, "the partner's verify1 has no manifest, and REQUIRE_MANIFEST is set")
	assert not os.path.exists(case.ours.sent("verify2"))


@pytest.mark.parametrize("stage", ["verify2", "aggregate"])
@pytest.mark.parametrize("answers", ["0" * 64, "", 7], ids=["other", "empty", "number"])
def test_stale_manifest(meeting, stage, answers):
	"""It answers another message than ours: we go on waiting, and take the one that comes."""
	case = meeting()
	case.start()
	case.play(stages=STAGES[:STAGES.index(stage)])
	case.until(STAGES[STAGES.index(stage) - 1])
	case.partner.play(stage, answers=answers)
	case.wait_for_words(f"the partner's {stage} answers an earlier run or other messages than ours; waiting for a new one")
	case.play(stages=STAGES[STAGES.index(stage):])
	case.ends(DONE)
	assert case.ours.published("x")["payload"] == case.truth()


# ---- Parts ----

@pytest.mark.parametrize("stage", STAGES)
def test_part_replaced_after_its_manifest(meeting, stage):
	case = meeting()
	case.start()
	case.play(stages=STAGES[:STAGES.index(stage)])
	if stage != "verify1":
		case.until(STAGES[STAGES.index(stage) - 1])
	case.partner.play(stage, marker=False)
	path = case.partner.place(stage, "batch_id=x/part-00000.json")[1]
	with open(path, "rb") as file:
		content = file.read()
	with open(path, "wb") as file:
		file.write(b'{"id":"!' + content[8:])
	case.partner.mark(stage)
	run = case.ends(UNPUBLISHED if stage == "aggregate" else FAILED, "batch_id=x/part-00000.json is not what the partner's manifest says",
		"damaged or replaced on the way")
	if stage == "aggregate":
		assert case.ours.published("y")["payload"] == case.truth("y")
	else:  # sent again as it was, everything goes on
		with open(path, "wb") as file:
			file.write(content)
		run = case.start()
		case.play(stages=STAGES[STAGES.index(stage) + 1:])
		case.ends(DONE)
	assert "x" in run.summary


@pytest.mark.parametrize("stage", STAGES)
def test_part_that_is_missing(meeting, stage):
	case = meeting()
	case.start()
	case.play(stages=STAGES[:STAGES.index(stage)])
	if stage != "verify1":
		case.until(STAGES[STAGES.index(stage) - 1])
	case.partner.play(stage, marker=False)
	os.remove(case.partner.place(stage, "batch_id=x/part-00000.json")[1])
	case.partner.mark(stage)
	case.ends(UNPUBLISHED if stage == "aggregate" else FAILED, "batch_id=x/part-00000.json", "which is not there")


def test_part_that_no_manifest_names(meeting):
	"""Somebody adds a part: it is not read."""
	case = meeting()
	case.start()
	case.partner.play("verify1", marker=False)
	case.partner.put("verify1", "batch_id=x/part-00001.json", b'{"id":"' + case.ids()[0].encode() + b'","payload":"oQChAA=="}\n')
	case.partner.mark("verify1")
	case.play(stages=["verify2", "aggregate"])
	case.ends(DONE)
	assert case.ours.published("x")["payload"] == case.truth()


@pytest.mark.parametrize("part, words", [
	({"name": "../batch_id=y/part-00000.json"}, "names a part that is none"),
	({"name": "_SUCCESS"}, "names a part that is none"),
	({"name": ".."}, "names a part that is none"),
	({"name": ""}, "names a part that is none"),
	({"name": 3}, "names a part that is none"),
	({"size": -1}, "names a part that is none"),
	({"size": "1"}, "names a part that is none"),
	({"size": 2**63 - 1}, "is not what the partner's manifest says"),
	({"sha256": "0" * 63}, "has no digest for"),
	({"sha256": None}, "has no digest for"),
	({"name": "\x1b]0;title\x07\n\u009b31m\u202e"}, "names a part that is none"),
	({"name": "\u009b31m"}, "names a part that is none"),
	({"name": "x" * 300}, "names a part that is none"),
	({"name": "y" * 5000}, "names a part that is none"),
])
def test_manifest_that_names_strange_parts(meeting, part, words):
	case = meeting()
	case.start()

	def change(text):
		content = json.loads(text)["content"]
		for one in content["batches"]:
			if one["batch_id"] == "x":
				one["parts"][0].update(part)
		return signed(content, case.partner.secret, case.partner.place("verify1", "_manifest.json")[0])

	case.partner.play("verify1", alter=change)
	case.ends(FAILED, words)


def test_marker_without_parts(meeting):
	case = meeting(manifests=False)
	case.start()
	case.partner.send("verify1", [])
	case.until("verify2")
	case.partner.send("verify2", [])
	case.ends(UNPUBLISHED, "batch x is not published: the partner sent no verify1 messages for it", "batch y is not published")


def test_parts_without_marker(meeting):
	case = meeting()
	case.start(**SOON)
	case.partner.play("verify1", marker=False)
	case.ends(FAILED, "the partner's verify1 did not come")


def put_special(path, kind, root):
	"""Something that is no file in the place of one."""
	if os.path.lexists(path):
		os.remove(path)
	os.makedirs(os.path.dirname(path), exist_ok=True)
	if kind == "symlink":
		outside = os.path.join(root, "outside")
		with open(outside, "w", encoding="utf-8") as file:
			file.write('{"id":"outside","payload":"oQChAA=="}\n')
		os.symlink(outside, path)
	elif kind == "fifo":
		os.mkfifo(path)
	elif kind == "directory":
		os.makedirs(os.path.join(path, "inner"))
	else:
		sock = socket.socket(socket.AF_UNIX)
		here = os.getcwd()
		os.chdir(os.path.dirname(path))  # the name of a socket may not be long
		try:
			sock.bind(os.path.basename(path))
		finally:
			os.chdir(here)
			sock.close()


KINDS = pytest.mark.parametrize("kind", ["symlink", "fifo", "directory", "socket"])


@KINDS
@pytest.mark.parametrize("stage", STAGES)
def test_special_file_that_a_manifest_names(meeting, kind, stage):
	case = meeting()
	case.start()
	case.play(stages=STAGES[:STAGES.index(stage)])
	if stage != "verify1":
		case.until(STAGES[STAGES.index(stage) - 1])
	case.partner.play(stage, marker=False)
	put_special(case.partner.place(stage, "batch_id=x/part-00000.json")[1], kind, case.root)
	case.partner.mark(stage)
	case.ends(UNPUBLISHED if stage == "aggregate" else FAILED, "batch_id=x/part-00000.json", "not there")


@KINDS
def test_special_file_among_parts(meeting, kind):
	"""Without a manifest everything is read that is a file, and nothing else."""
	case = meeting(manifests=False)
	case.start()
	case.partner.play("verify1", marker=False)
	put_special(case.partner.place("verify1", "batch_id=x/part-00001.json")[1], kind, case.root)
	case.partner.mark("verify1")
	case.play(stages=["verify2", "aggregate"])
	case.ends(DONE)
	assert case.ours.published("x")["payload"] == case.truth()


@KINDS
@pytest.mark.parametrize("name", ["_SUCCESS", "_manifest.json"])
def test_special_file_as_marker_or_manifest(meeting, kind, name):
	"""As if it were not there."""
	case = meeting()
	case.start(REQUIRE_MANIFEST="1", **SOON)
	case.partner.play("verify1", marker=False)
	put_special(case.partner.place("verify1", name)[1], kind, case.root)
	if name != "_SUCCESS":
		case.partner.mark("verify1")
	case.ends(FAILED, "the partner's verify1 did not come" if name == "_SUCCESS" else "has no manifest, and REQUIRE_MANIFEST is set")


@pytest.mark.parametrize("manifests", [True, False])
def test_symbolic_link_as_directory(meeting, manifests):
	"""The partner's directory leads somewhere else: nothing is read there."""
	case = meeting(manifests=manifests, batches=[X])
	case.start()
	case.partner.play("verify1", marker=False)
	directory = case.ours.received("verify1", "x")
	shutil.move(directory, os.path.join(case.root, "elsewhere"))
	os.symlink(os.path.join(case.root, "elsewhere"), directory)
	case.partner.mark("verify1")
	if manifests:
		case.ends(FAILED, "which is not there")
	else:
		case.until("verify2")
		case.partner.send("verify2", [])
		case.ends(UNPUBLISHED, "the partner sent no verify1 messages for it")


@pytest.mark.parametrize("place", ["verify1", "verify1/batch_id=x", ""])
def test_symbolic_link_where_we_write(meeting, place):
	"""In the bucket that we share with the partner: nothing is written where it leads."""
	case = meeting()
	outbox = os.path.dirname(case.ours.sent("verify1"))
	path = os.path.join(outbox, place).rstrip("/")
	os.makedirs(os.path.dirname(path), exist_ok=True)
	outside = os.path.join(case.root, "outside")
	os.makedirs(outside)
	os.symlink(outside, path)
	case.start(**SOON)
	case.ends(FAILED)
	assert os.listdir(outside) == []


# ---- Much ----

@pytest.mark.parametrize("stage", ["verify1", "verify2"])
def test_tiny_objects(meeting, stage):
	"""A hundred thousand objects of a few bytes: memory and descriptors stay bounded. (A million are refused, in words.)"""
	case = meeting(manifests=False, batches=[X])
	case.start()
	case.play(stages=STAGES[:STAGES.index(stage)])
	if stage == "verify2":
		case.until("verify1")
	case.partner.play(stage, marker=False)
	directory = case.ours.received(stage, "x")
	n = MANY if stage == "verify1" else MANY // 10
	for i in range(n):
		with open(os.path.join(directory, f"part-{i:07}-{'0' * 40}.json"), "wb") as file:
			file.write(b"{}\n")
	case.partner.mark(stage)
	if n > 2**17:
		case.ends(FAILED, "parts for one batch")
		return
	case.play(stages=STAGES[STAGES.index(stage) + 1:])
	case.ends(DONE, f"{n} lines of the partner's {stage} are no records with an id and are ignored")
	assert case.ours.published("x")["payload"] == case.truth()


if MANY >= 10**6:
	def test_long_names(meeting):
		"""300,000 objects with the longest names: more than a listing holds."""
		case = meeting(manifests=False, batches=[X])
		case.start()
		case.partner.play("verify1", marker=False)
		for i in range(300000):
			with open(os.path.join(case.ours.received("verify1", "x"), f"part-{i:07}-{'0' * 230}.json"), "wb"):
				pass
		case.partner.mark("verify1")
		case.ends(FAILED, "verify1/batch_id=x holds more objects than can be listed")


def test_descriptors(meeting):
	"""While it waits for the last message, after thousands of objects, as few are open as at the beginning."""
	case = meeting(manifests=False, batches=[X])
	run = case.start()
	case.until("verify1")
	first = len(os.listdir(f"/proc/{run.process.pid}/fd"))
	case.partner.play("verify1", marker=False)
	for i in range(3000):
		case.partner.put("verify1", f"batch_id=x/part-{i + 1:05}.json", b"{}\n")
	case.partner.mark("verify1")
	case.play(stages=["verify2"])
	case.wait_for_words("waiting for the partner's aggregate")
	assert len(os.listdir(f"/proc/{run.process.pid}/fd")) <= first
	case.partner.play("aggregate")
	case.ends(DONE)


def sparse(path, size):
	os.makedirs(os.path.dirname(path), exist_ok=True)
	with open(path, "wb") as file:
		file.truncate(size)


@pytest.mark.parametrize("stage", ["verify1", "verify2"])
def test_line_of_a_gigabyte(meeting, stage):
	case = meeting(manifests=False, batches=[X])
	case.start()
	case.play(stages=STAGES[:STAGES.index(stage)])
	if stage == "verify2":
		case.until("verify1")
	case.partner.play(stage, marker=False)
	sparse(case.partner.place(stage, "batch_id=x/part-00001.json")[1], GIB)
	case.partner.mark(stage)
	case.play(stages=STAGES[STAGES.index(stage) + 1:])
	case.ends(DONE, f"1 lines of the partner's {stage} are no records with an id and are ignored")
	assert case.ours.published("x")["payload"] == case.truth()


def test_aggregate_of_a_gigabyte(meeting):
	case = meeting(manifests=False)
	case.start()
	case.play(stages=["verify1", "verify2"])
	case.until("verify2")
	case.partner.play("aggregate", marker=False)
	sparse(case.partner.place("aggregate", "batch_id=x/part-00000.json")[1], GIB)
	case.partner.mark("aggregate")
	case.ends(UNPUBLISHED, "batch x is not published", "has more than")
	assert case.ours.published("y")["payload"] == case.truth("y")


HUGE = {
	"sparse": lambda: None,
	"nothing": lambda: b" " * (60 << 20),
	"lists": lambda: b'{"content":{"a":[' + b"[]," * (8 << 20) + b'[]]},"mac":"' + b"0" * 64 + b'"}\n',
	"deep": lambda: b"[" * (20 << 20),
	"numbers": lambda: b'{"content":{"a":[' + b"0," * (8 << 20) + b'0]},"mac":"' + b"0" * 64 + b'"}\n',
}


@pytest.mark.parametrize("kind", HUGE)
def test_huge_manifest(meeting, kind):
	"""Of a stranger: it is refused before anything is made of it."""
	case = meeting()
	case.start()
	case.partner.play("verify1", marker=False)
	text = HUGE[kind]()
	if text is None:
		sparse(case.partner.place("verify1", "_manifest.json")[1], GIB)
	else:
		case.partner.put("verify1", "_manifest.json", text)
	case.partner.mark("verify1")
	case.ends(FAILED, "verify1/_manifest.json")


@pytest.mark.parametrize("kind", ["lists", "parts"])
def test_huge_signed_manifest(meeting, kind):
	"""Of the partner itself."""
	case = meeting()
	case.start()
	case.partner.play("verify1", marker=False)
	content = case.partner.content("verify1", [])
	if kind == "lists":
		content["more"] = [[]] * (3 << 20)
	else:
		part = {"name": "part-00000.json", "size": 1, "sha256": "0" * 64}
		content["batches"] = [{**case.partner.describe("x"), "parts": [part] * 400000}]
	case.partner.put_manifest("verify1", content)
	case.partner.mark("verify1")
	case.ends(FAILED, "verify1/_manifest.json", "is larger than any that is read")


@pytest.mark.parametrize("sizes", [[None], [2**63 - 1, 2**63 - 1, 2]], ids=["too-small", "overflowing"])
def test_part_larger_than_its_manifest_says(meeting, sizes):
	"""Four million ids where the manifest says that there are six, or more than can be counted: the table of ids does not grow with them."""
	case = meeting(batches=[X])
	case.start()

	def change(text):
		content = json.loads(text)["content"]
		part = content["batches"][0]["parts"][0]
		content["batches"][0]["parts"] = [{**part, "size": size or part["size"]} for size in sizes]
		return signed(content, case.partner.secret, case.partner.place("verify1", "_manifest.json")[0])

	case.partner.play("verify1", marker=False, alter=change)
	with open(case.partner.place("verify1", "batch_id=x/part-00000.json")[1], "ab") as file:
		file.writelines(b'{"id":%d,"payload":"oQChAA=="}\n' % i for i in range(4000000))
	case.partner.mark("verify1")
	case.ends(FAILED, "batch_id=x/part-00000.json is not what the partner's manifest says")


# ---- What says that the partner is one of ours ----

ANNOUNCEMENTS = {
	"junk": lambda case, key: b"\x1b]0;title\x07",
	"long": lambda case, key: b"x" * 5000,
	"of-a-stranger": lambda case, key: signed({"server": case.partner.letter, "software": "x"}, bytes(16), key, "prio-processor partner"),
	"manifest": lambda case, key: signed({"server": case.partner.letter, "software": "x"}, case.partner.secret, key),
	"ours": lambda case, key: open(os.path.join(case.ours.sent("verify1"), "_partner.json"), "rb").read(),
}


@pytest.mark.parametrize("kind", ANNOUNCEMENTS)
def test_partner_json(meeting, kind):
	"""With PARTNER=4.1 it decides what is sent of repeated ids, so nobody else may speak for the partner."""
	case = meeting()
	case.start(PARTNER="4.1")
	case.wait_for_words("waiting for the partner's verify1 (PARTNER=4.1: it comes before ours)")
	case.partner.put("verify1", "_partner.json", ANNOUNCEMENTS[kind](case, case.partner.place("verify1", "_partner.json")[0]))
	case.ends(FAILED, "verify1/_partner.json")
	assert not os.path.exists(case.ours.sent("verify1", "x"))


def test_partner_json_of_the_partner(meeting):
	case = meeting()
	case.start(PARTNER="4.1")
	key = case.partner.place("verify1", "_partner.json")[0]
	case.partner.put("verify1", "_partner.json", signed({"server": case.partner.letter, "software": "x"}, case.partner.secret, key, "prio-processor partner"))
	case.play()
	case.ends(DONE, "the partner runs this program too")
	assert case.ours.published("x")["payload"] == case.truth()

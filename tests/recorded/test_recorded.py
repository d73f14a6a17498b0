"""Our server beside a partner on file: what the original prio-processor 4.1 read and sent in real runs (tests/recorded/data).

The original's stages draw no randomness, so everything that our server keeps, sends and publishes must equal what the
original kept, sent and published there, line by line, whatever the part files. The partner's messages are handed over stage
by stage, when ours, which the partner would have needed for them, are there.
"""

import base64
import collections
import json
import os
import shutil
import sys
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from servers import (APP, DATE, DONE, FAILED, OTHER, PREFIX, STAGES, UNPUBLISHED, Keys, Pair, Server, batches_in, put_tree,  # noqa: E402
	read_lines)

DATA = os.path.join(HERE, "data")
BEFORE = {"verify1": None, "verify2": "verify1", "aggregate": "verify2"}  # which of our stages the partner waits for

# Scenarios that the original finished, where every line must be equal.
FINISHED = ("a-id-one-side", "c-forged-proof", "e1-batch-dir-missing", "f-batch-not-in-config", "h-odd-json-lines", "h3-numeric-id",
	"integration", "l-empty-partition")


def read_json(*path):
	with open(os.path.join(DATA, *path), encoding="utf-8") as file:
		return json.load(file)


def keys():
	found = {}
	for name in "AB":
		pair = read_json("env", f"server_{name.lower()}_keys.json")
		found[name] = Keys(pair["private_key"], pair["public_key"])
	return found


def secret():
	return read_json("env", "shared_seed.json")["shared_seed"]


def manifest(scenario):
	with open(os.path.join(DATA, scenario, "manifest.ndjson"), encoding="utf-8") as file:
		return [json.loads(line) for line in file]


class Recorded:
	"""Where one server's recorded files of a scenario are; directories named as Server names its own."""

	def __init__(self, scenario, name):
		self.buckets = os.path.join(DATA, scenario, "buckets")
		self.letter, self.other_letter = name.lower(), OTHER[name].lower()
		public = keys()
		self.inner = f"{PREFIX}/{public[OTHER[name]].public}/{APP}/{DATE}"
		self.outer = f"{PREFIX}/{public[name].public}/{APP}/{DATE}"

	def raw(self):
		return os.path.join(self.buckets, self.letter + "-ingest", self.inner, "raw/shares")

	def kept(self, stage):
		return os.path.join(self.buckets, self.letter + "-private", self.inner, "intermediate/internal", stage)

	def sent(self, stage):
		return os.path.join(self.buckets, self.other_letter + "-shared", self.outer, "intermediate/external", stage)

	def received(self, stage):
		return os.path.join(self.buckets, self.letter + "-shared", self.inner, "intermediate/external", stage)

	def published(self):
		top = os.path.join(self.buckets, self.letter + "-private", self.inner, "processed/publish")
		return {batch: json.loads(read_lines(os.path.join(top, "batch_id=" + batch))[0]) for batch in batches_in(top)}


class Partner:
	"""The recorded partner, that sends a stage once ours before it is there. change(stage, directory) may edit the copy of
	what it sends before it arrives."""

	def __init__(self, server, recorded, change=None):
		self.server, self.recorded, self.change = server, recorded, change
		self.left = list(STAGES)

	def step(self):
		while self.left:
			stage = self.left[0]
			if BEFORE[stage] and not os.path.exists(os.path.join(self.server.sent(BEFORE[stage]), "_SUCCESS")):
				return
			source = self.recorded.received(stage)
			if not os.path.exists(os.path.join(source, "_SUCCESS")):
				return  # the recorded partner had died by now
			if self.change:
				copy = os.path.join(self.server.root, "changed-" + stage)
				shutil.copytree(source, copy)
				self.change(stage, copy)
				source = copy
			put_tree(source, self.server.received(stage))
			self.left.pop(0)


def server_of(tmp_path, scenario, name):
	return Server(name, tmp_path, keys(), secret(), os.path.join(DATA, scenario, "config.json"))


def run_beside(server, recorded, change=None, **changes):
	put_tree(recorded.raw(), server.raw())
	partner = Partner(server, recorded, change)
	run = server.start(**changes)
	try:
		end = time.monotonic() + 120
		while run.is_running():
			assert time.monotonic() < end, run.err
			partner.step()
			time.sleep(0.005)
	finally:
		run.stop()
	return run


def lines_of(top):
	"""Batch by batch, how often each line is there."""
	return {batch: collections.Counter(read_lines(os.path.join(top, "batch_id=" + batch))) for batch in batches_in(top)}


def with_id(lines):
	return {batch: collections.Counter({line: n for line, n in count.items() if "id" in json.loads(line)}) for batch, count in lines.items()}


def assert_markers(server, stages=STAGES):
	for stage in stages:
		assert os.path.getsize(os.path.join(server.sent(stage), "_SUCCESS")) == 0
		assert not os.path.exists(os.path.join(server.kept(stage), "_SUCCESS"))
		for top in (server.sent(stage), server.kept(stage)):
			for batch in batches_in(top):
				assert os.path.exists(os.path.join(top, "batch_id=" + batch, "_SUCCESS")), (top, batch)


def without_time(record):
	return {name: value for name, value in record.items() if name not in ("id", "timestamp")}


@pytest.mark.parametrize("partner", ["5", "4.1"])
@pytest.mark.parametrize("name", ["A", "B"])
@pytest.mark.parametrize("scenario", FINISHED)
def test_equals_the_original(tmp_path, scenario, name, partner):
	recorded = Recorded(scenario, name)
	server = server_of(tmp_path, scenario, name)
	run = run_beside(server, recorded, PARTNER=partner)
	assert run.code == DONE, run.err

	for stage in STAGES:
		expected = lines_of(recorded.kept(stage))
		assert sum(sum(count.values()) for count in expected.values()) > 0
		if stage == "verify1":
			expected = with_id(expected)  # a row without an id is refused here; test_rows_without_id
		assert lines_of(server.kept(stage)) == expected, stage
		assert lines_of(server.sent(stage)) == expected, stage
		for batch in expected:
			assert sorted(os.listdir(server.sent(stage, batch))) == sorted(os.listdir(server.kept(stage, batch)))
	assert_markers(server)

	published = recorded.published()
	assert batches_in(server.processed()) == sorted(published)
	for batch, record in published.items():
		ours = server.published(batch)
		assert list(ours) == list(record)
		assert without_time(ours) == without_time(record)
		line = read_lines(server.processed("publish", batch))[0]
		assert line == json.dumps(ours, separators=(",", ":"))
	assert {batch for batch, summary in run.summary.items() if summary["status"] == "published"} == set(published)


@pytest.mark.parametrize("name", ["A", "B"])
def test_the_partner_reads_what_we_send(tmp_path, name):
	"""The other way round of the test above: what the original read from its partner is what we write, name of directory and
	all, but for the names of parts."""
	recorded = Recorded("integration", name)
	server = server_of(tmp_path, "integration", name)
	assert run_beside(server, recorded).code == DONE
	for stage in STAGES:
		theirs, ours = recorded.sent(stage), server.sent(stage)
		assert lines_of(theirs) == lines_of(ours)
		for batch in batches_in(theirs):
			for part in os.listdir(server.sent(stage, batch)):
				assert part == "_SUCCESS" or part.startswith("part-0000") and part.endswith("-c000.json")


def refused_by_manifest(scenario, label_reasons):
	expected = collections.defaultdict(collections.Counter)
	for record in manifest(scenario):
		for label, reason in label_reasons.items():
			if record["label"].startswith(label):
				expected[record["batch_id"]][reason] += 1
	return expected


def test_integration_lists_the_wrong_length(tmp_path):
	"""A vector of n+1: A refuses it, B cannot see it and finds no counterpart. total 39, error 0 on both."""
	for name, stage, reason in (("A", "verify1", "wrong-length"), ("B", "verify2", "unmatched")):
		server = server_of(tmp_path / name, "integration", name)
		run = run_beside(server, Recorded("integration", name))
		assert run.code == DONE
		for batch, summary in run.summary.items():
			if batch == "zz-dropped-batch":
				assert summary["status"] == "no-data"
				continue
			assert (summary["total"], summary["error"]) == (39, 0)
			assert summary["refused"] == {reason: 1}
			assert server.reasons(batch, stage) == {reason: 1}
		assert "zz-dropped-batch" in run.err  # skipped with a word
		assert "bad-id" in run.err  # so is a batch that is not configured


def test_id_on_one_side_is_listed(tmp_path):
	ids = {record["label"]: record["id"] for record in manifest("a-id-one-side")}
	for name in "AB":
		server = server_of(tmp_path / name, "a-id-one-side", name)
		run = run_beside(server, Recorded("a-id-one-side", name))
		assert run.code == DONE
		assert [(record["id"], record["reason"]) for record in server.refused("only-on-one", "verify2")] == \
			[(ids["id only on " + name], "unmatched")]
		assert run.summary["only-on-one"]["partner_only"] == 1


def test_forged_proofs_are_listed_by_reason(tmp_path):
	labels = {record["id"]: record["label"] for record in manifest("c-forged-proof")}
	failing = {key for key, label in labels.items() if label.startswith(("value", "swapped"))}
	lengths = {key for key, label in labels.items() if label.startswith("vector")}
	other = {key for key, label in labels.items() if label.startswith("both shares encoded")}
	for name in "AB":
		server = server_of(tmp_path / name, "c-forged-proof", name)
		run = run_beside(server, Recorded("c-forged-proof", name))
		assert run.code == DONE
		found = {stage: {(record["id"], record["reason"]) for record in server.refused("forged", stage)} for stage in STAGES}
		assert found["aggregate"] == {(key, "proof-failed") for key in failing}
		assert {(key, "other-batch") for key in other} <= found["verify1"]
		if name == "A":
			assert found["verify1"] == {(key, "other-batch") for key in other} | {(key, "wrong-length") for key in lengths}
			assert found["verify2"] == set()
		else:
			assert found["verify2"] == {(key, "unmatched") for key in lengths}
		# A listed record is found again where the list says.
		for record in server.refused("forged", "verify1"):
			with open(os.path.join(server.raw("forged"), record["part"]), "rb") as file:
				file.seek(record["offset"])
				assert json.loads(file.readline())["id"] == record["id"]


def test_rows_without_id(tmp_path):
	"""h: the original lets a row without id through verify1 and loses it in the join; here it is refused with its reason, as
	are lines that are no JSON."""
	expected = {"A": {"no-id": 2, "not-json": 3}, "B": {"no-id": 1, "not-json": 1}}
	for name in "AB":
		recorded = Recorded("h-odd-json-lines", name)
		theirs = lines_of(recorded.kept("verify1"))["odd-json"]
		without = sum(n for line, n in theirs.items() if "id" not in json.loads(line))
		server = server_of(tmp_path / name, "h-odd-json-lines", name)
		run = run_beside(server, recorded)
		assert run.code == DONE
		assert without == expected[name]["no-id"]
		assert server.reasons("odd-json", "verify1") == expected[name]
		assert {record["id"] for record in server.refused("odd-json", "verify1") if record["reason"] == "no-id"} == {None}


def test_numeric_ids_stay_numbers(tmp_path):
	for name, kind in (("A", int), ("B", str)):
		server = server_of(tmp_path / name, "h3-numeric-id", name)
		assert run_beside(server, Recorded("h3-numeric-id", name)).code == DONE
		for stage in ("verify1", "verify2"):
			assert {type(json.loads(line)["id"]) for line in read_lines(server.sent(stage, "numeric-id"))} == {kind}


def test_a_part_with_only_corrupt_rows(tmp_path):
	server = server_of(tmp_path, "l-empty-partition", "A")
	run = run_beside(server, Recorded("l-empty-partition", "A"))
	assert run.code == DONE
	corrupt = refused_by_manifest("l-empty-partition", {"corrupt on A": "bad-tag"})
	for batch, reasons in corrupt.items():
		assert server.reasons(batch, "verify1") == dict(reasons)


# d: repeated ids

REPEATED = {"dup-exact-both": "row present twice", "dup-distinct-both": "same id as", "dup-only-on-a": "row present twice"}


def repeated_ids(batch):
	return {record["id"] for record in manifest("d-duplicate-id") if record["batch_id"] == batch and record["label"].startswith(REPEATED[batch])}


def sums(records):
	return [sum(bits) for bits in zip(*(record["bits"] for record in records))]


def true_counts(batch, with_repeated):
	records = {record["id"]: record for record in manifest("d-duplicate-id") if record["batch_id"] == batch}
	return sums(record for key, record in records.items() if with_repeated or key not in repeated_ids(batch))


@pytest.mark.parametrize("name", ["A", "B"])
@pytest.mark.parametrize("partner", ["5", "4.1"])
def test_repeated_ids_beside_the_recording(tmp_path, name, partner):
	"""Our rule in what we send: a row twice is one row, or none beside an original; two records under one id are none. The
	recorded sums count it 2^7 times, and are not published beside ours."""
	recorded = Recorded("d-duplicate-id", name)
	server = server_of(tmp_path, "d-duplicate-id", name)
	run = run_beside(server, recorded, PARTNER=partner)
	assert run.code == UNPUBLISHED, run.err
	for batch in REPEATED:
		repeated = repeated_ids(batch)
		theirs = lines_of(recorded.kept("verify1"))[batch]
		ours = lines_of(server.sent("verify1"))[batch]
		others = {line for line in theirs if json.loads(line)["id"] not in repeated}
		once = set(theirs) - others
		# On B the third batch has no copy.
		is_alone = batch == "dup-only-on-a" and name == "B"
		kept_once = is_alone or batch != "dup-distinct-both" and partner == "5"
		assert ours == collections.Counter(others | (once if kept_once else set()))
		reason = {"withheld": 2} if partner == "4.1" else {"conflicting-id": 2} if batch == "dup-distinct-both" else {"duplicate": 1}
		assert server.reasons(batch, "verify1") == ({} if is_alone else reason)
		verify2 = lines_of(server.sent("verify2"))[batch]
		assert {line: 1 for line in lines_of(recorded.kept("verify2"))[batch] if json.loads(line)["id"] not in repeated} == \
			{line: n for line, n in verify2.items() if json.loads(line)["id"] not in repeated}
		assert batch not in batches_in(server.processed())
		assert run.summary[batch]["status"] == "not-published"


def put_recorded_raw(pair, scenario):
	for server in pair.servers:
		put_tree(Recorded(scenario, server.name).raw(), server.raw())


def pair_of(tmp_path, scenario):
	return Pair(tmp_path, read_json(scenario, "config.json"), keys(), secret())


@pytest.mark.parametrize("partner", ["5", "4.1"])
def test_repeated_ids_with_both_ours(tmp_path, partner):
	"""Counted once; two records with one id not at all. PARTNER=4.1 on both changes nothing: each finds that the other is
	ours."""
	pair = pair_of(tmp_path, "d-duplicate-id")
	put_recorded_raw(pair, "d-duplicate-id")
	for run, server in zip(pair.run(PARTNER=partner), pair.servers):
		assert run.code == DONE, run.err
		for batch in REPEATED:
			record = server.published(batch)
			assert record["payload"] == true_counts(batch, batch != "dup-distinct-both")
			assert (record["error"], record["total"]) == (0, 4 if batch == "dup-distinct-both" else 5)


def test_repeated_ids_beside_a_living_original(tmp_path):
	"""What an original partner would do with what we send, PARTNER=4.1: it sends all six rows at verify1, and all its joins
	find only the rows that we sent. Its part is played by our B over the rows that are not repeated, whose verify1 is
	exchanged for the recorded one."""
	recorded = Recorded("d-duplicate-id", "A")
	server = server_of(tmp_path / "ours", "d-duplicate-id", "A")
	original = server_of(tmp_path / "original", "d-duplicate-id", "B")
	put_tree(recorded.raw(), server.raw())
	put_tree(Recorded("d-duplicate-id", "B").raw(), original.raw())
	for batch in REPEATED:
		for part in os.listdir(original.raw(batch)):
			path = os.path.join(original.raw(batch), part)
			with open(path, encoding="utf-8") as file:
				lines = [line for line in file if json.loads(line)["id"] not in repeated_ids(batch)]
			with open(path, "w", encoding="utf-8") as file:
				file.writelines(lines)
	put_tree(recorded.received("verify1"), server.received("verify1"))
	runs = [server.start(PARTNER="4.1"), original.start()]
	relayed = {(server.name, "verify1"): False, **{(one.name, stage): False for one in (server, original) for stage in ("verify2", "aggregate")}}
	end = time.monotonic() + 120
	try:
		while any([run.is_running() for run in runs]):
			assert time.monotonic() < end, [run.err for run in runs]
			for sender, receiver in ((server, original), (original, server)):
				for stage in STAGES:
					if relayed.get((sender.name, stage)) is False and os.path.exists(os.path.join(sender.sent(stage), "_SUCCESS")):
						put_tree(sender.sent(stage), receiver.received(stage))
						os.remove(os.path.join(receiver.received(stage), "_manifest.json"))  # an original writes none
						relayed[sender.name, stage] = True
			time.sleep(0.005)
	finally:
		for run in runs:
			run.stop()
	assert [run.code for run in runs] == [DONE, DONE], [run.err for run in runs]
	for one in (server, original):
		for batch in REPEATED:
			assert one.published(batch)["payload"] == true_counts(batch, False)
			assert (one.published(batch)["error"], one.published(batch)["total"]) == (0, 4)


# Where the recorded partner died

def test_nothing_valid_on_one_side_with_both_ours(tmp_path):
	"""e3: B refuses every share of one batch. It is not published, and says so; the other one is."""
	pair = pair_of(tmp_path, "e3-all-invalid-on-B")
	put_recorded_raw(pair, "e3-all-invalid-on-B")
	good = [record for record in manifest("e3-all-invalid-on-B") if record["batch_id"] == "present"]
	for run, server in zip(pair.run(), pair.servers):
		assert run.code == UNPUBLISHED, run.err
		assert batches_in(server.processed()) == ["present"]
		assert server.published("present")["payload"] == sums(good)
		assert run.summary["all-bad"]["status"] == "not-published"
		assert "all-bad" in run.err
	assert pair.b.reasons("all-bad", "verify1") == {"bad-tag": 3}
	assert "all-bad" not in batches_in(pair.b.sent("verify1"))


@pytest.mark.parametrize("name", ["A", "B"])
def test_nothing_valid_on_one_side_beside_the_original(tmp_path, name):
	"""e3 beside the recorded original: it died before it sent verify2, so nothing can be published. What we sent until then is
	what its verify1 was; with PARTNER=4.1 only the batch that the original does not die of, and never a batch without rows."""
	recorded = Recorded("e3-all-invalid-on-B", name)
	theirs = lines_of(recorded.kept("verify1"))
	for partner in ("5", "4.1"):
		server = server_of(tmp_path / partner, "e3-all-invalid-on-B", name)
		run = run_beside(server, recorded, PARTNER=partner, RETRY_LIMIT=20)
		assert run.code == FAILED
		assert "Reached the maximum number of retries" in run.err and "verify2" in run.err
		ours = lines_of(server.sent("verify1"))
		assert all(ours.values())
		assert ours["present"] == theirs["present"]
		if partner == "4.1" or name == "B":
			assert list(ours) == ["present"]
		else:
			assert ours == theirs
		assert batches_in(server.processed()) == []


def test_announces_itself_and_waits_for_an_original(tmp_path):
	"""PARTNER=4.1: our _partner.json comes first, our verify1 only after the original's."""
	recorded = Recorded("a-id-one-side", "A")
	server = server_of(tmp_path, "a-id-one-side", "A")
	put_tree(recorded.raw(), server.raw())
	run = server.start(PARTNER="4.1")
	try:
		announcement = os.path.join(server.sent("verify1"), "_partner.json")
		end = time.monotonic() + 60
		while not os.path.exists(announcement):
			assert run.is_running() and time.monotonic() < end, run.err
			time.sleep(0.01)
		time.sleep(0.5)
		assert os.listdir(server.sent("verify1")) == ["_partner.json"]
		assert run.is_running()
		partner = Partner(server, recorded)
		while run.is_running():
			assert time.monotonic() < end, run.err
			partner.step()
			time.sleep(0.01)
	finally:
		run.stop()
	assert run.code == DONE, run.err
	assert lines_of(server.sent("verify1")) == lines_of(recorded.sent("verify1"))


def one_side_only(tmp_path, keep):
	"""a-id-one-side with a second batch whose shares only server `keep` got, and a third without a common id."""
	batches = read_json("a-id-one-side", "config.json") + [{"batch_id": "known", "n_data": 10}, {"batch_id": "present", "n_data": 10}]
	pair = Pair(tmp_path, batches, keys(), secret())
	put_recorded_raw(pair, "a-id-one-side")
	for server in pair.servers:
		source = os.path.join(Recorded("f-batch-not-in-config", server.name).raw(), "batch_id=known")
		lines = read_lines(source)
		server.put_raw("known", lines[:2] if server.name == "A" else lines[2:])
		if server.name == keep:
			source = os.path.join(Recorded("e1-batch-dir-missing", server.name).raw(), "batch_id=present")
			server.put_raw("present", read_lines(source))
	return pair


@pytest.mark.parametrize("keep", ["A", "B"])
@pytest.mark.parametrize("partner", ["5", "4.1"])
def test_one_side_only_and_no_common_id_with_both_ours(tmp_path, keep, partner):
	pair = one_side_only(tmp_path, keep)
	expected = Recorded("a-id-one-side", "A").published()["only-on-one"]
	for run, server in zip(pair.run(PARTNER=partner), pair.servers):
		assert run.code == UNPUBLISHED, run.err
		assert batches_in(server.processed()) == ["only-on-one"]
		assert without_time(server.published("only-on-one")) == without_time(expected)
		assert run.summary["known"]["status"] == "not-published"
		assert run.summary["present"]["status"] == ("not-published" if server.name == keep else "no-data")


@pytest.mark.parametrize("name", ["A", "B"])
def test_one_side_only_and_no_common_id_beside_the_original(tmp_path, name):
	"""PARTNER=4.1: such batches are never sent, so an original partner does not die of them, and the others are published."""
	pair = one_side_only(tmp_path, name)
	server = pair.a if name == "A" else pair.b
	recorded = Recorded("a-id-one-side", name)
	shutil.copytree(server.raw(), os.path.join(pair.root, "raw"))
	shutil.rmtree(server.raw())
	known = Recorded("f-batch-not-in-config", name).received("verify1")

	def add_batch_without_common_id(stage, directory):
		if stage == "verify1":
			shutil.copytree(os.path.join(known, "batch_id=known"), os.path.join(directory, "batch_id=known"))
			ours = {json.loads(line)["id"] for line in read_lines(os.path.join(pair.root, "raw/batch_id=known"))}
			for part in os.listdir(os.path.join(directory, "batch_id=known")):
				path = os.path.join(directory, "batch_id=known", part)
				with open(path, encoding="utf-8") as file:
					lines = [line for line in file if json.loads(line)["id"] not in ours]
				with open(path, "w", encoding="utf-8") as file:
					file.writelines(lines)

	recorded.raw = lambda: os.path.join(pair.root, "raw")
	run = run_beside(server, recorded, add_batch_without_common_id, PARTNER="4.1")
	assert run.code == UNPUBLISHED, run.err
	for stage in STAGES:
		assert batches_in(server.sent(stage)) == ["only-on-one"]
	assert lines_of(server.sent("verify1")) == lines_of(recorded.sent("verify1"))
	assert without_time(server.published("only-on-one")) == without_time(recorded.published()["only-on-one"])
	for batch in ("known", "present"):
		assert run.summary[batch]["status"] == "not-published"
		assert batch in run.err


def test_zero_byte_parts_with_both_ours(tmp_path):
	"""A raw part of zero bytes beside a full one, and a batch that has nothing but one."""
	pair = Pair(tmp_path, read_json("f-batch-not-in-config", "config.json") + [{"batch_id": "present", "n_data": 10}], keys(), secret())
	put_recorded_raw(pair, "f-batch-not-in-config")
	for server in pair.servers:
		server.put_raw("known", [], "part-00001-empty.json")
		server.put_raw("present", [])
	for run, server in zip(pair.run(), pair.servers):
		assert run.code == DONE, run.err
		assert without_time(server.published("known")) == without_time(Recorded("f-batch-not-in-config", server.name).published()["known"])
		assert run.summary["present"]["status"] == "no-data"
		assert "present" in run.err


@pytest.mark.parametrize("style", ["space", "newline", "unpadded"])
def test_lenient_base64(tmp_path, style):
	"""Base64 with white space or without padding is taken, as the original does."""
	scenario = "f-batch-not-in-config"
	recorded = Recorded(scenario, "A")
	server = server_of(tmp_path, scenario, "A")
	raw = tmp_path / "raw"
	shutil.copytree(recorded.raw(), raw)
	n_changed = 0
	for part in (raw / "batch_id=known").iterdir():
		lines = []
		for line in part.read_text().splitlines():
			record = json.loads(line)
			text = record["payload"]
			changed = {"space": text[:40] + " " + text[40:], "newline": text[:76] + "\n" + text[76:] + "\n", "unpadded": text.rstrip("=")}[style]
			n_changed += changed != text
			assert base64.b64decode(changed.replace(" ", "") + "=" * (-len(text.rstrip("=")) % 4)) == base64.b64decode(text)
			lines.append(json.dumps({**record, "payload": changed}))
		part.write_text("\n".join(lines) + "\n")
	assert n_changed > 0
	recorded.raw = lambda: str(raw)
	run = run_beside(server, recorded)
	assert run.code == DONE, run.err
	assert lines_of(server.sent("verify1")) == lines_of(recorded.sent("verify1"))
	assert without_time(server.published("known")) == without_time(recorded.published()["known"])

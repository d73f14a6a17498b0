"""Our own side between two runs: other settings, an altered journal, other raw shares, damaged checkpoints. What was said at
verify1 binds; nothing is said in a second way."""

import base64
import glob
import hashlib
import json
import os
import shutil

import pytest

from case import SOON, X, Y
from servers import DONE, FAILED, USAGE, new_keys, new_secret

ADVICE = "A record must never be verified twice in different ways, so this date is over for the batch unless the original is restored"


def begun(meeting, stage="verify1", **how):
	"""A meeting whose first run sent a stage and then waited in vain."""
	case = meeting(**how)
	case.start(**SOON)
	if stage == "verify2":
		case.play(stages=["verify1"])
	case.until(stage)
	case.ends(FAILED, "did not come")
	return case


def snapshot(case):
	outbox = os.path.dirname(case.ours.sent("verify1"))
	found = {}
	for folder, _, names in os.walk(outbox):
		for name in names:
			with open(os.path.join(folder, name), "rb") as file:
				found[os.path.join(folder, name)] = file.read()
	return found


def configure(case, **members):
	with open(case.ours.config, encoding="utf-8") as file:
		batches = json.load(file)
	before = json.dumps(batches)
	batches[0].update(members)
	with open(case.ours.config, "w", encoding="utf-8") as file:
		json.dump(batches, file)
	return before


CHANGES = {
	"n_data": ({"n_data": 21}, {}, "n_data in DATA_CONFIG"),
	"precision": ({"precision": 5}, {}, "precision in DATA_CONFIG"),
	"prg": ({"prg": "legacy"}, {}, "prg in DATA_CONFIG"),
	"secret": ({}, {"SHARED_SECRET": base64.b64encode(bytes(range(16))).decode()}, "SHARED_SECRET"),
	"copies": ({}, {"ALLOW_COPIED_SHARES": "1"}, "ALLOW_COPIED_SHARES"),
}


@pytest.mark.parametrize("stage", ["verify1", "verify2"])
@pytest.mark.parametrize("what", CHANGES)
def test_other_settings(meeting, what, stage):
	"""Refused in words, before anything leaves; with the old ones it goes on."""
	members, variables, words = CHANGES[what]
	case = begun(meeting, stage)
	before, sent = configure(case, **members), snapshot(case)
	case.start(**variables)
	case.ends(USAGE, "batch x was verified before with another " + words, ADVICE)
	assert snapshot(case) == sent
	with open(case.ours.config, "w", encoding="utf-8") as file:
		file.write(before)
	case.start()
	if stage == "verify1":
		case.partner.play("verify1")
	case.play(stages=["verify2", "aggregate"])
	case.ends(DONE)
	assert case.ours.published("x")["payload"] == case.truth()


def test_other_partner_setting(meeting):
	"""PARTNER=4.1 changes what is sent of repeated ids, so it cannot come later."""
	case = begun(meeting, manifests=False)
	case.partner.play("verify1")
	sent = snapshot(case)
	case.start(PARTNER="4.1")
	case.ends(USAGE, "batch x was verified before with another PARTNER", ADVICE)
	assert {name: text for name, text in snapshot(case).items() if not name.endswith("_partner.json")} == sent


def test_other_private_key(meeting):
	"""The journal does not speak to another key, and nothing is sent under it."""
	case = begun(meeting)
	keys, sent = new_keys(), snapshot(case)
	case.start(PRIVATE_KEY_HEX=keys.private, PUBLIC_KEY_HEX_INTERNAL=keys.public)
	case.ends(FAILED, "was not written under this private key: it was changed, or the key was")
	assert snapshot(case) == sent


def test_force_before_all_is_done(meeting):
	"""The partner lost what it got while we wait for its answer: the same bytes again, and nothing that was not sent yet."""
	case = begun(meeting, "verify2")
	sent = snapshot(case)
	shutil.rmtree(os.path.dirname(case.ours.sent("verify1")))
	case.start(**SOON)
	case.ends(FAILED, "did not come")
	assert snapshot(case) == {}
	case.start("--force", **SOON)
	case.ends(FAILED, "verify1 sent again", "verify2 sent again", "did not come")
	assert snapshot(case) == sent
	case.start("--force")
	case.play(stages=["verify2", "aggregate"])
	case.ends(DONE)
	assert case.ours.published("x")["payload"] == case.truth()


# ---- The journal ----

ENTRIES = ["run/verify1", "run/verify2", "run/partner-manifests", "batch_id=x/query", "batch_id=x/answers", "batch_id=x/release"]
DAMAGES = {
	"flip": lambda text: text[:40] + bytes([text[40] ^ 1]) + text[41:],
	"cut": lambda text: text[:-9],
	"empty": lambda text: b"",
	"unsigned": lambda text: b'{"content":{},"mac":"' + b"0" * 64 + b'"}\n',
}


def journal(case, name=""):
	return os.path.join(case.ours.home, case.ours.private, case.ours.inner, "journal", name)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("entry", ENTRIES)
def test_altered_journal(meeting, entry, damage):
	"""The run stops, and nothing more leaves."""
	case = meeting()
	case.start(**SOON)
	case.play(stages=["verify1", "verify2"])
	case.until("aggregate")
	case.ends(FAILED, "the partner's aggregate did not come")
	path = journal(case, entry)
	with open(path, "rb") as file:
		text = file.read()
	with open(path, "wb") as file:
		file.write(DAMAGES[damage](text))
	sent = snapshot(case)
	case.partner.play("aggregate")
	case.start()
	case.ends(FAILED, "journal/" + entry)
	assert snapshot(case) == sent


@pytest.mark.parametrize("entry", ["query", "answers", "release"])
def test_journal_entry_of_another_batch(meeting, entry):
	"""An entry speaks for its own place alone."""
	case = meeting()
	case.start(**SOON)
	case.play(stages=["verify1", "verify2"])
	case.until("aggregate")
	case.ends(FAILED, "the partner's aggregate did not come")
	shutil.copyfile(journal(case, "batch_id=y/" + entry), journal(case, "batch_id=x/" + entry))
	sent = snapshot(case)
	case.partner.play("aggregate")
	case.start()
	case.ends(FAILED, "journal/batch_id=x/" + entry)
	assert snapshot(case) == sent


# ---- Raw shares ----

def raw_part(case, batch="x"):
	return os.path.join(case.ours.raw(batch), "part-00000.json")


@pytest.mark.parametrize("stage", ["verify1", "verify2"])
@pytest.mark.parametrize("how", ["replaced", "same-size", "missing"])
def test_other_raw_shares(meeting, how, stage):
	case = begun(meeting, stage)
	path = raw_part(case)
	with open(path, "rb") as file:
		text = file.read()
	if how == "missing":
		os.remove(path)
	else:
		with open(path, "wb") as file:
			file.write(text[text.index(b"\n") + 1:] if how == "replaced" else text.replace(b"A", b"B", 1))
	sent = snapshot(case)
	case.start()
	case.ends(FAILED, {"replaced": "was verified before and has another size now", "same-size": "was verified before and has other content now",
		"missing": "was verified before and is gone"}[how], "part-00000.json", ADVICE)
	assert snapshot(case) == sent
	with open(path, "wb") as file:  # the original is restored
		file.write(text)
	case.start()
	if stage == "verify1":
		case.partner.play("verify1")
	case.play(stages=["verify2", "aggregate"])
	case.ends(DONE)
	assert case.ours.published("x")["payload"] == case.truth()


@pytest.mark.parametrize("stage", ["verify1", "verify2"])
def test_late_raw_shares(meeting, stage):
	"""A part that came after verify1 is left alone, survives the clearing, and changes nothing."""
	case = begun(meeting, stage, KEEP_STATE="0")
	late = os.path.join(case.ours.raw("x"), "part-00001.json")
	shutil.copyfile(raw_part(case, "y"), late)
	case.start()
	if stage == "verify1":
		case.partner.play("verify1")
	case.play(stages=["verify2", "aggregate"])
	case.ends(DONE, "batch x: 1 raw parts came after the batch was verified; they are left alone. Put late data under another date")
	assert case.ours.published("x")["payload"] == case.truth()
	assert os.path.exists(late) and not os.path.exists(raw_part(case))


def test_late_batch(meeting):
	"""Raw shares of a batch that had none when verify1 was sent."""
	case = meeting()
	shutil.move(case.ours.raw("y"), os.path.join(case.root, "y"))
	case.start(**SOON)
	case.ends(FAILED, "the partner's verify1 did not come")
	shutil.move(os.path.join(case.root, "y"), case.ours.raw("y"))
	case.start()
	case.partner.play("verify1")
	case.until("verify2")
	case.partner.play("verify2")
	case.until("aggregate")
	case.partner.play("aggregate")
	case.ends(3, "batch y is not published: its raw shares came after our verify1 was sent; put them under another date")
	assert case.ours.published("x")["payload"] == case.truth()


# ---- Checkpoints ----

@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone", "of-y", "of-another-key"])
def test_damaged_checkpoint(meeting, damage):
	"""Made again, with the same messages."""
	case = begun(meeting, "verify2")
	path, other = (os.path.join(case.ours.home, case.ours.private, case.ours.inner, f"checkpoint/batch_id={name}/task-00000") for name in "xy")
	with open(path, "rb") as file:
		text = file.read()
	if damage == "gone":
		os.remove(path)
	elif damage == "of-y":
		shutil.copyfile(other, path)
	else:
		with open(path, "wb") as file:
			file.write({"flip": text[:100] + bytes([text[100] ^ 1]) + text[101:], "cut": text[:-50], "empty": b"",
				"of-another-key": text[:8] + bytes(32) + text[40:]}[damage])
	sent = snapshot(case)
	case.start()
	case.play(stages=["verify2", "aggregate"])
	case.ends(DONE)
	now = snapshot(case)
	assert {name: now[name] for name in sent} == sent
	assert case.ours.published("x")["payload"] == case.truth()
	assert case.ours.published("y")["payload"] == case.truth("y")


def test_checkpoint_cannot_be_moved_between_batches(meeting):
	"""Two batches of the same parameters but their name."""
	case = begun(meeting, batches=[X, {**X, "batch_id": "y"}])
	path, other = (os.path.join(case.ours.home, case.ours.private, case.ours.inner, f"checkpoint/batch_id={name}/task-00000") for name in "xy")
	shutil.copyfile(other, path)
	case.start()
	case.play()
	case.ends(DONE)
	assert case.ours.published("x")["payload"] == case.truth()


# ---- Floors and releases ----

def test_release_is_bound_to_the_records(meeting):
	"""Not to the sum of their digests alone: the partner has the key of that, and could make two sets with one sum."""
	case = meeting(batches=[X])
	refused = case.ids()[2]
	case.start(**SOON)
	case.play({"verify2": lambda played: played.set(refused, b"\xa1\x05")}, ["verify1", "verify2"])
	case.until("aggregate")
	case.ends(FAILED, "the partner's aggregate did not come")
	with open(journal(case, "batch_id=x/release"), "rb") as file:
		entry = json.load(file)["content"]
	assert entry["set"] == hashlib.sha256(bytes(key != refused for key in case.ids())).hexdigest()


def test_floor_raised_after_the_release(meeting):
	"""The total left already: a higher floor keeps it from being published, and does not send another."""
	case = meeting(batches=[X])
	case.start(**SOON)
	case.play(stages=["verify1", "verify2"])
	case.until("aggregate")
	case.ends(FAILED, "the partner's aggregate did not come")
	case.partner.play("aggregate")
	case.start(MIN_BATCH="100")
	case.ends(3, "6 records were accepted, fewer than the 100")


def test_other_secret_after_everything(meeting):
	"""A complete run stays complete, whatever the settings are by then."""
	case = meeting()
	case.start()
	case.play()
	case.ends(DONE)
	sent = snapshot(case)
	case.start("--force", SHARED_SECRET=new_secret())
	case.ends(DONE, "is complete", "verify1 sent again")
	assert snapshot(case) == sent


def test_nothing_but_the_results_is_left(meeting):
	"""Clearing takes what was read, and no more."""
	case = meeting(batches=[X, Y], KEEP_STATE="0")
	case.start()
	case.play()
	case.ends(DONE)
	left = {os.path.relpath(path, case.ours.home) for path in glob.glob(case.ours.home + "/**", recursive=True) if os.path.isfile(path)}
	assert all("/journal/" in name or "/processed/" in name for name in left), left


def test_raw_part_whose_name_is_no_text(meeting):
	"""The journal could not name it: nothing is begun, and it is said."""
	case = meeting(batches=[X])
	path = os.fsencode(raw_part(case))
	strange = path.replace(b"part-00000", b"part-\xff")
	os.rename(path, strange)
	case.start(**SOON)
	case.ends(USAGE, "part-\\xff.json is no UTF-8; rename it")
	assert snapshot(case) == {}
	os.rename(strange, path)
	case.start()
	case.play()
	case.ends(DONE)

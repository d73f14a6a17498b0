"""A partner that changes its mind, says two things, or answers only what suits it."""

import json
import os
import shutil

import pytest

from case import SOON, X, Y
from prio_model.field import P
from prio_model import server as protocol
from servers import DONE, FAILED, STAGES, UNPUBLISHED, read_lines

BOTH = pytest.mark.parametrize("ours", "AB")
EITHER_WAY = pytest.mark.parametrize("manifests", [True, False], ids=["manifests", "no-manifests"])


def other(packet, n=2):
	"""Another well-made packet."""
	values = protocol.read_packet(packet, n)
	return protocol.pack_packet([(values[0] + 1) % P, *values[1:]])


@BOTH
@EITHER_WAY
def test_honest(meeting, ours, manifests):
	"""The partner of these tests can be a good one, too."""
	case = meeting(ours=ours, manifests=manifests)
	run = case.start()
	case.play()
	case.ends(DONE)
	for batch in "xy":
		assert case.ours.published(batch)["payload"] == case.truth(batch)
	assert ("writes no manifests" in run.err) == (not manifests)


def change_after_answer(case):
	"""Two batches; the answers to the first leave, the second cannot be sent; then the partner has other messages."""
	unblock = case.block("verify2")
	case.start()
	case.partner.play("verify1")
	case.ends(FAILED, "verify2/batch_id=y")
	assert case.ours.sent("verify2", "x") and not os.path.exists(os.path.join(case.ours.sent("verify2"), "_SUCCESS"))
	changed = case.ids()[0]

	def change(played):
		if played.batch == "x":
			played.set(changed, other(dict(played.rows)[changed]))

	case.partner.play("verify1", change)
	unblock()
	case.start()
	case.until("verify2")
	return changed


@BOTH
@EITHER_WAY
def test_message_changed_after_it_was_answered(meeting, ours, manifests):
	case = meeting(ours=ours, manifests=manifests)
	changed = change_after_answer(case)
	assert [(one["id"], one["reason"]) for one in case.ours.refused("x", "verify2")] == [(changed, "partner-changed")]
	case.play({"verify2": lambda played: played.drop(changed) if played.batch == "x" else None}, ("verify2", "aggregate"))
	case.ends(DONE)
	assert case.ours.published("x")["payload"] == case.truth(without=[changed])
	assert case.ours.published("y")["payload"] == case.truth("y")


@EITHER_WAY
def test_message_changed_to_each_of_many(meeting, manifests):
	"""Again and again: whatever stands there, the first answer is the one that leaves."""
	case = meeting(manifests=manifests)
	change_after_answer(case)
	for i in range(3):
		case.runs[-1].stop()
		case.partner.play("verify1", lambda played: played.set(case.ids()[1 + i], other(played.rows[1 + i][1])))
		case.start(**SOON)
		case.ends(FAILED, "the partner's verify2 did not come")


@EITHER_WAY
@pytest.mark.parametrize("stage", ["verify1", "verify2"])
def test_two_packets_under_one_id(meeting, manifests, stage):
	case = meeting(manifests=manifests, ours="B")
	twice = case.ids()[2]

	def change(played):
		if played.batch == "x":
			played.rows.append((twice, other(dict(played.rows)[twice], 2 if stage == "verify1" else 1)))

	case.start()
	changes = {stage: change}
	if stage == "verify1":
		changes["verify2"] = lambda played: played.drop(twice)
	else:
		# It takes itself for accepted, so only an honest count of it can be published with.
		changes["aggregate"] = lambda played: without(case, played, twice)
	case.play(changes)
	case.ends(DONE)
	place = {"verify1": "verify2", "verify2": "aggregate"}[stage]
	assert [(one["id"], one["reason"]) for one in case.ours.refused("x", place)] == [(twice, "partner-conflict")]
	assert case.ours.published("x")["payload"] == case.truth(without=[twice])
	assert case.ours.published("y")["payload"] == case.truth("y")


def without(case, played, key):
	"""The partner's aggregate without one record."""
	if played.batch != "x":
		return
	accepted = [one for one in case.ids() if one != key]
	played.rows = [case.partner.aggregate_row("x", accepted, len(accepted))]
	played.entry |= {"accepted": len(accepted), "digest": case.partner.accepted_digest("x", accepted)}


@BOTH
def test_our_own_packets_reflected(meeting, ours):
	"""Everything that we send comes back as if it were the partner's: no record passes, and our total is not taken for its."""
	case = meeting(ours=ours, manifests=False, batches=[X])
	case.start()
	for stage in STAGES:
		case.until(stage)
		case.partner.put(stage, "batch_id=x/part-00000.json", "".join(line + "\n" for line in read_lines(case.ours.sent(stage, "x"))).encode())
		case.partner.mark(stage)
	case.ends(UNPUBLISHED, "batch x is not published")
	assert case.ours.reasons("x", "aggregate") == {"proof-failed": 6}


@BOTH
@pytest.mark.parametrize("stage", STAGES)
def test_our_own_manifest_reflected(meeting, ours, stage):
	case = meeting(ours=ours)
	case.start()
	case.play(stages=STAGES[:STAGES.index(stage)])
	case.until(stage)
	shutil.copytree(case.ours.sent(stage), case.ours.received(stage), dirs_exist_ok=True)
	case.ends(FAILED, "was not signed with our shared secret", "or it belongs to another application, date or stage")


# ---- Answers that suit it ----

def refuse_all_but_one(case, **floor):
	"""Every answer but one is garbage: what is left of the sum is one client's."""
	spared = case.ids()[3]

	def change(played):
		for key, packet in list(played.rows):
			if key != spared and played.batch == "x":
				played.set(key, other(packet, 1))

	case.start(**floor)
	case.play({"verify2": change}, ("verify1", "verify2"))
	case.until("aggregate")


FLOORS = [
	({"MIN_BATCH": "2"}, X, "1 records were accepted, fewer than the 2 that MIN_BATCH"),
	({}, {**X, "min_batch": 3}, "1 records were accepted, fewer than the 3 that MIN_BATCH or its min_batch"),
	({"MAX_REFUSED_FRACTION": "0.8"}, X, "5 of the 6 records that we sent were refused, more than MAX_REFUSED_FRACTION (0.8)"),
	({"MIN_BATCH": "1", "MAX_REFUSED_FRACTION": "0"}, X, "more than MAX_REFUSED_FRACTION (0) allows"),
]


@BOTH
@EITHER_WAY
@pytest.mark.parametrize("floor", FLOORS, ids=["MIN_BATCH", "min_batch", "fraction", "none-refused"])
def test_rejects_all_but_one(meeting, ours, manifests, floor):
	variables, batch, words = floor
	case = meeting(ours=ours, manifests=manifests, batches=[batch, Y])
	refuse_all_but_one(case, **variables)
	case.partner.play("aggregate", only=["y"])
	case.ends(UNPUBLISHED, words, "its aggregate is not sent")
	case.left().no_release("x")
	assert case.ours.published("y")["payload"] == case.truth("y")


def test_no_floor_brings_a_warning(meeting):
	case = meeting(batches=[X])
	refuse_all_but_one(case)
	case.partner.play("aggregate")
	case.ends(DONE, "only 1 records were accepted, and no MIN_BATCH is set")


def second_release(case, cut_short):
	"""All but one are accepted, our total leaves, and then the partner has other answers. cut_short: its bucket takes our total, and
	nothing after it."""
	late = case.ids()[4]
	blocked = os.path.join(case.ours.sent("aggregate", "x"), "_SUCCESS", "a directory")
	if cut_short:
		os.makedirs(blocked)
	case.start(**SOON)
	case.play({"verify2": lambda played: played.set(late, other(dict(played.rows)[late], 1)) if played.batch == "x" else None}, ("verify1", "verify2"))
	case.ends(FAILED, "aggregate/batch_id=x/_SUCCESS" if cut_short else "the partner's aggregate did not come")
	assert len(read_lines(case.ours.sent("aggregate", "x"))) == 1
	if cut_short:
		shutil.rmtree(os.path.dirname(blocked))
	case.partner.play("verify2")
	case.start()
	case.wait_for_words("aggregate done")


@BOTH
@EITHER_WAY
@pytest.mark.parametrize("cut_short", [False, True], ids=["whole", "cut-short"])
def test_other_answers_after_our_total_left(meeting, ours, manifests, cut_short):
	case = meeting(ours=ours, manifests=manifests)
	second_release(case, cut_short)
	case.partner.play("aggregate")
	case.ends(UNPUBLISHED, "batch x is not published: its aggregate was released before over other records",
		"this date is over for the batch")
	assert case.ours.published("y")["payload"] == case.truth("y")


@EITHER_WAY
def test_total_is_sent_once_more_with_the_same_bytes(meeting, manifests):
	"""Nothing changed: a run that starts again sends the same total, and publishes."""
	case = meeting(manifests=manifests)
	case.start(**SOON)
	case.play(stages=("verify1", "verify2"))
	case.ends(FAILED, "the partner's aggregate did not come")
	case.start()
	case.wait_for_words("aggregate done")
	case.partner.play("aggregate")
	case.ends(DONE)
	assert case.ours.published("x")["payload"] == case.truth()
	assert all(len(set(versions)) == 1 for versions in case.left().objects.values())
	case.start()
	case.ends(DONE, "is complete")
	assert json.loads(case.runs[-1].out)["batches"][0]["status"] == "published"

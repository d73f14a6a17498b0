"""The partner's aggregate: absurd, of another server or size, or over other records than ours."""

import base64
import json
import os

import pytest

from case import SOON, X
from prio_model import server as protocol
from prio_model.field import P
from servers import DONE, FAILED, UNPUBLISHED

EITHER_WAY = pytest.mark.parametrize("manifests", [True, False], ids=["manifests", "no-manifests"])


def record(case, **members):
	"""The honest record as an object, with other members."""
	accepted, total = case.partner.judged("x")
	return {**json.loads(case.partner.aggregate_row("x", accepted, total)), **members}


def text_of(**members):
	return lambda case: json.dumps(record(case, **members))


def payload_of(make):
	return lambda case: json.dumps(record(case, payload=base64.b64encode(make(case)).decode()))


def sums(case):
	accepted, _ = case.partner.judged("x")
	return protocol.read_total(case.partner.total("x", accepted), 20)[1]


def total(case, fields, server=None):
	number = {"A": 0, "B": 1}[case.partner.letter]
	return protocol.pack_total(number if server is None else server, fields)


RECORDS = {
	"another-total": (text_of(total=7), "the servers disagree: the partner counts 7 records with 0 errors, we count 6 with 0"),
	"another-error": (text_of(error=1), "the servers disagree: the partner counts 6 records with 1 errors, we count 6 with 0"),
	"largest-total": (text_of(total=2**63 - 1), "the servers disagree: the partner counts 9223372036854775807 records"),
	"too-large-total": (lambda case: json.dumps(record(case)).replace('"total": 6', '"total": 99999999999999999999'), "is not one JSON object"),
	"negative-total": (text_of(total=-1), "the aggregate record's \"total\" is not a count"),
	"fraction": (text_of(error=0.5), "the aggregate record's \"error\" is not a count"),
	"word": (text_of(total="6"), "the aggregate record's \"total\" is not a count"),
	"no-total": (lambda case: json.dumps({name: value for name, value in record(case).items() if name != "total"}), "\"total\" is not a count"),
	"no-payload": (text_of(payload=None), "the aggregate record has no \"payload\""),
	"no-base64": (text_of(payload="~~~~"), "the aggregate record's \"payload\" is not base64"),
	"list": (lambda case: "[" + json.dumps(record(case)) + "]", "is not one JSON object"),
	"nothing": (lambda case: "{}", "the aggregate record has no \"payload\""),
	"two-lines": (lambda case: json.dumps(record(case)) + "\n" + json.dumps(record(case)), "is not one JSON object"),
	"escape": (lambda case: "\x1b]0;title\x07", "is not one JSON object"),
	"short": (payload_of(lambda case: total(case, sums(case)[:-1])), "a total share has 19 sums, this batch has 20"),
	"long": (payload_of(lambda case: total(case, sums(case) + [0])), "a total share has 21 sums, this batch has 20"),
	"claims-many": (payload_of(lambda case: b"\x01\xdd\xff\xff\xff\xff"), "a total share has 4294967295 sums"),
	"cut": (payload_of(lambda case: total(case, sums(case))[:-1]), "a total share is broken at sum 19"),
	"not-in-field": (payload_of(lambda case: b"\x01\xdc\x00\x14" + 20 * b"\xab\x80\0\0\0\0\0\0\0\x08\0\x01"), "it is no element of the field"),
	"no-number": (payload_of(lambda case: b"\xa1\x00"), "a total share does not begin with a server's number"),
	"server-2": (payload_of(lambda case: total(case, sums(case), 2)), "server number is neither 0 (A) nor 1 (B)"),
	"our-number": (payload_of(lambda case: total(case, sums(case), {"A": 1, "B": 0}[case.partner.letter])), "both"),
	"noise": (payload_of(lambda case: total(case, [(one + 2**80) % P for one in sums(case)])), "64 bits"),
	"one-too-many": (payload_of(lambda case: total(case, [(one + 7) % P for one in sums(case)])), "more than 6 accepted records can add up to"),
}


@EITHER_WAY
@pytest.mark.parametrize("kind", RECORDS)
def test_aggregate_record(meeting, manifests, kind):
	make, words = RECORDS[kind]
	case = meeting(manifests=manifests)

	def change(played):
		if played.batch == "x":
			played.rows = [make(case)]

	case.start()
	case.play({"aggregate": change})
	case.ends(UNPUBLISHED, "batch x is not published: ", words)
	assert case.ours.published("y")["payload"] == case.truth("y")
	assert not os.path.exists(case.ours.processed("publish", "x"))


@EITHER_WAY
def test_two_parts(meeting, manifests):
	case = meeting(manifests=manifests)
	case.start()
	case.play(stages=["verify1", "verify2"])
	case.until("verify2")
	accepted, total_ = case.partner.judged("x")
	text = (case.partner.aggregate_row("x", accepted, total_) + "\n").encode()
	case.partner.put("aggregate", "batch_id=x/part-00001.json", text)
	case.partner.play("aggregate")
	if manifests:  # the one that it names
		case.ends(DONE)
	else:
		case.ends(UNPUBLISHED, "the partner's aggregate has 2 parts where there should be one")


def test_huge_json(meeting):
	"""As many values as fit into the longest record that is read."""
	n_data = 2**18 - 2
	case = meeting(manifests=False, batches=[{"batch_id": "x", "n_data": n_data}], vectors={"x": [("a", [1] * n_data)]})
	case.start()
	case.partner.verify1 = lambda batch: {"a": (1, 2)}
	case.partner.verify2 = lambda batch: {"a": (3,)}
	case.play(stages=["verify1", "verify2"])
	case.until("verify2")
	case.partner.put("aggregate", "batch_id=x/part-00000.json", b"[" + b"[]," * ((34 * n_data) // 3 - 10) + b"[]]")
	case.partner.mark("aggregate")
	case.ends(UNPUBLISHED, "is not one JSON object")


# ---- Agreement ----

def forget(case, key):
	"""The partner's aggregate without one record that both accepted: what a lost file does."""
	def change(played):
		if played.batch == "x":
			accepted = [one for one in case.ids() if one != key]
			played.rows = [case.partner.aggregate_row("x", accepted, len(case.ids()))]
			played.entry |= {"accepted": len(accepted), "digest": case.partner.accepted_digest("x", accepted)}
	return change


def test_one_id_differs_before_our_release(meeting):
	"""The partner's aggregate is there when we come to ours: nothing is released, the id is named, and after a repair all goes on."""
	case = meeting()
	lost = case.ids()[1]
	case.start(**SOON)
	case.play(stages=["verify1"])
	case.ends(FAILED, "the partner's verify2 did not come")
	case.partner.play("verify2", marker=False)
	case.partner.play("aggregate", forget(case, lost))
	case.partner.mark("verify2")
	case.start()
	case.ends(UNPUBLISHED, "batch x is not published: the servers accepted different records: 6 here, 5 at the partner; the one that differs is id " + lost,
		"Nothing of ours is released yet")
	case.left().no_release("x")
	assert case.ours.published("y")["payload"] == case.truth("y")
	case.partner.play("aggregate")
	case.start()
	case.ends(DONE)
	assert case.ours.published("x")["payload"] == case.truth()


@pytest.mark.parametrize("restart", [False, True])
def test_one_id_differs_after_our_release(meeting, restart):
	case = meeting()
	lost = case.ids()[5]
	case.start(**(SOON if restart else {}))
	case.play(stages=["verify1", "verify2"])
	case.until("aggregate")
	if restart:
		case.ends(FAILED, "the partner's aggregate did not come")
	case.partner.play("aggregate", forget(case, lost))
	if restart:
		case.start()
	run = case.ends(UNPUBLISHED, "the servers accepted different records: 6 here, 5 at the partner; the one that differs is id " + lost,
		"Both totals are released, so this date is over for the batch")
	assert "othing of ours is released" not in run.err
	assert case.ours.published("y")["payload"] == case.truth("y")


def test_two_ids_differ(meeting):
	case = meeting()

	def change(played):
		if played.batch == "x":
			played.entry |= {"accepted": 4, "digest": case.partner.accepted_digest("x", case.ids()[:4])}

	case.start()
	case.play({"aggregate": change})
	case.ends(UNPUBLISHED, "the servers accepted different records: 6 here, 4 at the partner; more than one differs")


@pytest.mark.parametrize("digest", [None, "", "zz" * 32, 5, [], "\x1b[31m"])
def test_no_digest(meeting, digest):
	case = meeting()
	case.start()
	case.play({"aggregate": lambda played: played.entry.update(digest=digest) if played.batch == "x" else None})
	case.ends(UNPUBLISHED, "batch x is not published: the servers accepted different records")


def test_id_with_escapes_is_named(meeting):
	"""An id is whatever a client calls itself. On stderr it is escaped, in the lists it is JSON."""
	strange = "\x1b]0;title\x07\n\r\u009b31m\u202e\x7f\\\""
	case = meeting(batches=[X], vectors={"x": [(strange, [1] * 20), ("good", [1] * 20)]})
	case.start()
	case.play({"aggregate": lambda played: played.entry.update(accepted=1, digest=case.partner.accepted_digest("x", ["good"]))})
	case.ends(UNPUBLISHED, "the one that differs is id \\x1b]0;title\\x07\\x0a\\x0d\\xc2\\x9b31m\\xe2\\x80\\xae\\x7f\\x5c\"")


@EITHER_WAY
def test_refused_id_with_escapes(meeting, manifests):
	strange = "\x1b]0;title\x07\n\r\u009b31m\u202e\x7f\\\""
	case = meeting(manifests=manifests, batches=[X], vectors={"x": [(strange, [1] * 20), ("good", [1] * 20)]})
	case.start()
	case.play({"verify2": lambda played: played.set(strange, protocol.pack_packet([1]))})
	case.ends(DONE)
	path = os.path.join(case.ours.processed("refused", "x"), "aggregate.json")
	with open(path, "rb") as file:
		text = file.read()
	assert not any(byte < 0x20 for byte in text.rstrip(b"\n")) and text.count(b"\n") == 1
	assert json.loads(text)["id"] == strange and json.loads(text)["reason"] == "proof-failed"

"""Do these tests bite? For each of the four rules that protect clients (SECURITY.md), a program in which the rule is broken is built
(CMakeLists.txt here), and the meeting that provokes it must find it guilty, and the shipped program not guilty."""

import os
import subprocess

import pytest

import servers
from case import SOON, X, Y, Case
from recorder import RuleBroken
from servers import FAILED, USAGE, new_secret
from test_hostile import change_after_answer, refuse_all_but_one, second_release

BUILD = os.path.dirname(os.path.dirname(servers.PROCESSOR))
RULES = ("query-point", "answer", "release", "floor")


@pytest.fixture(scope="module")
def planted():
	"""rule -> a program in which it is broken."""
	made = subprocess.run(["cmake", "--build", BUILD, "--target", *(f"planted_{rule}" for rule in RULES)], capture_output=True, text=True,
		check=False)
	assert made.returncode == 0, made.stdout + made.stderr
	return {rule: os.path.join(BUILD, "planted", f"planted_{rule}") for rule in RULES}


# What provokes each.

def another_secret_after_verify1(case):
	"""The first batch's verify1 leaves, the second's cannot; then the run is started with another secret."""
	unblock = case.block("verify1")
	case.start()
	case.ends(FAILED, "verify1/batch_id=y")
	unblock()
	return case.start(SHARED_SECRET=new_secret(), **SOON)


def provoke_query_point(case):
	assert another_secret_after_verify1(case).wait() in (FAILED, USAGE)
	case.left().one_query_point()


def provoke_answer(case):
	change_after_answer(case)
	case.runs[-1].stop()
	case.left().one_answer()


def provoke_release(case):
	second_release(case, cut_short=True)
	case.runs[-1].stop()
	case.left().one_release()


def provoke_floor(case):
	refuse_all_but_one(case, MIN_BATCH="2")
	case.runs[-1].stop()
	case.left().no_release("x")


PROVOKE = {"query-point": provoke_query_point, "answer": provoke_answer, "release": provoke_release, "floor": provoke_floor}


@pytest.mark.parametrize("manifests", [True, False], ids=["manifests", "no-manifests"])
@pytest.mark.parametrize("rule", RULES)
def test_rule_is_kept(meeting, rule, manifests):
	PROVOKE[rule](meeting(batches=[X, Y], manifests=manifests))


@pytest.mark.parametrize("ours", "AB")
@pytest.mark.parametrize("rule", RULES)
def test_broken_rule_is_found(tmp_path, library, planted, rule, ours):
	case = Case(tmp_path, library, ours=ours, binary=planted[rule])
	try:
		with pytest.raises(RuleBroken):
			PROVOKE[rule](case)
	finally:
		for one in case.runs:
			one.stop()
	if rule != "floor":  # what every meeting ends with finds it, too
		with pytest.raises(RuleBroken):
			case.check()

"""Do these tests bite? For each of the four rules that protect clients (SECURITY.md), a program in which the rule is broken is built
from a copy of one source file, and the meeting that provokes it must find it guilty, and the shipped program not guilty."""

import os
import subprocess

import pytest

import servers
from case import SANITIZED, SOON, X, Y, Case
from recorder import RuleBroken
from servers import FAILED, TOP, USAGE, new_secret
from test_hostile import change_after_answer, refuse_all_but_one, second_release

BUILD = os.path.dirname(os.path.dirname(servers.PROCESSOR))

# rule -> source file, what stands there once, what a careless person could have made of it
PLANTS = {
	"query point": ("query.c", "\tif (status == PRIO_ERR_EXISTS) {\n\t\tstatus = journal_read(",
		"\tif (status == PRIO_ERR_EXISTS)\n\t\tstatus = PRIO_OK;\n\tif (status == PRIO_ERR_EXISTS) {\n\t\tstatus = journal_read("),
	"answer": ("verify2.c", "answering->was_stored = reader != NULL;", "answering->was_stored = false;"),
	"release": ("release.c", "\tif (status == PRIO_ERR_EXISTS) {\n\t\tbatch_run_end(",
		"\tif (status == PRIO_ERR_EXISTS)\n\t\tstatus = PRIO_OK;\n\tif (status == PRIO_ERR_EXISTS) {\n\t\tbatch_run_end("),
	"floor": ("release.c", "\tif (batch->n_accepted < min_batch) {", "\tif (batch->n_accepted == 0 && min_batch > 0) {"),
}


def run(*command):
	made = subprocess.run(command, capture_output=True, text=True, check=False)
	assert made.returncode == 0, made.stderr


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
	"""rule -> a program in which it is broken."""
	directory = str(tmp_path_factory.mktemp("planted"))
	version = subprocess.run([servers.PROCESSOR, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
	objects = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(BUILD, "CMakeFiles/prio-processor.dir"))
		for name in names if name.endswith(".o")]
	assert objects, "no objects beside the program"
	archives = [os.path.join(BUILD, "lib", f"libprio_{name}.a") for name in ("cli", "run", "internal")]
	made = {}
	for rule, (source, before, after) in PLANTS.items():
		with open(os.path.join(TOP, "src/pipeline", source), encoding="utf-8") as file:
			text = file.read()
		assert text.count(before) == 1, f"{source} is not what the plant of the rule \"{rule}\" was made for"
		copy = os.path.join(directory, source)
		with open(copy, "w", encoding="utf-8") as file:
			file.write(text.replace(before, after))
		made[rule] = os.path.join(directory, rule.replace(" ", "-"))
		run("cc", "-std=c11", "-O1", "-fPIE", "-D_GNU_SOURCE", f'-DPRIO_VERSION="{version}"', "-I", os.path.join(TOP, "include"),
			"-I", os.path.join(TOP, "src"), "-c", copy, "-o", copy + ".o")
		run("cc", "-o", made[rule], *objects, copy + ".o", *archives, "-lcrypto", "-ljansson", "-lpthread")
	return made


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


PROVOKE = {"query point": provoke_query_point, "answer": provoke_answer, "release": provoke_release, "floor": provoke_floor}


@pytest.mark.parametrize("manifests", [True, False], ids=["manifests", "no-manifests"])
@pytest.mark.parametrize("rule", PLANTS)
def test_rule_is_kept(meeting, rule, manifests):
	PROVOKE[rule](meeting(batches=[X, Y], manifests=manifests))


@pytest.mark.skipif(SANITIZED, reason="linked by hand from objects without a sanitizer")
@pytest.mark.parametrize("ours", "AB")
@pytest.mark.parametrize("rule", PLANTS)
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

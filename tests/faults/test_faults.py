"""Must never give a wrong count, must lose nothing, and must nearly always come to its end by being started again and again."""

import collections
import os

import pytest

import fault_proxy
import s3_servers
from scene import OPERATIONS, Scene

SEEDS = 20 if os.environ.get("PRIO_SOAK") else 3


@pytest.fixture(scope="module", params=s3_servers.KINDS)
def verdicts(request, tmp_path_factory):
	"""One server, all seeds: {seed: Verdict, or the AssertionError}."""
	directory = tmp_path_factory.mktemp(request.param)
	server = s3_servers.start(request.param, directory / "server")
	found = {}
	met = collections.Counter()
	for seed in range(SEEDS):
		scene_directory = directory / f"seed-{seed}"
		scene_directory.mkdir()
		try:
			found[seed] = Scene(server, scene_directory, seed, met).play()
			met += found[seed].faults
		except AssertionError as error:
			found[seed] = error
	server.kill()
	return found


@pytest.mark.parametrize("seed", range(SEEDS))
def test_counts_are_right(verdicts, seed):
	if isinstance(verdicts[seed], AssertionError):
		raise verdicts[seed]
	assert verdicts[seed].published


def test_restarts_alone_are_enough_nearly_always(verdicts):
	calm = [seed for seed, verdict in verdicts.items() if isinstance(verdict, AssertionError) or verdict.calm]
	assert len(calm) <= SEEDS // 10, f"seeds {calm} needed a network without faults"


def test_every_operation_met_every_fault(verdicts):
	played = [verdict for verdict in verdicts.values() if not isinstance(verdict, AssertionError)]
	faults = sum((verdict.faults for verdict in played), collections.Counter())
	requests = sum((verdict.requests for verdict in played), collections.Counter())
	print(fault_proxy.table(faults, requests))
	for seed, verdict in verdicts.items():
		if not isinstance(verdict, AssertionError):
			print(f"covered: seed {seed}: {sum(verdict.requests.values())} requests, {sum(verdict.faults.values())} faults, "
				f"{verdict.kills} kills, {verdict.restarts} restarts, {verdict.seconds:.0f} s{', a calm network at last' if verdict.calm else ''}")
	missing = [(operation, kind) for operation in OPERATIONS for kind in fault_proxy.KINDS
		if fault_proxy.applies(operation, kind) and not faults[operation, kind]]
	assert not missing, missing

"""The preloaded recorder, and meetings that are checked when their test ends."""

import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import recorder  # noqa: E402
from case import Case  # noqa: E402


@pytest.fixture(scope="session")
def library(tmp_path_factory):
	return recorder.build(str(tmp_path_factory.mktemp("recorder")))


@pytest.fixture
def meeting(tmp_path, library):
	"""Makes a Case. However the test goes, its runs are ended; if it went well so far, the rules are checked."""
	cases = []

	def make(**how):
		cases.append(Case(tmp_path / str(len(cases)), library, **how))
		return cases[-1]

	try:
		yield make
		for case in cases:
			case.check()
	finally:
		for case in cases:
			for run in case.runs:
				run.stop()
		shutil.rmtree(tmp_path, ignore_errors=True)

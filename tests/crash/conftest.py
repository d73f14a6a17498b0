"""Where the small runs of this folder lie, and what they covered, said once at the end."""

import os
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

MEMORY = "/dev/shm"  # thousands of small runs, each of which would wait for a disk


@pytest.fixture(scope="module")
def directory():
	path = tempfile.mkdtemp(prefix="prio-crash-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None)
	yield path
	shutil.rmtree(path)


def pytest_terminal_summary(terminalreporter):
	import harness

	for line in harness.COVERED:
		terminalreporter.write_line("covered: " + line)

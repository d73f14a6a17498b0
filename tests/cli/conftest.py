"""What the tests of `prio` start from: keys, and two servers with four clients' shares."""

import json

import pytest

from buckets import Operator
from doctor_tool import OpenFolder, Patient
from prio_tool import Servers, Tool, encode

VECTORS = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0]]


@pytest.fixture
def tool(prio_bin):
	return Tool(prio_bin)


@pytest.fixture
def keys(tool):
	return {letter: json.loads(tool.ok("keygen").stdout) for letter in "AB"}


@pytest.fixture
def secret(tool):
	return json.loads(tool.ok("shared-seed").stdout)["shared_seed"]


@pytest.fixture
def servers(tool, keys, secret, tmp_path):
	"""Two servers with four clients' shares, five fields each."""
	both = Servers(tool, tmp_path, "cli test", 5, keys, secret)
	encode(both, VECTORS)
	return both


@pytest.fixture
def operator(prio_processor_bin, tmp_path):
	"""An operator with four empty buckets."""
	one = Operator(prio_processor_bin, tmp_path)
	for role in ("ingest", "private", "shared", "partner"):
		one.bucket(role).mkdir(parents=True)
	return one


@pytest.fixture
def patient(prio_processor_bin, tmp_path):
	"""A server that is well."""
	return Patient(prio_processor_bin, tmp_path)


@pytest.fixture
def open_patient(prio_processor_bin):
	"""The same in a folder that everybody can reach."""
	with OpenFolder() as folder:
		yield Patient(prio_processor_bin, folder)

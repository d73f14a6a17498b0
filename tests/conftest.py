"""Fixtures for every suite in Python: where things are, and the programs under test."""

import os
import pathlib

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent


def program(variable, name):
	"""The path that the environment variable gives, or the built one; a test that needs it fails where it is missing."""
	path = pathlib.Path(os.environ.get(variable) or TOP / "build" / "bin" / name)
	assert os.access(path, os.X_OK), f"{path} is missing: build it with make, or say in {variable} where it is"
	return str(path)


@pytest.fixture(scope="session")
def top():
	"""The repository."""
	return TOP


@pytest.fixture(scope="session")
def vectors():
	"""What the original library and tools answered: see tests/vectors."""
	return TOP / "tests" / "vectors" / "data"


@pytest.fixture(scope="session")
def prio_bin():
	return program("PRIO_BIN", "prio")


@pytest.fixture(scope="session")
def prio_processor_bin():
	return program("PRIO_PROCESSOR_BIN", "prio-processor")

"""net-tool, which is src/net as a program, and servers on 127.0.0.1 that end with their test."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "s3"))

import servers  # noqa: E402
from wire import Server  # noqa: E402

NET_TOOL = os.path.join(os.path.dirname(servers.PRIO), "net-tool")


@pytest.fixture(scope="session")
def net_tool():
	"""A function: a command of net-tool, its input, what is in its environment; returns its output."""
	assert os.access(NET_TOOL, os.X_OK), f"{NET_TOOL} is missing: build it with make"

	def run(command, given, **variables):
		made = subprocess.run([NET_TOOL, command], input=json.dumps(given), env=servers.environment(**variables),
			capture_output=True, text=True, timeout=120, check=False)
		assert made.returncode == 0, f"{made.returncode}: {made.stderr}"
		return json.loads(made.stdout)

	return run


@pytest.fixture(scope="session")
def ask(net_tool):
	"""A function: requests one after another over one client; returns what came of each."""

	def run(*requests, env=None, **settings):
		output = net_tool("http", {"requests": requests, **settings}, **(env or {}))
		assert output["status"] == "ok", output
		return output["results"][0]

	return run


@pytest.fixture
def serve():
	"""A function: starts a wire.Server with a script; all of them end with the test."""
	running = []

	def start(script, **how):
		running.append(Server(script, **how))
		return running[-1]

	yield start
	for server in running:
		server.stop()

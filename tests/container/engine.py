"""A container engine for tests: its client is named by the environment that scripts/with-engine makes. Everything that is made
here carries a label, and is removed when the tests end, however they end."""

import atexit
import json
import os
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCKER = os.environ["PRIO_DOCKER"]
COMPOSE = os.environ.get("PRIO_COMPOSE", "").split()
NAME = os.environ.get("PRIO_IMAGE", "prio")
PROD, DEV, S3 = f"{NAME}:prod", f"{NAME}:dev", f"{NAME}:s3"
LABEL = f"prio-test={os.getpid()}"
# As an operator should run it: nothing to write on, no privilege to gain, no more than it needs.
HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=300", "--memory=512m")


def docker(*words, check=True, timeout=300, stdin=None):
	"""Runs the client; returns the finished process, its output as text."""
	done = subprocess.run([DOCKER, *map(str, words)], stdin=subprocess.DEVNULL if stdin is None else None, input=stdin, capture_output=True,
		text=True, errors="replace", timeout=timeout, check=False)
	if check and done.returncode != 0:
		raise RuntimeError(f"{os.path.basename(DOCKER)} {' '.join(map(str, words[:3]))}: {done.stderr.strip() or done.stdout.strip()}")
	return done


def inspect(kind, name):
	return json.loads(docker(kind, "inspect", name).stdout)[0]


def environment(variables):
	return [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]


def run(image, *command, options=(), variables=None, check=False, timeout=300):
	"""Runs a container to its end and removes it."""
	return docker("run", "--rm", "--label", LABEL, *options, *environment(variables or {}), image, *command, check=check, timeout=timeout)


class Container:
	"""One that runs in the background."""

	def __init__(self, image, *command, options=(), variables=None):
		self.id = docker("run", "--detach", "--label", LABEL, *options, *environment(variables or {}), image, *command).stdout.strip()

	def state(self):
		return inspect("container", self.id)["State"]

	def log(self):
		done = docker("logs", self.id)
		return done.stderr + done.stdout

	def out(self):
		return docker("logs", self.id).stdout

	def wait(self, seconds=120):
		"""Its exit code, once it ended."""
		return int(docker("wait", self.id, timeout=seconds).stdout)

	def wait_for(self, words, seconds=60):
		"""Until its log holds these words."""
		end = time.monotonic() + seconds
		while words not in self.log():
			if time.monotonic() > end or not self.state()["Running"]:
				raise RuntimeError(f"'{words}' did not come:\n{self.log()}")
			time.sleep(0.05)

	def stop(self, patience_s=30):
		"""Asks it to end; how long that took, and its exit code."""
		started = time.monotonic()
		docker("stop", "--time", patience_s, self.id)
		return time.monotonic() - started, self.state()["ExitCode"]

	def kill(self):
		docker("kill", "--signal", "KILL", self.id)

	def start(self):
		docker("start", self.id)

	def remove(self):
		docker("rm", "--force", "--volumes", self.id, check=False)


def remove_all():
	for kind, remove in (("ps", "rm"), ("volume", "volume"), ("network", "network")):
		listed = ("ps", "-aq") if kind == "ps" else (kind, "ls", "-q")
		names = docker(*listed, "--filter", f"label={LABEL}", check=False).stdout.split()
		if names:
			docker(*((remove, "--force", "--volumes") if kind == "ps" else (remove, "rm")), *names, check=False)


def volume(name):
	"""A fresh volume that the image's user owns."""
	made = docker("volume", "create", "--label", LABEL, f"prio-test-{os.getpid()}-{name}").stdout.strip()
	run(PROD, "chown", "10001:10001", "/volume", options=("--user", "0", "--volume", f"{made}:/volume"), check=True)
	return made


def tool(*words):
	"""What the prio command of the image says, as JSON."""
	return json.loads(run(PROD, "prio", *words, options=(*HARDENED, "--network=none"), check=True).stdout)


class Checks:
	"""Counts; each check is a name and a condition, with what was seen if it does not hold."""

	def __init__(self, tally):
		self.tally, self.started = tally, time.monotonic()

	def that(self, name, holds, seen=""):
		if not holds:
			print(f"FAILED {name}: {seen}", file=sys.stderr)
		self.tally.check(name, [] if holds else ["see above"])

	def equal(self, name, seen, wanted):
		self.that(name, seen == wanted, f"{seen!r}, and not {wanted!r}")

	def section(self, name):
		print(f"{name} ({time.monotonic() - self.started:.0f} s)", flush=True)


atexit.register(remove_all)

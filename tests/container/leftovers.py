"""An engine of our own that is killed with all that called it, as a suite that is interrupted is: no process, bridge, packet
filter rule or mount of it is left, and the next one starts clean."""

import os
import signal
import subprocess
import tempfile
import time

from engine import PROD, TOP, docker

WITH_ENGINE = os.path.join(TOP, "scripts/with-engine")


def network():
	"""Bridges and rules of this machine, as text."""
	rules = subprocess.run(["/usr/sbin/iptables-save"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout
	return sorted(os.listdir("/sys/class/net")), [line for line in rules.splitlines() if line.startswith("-")]


def processes_of(word):
	found = []
	for name in os.listdir("/proc"):
		try:
			with open(f"/proc/{name}/cmdline", "rb") as file:
				if name.isdigit() and int(name) != os.getpid() and word.encode() in file.read():
					found.append(name)
		except OSError:
			pass
	return found


def test(checks):
	if os.environ["PRIO_ENGINE"] != "own":
		print("leftovers: not looked for, since the engine is this machine's own")
		return
	checks.section("an engine that is killed")
	surroundings = {name: value for name, value in os.environ.items() if name not in ("PRIO_DOCKER", "PRIO_COMPOSE", "DOCKER_HOST")}
	with tempfile.TemporaryDirectory(prefix="prio-cache.") as cache:
		surroundings["XDG_CACHE_HOME"] = cache
		archive = os.path.join(cache, "prod.tar")
		docker("save", "--output", archive, PROD)
		before = network()
		script = f"docker load --quiet --input {archive} && docker run --detach --restart always {PROD} sleep 600 && docker network create left && echo up; sleep 600"
		engine = subprocess.Popen([WITH_ENGINE, "sh", "-c", script], env=surroundings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
			start_new_session=True)
		lines = [engine.stdout.readline() for _ in range(4)]
		with open(os.path.join(cache, "prio-processor/engine/run"), encoding="utf-8") as file:
			run = file.read().strip()
		checks.that("it runs a container", lines[-1] == "up\n" and processes_of(run), lines)
		os.killpg(engine.pid, signal.SIGKILL)
		engine.wait()
		end = time.monotonic() + 10
		while processes_of(run) and time.monotonic() < end:
			time.sleep(0.1)
		checks.equal("no process of it is left", processes_of(run), [])
		checks.equal("nor a bridge or rule", network(), before)
		with open("/proc/self/mounts", encoding="utf-8") as file:
			checks.that("nor a mount", run not in file.read(), run)
		said = subprocess.run([WITH_ENGINE, "docker", "ps", "-aq"], env=surroundings, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
		checks.that("the next one starts without its containers", said.returncode == 0 and said.stdout == "", said)
		checks.that("and puts its folder away", not os.path.exists(run), run)

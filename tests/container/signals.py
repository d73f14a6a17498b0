"""Runs that are asked to end, killed, and started again, as process 1 of their containers; buckets are directories in a volume
here, so that nothing but the container itself is tested."""

import json
import time

from engine import HARDENED, PROD, Container, docker, run, tool, volume

APP, DATE = "signals", "2026-11-22"
N_DATA, RECORDS = 2046, 3000
SLOW = ("--cpus=0.3",)  # for the middle of a stage to last


class Pair:
	"""Two servers' variables over one volume."""

	def __init__(self, name):
		self.volume = volume(name)
		self.options = (*HARDENED, "--network=none", "--volume", f"{self.volume}:/buckets")
		keys = {server: tool("keygen") for server in "AB"}
		secret = tool("shared-seed")["shared_seed"]
		self.variables = {}
		for server, other in ("AB", "BA"):
			self.variables[server] = {"APP_NAME": APP, "SUBMISSION_DATE": DATE, "SERVER_ID": server, "SHARED_SECRET": secret,
				"DATA_CONFIG": "/buckets/config.json", "PRIVATE_KEY_HEX": keys[server]["private_key"],
				"PUBLIC_KEY_HEX_INTERNAL": keys[server]["public_key"], "PUBLIC_KEY_HEX_EXTERNAL": keys[other]["public_key"],
				"BUCKET_INTERNAL_ENDPOINT": f"file:///buckets/{server}", "BUCKET_EXTERNAL_ENDPOINT": f"file:///buckets/{other}",
				"BUCKET_INTERNAL_INGEST": "ingest", "BUCKET_INTERNAL_PRIVATE": "private", "BUCKET_INTERNAL_SHARED": "shared",
				"BUCKET_EXTERNAL_SHARED": "shared", "RETRY_LIMIT": "400", "RETRY_DELAY": "0.2", "RETRY_BACKOFF_EXPONENT": "1", "MIN_BATCH": "100"}
		config = json.dumps([{"batch_id": "signals-0", "n_data": N_DATA}])
		made = run(PROD, "sh", "-c", f"echo '{config}' >/buckets/config.json && bin/generate && cat /buckets/truth.json", options=self.options,
			variables={**self.variables["A"], "BUCKET_EXTERNAL_INGEST": "ingest", "MODE": "random", "N_ROWS": RECORDS, "PARTITION_SIZE_MB": 20,
				"TRUTH": "/buckets/truth.json"}, check=True)
		self.truth, = json.loads(made.stdout[made.stdout.index("["):])

	def start(self, server, *options):
		return Container(PROD, options=(*self.options, *options), variables=self.variables[server])

	def published(self, server):
		lines = run(PROD, "sh", "-c", f"cat /buckets/{server}/private/data/v1/*/{APP}/{DATE}/processed/publish/batch_id=signals-0/part-*",
			options=self.options).stdout.splitlines()
		return [json.loads(line)["payload"] for line in lines]


def health(container):
	done = docker("exec", container.id, "/usr/local/bin/prio-health", check=False)
	return done.returncode, done.stdout.strip()


def test(checks):
	checks.section("SIGTERM in the middle of a stage")
	pair = Pair("signals")
	first = pair.start("A", *SLOW)
	first.wait_for("opened ")
	checks.equal("health of one that computes", health(first), (0, "at work"))
	seconds, code = first.stop()
	print(f"  stopped after {seconds:.1f} s")
	checks.that("it ends within 5 s", seconds < 5, f"{seconds:.1f} s")
	checks.that("and says so", code == 1 and "stopped by signal 15" in first.log(), f"exit code {code}: {first.log()}")

	checks.section("kill -9 in the middle of a stage, and a new start of the same container")
	first.start()
	time.sleep(1)
	before = first.log()
	checks.that("it is at work again", first.state()["Running"], before)
	first.kill()
	checks.equal("killed", first.state()["ExitCode"], 137)
	first.remove()

	checks.section("new containers finish the job")
	servers = {"A": pair.start("A")}
	servers["A"].wait_for("waiting for")
	checks.equal("health of one that waits for its partner", health(servers["A"]), (0, "at work"))
	docker("kill", "--signal", "STOP", servers["A"].id)
	code, words = health(servers["A"])
	checks.that("health of one that stands still", code == 1 and words.startswith("stands still"), (code, words))
	docker("kill", "--signal", "CONT", servers["A"].id)
	servers["B"] = pair.start("B")
	for server, container in servers.items():
		checks.equal(f"exit code of {server}", container.wait(), 0)
		counts = pair.published(server)
		checks.that(f"{server} published the truth, once", counts == [pair.truth["payload"]], container.log())
		summary = json.loads(container.out().splitlines()[-1])
		checks.that(f"{server}'s run summary is one line on stdout", "batches" in summary, summary)

	checks.section("process 1 of other commands ends too")
	for words in (("bin/generate",), ("prio-processor", "cp", "-", "/buckets/copy")):
		waiting = Container(PROD, *words, options=(*pair.options, "--interactive", *SLOW), variables={**pair.variables["A"], "MODE": "random",
			"N_ROWS": 20000, "OUTPUT": "/buckets/more"})
		time.sleep(0.7)
		if waiting.state()["Running"]:
			seconds, code = waiting.stop(20)
			checks.that(f"{' '.join(words)} ends within 5 s", seconds < 5, f"{seconds:.1f} s, exit code {code}: {waiting.log()}")
		else:
			checks.that(f"{' '.join(words)} was at work", False, waiting.log())
		waiting.remove()
	for container in servers.values():
		container.remove()

"""Drop-in: a service written after the original's README, with another image and nothing else changed; and its other commands.
The S3 server is MinIO under the name minio, whose root user's keys are the processors', as that README has it."""

import json
import os
import subprocess
import tempfile

from engine import COMPOSE, HARDENED, LABEL, PROD, S3, Container, docker, environment, run, tool

TESTS = os.path.dirname(os.path.abspath(__file__))
ACCESS, SECRET, DATE, APP, PREFIX = "minioaccountname", "minioaccountkey", "2021-04-27", "test-app", "test-app/v1"
SUFFIX = "d70d758a4b28a791"  # of the bucket names, as in that README
# What makes the buckets is not the original's business: a few requests by deploy/s3_client.py, which prio:s3 has.
MAKE_BUCKETS = f"""
import sys
sys.path.insert(0, "/opt/s3-setup")
import s3_client
client = s3_client.Client("http://minio:9000", "{ACCESS}", "{SECRET}", "us-east-1")
for side in "ab":
	for bucket in ("ingest", "private", "shared"):
		client.make_bucket(f"{{side}}-{{bucket}}-{SUFFIX}")
"""


def variables_of(server, keys, secret):
	own, other = server.lower(), "b" if server == "A" else "a"
	return {"SERVER_ID": server, "SHARED_SECRET": secret, "PRIVATE_KEY_HEX": keys[own]["private_key"], "APP_NAME": APP, "SUBMISSION_DATE": DATE,
		"PUBLIC_KEY_HEX_INTERNAL": keys[own]["public_key"], "PUBLIC_KEY_HEX_EXTERNAL": keys[other]["public_key"],
		"BUCKET_INTERNAL_ACCESS_KEY": ACCESS, "BUCKET_INTERNAL_SECRET_KEY": SECRET, "BUCKET_EXTERNAL_ACCESS_KEY": ACCESS,
		"BUCKET_EXTERNAL_SECRET_KEY": SECRET, "BUCKET_INTERNAL_INGEST": f"{own}-ingest-{SUFFIX}", "BUCKET_INTERNAL_PRIVATE": f"{own}-private-{SUFFIX}",
		"BUCKET_INTERNAL_SHARED": f"{own}-shared-{SUFFIX}", "BUCKET_EXTERNAL_SHARED": f"{other}-shared-{SUFFIX}"}


def plain(variables):
	"""What the README's `docker run` passes, for commands beside the service."""
	return {**variables, "BUCKET_INTERNAL_ENDPOINT": "http://minio:9000", "BUCKET_EXTERNAL_ENDPOINT": "http://minio:9000", "BUCKET_PREFIX": PREFIX,
		"RETRY_LIMIT": "90", "RETRY_DELAY": "1", "RETRY_BACKOFF_EXPONENT": "1", "DATA_CONFIG": "/app/processor/config/content.json"}


def test(checks):
	if not COMPOSE:
		checks.that("compose", False, "there is no docker compose")
		return
	checks.section("a service after the original's README")
	network = f"prio-test-{os.getpid()}-original"
	docker("network", "create", "--internal", "--label", LABEL, network)
	minio = Container(S3, options=(*HARDENED, "--network", network, "--network-alias", "minio"),
		variables={"S3_KIND": "minio", "MINIO_ROOT_USER": ACCESS, "MINIO_ROOT_PASSWORD": SECRET})
	keys = {side: tool("keygen") for side in "ab"}
	secret = tool("shared-seed")["shared_seed"]
	servers = {server: variables_of(server, keys, secret) for server in "AB"}
	with tempfile.TemporaryDirectory(prefix="prio-original.") as folder:
		os.chmod(folder, 0o755)
		config = os.path.join(folder, "config")
		os.mkdir(config)
		os.chmod(config, 0o755)
		write(os.path.join(config, "content.json"), json.dumps([{"batch_id": "content.blocking_blocked_TESTONLY-0", "n_data": 2046},
			{"batch_id": "content.blocking_blocked_TESTONLY-1", "n_data": 441}]))
		credentials = os.path.join(folder, "credentials.json")
		write(credentials, "{}")
		mounts = ("--network", network, "--volume", f"{config}:/app/processor/config", "--volume", f"{credentials}:/app/.credentials")
		compose = {server: ([*COMPOSE, "-p", f"prio-test-{os.getpid()}-{server.lower()}", "-f", os.path.join(TESTS, "original-service.yml")],
			{**os.environ, **variables, "IMAGE": PROD, "NETWORK": network, "CONFIG_DIR": config, "CREDENTIAL_FILE": credentials})
			for server, variables in servers.items()}
		try:
			run(S3, "sh", "-c", f"until python3 -c '{MAKE_BUCKETS}' 2>/dev/null; do sleep 0.5; done",
				options=("--network", network), check=True, timeout=60)
			said = run(PROD, "processor/bin/generate", options=mounts, check=True,
				variables={**plain(servers["A"]), "BUCKET_EXTERNAL_INGEST": f"b-ingest-{SUFFIX}", "N_ROWS": "100", "TRUTH": "/dev/stdout"})
			truth = {entry["batch_id"]: entry["payload"] for entry in json.loads(said.stdout[said.stdout.index("["):])}
			running = {server: subprocess.Popen([*words, "up", "--no-build", "--exit-code-from", "processor"], env=surroundings, stdin=subprocess.DEVNULL,
				stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for server, (words, surroundings) in compose.items()}
			for server, process in running.items():
				words = process.communicate(timeout=300)[0]
				checks.that(f"server {server}: exit code 0, published", process.returncode == 0 and "published" in words, words)
			for server, variables in servers.items():
				checks.equal(f"server {server} published the truth, where the original does", published(mounts, variables, truth), truth)
			checks.section("its other commands")
			other_commands(checks, mounts, servers, truth)
		finally:
			for words, surroundings in compose.values():
				subprocess.run([*words, "down", "--timeout", "2"], env=surroundings, stdin=subprocess.DEVNULL, capture_output=True, check=False)
			minio.remove()


def write(path, text):
	with open(path, "w", encoding="utf-8") as file:
		file.write(text)
	os.chmod(path, 0o644)


def published(mounts, variables, truth):
	counts = {}
	for batch in truth:
		under = f"private:{PREFIX}/{variables['PUBLIC_KEY_HEX_EXTERNAL']}/{APP}/{variables['SUBMISSION_DATE']}/processed/publish/batch_id={batch}"
		script = f"name=$(prio-processor ls {under} | grep -o '[^ ]*part-[^ ]*') && prio-processor cat \"$name\""
		said = run(PROD, "sh", "-c", script, options=mounts, variables=plain(variables))
		counts[batch] = json.loads(said.stdout)["payload"] if said.returncode == 0 and said.stdout else said.stderr
	return counts


def other_commands(checks, mounts, servers, truth):
	"""`docker run -it IMAGE bash -c "cd processor; ..."`, and cleanup."""
	day = {server: {**variables, "SUBMISSION_DATE": "2021-04-28"} for server, variables in servers.items()}
	run(PROD, "bash", "-c", "cd processor; bin/generate", options=mounts, check=True,
		variables={**plain(day["A"]), "BUCKET_EXTERNAL_INGEST": f"b-ingest-{SUFFIX}", "N_ROWS": "100"})
	running = {server: subprocess.Popen([os.environ["PRIO_DOCKER"], "run", "--rm", "--label", LABEL, *mounts, *environment(plain(variables)), PROD,
		"bash", "-c", "cd processor; bin/process"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
		for server, variables in day.items()}
	for server, process in running.items():
		words = process.communicate(timeout=300)[0]
		checks.that(f"server {server} by bash: exit code 0", process.returncode == 0, words)
	for server, variables in day.items():
		checks.equal(f"server {server} published that day too", published(mounts, variables, truth), truth)
	before = run(PROD, "prio-processor", "ls", "--recursive", "private:", options=mounts, variables=plain(day["A"])).stdout
	said = run(PROD, "bin/cleanup", options=mounts, variables=plain(day["A"]))
	checks.that("bin/cleanup asks nothing", said.returncode == 0, said)
	after = run(PROD, "prio-processor", "ls", "--recursive", "private:", options=mounts, variables=plain(day["A"])).stdout
	checks.that("and leaves the results", before.count("/processed/publish/") == after.count("/processed/publish/") > 0, after)

"""deploy/compose at work: two servers on one machine, kept apart; and twice self-hosted.yml, two organisations with S3 servers
of different kinds over TLS."""

import json
import os
import stat
import subprocess
import sys
import tempfile
import time

from engine import COMPOSE, DOCKER, HARDENED, LABEL, PROD, TOP, Container, docker, run, tool

sys.path.insert(0, os.path.join(TOP, "deploy/compose"))
from deployment import HERE, Deployment, truth_in  # noqa: E402

SECRETS = ("PRIVATE_KEY_HEX", "SHARED_SECRET", "BUCKET_INTERNAL_SECRET_KEY", "BUCKET_EXTERNAL_SECRET_KEY")
TESTS = os.path.dirname(os.path.abspath(__file__))


def dotenv(local, *words, check=True, **variables):
	return subprocess.run([os.path.join(HERE, "generate-dotenv"), "--out", local, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
		env={**os.environ, **variables}, check=check)


def modes(local):
	return {os.path.join(folder, name): stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
		for folder, _, names in os.walk(local) for name in names if name.endswith(".env")}


def demo(checks, local):
	checks.section("two servers, one S3 server: up, published, compared")
	dotenv(local, "demo", N_ROWS="300")
	files = modes(local)
	checks.that("five roles have an environment file, for their owner alone", len(files) == 5 and set(files.values()) == {0o600}, files)
	again = dotenv(local, "demo", check=False)
	checks.that("keys are not replaced unasked", again.returncode == 1 and "--force" in again.stderr, again)
	both = Deployment([DOCKER], COMPOSE, local, f"prio-test-{os.getpid()}")
	a, b = both.variables("server-a"), both.variables("server-b")
	checks.equal("the shared secret", a["SHARED_SECRET"], b["SHARED_SECRET"])
	theirs = {b[name] for name in SECRETS if name != "SHARED_SECRET"}
	checks.that("server A has no secret of B's", not theirs & set(a.values()), "")
	others = {value for role in ("s3", "setup", "ingest") for value in both.variables(role).values()}
	checks.that("nobody else has a server's private key", not {a["PRIVATE_KEY_HEX"], b["PRIVATE_KEY_HEX"], a["SHARED_SECRET"]} & others, "")
	try:
		both.up()
		for service in ("setup", "ingest", "server-a", "server-b"):
			checks.equal(f"exit code of {service}", both.wait(service), 0)
		truth = truth_in(both.log("ingest")[0])
		checks.that("there is a truth", len(truth) == 3 and all(any(fields) for fields in truth.values()), truth)
		for service in ("server-a", "server-b"):
			records = both.published(service, service)
			checks.that(f"{service} published the truth", {batch: record["payload"] for batch, record in records.items()} == truth, both.log(service))
			checks.that(f"{service} says how many", all(record["total"] == 299 and record["error"] == 0 for record in records.values()), records)
			summary = json.loads(both.log(service)[0].splitlines()[-1])
			checks.equal(f"{service}'s summary", {batch["batch_id"] for batch in summary["batches"]}, set(truth))
		apart(checks, both)
		killed_over_s3(checks, both)
	except (RuntimeError, OSError, ValueError, KeyError) as error:
		checks.that("the demo, up to its end", False, error)
	finally:
		both.down()
	left = docker("ps", "-aq", "--filter", f"label=com.docker.compose.project=prio-test-{os.getpid()}").stdout
	checks.equal("nothing is left", left, "")


def beside(both, service, *words):
	"""A command with a service's variables on its network; `compose run` does the same, and takes seconds."""
	network = next(iter(both.inspect(service)["NetworkSettings"]["Networks"]))
	return run(PROD, *words, options=(*HARDENED, "--network", network), variables=both.variables(service))


def apart(checks, both):
	checks.section("what keeps them apart")
	seen = {service: both.inspect(service) for service in ("server-a", "server-b", "s3")}
	networks = {service: set(details["NetworkSettings"]["Networks"]) for service, details in seen.items()}
	checks.that("one network each, none in common", len(networks["server-a"]) == len(networks["server-b"]) == 1
		and not networks["server-a"] & networks["server-b"], networks)
	volumes = {service: {mount.get("Name") for mount in details["Mounts"] if mount["Type"] == "volume"} for service, details in seen.items()}
	checks.that("no volume in common", not volumes["server-a"] and not volumes["server-b"] and volumes["s3"], volumes)
	for service in ("server-a", "server-b"):
		host = seen[service]["HostConfig"]
		checks.that(f"{service} is hardened", host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and host["SecurityOpt"] and
			host["Memory"] and host["PidsLimit"], host)
		checks.that(f"{service} was started with no secret in its command", not any(value in json.dumps(seen[service]["Config"]["Cmd"])
			for name, value in both.variables(service).items() if name in SECRETS), "")
	for place in ("internal:b-private", "internal:b-ingest", "internal:b-shared", "external:b-private", "external:b-ingest"):
		said = beside(both, "server-a", "prio-processor", "ls", place)
		checks.that(f"server A may not list {place}", said.returncode == 1 and "denied" in said.stderr.lower(), said.stderr)
	said = beside(both, "server-a", "getent", "hosts", "server-b")
	checks.that("server A finds the S3 server", beside(both, "server-a", "getent", "hosts", "s3").returncode == 0, "")
	checks.that("server A does not find server B", said.returncode != 0 and not said.stdout, said.stdout)


def killed_over_s3(checks, both):
	"""Another date, with server A killed in the middle: a lease is taken over, and the run goes on."""
	checks.section("over S3: SIGTERM and kill -9 in the middle, and new starts")
	date = "2026-11-20"
	networks = {service: next(iter(both.inspect(service)["NetworkSettings"]["Networks"])) for service in ("server-a", "server-b")}
	mount = ("--volume", f"{HERE}/config:/app/processor/config:ro", "--tmpfs", "/tmp")
	done = both.compose("run", "--rm", "-T", "--no-deps", "-e", f"SUBMISSION_DATE={date}", "-e", "N_ROWS=3000", "ingest")
	truth = truth_in(done.stdout)

	def start(service, *options):
		variables = {**both.variables(service), "SUBMISSION_DATE": date, "PRIO_LEASE_TTL": "5"}
		return Container(PROD, "processor/bin/process", options=(*HARDENED, *mount, "--network", networks[service], *options), variables=variables)

	first = start("server-a", "--cpus=0.3")
	first.wait_for("opened ")
	seconds, code = first.stop()
	checks.that("SIGTERM ends it within 5 s", seconds < 5 and code == 1 and "stopped" in first.log(), f"{seconds:.1f} s, exit code {code}: {first.log()}")
	second = start("server-a", "--cpus=0.3")
	second.wait_for("opened ")
	second.kill()
	servers = {"server-a": start("server-a"), "server-b": start("server-b")}
	for service, container in servers.items():
		checks.that(f"{service} finishes", container.wait() == 0, container.log())
	for service, container in servers.items():
		records = {}
		for batch in truth:
			under = "/".join(("data/v1", both.variables(service)["PUBLIC_KEY_HEX_EXTERNAL"], "demo", date, "processed/publish", f"batch_id={batch}"))
			script = f"name=$(prio-processor ls private:{under} | grep -o '[^ ]*part-[^ ]*') && prio-processor cat \"$name\""
			printed = beside(both, service, "sh", "-c", script).stdout
			records[batch] = json.loads(printed)["payload"]
		checks.that(f"{service} published the truth of that date", records == truth, container.log())
	for container in (first, second, *servers.values()):
		container.remove()


def make_certificates(local, host):
	"""A private authority and a certificate of its for one host, made by the openssl of the image."""
	script = f"""cd /tmp && umask 077
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 2 -subj '/CN=test authority' -addext keyUsage=critical,keyCertSign
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout private.key -out it.csr -subj '/CN={host}'
		printf 'subjectAltName=DNS:{host}\\n' >extensions
		openssl x509 -req -in it.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out public.crt
		for name in ca.crt public.crt private.key; do echo "== $name"; cat $name; done"""
	said = run(PROD, "sh", "-ec", script, options=(*HARDENED, "--network=none", "--tmpfs", "/tmp"), check=True).stdout
	for part in said.split("== ")[1:]:
		name, content = part.split("\n", 1)
		path = os.path.join(local, "authorities" if name == "ca.crt" else "certs", name)
		with open(path, "w", encoding="utf-8") as file:
			file.write(content)
		os.chmod(path, 0o644)
	if os.geteuid() == 0:
		os.chown(os.path.join(local, "certs/private.key"), 10002, 10002)
		os.chmod(os.path.join(local, "certs/private.key"), 0o600)


def self_hosted(checks, local):
	checks.section("two organisations, two kinds of S3 server, over TLS")
	kinds = {"acme": ("A", "versitygw", "19001"), "bolt": ("B", "minio", "19002")}
	seed = os.path.join(local, "shared-seed.json")
	with open(seed, "w", encoding="utf-8") as file:
		json.dump(tool("shared-seed"), file)
	outside = docker("network", "create", "--internal", "--label", LABEL, f"prio-test-{os.getpid()}-outside").stdout.strip()
	sides = {}
	for name, (server, kind, port) in kinds.items():
		own, host = os.path.join(local, name), f"prio.{name}.example"
		dotenv(own, "--private-ca", "self-hosted", server, name, f"https://{host}:9000", kind, INGEST_ROLE="generate")
		make_certificates(own, host)
		sides[name] = Deployment([DOCKER], [*COMPOSE], own, f"prio-test-{os.getpid()}-{name}", "self-hosted.yml",
			{"PRIO_HOST": host, "PRIO_PORT": port, "PRIO_OUTSIDE": f"prio-test-{os.getpid()}-outside", "SUBMISSION_DATE": "2026-11-21"})
		sides[name].compose_words += ["-f", os.path.join(TESTS, "outside.yml")]
	for name, other in (("acme", "bolt"), ("bolt", "acme")):  # what each sends the other, and nothing else
		with open(os.path.join(local, other, "authorities/ca.crt"), encoding="utf-8") as file:
			authority = file.read()
		with open(os.path.join(local, name, "authorities/partner-ca.crt"), "w", encoding="utf-8") as file:
			file.write(authority)
		dotenv(os.path.join(local, name), "partner", os.path.join(local, other, "for-partner.env"), seed)
		os.chmod(os.path.join(local, name, "authorities/partner-ca.crt"), 0o644)
	try:
		for side in sides.values():
			side.up("s3", "setup")
		for name, side in sides.items():
			checks.equal(f"exit code of {name}'s setup", side.wait("setup"), 0)
		a, b = (side.variables("server") for side in sides.values())
		checks.that("endpoints differ", a["BUCKET_INTERNAL_ENDPOINT"] == b["BUCKET_EXTERNAL_ENDPOINT"] != a["BUCKET_EXTERNAL_ENDPOINT"], "")
		said = ingest(local, outside, a)
		truth = truth_in(said.stdout)
		running = {name: subprocess.Popen([*side.compose_words, "run", "--rm", "-T", "server"], cwd=HERE, env=side.environment,
			stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for name, side in sides.items()}
		for name, process in running.items():
			words = process.communicate(timeout=300)[0]
			checks.that(f"{name}'s server publishes", process.returncode == 0 and "published" in words, words)
		for name, side in sides.items():
			own = {**side.variables("server"), "SUBMISSION_DATE": "2026-11-21"}
			side.variables = lambda role, own=own: own
			counts = {batch: record["payload"] for batch, record in side.published("server", "server").items()}
			checks.that(f"{name} published the truth", counts == truth, counts)
	except (RuntimeError, OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
		checks.that("self-hosted, up to its end", False, error)
	finally:
		for side in sides.values():
			side.down()


def ingest(local, outside, server_a):
	"""Raw shares by `generate`, with the keys that each side gave to who brings them."""
	def read(name):
		with open(os.path.join(local, name, "ingest.env"), encoding="utf-8") as file:
			return dict(line.rstrip("\n").split("=", 1) for line in file)

	variables = {**read("acme"), **{key.replace("INTERNAL", "EXTERNAL"): value for key, value in read("bolt").items()}, "SERVER_ID": "A",
		"APP_NAME": server_a["APP_NAME"], "SUBMISSION_DATE": "2026-11-21", "DATA_CONFIG": server_a["DATA_CONFIG"], "N_ROWS": "200",
		"TRUTH": "/dev/stdout", **{name: server_a[name] for name in ("PUBLIC_KEY_HEX_INTERNAL", "PUBLIC_KEY_HEX_EXTERNAL",
			"BUCKET_INTERNAL_CA_FILE", "BUCKET_EXTERNAL_CA_FILE")}}
	return run(PROD, "processor/bin/generate", options=(*HARDENED, "--network", outside, "--volume", f"{HERE}/config:/app/processor/config:ro",
		"--volume", f"{local}/acme/authorities:/app/authorities:ro"), variables=variables, check=True)


def test(checks):
	if not COMPOSE:
		checks.that("compose", False, "there is no docker compose")
		return
	started = time.monotonic()
	with tempfile.TemporaryDirectory(prefix="prio-compose.") as local:
		demo(checks, os.path.join(local, "demo"))
		self_hosted(checks, local)
	print(f"  compose took {time.monotonic() - started:.0f} s")

"""prio-processor doctor on buckets of S3 servers: with the rights of deploy/policies it finds nothing, and without any one of them
it says what is missing. What no real server does is done by fake_s3."""

import email.utils
import http.server
import json
import subprocess
import threading
import time

import pytest

import s3_policy
import s3_servers
import servers
from doctor_tool import Patient
from fake_s3 import Fake, Fault
from test_policies import BUCKETS, Sides

PROBE = "/_doctor"


@pytest.fixture(scope="module")
def sides(s3_server, tmp_path_factory):
	return Sides(s3_server, tmp_path_factory.mktemp("setup"))


@pytest.fixture
def patient(prio_processor_bin, sides, tmp_path):
	"""Server A with what deploy/s3-setup wrote for it: its own buckets, the partner's shared one, and the others to be kept out of."""
	one = Patient(prio_processor_bin, tmp_path)
	one.env.update(sides.environment("a", "server"))
	one.env.update(sides.environment("b", "partner"))
	one.env.update({"BUCKET_EXTERNAL_PRIVATE": sides.bucket("b", "private"), "BUCKET_EXTERNAL_INGEST": sides.bucket("b", "ingest")})
	one.secrets += [value for name, value in one.env.items() if name.endswith("SECRET_KEY")]
	return one


def probes(server, *buckets):
	return [key for bucket in buckets for key in server.client().list(bucket, "data") if key.endswith(PROBE)]


def test_the_policies_are_enough(patient, sides):
	assert patient.findings() == []
	assert [one["text"] for one in patient.told if one["what"].startswith("BUCKET_EXTERNAL_")][1:] == [
		"can be listed, read and written to", *2 * ["this server can neither list nor read it, as it must be"]]
	assert probes(sides.server, *(sides.bucket(side, bucket) for side in "ab" for bucket in BUCKETS)) == []


def restrict(sides, side, user, sid, action):
	"""Side's user with the rights of deploy/policies but this one."""
	names = {bucket: sides.bucket(side, bucket) for bucket in BUCKETS}
	users = {}
	for other in ("server", "partner", "ingest"):
		found = sides.environment(side, other)
		statements = s3_policy.statements(other, **names)
		for statement in statements:
			if (other, statement["Sid"]) == (user, sid):
				statement["Action"] = [own for own in statement["Action"] if own != action]
		users[f"{sides.side(side)}-{other}"] = {
			"secret": next(value for name, value in found.items() if name.endswith("_SECRET_KEY")),
			"statements": [statement for statement in statements if statement["Action"]]}
	sides.server.make_users_and_buckets({"buckets": list(names.values()), "users": users})


INGEST, PRIVATE, INBOX = (f"BUCKET_INTERNAL_{name}" for name in ("INGEST", "PRIVATE", "SHARED"))
OUTBOX = "BUCKET_EXTERNAL_SHARED"


@pytest.mark.parametrize("user, sid, action, expected", [
	("server", "ListOwn", "s3:ListBucket", {
		("fail", INGEST, "it cannot be listed"), ("fail", PRIVATE, "it cannot be listed"), ("fail", INBOX, "it cannot be listed")}),
	("server", "ReadAndClear", "s3:GetObject", {
		("fail", INGEST, "it cannot be read"), ("fail", PRIVATE, "it cannot be read"), ("fail", PRIVATE, "it cannot hold the lock of a run"),
		("fail", PRIVATE, "conditional writes do not work"), ("fail", PRIVATE, "what was written cannot be read back"), ("fail", INBOX, "it cannot be read")}),
	("server", "ReadAndClear", "s3:DeleteObject", {
		("warn", INGEST, "what was processed cannot be deleted"), ("fail", PRIVATE, "nothing can be deleted in it"),
		("warn", PRIVATE, "was left there"), ("warn", INBOX, "what was processed cannot be deleted")}),
	("server", "WritePrivate", "s3:PutObject", {
		("fail", PRIVATE, "it cannot hold the lock of a run"), ("fail", PRIVATE, "conditional writes do not work"),
		("fail", PRIVATE, "it cannot be written to")}),
	("partner", "ListMessages", "s3:ListBucket", {("fail", OUTBOX, "it cannot be listed")}),
	("partner", "WriteAndReplaceMessages", "s3:PutObject", {("fail", OUTBOX, "it cannot be written to")}),
	("partner", "WriteAndReplaceMessages", "s3:GetObject", {
		("fail", OUTBOX, "it cannot be read"), ("fail", OUTBOX, "what was written cannot be read back")}),
	("partner", "WriteAndReplaceMessages", "s3:DeleteObject", {
		("warn", OUTBOX, "nothing can be deleted in it"), ("warn", OUTBOX, "was left there")}),
])
def test_a_right_that_is_missing(patient, s3_server, tmp_path, user, sid, action, expected):
	sides = Sides(s3_server, tmp_path / "setup")
	patient.env.update(sides.environment("a", "server"))
	patient.env.update(sides.environment("b", "partner"))
	patient.env.update({"BUCKET_EXTERNAL_PRIVATE": None, "BUCKET_EXTERNAL_INGEST": None})
	restrict(sides, "a" if user == "server" else "b", user, sid, action)
	found = patient.findings()
	for level, what, text in expected:
		assert any(one[:2] == (level, what) and text in one[2] for one in found), (text, found)
	assert len(found) == len(expected), "\n".join(map(str, found))
	assert any(action in text for _, _, text in found)


def test_rights_that_should_not_be(patient):
	"""A partner that lets this server into all its buckets."""
	found = patient.findings({"BUCKET_EXTERNAL_ACCESS_KEY": s3_servers.ROOT_KEY, "BUCKET_EXTERNAL_SECRET_KEY": s3_servers.ROOT_SECRET})
	assert [(level, what, text) for level, what, text in found] == [("fail", f"BUCKET_EXTERNAL_{bucket}", f"this server can {verb}, and must not")
		for bucket in ("PRIVATE", "INGEST") for verb in ("list it", "read in it")]


def test_buckets_that_are_not_there(patient):
	names = {name: "no-such-bucket-anywhere" for name in (INGEST, PRIVATE, INBOX, OUTBOX)}
	patient.env.update({"BUCKET_INTERNAL_ACCESS_KEY": s3_servers.ROOT_KEY, "BUCKET_INTERNAL_SECRET_KEY": s3_servers.ROOT_SECRET,
		"BUCKET_EXTERNAL_ACCESS_KEY": s3_servers.ROOT_KEY, "BUCKET_EXTERNAL_SECRET_KEY": s3_servers.ROOT_SECRET})
	found = patient.findings({**names, "BUCKET_EXTERNAL_PRIVATE": "no-such-bucket-anywhere", "BUCKET_EXTERNAL_INGEST": None})
	assert [(level, what) for level, what, _ in found] == [
		("fail", INGEST), ("fail", PRIVATE), ("fail", INBOX), ("fail", OUTBOX), ("warn", "BUCKET_EXTERNAL_PRIVATE")]
	assert all("no-such-bucket-anywhere" in text for _, _, text in found)


def test_keys_that_the_server_does_not_know(patient):
	found = patient.findings({"BUCKET_INTERNAL_SECRET_KEY": "not-the-secret-of-this-key"})
	assert {what for _, what, _ in found} == {INGEST, PRIVATE, INBOX}
	assert "not-the-secret-of-this-key" not in str(patient.told)
	patient.finds("fail", INGEST, "it cannot be used", {"BUCKET_INTERNAL_ACCESS_KEY": None, "BUCKET_INTERNAL_SECRET_KEY": None})


def test_an_interrupted_doctor_is_cleared_up(patient, sides):
	private = sides.bucket("a", "private")
	sides.server.client().put(private, f"data/v1/{patient.other}/test-app/2026-11-22{PROBE}", b"an earlier one")
	assert patient.findings() == []
	assert probes(sides.server, private) == []


def test_raw_shares_are_left_alone(patient, sides):
	ingest, key = sides.bucket("a", "ingest"), f"data/v1/{patient.other}/test-app/2026-11-22/raw/shares/batch_id=one/part-0"
	sides.server.client().put(ingest, key, b"x" * 5000)
	assert patient.findings() == []
	assert sides.server.client().get(ingest, key) == b"x" * 5000


def test_another_run_at_work(patient):
	"""A run that waits for its raw shares holds the lease, and goes on holding it."""
	process = subprocess.Popen([patient.program, "process"], env=servers.environment(**patient.env), stdin=subprocess.DEVNULL,
		stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
	try:
		assert any("waiting for raw shares" in line for line in iter(process.stderr.readline, ""))
		patient.finds_only("warn", "run", f"process {process.pid}")
		assert process.poll() is None
	finally:
		process.terminate()
		process.communicate(timeout=servers.PATIENCE_S)
	assert patient.findings() == []


# ---- TLS, addresses, clocks ----

def test_a_private_authority(prio_processor_bin, s3_tls_server, tmp_path):
	one = Patient(prio_processor_bin, tmp_path)
	bucket = s3_tls_server.new_bucket()
	one.env.update({"BUCKET_INTERNAL_ENDPOINT": s3_tls_server.url, "BUCKET_INTERNAL_ACCESS_KEY": s3_tls_server.root_key,
		"BUCKET_INTERNAL_SECRET_KEY": s3_tls_server.root_secret, INGEST: bucket, PRIVATE: bucket, INBOX: bucket})
	one.finds_only("fail", "BUCKET_INTERNAL_ENDPOINT", "its certificate is not trusted")
	one.finds_only("fail", "BUCKET_INTERNAL_ENDPOINT", "it does not answer: ", {"BUCKET_INTERNAL_CA_FILE": "/none"})
	assert one.findings({"BUCKET_INTERNAL_CA_FILE": s3_tls_server.ca_file}) == []


@pytest.fixture
def alone(prio_processor_bin, tmp_path):
	"""A patient whose own buckets are one on an endpoint yet to be named."""
	one = Patient(prio_processor_bin, tmp_path)
	one.env.update({"BUCKET_INTERNAL_ACCESS_KEY": "key", "BUCKET_INTERNAL_SECRET_KEY": "a-secret-of-tests", INGEST: "bucket", PRIVATE: "bucket", INBOX: "bucket"})
	return one


def test_nobody_answers(alone):
	port = s3_servers.free_port()
	alone.finds_only("fail", "BUCKET_INTERNAL_ENDPOINT", "it does not answer: ", {"BUCKET_INTERNAL_ENDPOINT": f"http://127.0.0.1:{port}"})


@pytest.mark.parametrize("host", ["nowhere.invalid", "127.0.0.1.nowhere.invalid", "localhost.nowhere.invalid"])
def test_plain_http_to_another_machine(alone, host):
	others = alone.finds("warn", "BUCKET_INTERNAL_ENDPOINT", "plain http", {"BUCKET_INTERNAL_ENDPOINT": f"http://{host}:9000"})
	assert [(level, what) for level, what, _ in others] == [("fail", "BUCKET_INTERNAL_ENDPOINT")]
	(level, _, text), = alone.findings({"BUCKET_INTERNAL_ENDPOINT": f"https://{host}:9000"})
	assert level == "fail" and "plain" not in text


class Clock(http.server.BaseHTTPRequestHandler):
	"""A server that lives at another time, or does not say when."""

	def do_GET(self):
		self.send_response_only(403)
		if self.server.ahead_s is not None:
			self.send_header("Date", email.utils.formatdate(time.time() + self.server.ahead_s, usegmt=True))
		self.send_header("Content-Length", "0")
		self.end_headers()

	def log_message(self, *_):
		pass


@pytest.mark.parametrize("ahead_s, level, text", [
	(0, "ok", "its clock agrees"), (30, "ok", "its clock agrees"), (None, "ok", "does not say what time it is"),
	(120, "warn", "s behind the server's"), (-120, "warn", "s ahead of the server's"),
	(1000, "fail", "s behind the server's; requests are refused"), (-1000, "fail", "s ahead of the server's; requests are refused"),
])
def test_clocks(alone, ahead_s, level, text):
	server = http.server.HTTPServer(("127.0.0.1", 0), Clock)
	server.ahead_s = ahead_s
	threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
	alone.findings({"BUCKET_INTERNAL_ENDPOINT": f"http://127.0.0.1:{server.server_port}"})
	said, = [one for one in alone.told if one["what"] == "BUCKET_INTERNAL_ENDPOINT"]
	assert said["level"] == level and text in said["text"]
	if "s behind" in text or "s ahead" in text:
		assert abs(int(said["text"].split(" is ")[1].split()[0]) - abs(ahead_s)) < 10
	server.shutdown()
	server.server_close()


# ---- Odd servers ----

@pytest.mark.parametrize("how", ["ignore", "refuse"])
def test_a_server_without_conditions(alone, how):
	with Fake(conditions=how) as fake:
		alone.finds_only("warn", PRIVATE, "the server does not honour conditions on writes", {"BUCKET_INTERNAL_ENDPOINT": fake.endpoint})
		assert not fake.objects


@pytest.mark.parametrize("action, text", [("s3:ListBucket", "everybody can list it"), ("s3:GetObject", "everybody can read in it")])
def test_a_bucket_that_is_public(patient, sides, action, text):
	"""By a policy for everybody, as `mc anonymous set` writes it, beside all others."""
	bucket = sides.bucket("a", "private")
	client = sides.server.client()
	before = client.request("GET", f"/{bucket}", {"policy": ""})
	policy = json.loads(before.body) if before.status == 200 else {"Version": "2012-10-17", "Statement": []}
	policy["Statement"].append({"Effect": "Allow", "Principal": {"AWS": ["*"]} if sides.server.kind == "minio" else "*", "Action": [action],
		"Resource": [f"arn:aws:s3:::{bucket}" + ("/*" if action == "s3:GetObject" else "")]})
	client.expect("opening it", "PUT", f"/{bucket}", {"policy": ""}, body=json.dumps(policy).encode())
	try:
		patient.finds_only("fail", PRIVATE, text)
	finally:
		if before.status == 200:
			client.expect("closing it", "PUT", f"/{bucket}", {"policy": ""}, body=before.body)
		else:
			client.expect("closing it", "DELETE", f"/{bucket}", {"policy": ""})
	assert patient.findings() == []


def test_other_bytes_come_back(alone):
	with Fake([Fault("GET /bucket/.*_doctor", "corrupt", times=100)], checksums=True) as fake:
		alone.finds("fail", PRIVATE, "what was written cannot be read back", {"BUCKET_INTERNAL_ENDPOINT": fake.endpoint})


@pytest.mark.parametrize("pattern", ["/bucket", "/bucket/"])
def test_what_cannot_be_found_out(alone, pattern):
	"""Neither listing nor reading, or reading alone."""
	with Fake() as ours, Fake([Fault(pattern, (400, "Oddness"), times=100), Fault("list-type", (403, "AccessDenied"), times=100)]) as theirs:
		others = alone.finds("warn", "BUCKET_EXTERNAL_PRIVATE", "could not be found out", {"BUCKET_INTERNAL_ENDPOINT": ours.endpoint,
			"BUCKET_EXTERNAL_ENDPOINT": theirs.endpoint, "BUCKET_EXTERNAL_ACCESS_KEY": "key", "BUCKET_EXTERNAL_SECRET_KEY": "a-secret-of-tests",
			OUTBOX: "bucket", "BUCKET_EXTERNAL_PRIVATE": "bucket"})
		assert {what for _, what, _ in others} == {OUTBOX}

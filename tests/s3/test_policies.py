"""What the policies in deploy/policies allow and what they do not, as deploy/s3-setup puts them in force on real servers: two
sides, each with its buckets, its processor, the other side's and an ingestion service."""

import os
import subprocess
import sys

import pytest

import s3_client
import s3_policy
import s3_servers

SETUP = os.path.join(s3_servers.TOP, "deploy/s3-setup")
SIDES = ("a", "b")
BUCKETS = ("ingest", "private", "shared")
MESSAGE, MINE = "data/v1/key/intermediate/external/verify1/part-0.json", "data/v1/mine/part-0.json"


def set_up(server, side, out, *options, environment=None):
	return subprocess.run([sys.executable, SETUP, server.kind, server.url, "--side", side, "--out", str(out), *options],
		env={"PATH": os.environ["PATH"], "S3_ADMIN_ACCESS_KEY": server.root_key, "S3_ADMIN_SECRET_KEY": server.root_secret,
			**(environment or {})}, capture_output=True, text=True, timeout=120, check=False)


def read_environment(path):
	with open(path, encoding="utf-8") as file:
		return dict(line.rstrip("\n").split("=", 1) for line in file)


class Sides:
	"""Both sides on one server, with names of this fixture's own; users by name: a-server, b-partner, ..."""

	def __init__(self, server, out, *options):
		self.server, self.out, self.stem = server, str(out), os.urandom(3).hex()
		for side in SIDES:
			made = set_up(server, self.side(side), out, *options)
			assert made.returncode == 0, made.stderr
			assert len(made.stdout.splitlines()) == 3
		for side in SIDES:
			for bucket in BUCKETS:
				server.client().put(self.bucket(side, bucket), MESSAGE, b"a message")

	def side(self, side):
		return f"{side}-{self.stem}"

	def bucket(self, side, name):
		return f"{self.side(side)}-{name}"

	def environment(self, side, user):
		return read_environment(os.path.join(self.out, f"{self.side(side)}-{user}.env"))

	def client(self, side, user):
		found = self.environment(side, user)
		key, secret = (next(value for name, value in found.items() if name.endswith(end)) for end in ("_ACCESS_KEY", "_SECRET_KEY"))
		return self.server.client(key, secret)


@pytest.fixture(scope="module")
def sides(s3_server, tmp_path_factory):
	return Sides(s3_server, tmp_path_factory.mktemp("setup"))


@pytest.fixture(scope="module")
def old_sides(s3_server, tmp_path_factory):
	"""Both processors of version 4.1."""
	return Sides(s3_server, tmp_path_factory.mktemp("setup"), "--server-role", "server-4.1", "--partner-role", "partner-4.1")


# Every way to see or to change something in a bucket. Each is tried with a key that is there, or is about to be.
ATTEMPTS = {
	"list": lambda client, bucket: client.request("GET", f"/{bucket}", {"list-type": "2"}),
	"list-v1": lambda client, bucket: client.request("GET", f"/{bucket}"),
	"uploads": lambda client, bucket: client.request("GET", f"/{bucket}", {"uploads": ""}),
	"get": lambda client, bucket: client.request("GET", f"/{bucket}/{MESSAGE}"),
	"range": lambda client, bucket: client.request("GET", f"/{bucket}/{MESSAGE}", headers={"range": "bytes=0-1"}),
	"head": lambda client, bucket: client.request("HEAD", f"/{bucket}/{MESSAGE}"),
	"put": lambda client, bucket: client.request("PUT", f"/{bucket}/{MINE}", body=b"mine"),
	"overwrite": lambda client, bucket: client.request("PUT", f"/{bucket}/{MESSAGE}", body=b"a message"),
	"multipart": lambda client, bucket: upload(client, bucket),
	"delete": lambda client, bucket: client.request("DELETE", f"/{bucket}/{MINE}"),
	"policy": lambda client, bucket: client.request("GET", f"/{bucket}", {"policy": ""}),
	"set-policy": lambda client, bucket: client.request("PUT", f"/{bucket}", {"policy": ""}, body=b'{"Version":"2012-10-17","Statement":[]}'),
	"remove-bucket": lambda client, bucket: client.request("DELETE", f"/{bucket}"),
}
LOOK = {"list", "list-v1", "get", "range", "head"}
WRITE = {"put", "overwrite", "multipart"}


def upload(client, bucket):
	"""A multipart upload, as far as it goes; the first refusal is the answer."""
	begun = client.request("POST", f"/{bucket}/{MINE}", {"uploads": ""})
	if begun.status >= 300:
		return begun
	upload_id = s3_client.text_of(begun.body, "UploadId")[0]
	part = client.request("PUT", f"/{bucket}/{MINE}", {"partNumber": "1", "uploadId": upload_id}, body=b"mine")
	if part.status >= 300:
		return part
	body = ("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
		f"<ETag>{part.headers['ETag']}</ETag></Part></CompleteMultipartUpload>").encode()
	return client.request("POST", f"/{bucket}/{MINE}", {"uploadId": upload_id}, body=body)


def allowed(client, bucket):
	"""The attempts that are not refused; a refusal is a 403 and nothing else."""
	found = set()
	for name, attempt in ATTEMPTS.items():
		reply = attempt(client, bucket)
		if reply.status < 300:
			found.add(name)
		else:
			assert reply.status == 403, (name, reply.status, reply.body)
	return found


def copy(client, source, target):
	return client.request("PUT", f"/{target}/stolen", headers={"x-amz-copy-source": s3_client.quote(f"/{source}/{MESSAGE}", "/")})


OTHER = {"a": "b", "b": "a"}
PROCESSOR = LOOK | WRITE | {"delete", "uploads"}


@pytest.mark.parametrize("side", SIDES)
def test_a_processor_in_its_own_buckets(sides, side):
	client = sides.client(side, "server")
	assert allowed(client, sides.bucket(side, "private")) == PROCESSOR
	assert allowed(client, sides.bucket(side, "ingest")) == LOOK | {"delete"}
	assert allowed(client, sides.bucket(side, "shared")) == LOOK | {"delete"}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("user", ["server", "partner", "ingest"])
def test_nobody_reaches_into_the_other_side(sides, side, user):
	"""The key for A's own buckets opens none of B's; that for B's shared bucket opens that one alone; and so on."""
	client = sides.client(side, user)
	for bucket in BUCKETS:
		assert allowed(client, sides.bucket(OTHER[side], bucket)) == set()


@pytest.mark.parametrize("side", SIDES)
def test_a_partner_writes_into_the_shared_bucket_alone(sides, side):
	client = sides.client(side, "partner")
	assert allowed(client, sides.bucket(side, "shared")) == PROCESSOR
	assert allowed(client, sides.bucket(side, "private")) == set()
	assert allowed(client, sides.bucket(side, "ingest")) == set()


@pytest.mark.parametrize("side", SIDES)
def test_an_ingestion_service_writes_and_sees_nothing(sides, side):
	client = sides.client(side, "ingest")
	assert allowed(client, sides.bucket(side, "ingest")) == WRITE
	assert allowed(client, sides.bucket(side, "private")) == set()
	assert allowed(client, sides.bucket(side, "shared")) == set()


@pytest.mark.parametrize("side", SIDES)
def test_nothing_is_copied_out(sides, side):
	"""A server copies by itself when it is asked to: whoever asks must be allowed to read the source."""
	server, partner = sides.client(side, "server"), sides.client(side, "partner")
	own = sides.bucket(side, "private")
	for bucket in BUCKETS:
		assert copy(server, sides.bucket(OTHER[side], bucket), own).status == 403
	for bucket in ("ingest", "private"):
		assert copy(partner, sides.bucket(side, bucket), sides.bucket(side, "shared")).status == 403
	assert copy(server, sides.bucket(side, "ingest"), own).status == 200


def test_batched_deletion_counts_as_deletion(sides):
	body = f"<Delete><Object><Key>{MESSAGE}</Key></Object></Delete>".encode()
	bucket = sides.bucket("b", "private")
	for client in (sides.client("a", "server"), sides.client("b", "partner")):
		reply = client.request("POST", f"/{bucket}", {"delete": ""}, {"x-amz-checksum-sha256": checksum(body)}, body)
		assert reply.status == 403 or s3_client.text_of(reply.body, "Code") == ["AccessDenied"]
		assert sides.server.client().get(bucket, MESSAGE) == b"a message"


def checksum(body):
	import base64
	import hashlib
	return base64.b64encode(hashlib.sha256(body).digest()).decode()


def test_policies_of_4_1_allow_no_more(old_sides):
	assert allowed(old_sides.client("a", "partner"), old_sides.bucket("a", "shared")) == {"list", "list-v1", "delete"} | WRITE
	for bucket in ("ingest", "private"):
		assert allowed(old_sides.client("a", "partner"), old_sides.bucket("a", bucket)) == set()
	for bucket in BUCKETS:
		assert allowed(old_sides.client("a", "server"), old_sides.bucket("b", bucket)) == set()


def test_generate_may_list(s3_server, tmp_path):
	sides = Sides(s3_server, tmp_path, "--ingest-role", "generate")
	assert allowed(sides.client("a", "ingest"), sides.bucket("a", "ingest")) == {"list", "list-v1"} | WRITE


@pytest.mark.parametrize("role", s3_policy.ROLES)
def test_a_policy_names_buckets_and_no_wildcard(role):
	names = {"ingest": "one", "private": "two", "shared": "three"}
	arns = {f"arn:aws:s3:::{name}{end}" for name in names.values() for end in ("", "/*")}
	for statement in s3_policy.statements(role, **names):
		assert statement["Effect"] == "Allow"
		assert set(statement["Resource"]) <= arns
		assert not any("*" in action for action in statement["Action"])

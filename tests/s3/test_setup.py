"""deploy/s3-setup as an operator calls it; test_policies.py is about what it puts in force."""

import json
import os
import stat
import subprocess
import sys

import pytest

from test_policies import SETUP, read_environment, set_up

USERS = ("server", "partner", "ingest")


def environments(out, side):
	return {user: read_environment(os.path.join(out, f"{side}-{user}.env")) for user in USERS}


@pytest.fixture
def side():
	return "s" + os.urandom(4).hex()


def test_what_it_writes(s3_server, side, tmp_path):
	made = set_up(s3_server, side, tmp_path)
	assert made.returncode == 0 and made.stderr == ""
	paths = made.stdout.splitlines()
	assert [os.path.basename(path) for path in paths] == [f"{side}-{user}.env" for user in USERS]
	assert all(stat.S_IMODE(os.stat(path).st_mode) == 0o600 for path in paths)
	found = environments(tmp_path, side)
	assert found["server"] == {
		"BUCKET_INTERNAL_ENDPOINT": s3_server.url, "BUCKET_INTERNAL_REGION": "us-east-1", "BUCKET_INTERNAL_ACCESS_KEY": f"{side}-server",
		"BUCKET_INTERNAL_SECRET_KEY": found["server"]["BUCKET_INTERNAL_SECRET_KEY"], "BUCKET_INTERNAL_INGEST": f"{side}-ingest",
		"BUCKET_INTERNAL_PRIVATE": f"{side}-private", "BUCKET_INTERNAL_SHARED": f"{side}-shared"}
	assert set(found["partner"]) == {f"BUCKET_EXTERNAL_{end}" for end in ("ENDPOINT", "REGION", "ACCESS_KEY", "SECRET_KEY", "SHARED")}
	assert set(found["ingest"]) == {f"BUCKET_INTERNAL_{end}" for end in ("ENDPOINT", "REGION", "ACCESS_KEY", "SECRET_KEY", "INGEST")}
	secrets = {value for values in found.values() for name, value in values.items() if name.endswith("_SECRET_KEY")}
	assert len(secrets) == 3 and all(len(secret) == 40 for secret in secrets)


def test_again_keeps_secrets_and_objects(s3_server, side, tmp_path):
	assert set_up(s3_server, side, tmp_path).returncode == 0
	first = environments(tmp_path, side)
	s3_server.client().put(f"{side}-private", "key", b"bytes")
	assert set_up(s3_server, side, tmp_path).returncode == 0
	assert environments(tmp_path, side) == first
	client = s3_server.client(f"{side}-server", first["server"]["BUCKET_INTERNAL_SECRET_KEY"])
	assert client.get(f"{side}-private", "key") == b"bytes"


def test_new_secrets_end_the_old_ones(s3_server, side, tmp_path):
	assert set_up(s3_server, side, tmp_path).returncode == 0
	first = environments(tmp_path, side)
	assert set_up(s3_server, side, tmp_path, "--new-secrets").returncode == 0
	second = environments(tmp_path, side)
	old, new = (s3_server.client(f"{side}-server", found["server"]["BUCKET_INTERNAL_SECRET_KEY"]) for found in (first, second))
	assert old.request("GET", f"/{side}-private").status == 403
	assert new.list(f"{side}-private") == []


def test_names_of_ones_own(s3_server, side, tmp_path):
	buckets = [f"{side}-{name}" for name in ("raw", "kept", "mail")]
	made = set_up(s3_server, side, tmp_path, *(word for pair in zip(("--ingest", "--private", "--shared"), buckets) for word in pair))
	assert made.returncode == 0, made.stderr
	found = environments(tmp_path, side)["server"]
	assert [found[f"BUCKET_INTERNAL_{name}"] for name in ("INGEST", "PRIVATE", "SHARED")] == buckets


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:GetObject"])
def test_a_bucket_that_was_public(s3_server, side, tmp_path, action):
	"""versitygw has one policy a bucket, which is replaced. MinIO has another one for everybody, which is not s3-setup's; so it says so."""
	assert set_up(s3_server, side, tmp_path).returncode == 0
	bucket = f"{side}-private"
	policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]} if s3_server.kind == "minio" else "*",
		"Action": [action], "Resource": [f"arn:aws:s3:::{bucket}" + ("/*" if action == "s3:GetObject" else "")]}]}
	s3_server.client().expect("opening it", "PUT", f"/{bucket}", {"policy": ""}, body=json.dumps(policy).encode())
	made = set_up(s3_server, side, tmp_path)
	if s3_server.kind == "minio":
		assert made.returncode == 1 and f"everybody can {'list' if action == 's3:ListBucket' else 'read in'} {bucket}" in made.stderr
	else:
		assert made.returncode == 0, made.stderr


def test_a_wrong_administrator_makes_nothing(s3_server, side, tmp_path):
	made = set_up(s3_server, side, tmp_path, environment={"S3_ADMIN_SECRET_KEY": "wrong-secret"})
	assert made.returncode == 1
	assert "SignatureDoesNotMatch" in made.stderr and "Traceback" not in made.stderr
	assert s3_server.client().request("HEAD", f"/{side}-ingest").status == 404


def test_the_administrators_key_from_files(s3_server, side, tmp_path):
	paths = {}
	for name, value in (("S3_ADMIN_ACCESS_KEY", s3_server.root_key), ("S3_ADMIN_SECRET_KEY", s3_server.root_secret)):
		paths[name + "_FILE"] = str(tmp_path / name)
		(tmp_path / name).write_text(value + "\n")
	made = set_up(s3_server, side, tmp_path / "out", environment={"S3_ADMIN_ACCESS_KEY": "", "S3_ADMIN_SECRET_KEY": "", **paths})
	assert made.returncode == 0, made.stderr
	none = set_up(s3_server, side, tmp_path / "out", environment={"S3_ADMIN_SECRET_KEY": ""})
	assert none.returncode == 1 and "S3_ADMIN_SECRET_KEY is not set" in none.stderr


def test_nobody_there(side, tmp_path):
	class Nowhere:
		kind, url, root_key, root_secret = "minio", "http://127.0.0.1:9", "key", "secret"

	made = set_up(Nowhere, side, tmp_path)
	assert made.returncode == 1 and "127.0.0.1:9" in made.stderr and "Traceback" not in made.stderr


def test_behind_tls(s3_tls_server, side, tmp_path):
	made = set_up(s3_tls_server, side, tmp_path, "--ca-file", s3_tls_server.ca_file)
	assert made.returncode == 0, made.stderr
	assert environments(tmp_path, side)["partner"]["BUCKET_EXTERNAL_CA_FILE"] == s3_tls_server.ca_file
	untrusted = set_up(s3_tls_server, side, tmp_path)
	assert untrusted.returncode == 1 and "certificate" in untrusted.stderr


def test_policies_alone(side, tmp_path):
	made = subprocess.run([sys.executable, SETUP, "policies", "--side", side, "--out", str(tmp_path), "--partner-role", "partner-4.1"],
		capture_output=True, text=True, timeout=60, check=False)
	assert made.returncode == 0, made.stderr
	found = {}
	for path in made.stdout.splitlines():
		with open(path, encoding="utf-8") as file:
			found[os.path.basename(path)] = json.load(file)
	assert set(found) == {f"{side}-{user}-policy.json" for user in USERS}
	partner = found[f"{side}-partner-policy.json"]
	assert partner["Version"] == "2012-10-17"
	assert {resource for statement in partner["Statement"] for resource in statement["Resource"]} == {
		f"arn:aws:s3:::{side}-shared", f"arn:aws:s3:::{side}-shared/*"}
	assert not any("s3:GetObject" in statement["Action"] for statement in partner["Statement"])

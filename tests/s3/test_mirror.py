"""The rights that a partner with prio-processor 4.1 needs, tried with its own client: it sends a stage with
`mc mirror --remove --overwrite` and a marker with `mc cp`, waits with `mc stat`, and clears with `mc rm`."""

import os
import subprocess

import pytest

import s3_policy
import s3_servers
from test_policies import Sides

INNER, OUTER = "data/v1/b-key/app/2026-11-22/intermediate/internal/verify1", "data/v1/a-key/app/2026-11-22/intermediate/external/verify1"
BIG = 20 << 20  # mc sends more than 16 MiB in parts


class Partner:
	"""mc of server A: internal is A's own server, external is B's."""

	def __init__(self, sides, home):
		self.home = str(home)
		port = sides.server.port
		self.environment = {"PATH": "/usr/bin:/bin", "HOME": self.home}
		for alias, owner, user in (("internal", "a", "server"), ("external", "b", "partner")):
			found = sides.environment(owner, user)
			side = "INTERNAL" if alias == "internal" else "EXTERNAL"
			self.environment[f"MC_HOST_{alias}"] = (
				f"http://{found[f'BUCKET_{side}_ACCESS_KEY']}:{found[f'BUCKET_{side}_SECRET_KEY']}@127.0.0.1:{port}")

	def mc(self, *words):
		return subprocess.run([s3_servers.program("mc"), "--quiet", "--no-color", *words], env=self.environment, capture_output=True,
			text=True, timeout=120, check=False)


@pytest.fixture
def sides(s3_server, tmp_path):
	return Sides(s3_server, tmp_path / "setup", "--server-role", "server-4.1", "--partner-role", "partner-4.1")


@pytest.fixture
def partner(sides, tmp_path):
	return Partner(sides, tmp_path)


def fill(sides):
	"""A stage in A's private bucket, and in B's shared one what an earlier run left there."""
	root, private, shared = sides.server.client(), sides.bucket("a", "private"), sides.bucket("b", "shared")
	content = {f"batch_id=x y/part-{n:05}.json": b"{}\n" * n for n in range(3)}
	content["batch_id=big/part-00000.json"] = os.urandom(BIG)
	for name, body in content.items():
		root.put(private, f"{INNER}/{name}", body)
	for name in ("batch_id=x y/part-00001.json", "batch_id=x y/part-old.json", "batch_id=gone/part-00000.json"):
		root.put(shared, f"{OUTER}/{name}", b"of an earlier run\n")
	return content


def mirror(sides, partner):
	return partner.mc("mirror", "--remove", "--overwrite", f"internal/{sides.bucket('a', 'private')}/{INNER}/",
		f"external/{sides.bucket('b', 'shared')}/{OUTER}/")


def sent(sides):
	bucket = sides.bucket("b", "shared")
	root = sides.server.client()
	return {key[len(OUTER) + 1:]: root.get(bucket, key) for key in root.list(bucket, OUTER + "/")}


def test_a_stage_is_mirrored(sides, partner, tmp_path):
	content = fill(sides)
	made = mirror(sides, partner)
	assert made.returncode == 0, made.stderr
	assert sent(sides) == content
	(tmp_path / "_SUCCESS").touch()
	marked = partner.mc("cp", str(tmp_path / "_SUCCESS"), f"external/{sides.bucket('b', 'shared')}/{OUTER}/")
	assert marked.returncode == 0, marked.stderr
	assert sent(sides) == {**content, "_SUCCESS": b""}


def test_messages_are_awaited_read_and_cleared(sides, partner):
	root, shared, ingest = sides.server.client(), sides.bucket("a", "shared"), sides.bucket("a", "ingest")
	marker = f"internal/{shared}/{INNER}/_SUCCESS"
	assert partner.mc("stat", marker).returncode == 1
	root.put(shared, f"{INNER}/part-00000.json", b"{}\n")
	root.put(shared, f"{INNER}/_SUCCESS", b"")
	root.put(ingest, f"{INNER}/part-00000.json", b"{}\n")
	assert partner.mc("stat", marker).returncode == 0
	assert partner.mc("cat", f"internal/{shared}/{INNER}/part-00000.json").stdout == "{}\n"
	for bucket in (shared, ingest):
		cleared = partner.mc("rm", "--recursive", "--force", f"internal/{bucket}/data/")
		assert cleared.returncode == 0, cleared.stderr
		assert root.list(bucket, "data/v1/b-key/") == []


def test_the_other_buckets_are_closed(sides, partner):
	for bucket in ("ingest", "private"):
		assert partner.mc("ls", f"external/{sides.bucket('b', bucket)}").returncode == 1
		assert partner.mc("cat", f"external/{sides.bucket('b', bucket)}/data").returncode == 1


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:PutObject", "s3:DeleteObject"])
def test_each_right_is_needed(sides, partner, action):
	"""Without one of them the mirroring fails: no right here is for nothing. (The location is asked for on AWS alone, and the
	right to abort is for uploads that broke.)"""
	names = {bucket: sides.bucket("b", bucket) for bucket in ("ingest", "private", "shared")}
	statements = [{**statement, "Action": [own for own in statement["Action"] if own != action]}
		for statement in s3_policy.statements("partner-4.1", **names)]
	secret = sides.environment("b", "partner")["BUCKET_EXTERNAL_SECRET_KEY"]
	sides.server.make_users_and_buckets({"buckets": [names["shared"]],
		"users": {f"{sides.side('b')}-partner": {"secret": secret, "statements": statements}}})
	content = fill(sides)
	mirror(sides, partner)
	assert sent(sides) != content

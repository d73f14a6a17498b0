"""prio-processor ls, cp, cat and rm on S3 servers, and between them and files."""

import json
import os
import resource

import pytest

from buckets import Operator
from fake_s3 import Fake, Fault
from fault_proxy import FaultProxy

BIG_BYTES = 150_000_000
# What stores and signatures have to take: escaped, encoded, sorted bytewise.
KEYS = sorted(["batch_id=a b/part-0", "plus+and&more?x=1", "%41/é/日本", "a/b/c", "a-b", "a.b"], key=str.encode)


def on(operator, server, side, **buckets):
	"""The operator with one side's buckets on a server; returns it."""
	operator.env.update({f"BUCKET_{side}_ENDPOINT": server.url, f"BUCKET_{side}_ACCESS_KEY": server.root_key,
		f"BUCKET_{side}_SECRET_KEY": server.root_secret, **{f"BUCKET_{side}_{name.upper()}": bucket for name, bucket in buckets.items()}})
	return operator


@pytest.fixture
def operator(prio_processor_bin, tmp_path, s3_server, bucket):
	"""private: is on a server, partner: in a directory."""
	one = on(Operator(prio_processor_bin, tmp_path), s3_server, "INTERNAL", private=bucket)
	one.bucket("partner").mkdir(parents=True)
	return one


@pytest.fixture
def inside(s3_server, bucket):
	"""The bucket of private:, past the program."""
	client = s3_server.client()

	class Inside:
		def put(self, key, data=b"x"):
			client.put(bucket, key, data)

		def get(self, key):
			return client.get(bucket, key)

		def keys(self):
			return sorted(client.list(bucket, ""), key=str.encode)
	return Inside()


def test_there_and_back(operator, inside):
	for i, key in enumerate(KEYS):
		path = operator.folder / "up" / key
		path.parent.mkdir(parents=True, exist_ok=True)
		path.write_bytes(key.encode() * i)
	operator.ok("cp", "--recursive", "./up", "private:in")
	assert inside.keys() == [f"in/{key}" for key in KEYS]
	for i, key in enumerate(KEYS):
		assert inside.get(f"in/{key}") == key.encode() * i
		assert operator.ok("cat", f"private:in/{key}") == key.encode() * i
	operator.ok("cp", "--recursive", "private:in", "partner:there")
	assert operator.keys("partner") == sorted(f"there/{key}" for key in KEYS)
	listed = [json.loads(line) for line in operator.ok("ls", "--recursive", "--json", "private:in").splitlines()]
	assert listed == [{"name": f"private:in/{key}", "bytes": len(key.encode()) * i, "objects": 1} for i, key in enumerate(KEYS)]
	listed = [json.loads(line)["name"] for line in operator.ok("ls", "--json", "private:in").splitlines()]
	assert listed == ["private:in/%41/", "private:in/a-b", "private:in/a.b", "private:in/a/", "private:in/batch_id=a b/", "private:in/plus+and&more?x=1"]
	operator.ok("rm", "--recursive", "--yes", "private:in/a")
	assert "in/a/b/c" not in inside.keys() and "in/a-b" in inside.keys()
	operator.ok("rm", *(f"private:in/{key}" for key in KEYS if key != "a/b/c"))
	assert inside.keys() == []


def test_big_objects_in_little_memory(operator, inside):
	with open(operator.bucket("partner") / "big", "wb") as big:
		for i in range(BIG_BYTES // 1_000_000):
			big.write(bytes([i]) * 1_000_000)
	limit = {} if "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ else {
		"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_DATA, (BIG_BYTES - 20_000_000, BIG_BYTES - 20_000_000))}
	operator.ok("cp", "partner:big", "private:big", **limit)
	operator.ok("cp", "private:big", "./back", **limit)
	original = (operator.bucket("partner") / "big").read_bytes()
	assert (operator.folder / "back").read_bytes() == original and inside.get("big") == original


def test_pipes(operator, inside):
	data = os.urandom(12_000_000)  # several parts of an upload
	operator.ok("cp", "-", "private:k", stdin=data)
	assert inside.get("k") == data
	assert operator.ok("cp", "private:k", "-") == data


def test_many_objects(operator, inside):
	for i in range(1100):
		inside.put(f"many/{i:04}", b"12")
	inside.put("many/_SUCCESS", b"")
	out = operator.ok("ls", "private:").decode()
	assert out == "          2200  private:many/  (1101 objects)\n"
	done = operator.run("rm", "--recursive", "private:many")
	assert done.returncode == 2 and len(done.stdout.splitlines()) == 1101 and len(inside.keys()) == 1101
	operator.ok("rm", "--recursive", "--yes", "private:many")
	assert inside.keys() == []


def test_from_one_server_to_another(operator, inside, s3_tls_server):
	on(operator, s3_tls_server, "EXTERNAL", shared=s3_tls_server.new_bucket())
	inside.put("k", b"over the wire")
	assert "certificate" in operator.fails("cp", "private:k", "partner:k")
	operator.env["BUCKET_EXTERNAL_CA_FILE"] = s3_tls_server.ca_file
	operator.ok("cp", "private:k", "partner:k")
	assert operator.ok("cat", "partner:k") == b"over the wire"


def test_no_clobber_and_missing(operator, inside):
	inside.put("new", b"new")
	inside.put("old", b"old")
	done = operator.run("cp", "--no-clobber", "private:new", "private:old")
	assert done.returncode == 0 and inside.get("old") == b"old"
	operator.ok("cp", "private:new", "private:old")
	assert inside.get("old") == b"new"
	for words in (["cat", "private:none"], ["rm", "private:none"], ["ls", "private:none"], ["cp", "private:none", "private:x"]):
		assert operator.fails(*words)
	assert inside.keys() == ["new", "old"]


def test_a_bucket_that_is_missing(operator):
	operator.env["BUCKET_INTERNAL_PRIVATE"] = "no-such-bucket-anywhere"
	for words in (["ls", "private:"], ["cat", "private:k"], ["rm", "private:k"], ["cp", "./nothing", "private:k"]):
		assert operator.fails(*words)
	assert "there is no such bucket" in operator.fails("ls", "private:")


def test_who_may_do_what_is_said(operator, s3_server, bucket):
	name = f"guest-{bucket}"
	s3_server.client().put(bucket, "k", b"1")
	s3_server.make_users_and_buckets({"buckets": [bucket], "users": {name: {"secret": "a-secret-of-a-guest", "statements": [
		{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [f"arn:aws:s3:::{bucket}"]}]}}})
	operator.env.update({"BUCKET_INTERNAL_ACCESS_KEY": name, "BUCKET_INTERNAL_SECRET_KEY": "a-secret-of-a-guest"})
	s3_server.client().put(bucket, "dir/k", b"12")
	assert operator.ok("ls", "private:dir") == b"             2  private:dir/k\n"  # HEAD is refused, the listing is not
	assert "s3:GetObject" in operator.fails("ls", "private:k")
	assert "s3:GetObject" in operator.fails("cat", "private:k")
	assert "s3:PutObject" in operator.fails("cp", "-", "private:new")
	assert "s3:DeleteObject" in operator.fails("rm", "private:k")


def test_faults_on_the_way(operator, s3_server, inside):
	"""Nothing is lost or changed, and nothing half-written stays, at one request of five."""
	for i in range(10):
		inside.put(f"t/{i}", bytes([i]) * 300_000)
	with FaultProxy(s3_server.url, seed=7, rate=0.2) as proxy:
		operator.env["BUCKET_INTERNAL_ENDPOINT"] = proxy.url
		operator.ok("cp", "--recursive", "private:t", "./down")
		operator.ok("cp", "--recursive", "./down", "private:u")
	for i in range(10):
		assert (operator.folder / "down" / str(i)).read_bytes() == inside.get(f"u/{i}") == bytes([i]) * 300_000


# ---- What no real server does ----

@pytest.fixture
def odd(prio_processor_bin, tmp_path):
	one = Operator(prio_processor_bin, tmp_path)
	one.env.update({"BUCKET_INTERNAL_ACCESS_KEY": "key", "BUCKET_INTERNAL_SECRET_KEY": "a-secret-of-tests", "BUCKET_INTERNAL_PRIVATE": "bucket"})
	return one


@pytest.mark.parametrize("evil", ["t/../../evil", "t/..", "t//etc/evil", "t/./evil", "t/a\\..\\evil", "t/" + "e" * 256, "t/evil\x01\x1b[2J"])
def test_keys_that_lead_out_of_a_directory(odd, evil):
	"""A name that is no path below the target is refused or left out; whatever happens, nothing appears elsewhere."""
	target = odd.folder / "deep" / "down"
	target.mkdir(parents=True)
	with Fake() as fake:
		odd.env["BUCKET_INTERNAL_ENDPOINT"] = fake.endpoint
		fake.store("t/good", b"good")
		fake.store(evil, b"evil")
		done = odd.run("cp", "--recursive", "private:t", target)
		assert (target / "good").read_bytes() == b"good" or done.returncode == 1
		assert b"\x1b" not in done.stderr and b"\x01" not in done.stderr
		assert b"\x1b" not in odd.run("ls", "--recursive", "private:").stdout
	assert [str(path.relative_to(odd.folder)) for path in odd.folder.rglob("*") if target not in path.parents] == ["deep", "deep/down"]
	assert not os.path.exists("/etc/evil")


def test_bytes_that_were_changed_on_the_way(odd):
	"""Over plain http, with a checksum that the server keeps: the object is refused, and the old one stays."""
	with Fake() as fake:
		odd.env["BUCKET_INTERNAL_ENDPOINT"] = fake.endpoint
		odd.ok("cp", "-", "private:k", stdin=b"true")
		(odd.folder / "old").write_bytes(b"old")
		fake.faults.append(Fault("GET /bucket/k", "corrupt", times=100))
		odd.fails("cp", "private:k", "./old")
		odd.fails("cat", "private:k")
	assert (odd.folder / "old").read_bytes() == b"old"

"""The store on S3 against real servers: each operation, odd names, every size at which something else begins."""

import hashlib
import os
import random
import re

import pytest

import s3_client
from store_driver import DRIVER, PART_BYTES, Driver, Refused

ODD_KEYS = ["batch_id=ab c/part-0.ndjson", "a+b/c%2Fd%", "ünïcode/ключ/日本", "quote\"'&<>;/x", "tilde~-_.!*()/$@,:?#[]", "k" * 255 + "/" + "m" * 255]
SIZES = [0, 1, 1000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 2 * PART_BYTES + 12345]


@pytest.fixture
def store(s3_server, bucket):
	with Driver.of(s3_server, bucket) as driver:
		yield driver


def is_sanitized():
	with open(DRIVER, "rb") as file:
		return re.search(b"__[at]san_init", file.read()) is not None


def noise(n, seed=1):
	return random.Random(seed).randbytes(n)


def test_odd_keys(store, s3_server, bucket):
	for key in ODD_KEYS:
		store.put(key, key.encode())
	for key in ODD_KEYS:
		assert store.get(key) == key.encode()
		assert store.stat(key).size == len(key.encode())
		assert s3_server.client().get(bucket, key) == key.encode()
	assert store.keys() == sorted(ODD_KEYS, key=str.encode)
	for key in ODD_KEYS:
		assert store.keys(key.rsplit("/", 1)[0]) == [key]
	store.delete(*ODD_KEYS[:4])
	store.delete(ODD_KEYS[4])
	assert store.keys() == [ODD_KEYS[5]]
	assert store.ask("stat", ODD_KEYS[0]).status == "not-found"


@pytest.mark.parametrize("size", SIZES)
def test_sizes(store, size):
	data = noise(size)
	store.create("o/x", data, step=777777)
	assert store.read("o/x") == data
	assert store.read("o/x", block=100000, n_lent=3) == data
	found = store.stat("o/x")
	listed = store.list("o")
	assert found.size == size and len(listed) == 1
	assert listed[0].version == found.version and listed[0].size == size
	assert found.crc is not None, "the server knows the checksum of the whole"
	assert store.read("o/x", size // 2) == data[size // 2:]
	assert store.read("o/x", size // 3, 1000) == data[size // 3:size // 3 + 1000]
	assert store.read("o/x", size) == store.read("o/x", size + 5, 10) == store.read("o/x", 0, 0) == b""
	assert "warning" not in store.log()


def test_what_is_not_there(store):
	for words in (("stat", "no/such"), ("read", "no/such", 0, "max", 100, 1, store.path()), ("get", "no/such", 100, store.path()),
			("read", "no/such", 5, 7, 100, 1, store.path()), ("read", "no/such", 0, 0, 100, 1, store.path())):
		answer = store.ask(*words)
		assert answer.status == "not-found" and "no/such" in answer.text, words
	store.delete("no/such")
	store.delete("no/such", "nor/this")
	assert store.keys("no") == []


def test_versions_follow_contents(store):
	store.put("k", b"one")
	first = store.stat("k").version
	store.put("k", b"two")
	second = store.stat("k").version
	assert first != second
	store.put("k", b"one")
	assert store.list()[0].version == first


def test_too_large_to_get(store):
	store.put("k", b"12345")
	assert store.get("k", 5) == b"12345"
	assert store.ask("get", "k", 4, store.path()).status == "too-large"


def test_a_listing_of_several_pages(store, s3_server, bucket):
	keys = sorted(f"list/batch_id=ü {n % 7}/part+{n:05}" for n in range(2345))
	for key in keys:
		store.put(key, b"x")
	store.put("list-other/x", b"")
	store.put("list/.tmp-half", b"")
	store.put("list/.tmp-dir/half", b"")
	assert store.keys("list") == keys
	assert store.keys("lis") == []
	assert store.keys("list/batch_id=ü 3") == [key for key in keys if key.startswith("list/batch_id=ü 3/")]
	assert s3_server.client().list(bucket, "list/.tmp-half") == ["list/.tmp-half"]
	# Deleting what a listing shows, while it goes on.
	assert store.ask("list-delete", "list").text == str(len(keys))
	assert store.keys("list") == []
	assert store.keys() == ["list-other/x"]


def test_many_are_deleted_at_once(store):
	keys = [f"d/{n:05}" for n in range(2100)]
	for key in keys:
		store.put(key, b"")
	store.put("e", b"")
	store.delete(*keys)
	assert store.keys() == ["e"]
	assert "one by one" not in store.log()


def test_only_if_it_is_absent(store, s3_server, bucket):
	store.put("k", b"first", "absent")
	assert store.get("k") == b"first"
	for _ in range(2):
		answer = store.ask("put", "k", store._file(b"second"), "absent")
		assert answer.status == "exists"
	store.put("l", b"first", "absent")
	assert store.get("k") == b"first"
	with Driver.of(s3_server, bucket) as other:
		assert other.ask("put", "k", other._file(b"third"), "absent").status == "exists"
	assert store.get("k") == b"first"


def test_one_of_many_wins(store):
	for n in range(5):
		won, lost, failed, winner = map(int, store.do("race", f"race/{n}", 16).split())
		assert (won, lost, failed) == (1, 15, 0)
		assert store.get(f"race/{n}") == f"racer {winner}".encode()


def test_several_threads_at_once(store):
	store.do("mixed", 12)
	assert store.keys() == [] and store.log() == ""


def test_nothing_appears_before_its_end(store):
	data = noise(3 * PART_BYTES)
	store.put("k", b"old")
	store.create("k", data, end="abort")
	store.create("l", data, end="abort")
	store.create("k", b"short", end="abort")
	assert store.get("k") == b"old" and store.keys() == ["k"]


def uploads(server, bucket):
	return s3_client.text_of(server.client().request("GET", f"/{bucket}", {"uploads": ""}).body, "UploadId")


def test_what_a_dead_writer_left(store, s3_server, bucket):
	dying = Driver.of(s3_server, bucket)
	dying.create("a/b/k", noise(PART_BYTES + 1), end="forget")
	dying.create("a/bc/k", noise(PART_BYTES + 1), end="forget")
	dying.kill()
	assert store.keys() == []
	assert len(uploads(s3_server, bucket)) == 2
	store.do("sweep", "a/b")
	assert len(uploads(s3_server, bucket)) == 1
	store.do("sweep", "")
	assert uploads(s3_server, bucket) == []
	assert store.keys() == []


def test_replaced_while_it_is_read(store, s3_server, bucket):
	data = noise(4 << 20)
	store.create("k", data)
	with Driver.of(s3_server, bucket) as reader:
		reader.begin_read("k", block=4096)
		store.create("k", noise(4 << 20, seed=2))
		answer = reader.end_read()
		# A server may go on with the old one as long as the connection holds; it is then the old one as a whole.
		if answer.status == "ok":
			assert reader._contents() == data
		else:
			assert answer.status == "changed", answer


def test_names_that_are_in_each_others_way(store, s3_server):
	store.put("a/b", b"object")
	answer = store.ask("put", "a/b/c", store._file(b"x"), "always")
	if s3_server.kind == "versitygw":
		assert answer.status == "io" and "conflict" in answer.text
	assert store.get("a/b") == b"object"


def test_a_key_that_cannot_be(store):
	for key in ("", "/a", "a//b", "a/", "../a", "x" * 256, "a/" * 600):
		assert store.ask("stat", key).status == "argument"


@pytest.mark.skipif(is_sanitized(), reason="sanitizers take memory of their own")
def test_memory_is_bounded(s3_server, bucket):
	with Driver.of(s3_server, bucket) as store:
		path = store.path("large")
		digest = hashlib.sha256()
		with open(path, "wb") as file:
			for n in range(12):
				block = noise(PART_BYTES, seed=n)
				digest.update(block)
				file.write(block)
		before = peak(store)
		store.do("create", "k", path, 1 << 20, "commit")
		assert peak(store) - before < 24 << 20
		os.remove(path)
		before = peak(store)
		assert hashlib.sha256(store.read("k")).digest() == digest.digest()
		assert peak(store) - before < 12 << 20


def peak(store):
	with open(f"/proc/{store.process.pid}/status", encoding="ascii") as status:
		return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))


def test_refusals_are_raised(store):
	with pytest.raises(Refused):
		store.get("nothing")

"""What the store says when a real server refuses: who is denied what, wrong keys, regions and clocks, certificates."""

import datetime
import os

import pytest

import s3_servers
import tls
from store_driver import PART_BYTES, Driver


def user(server, name, statements=(), full=(), buckets=()):
	server.make_users_and_buckets({"buckets": list(buckets), "users": {name: {"secret": "secret-of-them", "statements": list(statements),
		"full": list(full)}}})
	return {"access_key": name, "secret_key": "secret-of-them"}


def allow(actions, resource):
	return {"Effect": "Allow", "Action": actions, "Resource": [f"arn:aws:s3:::{resource}"]}


def test_who_is_denied_learns_what(s3_server, bucket):
	keys = user(s3_server, f"reader-{bucket}", [allow(["s3:GetObject"], f"{bucket}/open/*"), allow(["s3:ListBucket"], bucket)],
		buckets=[bucket])
	for key in ("open/k", "closed/k"):
		s3_server.client().put(bucket, key, b"bytes")
	with Driver.of(s3_server, bucket, **keys) as store:
		assert store.get("open/k") == b"bytes"
		assert store.keys() == ["closed/k", "open/k"]
		path = store._file(b"x")
		with open(store.path("large"), "wb") as file:
			file.truncate(PART_BYTES + 1)
		for words, permission in (
			(("stat", "closed/k"), "s3:GetObject"),
			(("get", "closed/k", 100, store.path()), "s3:GetObject"),
			(("read", "closed/k", 1, 2, 100, 1, store.path()), "s3:GetObject"),
			(("put", "open/k", path, "always"), "s3:PutObject"),
			(("put", "open/new", path, "absent"), "s3:PutObject"),
			(("create", "open/k", path, 100, "commit"), "s3:PutObject"),
			(("create", "open/k", file.name, 1 << 20, "commit"), "s3:PutObject"),
			(("delete", "open/k"), "s3:DeleteObject"),
			(("delete", "open/k", "closed/k"), "s3:DeleteObject"),
		):
			answer = store.ask(*words)
			assert answer.status == "denied", words
			assert bucket in answer.text and permission in answer.text, answer.text
			if words[0] != "delete":
				assert words[1] in answer.text
		assert store.do("sweep", "open") == ""
	assert sorted(s3_server.client().list(bucket)) == ["closed/k", "open/k"]
	keys = user(s3_server, f"blind-{bucket}", [allow(["s3:GetObject"], f"{bucket}/*")], buckets=[bucket])
	with Driver.of(s3_server, bucket, **keys) as store:
		answer = store.ask("list", "", store.path())
		assert answer.status == "denied" and "s3:ListBucket" in answer.text, answer.text


COMMANDS = [("stat", "k"), ("read", "k", 0, "max", 100, 1, "/dev/null"), ("list", "", "/dev/null"), ("put", "k", "/dev/null", "always"), ("delete", "k")]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_wrong_secret(s3_server, bucket, words):
	with Driver.of(s3_server, bucket, secret_key="wrong") as store:
		answer = store.ask(*words)
		assert answer.status == "denied" and "secret key" in answer.text
		assert "wrong" not in answer.text and "wrong" not in store.log(), "secrets are not shown"


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_unknown_access_key(s3_server, bucket, words):
	with Driver.of(s3_server, bucket, access_key="nobody") as store:
		answer = store.ask(*words)
		assert answer.status == "denied" and "does not know this access key" in answer.text


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_wrong_region(s3_server, bucket, words):
	with Driver.of(s3_server, bucket, region="mars-north-1") as store:
		answer = store.ask(*words)
		assert answer.status == "denied"
		assert "mars-north-1" in answer.text and s3_server.region in answer.text, answer.text


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
@pytest.mark.parametrize("skew_s, word", [(1800, "ahead of"), (-1800, "behind")])
def test_wrong_clock(s3_server, bucket, words, skew_s, word):
	with Driver.of(s3_server, bucket) as store:
		store.do("skew", skew_s)
		answer = store.ask(*words)
		assert answer.status == "denied"
		assert word in answer.text and ("30 minutes" in answer.text or "29 minutes" in answer.text), answer.text


@pytest.mark.parametrize("words", [command for command in COMMANDS if command[0] not in ("stat", "delete")], ids=lambda words: words[0])
def test_no_such_bucket(s3_server, words):
	with Driver.of(s3_server, "no-such-bucket") as store:
		answer = store.ask(*words)
		assert answer.status == "not-found" and "no such bucket" in answer.text


def test_tls(s3_tls_server, tmp_path):
	bucket = s3_tls_server.new_bucket()
	with Driver.of(s3_tls_server, bucket) as store:
		store.create("k", b"x" * (PART_BYTES + 5))
		assert store.read("k") == b"x" * (PART_BYTES + 5)
	other = tls.make(os.path.join(tmp_path, "other"))[0]
	for ca_file in (None, other):
		with Driver.of(s3_tls_server, bucket, ca_file=ca_file) as store:
			for words in COMMANDS:
				answer = store.ask(*words)
				assert answer.status == "denied" and "certificate" in answer.text, answer.text
	wrong_name = s3_tls_server.url.replace("127.0.0.1", "127.0.0.2")
	with Driver.of(s3_tls_server, bucket, endpoint=wrong_name) as store:
		store.do("attempts", 2)
		assert store.ask("stat", "k").status in ("denied", "io"), "a name that is not in the certificate"


def test_plain_http_to_a_tls_port(s3_tls_server):
	with Driver.of(s3_tls_server, "bucket", endpoint=s3_tls_server.url.replace("https", "http"), ca_file=None) as store:
		store.do("attempts", 2)
		assert store.ask("stat", "k").status in ("io", "format")


def test_nobody_there():
	port = s3_servers.free_port()
	with Driver(endpoint=f"http://127.0.0.1:{port}", bucket="bucket", access_key="a", secret_key="b") as store:
		store.do("attempts", 3)
		begin = datetime.datetime.now()
		answer = store.ask("stat", "k")
		assert answer.status == "io" and f"127.0.0.1:{port}" in answer.text and "3 times" in answer.text, answer.text
		assert (datetime.datetime.now() - begin).total_seconds() < 10


@pytest.mark.parametrize("settings, word", [
	({"endpoint": "ftp://host"}, "https://"),
	({"endpoint": "host:9000"}, "https://"),
	({"endpoint": "http://host/path"}, "path"),
	({"endpoint": "http://user:secret@host"}, "without user and password"),
	({"endpoint": "user:secret@host"}, "without user and password"),
	({"endpoint": "http://host:port"}, "port"),
	({"endpoint": "http://"}, "host"),
	({"bucket": "a/b"}, "bucket"),
	({"bucket": "ab"}, "3 to 255"),
	({"bucket": "..."}, "letters"),
	({"access_key": None}, "access key"),
	({"secret_key": ""}, "secret key"),
	({"access_key": None, "secret_key": None}, "missing"),
	({"ca_file": "/no/such/file"}, "/no/such/file"),
])
def test_settings_that_cannot_be(settings, word):
	with Driver(**{"endpoint": "https://host", "bucket": "bucket", "access_key": "a", "secret_key": "b", **settings}) as store:
		assert store.opened.status == "config" and word in store.opened.text, store.opened
		assert "user:secret" not in store.opened.text

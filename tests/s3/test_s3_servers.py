"""The servers that all other tests here stand on."""

import ssl
import urllib.error
import urllib.request

import pytest

import s3_client
import s3_servers


def test_objects_come_back(s3_server, bucket):
	root = s3_server.client()
	keys = [f"data/batch_id=x y%3D/part-{n:05}.json" for n in range(3)] + ["ü/ключ+1"]
	for key in keys:
		root.put(bucket, key, key.encode())
	assert sorted(root.list(bucket)) == sorted(keys)
	assert root.get(bucket, keys[-1]) == keys[-1].encode()
	root.delete(bucket, keys[0])
	assert root.get(bucket, keys[0]) is None


def test_a_listing_of_several_pages(s3_server, bucket):
	root = s3_server.client()
	keys = [f"k/{n:04}" for n in range(1005)]
	for key in keys:
		root.put(bucket, key, b"")
	assert root.list(bucket, "k/") == keys


def test_users_are_kept_apart(s3_server):
	one, two = s3_server.new_bucket("one"), s3_server.new_bucket("two")
	s3_server.make_users_and_buckets({"buckets": [one, two], "users": {
		f"user-{one}": {"secret": "secret-of-one", "full": [one]}, f"user-{two}": {"secret": "secret-of-two", "full": [two]}}})
	client = s3_server.client(f"user-{one}", "secret-of-one")
	client.put(one, "key", b"bytes")
	assert client.get(one, "key") == b"bytes" and client.list(one) == ["key"]
	s3_server.client().put(two, "key", b"bytes")
	for attempt in (lambda: client.get(two, "key"), lambda: client.list(two), lambda: client.put(two, "other", b"")):
		with pytest.raises(s3_client.S3Error) as caught:
			attempt()
		assert caught.value.status == 403
	wrong = s3_server.client(f"user-{one}", "secret-of-two")
	assert wrong.request("GET", f"/{one}/key").code == "SignatureDoesNotMatch"


def test_a_secret_is_replaced(s3_server):
	one = s3_server.new_bucket()
	for secret in ("first-secret", "second-secret"):
		s3_server.make_users_and_buckets({"buckets": [one], "users": {f"changing-{one}": {"secret": secret, "full": [one]}}})
	assert s3_server.client(f"changing-{one}", "second-secret").list(one) == []
	assert s3_server.client(f"changing-{one}", "first-secret").request("GET", f"/{one}/").status == 403


@pytest.mark.parametrize("kind", s3_servers.KINDS)
def test_a_killed_server_keeps_what_it_had(kind, tmp_path):
	with s3_servers.start(kind, tmp_path, region="eu-central-1") as server:
		bucket = server.new_bucket()
		server.client().put(bucket, "key", b"bytes")
		url = server.url
		server.kill()
		with pytest.raises(s3_client.S3Error):
			server.client().get(bucket, "key")
		server.start()
		assert server.url == url and server.client().get(bucket, "key") == b"bytes"
		elsewhere = s3_client.Client(url, server.root_key, server.root_secret, "us-west-2")
		assert elsewhere.request("GET", f"/{bucket}/key").code == "AuthorizationHeaderMalformed"


def test_tls_with_an_authority_of_our_own(s3_tls_server):
	bucket = s3_tls_server.new_bucket()
	s3_tls_server.client().put(bucket, "key", b"bytes")
	assert s3_tls_server.client().get(bucket, "key") == b"bytes"
	with pytest.raises(urllib.error.URLError) as caught:
		urllib.request.urlopen(s3_tls_server.url, timeout=10)
	assert isinstance(caught.value.reason, ssl.SSLCertVerificationError)

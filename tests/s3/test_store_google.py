"""The store on Google Cloud Storage with bearer tokens, as far as its documentation can be played: no x-amz-* header beside x-goog-*,
conditions by generation, checksums by x-goog-hash. The service itself was never asked."""

import json
import re

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import fake_s3
from store_driver import PART_BYTES, Driver


class Handler(fake_s3.Handler):
	def serve(self, bucket, key, body):
		fake = self.server.fake
		if self.path == "/token":
			fake.n_tokens += 1
			return self.answer(200, json.dumps({"access_token": f"token-{fake.n_tokens}", "expires_in": 3600, "token_type": "Bearer"}).encode())
		names = [name.lower() for name in self.headers]
		if any(name.startswith("x-amz-") for name in names):
			return self.refuse(400, "ExcessHeaderValues", "x-amz- beside x-goog-")
		if self.headers.get("Authorization") != f"Bearer token-{fake.n_tokens}":
			return self.refuse(401, "AuthenticationRequired")
		told = re.search("crc32c=([^,]*)", self.headers.get("x-goog-hash") or "")
		if told and told[1] != fake_s3.crc_text(body):
			return self.refuse(400, "BadDigest")
		if self.headers.get("x-goog-if-generation-match") == "0" and key in fake.objects:
			return self.refuse(412, "PreconditionFailed")
		super().serve(bucket, key, body)
		if self.command == "PUT" and key in fake.objects:
			stored = fake.objects[key]
			stored.headers.update({name: value for name, value in self.headers.items() if name.lower().startswith("x-goog-meta-")})
			stored.headers["x-goog-hash"] = f"crc32c={fake_s3.crc_text(stored.data)}"
			stored.headers["x-goog-stored-content-encoding"] = "identity"
		return None


@pytest.fixture
def google(tmp_path, monkeypatch):
	monkeypatch.setattr(fake_s3, "Handler", Handler)
	with fake_s3.Fake() as fake:
		fake.n_tokens = 0
		key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
		path = tmp_path / "account.json"
		path.write_text(json.dumps({"type": "service_account", "client_email": "someone@example.invalid", "private_key_id": "1",
			"private_key": key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(),
			"token_uri": fake.endpoint + "/token"}), encoding="utf-8")
		fake.settings = {"endpoint": fake.endpoint, "bucket": "bucket", "google_credentials": str(path)}
		yield fake


def test_all_with_a_bearer_token(google):
	data = bytes(range(256)) * (PART_BYTES // 256) + b"more"
	with Driver(**google.settings) as store:
		store.put("a=b/c d", b"small")
		store.put("k", b"first", "absent")
		assert store.ask("put", "k", store._file(b"second"), "absent").status == "exists"
		assert store.get("k") == b"first"
		found = store.stat("a=b/c d")
		assert found.size == 5 and found.crc == f"{fake_s3.crc32c(b'small'):08x}"
		store.create("large", data)
		assert store.read("large") == data and store.read("large", 1000, 10) == data[1000:1010]
		assert store.keys() == ["a=b/c d", "k", "large"]
		store.delete("a=b/c d", "k", "large")
		assert not google.objects and store.log() == ""
	assert google.n_tokens == 1


def test_a_lost_answer(google):
	with Driver(**google.settings) as store:
		google.faults = [fake_s3.Fault("PUT /bucket/k", "lose")]
		store.put("k", b"mine", "absent")
		assert google.objects["k"].data == b"mine"


def test_a_small_object_that_is_damaged(google):
	with Driver(**google.settings) as store:
		store.put("k", b"important")
		google.faults = [fake_s3.Fault("GET", "corrupt")]
		assert store.get("k") == b"important" and google.count("GET /bucket/k") == 2

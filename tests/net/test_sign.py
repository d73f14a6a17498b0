"""Signatures against an independent signer: botocore's, which was made for S3."""

import datetime
import random
import urllib.parse

import botocore.auth
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
NOW = 1_790_000_000  # 2026-09-21
UNRESERVED = "-_.~"
KEYS = ("batch_id=x/part-0000.ndjson", "a+b", "a b", " a ", "100%", "%41", "~tilde", "double//slash", "trailing/", "é/ሴ/🙂", "a&b=c?d#e",
	"'(quoted)*!'", "semi;colon:at@dollar$,comma", "\"<>\\^`{|}", "tab\tnew\nline\x01\x7f", "._SUCCESS", "a/./b/../c", "é")
QUERIES = ((), (("uploads", ""),), (("partNumber", "1"), ("uploadId", "VXBsb2FkIElE+/=~ é")), (("list-type", "2"), ("prefix", "data/v1/ é="),
	("continuation-token", "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=="), ("delimiter", "/"), ("max-keys", "1000")),
	(("z", "1"), ("a", "2"), ("A", "3"), ("a-b", "4"), ("a.b", "5"), ("a_b", "6"), ("a b", "7"), ("é", "8")), (("a", "2"), ("a", "1"), ("a", "")))


def botocore_signed(request, monkeypatch):
	now = datetime.datetime.fromtimestamp(request["time"], datetime.timezone.utc)
	monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: now.replace(tzinfo=None))
	path = urllib.parse.quote(request["path"], safe="/" + UNRESERVED)
	query = "&".join(f"{urllib.parse.quote(name, safe=UNRESERVED)}={urllib.parse.quote(value, safe=UNRESERVED)}" for name, value in request["query"])
	url = f"{request['scheme']}://{request['host']}{path}" + (f"?{query}" if query else "")
	theirs = AWSRequest(method=request["method"], url=url, headers=dict(request["headers"]))
	theirs.headers["X-Amz-Content-SHA256"] = request["payload"]
	signer = S3SigV4Auth(Credentials(request["access_key"], request["secret_key"], request.get("session_token")), "s3", request["region"])
	signer.payload = lambda _: request["payload"]
	signer.add_auth(theirs)
	return theirs.headers


def check(net_tool, monkeypatch, requests):
	signed = net_tool("sign", {"requests": requests})["signed"]
	for request, ours in zip(requests, signed, strict=True):
		assert ours["status"] == "ok", request
		theirs = botocore_signed(request, monkeypatch)
		headers = dict(ours["headers"])
		assert headers["authorization"] == theirs["Authorization"], request
		assert headers["x-amz-date"] == theirs["X-Amz-Date"]
		assert headers["x-amz-content-sha256"] == request["payload"]
		assert headers.get("x-amz-security-token") == request.get("session_token")
		for name, value in request["headers"]:
			assert headers[name] == value
		# What is sent is what was meant.
		parts = urllib.parse.urlsplit(ours["url"])
		assert (parts.scheme, parts.netloc, parts.fragment) == (request["scheme"], request["host"], "")
		assert urllib.parse.unquote(parts.path) == (request["path"] or "/")
		assert sorted(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)) == sorted(map(tuple, request["query"]))


def request_of(**more):
	return {"method": "GET", "scheme": "https", "host": "s3.eu-central-1.amazonaws.com", "path": "/bucket/key", "query": [], "headers": [],
		"payload": EMPTY, "access_key": "AKIDEXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "region": "eu-central-1",
		"time": NOW, **more}


def test_keys(net_tool, monkeypatch):
	check(net_tool, monkeypatch, [request_of(path=f"/bucket/{key}") for key in KEYS] + [request_of(path=f"/{key}") for key in KEYS]
		+ [request_of(path="/")])


@pytest.mark.parametrize("query", QUERIES)
def test_queries(net_tool, monkeypatch, query):
	pairs = [list(pair) for pair in query]
	check(net_tool, monkeypatch, [request_of(query=pairs), request_of(query=pairs[::-1], path="/b/a b", method="POST")])


def test_headers_tokens_and_payloads(net_tool, monkeypatch):
	headers = [["x-amz-meta-z", "1"], ["content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="], ["x-amz-checksum-crc32c", "AAAAAA=="], ["if-none-match", "*"],
		["range", "bytes=0-9"], ["x-amz-meta-a", "  inner   blanks  "], ["content-type", "application/xml"]]
	check(net_tool, monkeypatch, [request_of(**more) for more in (
		{"headers": headers}, {"headers": headers[::-1], "method": "PUT"}, {"session_token": "IQoJb3JpZ2luX2VjEB0a+/=="},
		{"session_token": "token", "headers": headers, "query": [["a", "b"]]}, {"payload": "UNSIGNED-PAYLOAD", "method": "PUT"},
		{"host": "localhost:9000", "scheme": "http"}, {"region": "us-east-1", "host": "bucket.s3.amazonaws.com", "path": "/k"},
		{"secret_key": "short"}, {"secret_key": "k" * 100}, {"secret_key": "é/+="}, {"time": 0}, {"time": 951_782_400}, {"time": 4_102_444_799})])


def test_random_requests(net_tool, monkeypatch):
	rng = random.Random(20261124)
	alphabet = "abcAZ019-_.~/+= %&?#:@!$'()*,;[]é€🙂\t\"\\"

	def text(low, high):
		return "".join(rng.choice(alphabet) for _ in range(rng.randint(low, high)))

	requests = []
	for _ in range(400):
		names = {text(1, 6) for _ in range(rng.randint(0, 6))}
		requests.append(request_of(path="/" + text(0, 60), query=[[name, text(0, 20)] for name in names], time=rng.randrange(1 << 31),
			method=rng.choice(("GET", "PUT", "HEAD", "DELETE", "POST")), payload=rng.choice((EMPTY, "UNSIGNED-PAYLOAD", rng.randbytes(32).hex()))))
	check(net_tool, monkeypatch, requests)

"""Signed requests to an S3-compatible server, with Python's standard library alone: what s3-setup and the tests need to make
users, buckets and policies and to look into buckets. Not for data: a body is held in memory, and nothing is repeated."""

import datetime
import hashlib
import hmac
import http.client
import ssl
import urllib.parse
import xml.etree.ElementTree as ET


class S3Error(Exception):
	"""A request that the server refused, or that did not reach it."""

	def __init__(self, message, status=0, code=""):
		super().__init__(message)
		self.status, self.code = status, code


class Reply:
	def __init__(self, status, headers, body):
		self.status, self.headers, self.body = status, headers, body

	@property
	def code(self):
		"""The S3 error code of an error document; "" if this is none."""
		return (text_of(self.body, "Code") or [""])[0]


def text_of(document, name):
	"""The texts of all elements of a name, whatever their namespace."""
	try:
		root = ET.fromstring(document)
	except ET.ParseError:
		return []
	return [element.text or "" for element in root.iter() if element.tag.rsplit("}", 1)[-1] == name]


def quote(text, safe=""):
	return urllib.parse.quote(text, safe=safe + "-_.~")


def canonical_query(query):
	return "&".join(f"{name}={value}" for name, value in sorted((quote(name), quote(str(value))) for name, value in query.items()))


class Client:
	"""One user at one server; access_key None: nobody, without a signature. Thread-safe: every request has its own connection."""

	def __init__(self, url, access_key, secret_key, region="us-east-1", ca_file=None, timeout_s=60):
		self.url = urllib.parse.urlsplit(url)
		if self.url.scheme not in ("http", "https") or not self.url.hostname:
			raise S3Error(f"{url} is no http:// or https:// address")
		self.access_key, self.secret_key, self.region = access_key, secret_key, region
		self.timeout_s = timeout_s
		self.context = ssl.create_default_context(cafile=ca_file) if self.url.scheme == "https" else None

	def signature(self, method, path, query, headers, payload_hash):
		"""The header "authorization" of AWS Signature Version 4. path and query are as they will be sent, encoded."""
		names = ";".join(sorted(headers))
		canonical = "\n".join((method, path, query, *(f"{name}:{headers[name].strip()}" for name in sorted(headers)), "", names, payload_hash))
		date = headers["x-amz-date"]
		scope = f"{date[:8]}/{self.region}/s3/aws4_request"
		to_sign = "\n".join(("AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()))
		key = ("AWS4" + self.secret_key).encode()
		for word in scope.split("/") + [to_sign]:
			key = hmac.new(key, word.encode(), hashlib.sha256).digest()
		return f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={key.hex()}"

	def request(self, method, path, query=None, headers=None, body=b""):
		"""Sends one request, path and query not encoded; returns the Reply, whatever its status."""
		path = quote(path, "/")
		query = canonical_query(query or {})
		payload_hash = hashlib.sha256(body).hexdigest()
		now = datetime.datetime.now(datetime.timezone.utc)
		signed = {
			"host": self.url.netloc,
			"x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
			"x-amz-content-sha256": payload_hash,
			**{name.lower(): value for name, value in (headers or {}).items()},
		}
		sent = signed if self.access_key is None else {**signed, "authorization": self.signature(method, path, query, signed, payload_hash)}
		if self.context:
			connection = http.client.HTTPSConnection(self.url.hostname, self.url.port, timeout=self.timeout_s, context=self.context)
		else:
			connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=self.timeout_s)
		try:
			connection.request(method, path + ("?" + query if query else ""), body if body or method in ("PUT", "POST", "PATCH") else None, sent)
			reply = connection.getresponse()
			return Reply(reply.status, reply.headers, reply.read())
		except (OSError, http.client.HTTPException) as error:
			raise S3Error(f"{self.url.netloc}: {error or type(error).__name__}") from error
		finally:
			connection.close()

	def expect(self, what, method, path, query=None, headers=None, body=b"", accept=()):
		"""A request that has to go well, or to fail with one of the codes to accept."""
		reply = self.request(method, path, query, headers, body)
		if reply.status >= 300 and reply.code not in accept:
			said = reply.code or (reply.body[:200].decode("utf-8", "replace").strip() if reply.body else "")
			message = " ".join(text_of(reply.body, "Message"))
			raise S3Error(f"{what}: {reply.status} {said} {message}".rstrip(), reply.status, reply.code)
		return reply

	def make_bucket(self, bucket):
		body = b"" if self.region == "us-east-1" else (
			'<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
			f"<LocationConstraint>{self.region}</LocationConstraint></CreateBucketConfiguration>").encode()
		self.expect(f"making bucket {bucket}", "PUT", f"/{bucket}", body=body, accept=("BucketAlreadyOwnedByYou",))

	def put(self, bucket, key, body):
		self.expect(f"writing {bucket}/{key}", "PUT", f"/{bucket}/{key}", body=body)

	def get(self, bucket, key):
		"""The object's bytes; None if it is not there."""
		reply = self.expect(f"reading {bucket}/{key}", "GET", f"/{bucket}/{key}", accept=("NoSuchKey",))
		return reply.body if reply.status < 300 else None

	def delete(self, bucket, key):
		self.expect(f"deleting {bucket}/{key}", "DELETE", f"/{bucket}/{key}")

	def list(self, bucket, prefix=""):
		"""All keys that begin with the prefix, in order."""
		keys, token = [], {}
		while True:
			page = self.expect(f"listing {bucket}", "GET", f"/{bucket}", {"list-type": "2", "prefix": prefix, **token}).body
			keys += text_of(page, "Key")
			following = text_of(page, "NextContinuationToken")
			if not following:
				return keys
			token = {"continuation-token": following[0]}

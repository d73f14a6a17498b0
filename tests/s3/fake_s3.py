"""An S3 server that is odd on purpose: it holds objects in memory, checks no signature, and does what it is told to do wrong. For
what no real server of the tests does: lost answers, missing features, listings of another make."""

import base64
import hashlib
import http.server
import re
import socket
import struct
import threading
import urllib.parse
from xml.sax.saxutils import escape

NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def crc32c(data, table=[]):  # pylint: disable=dangerous-default-value
	if not table:
		for n in range(256):
			for _ in range(8):
				n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
			table.append(n)
	crc = 0xFFFFFFFF
	for byte in data:
		crc = table[(crc ^ byte) & 255] ^ crc >> 8
	return crc ^ 0xFFFFFFFF


def crc_text(data):
	return base64.b64encode(struct.pack(">I", crc32c(data))).decode()


class Fault:
	"""What happens to some requests: to the next `times` ones whose "METHOD /bucket/key?query" matches.

	do: drop (close before anything is done), lose (do it, then close without an answer), short (send half the body, then close),
	corrupt (change a byte of the body), damage (change a byte of the request's body), half (send half of the body with that as its length), or (code, error code[, headers])."""

	def __init__(self, pattern, do, times=1, message="a fault"):
		self.pattern, self.do, self.times, self.message = re.compile(pattern), do, times, message


class Stored:
	def __init__(self, data, headers, etag=None, crc=None):
		self.data, self.headers = data, headers
		self.etag = etag or hashlib.md5(data).hexdigest()
		self.crc = crc


class Handler(http.server.BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.1"

	def setup(self):
		super().setup()
		self.server.fake.n_connections += 1

	def log_message(self, *_):
		pass

	def answer(self, code, body=b"", headers=None):
		self.reply = (code, body, {"Content-Type": "application/xml", **(headers or {})})

	def refuse(self, code, word, message="", headers=None, more=""):
		body = f"<?xml version=\"1.0\"?>\n<Error><Code>{word}</Code><Message>{escape(message or word)}</Message>{more}</Error>".encode()
		self.answer(code, b"" if self.command == "HEAD" else body, headers)

	def do_any(self):
		fake = self.server.fake
		body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
		path, _, query = self.path.partition("?")
		path = urllib.parse.unquote(path)
		self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
		line = f"{self.command} {path}" + (f"?{query}" if query else "")
		with fake.lock:
			fake.requests.append((line, dict(self.headers.items()), body))
			fault = next((f for f in fake.faults if f.times > 0 and f.pattern.search(line)), None)
			if fault:
				fault.times -= 1
			do = fault.do if fault else None
			if do == "drop":
				return self.hang_up()
			if do == "damage":
				body = bytes([body[0] ^ 1]) + body[1:]
			if fake.echo:
				self.answer(fake.echo[0], fake.echo[1].encode())
			elif isinstance(do, tuple):
				self.refuse(do[0], do[1], fault.message, *do[2:])
			else:
				bucket, _, key = path[1:].partition("/")
				self.serve(bucket, key, body)
		code, body, headers = self.reply
		if do == "lose":
			return self.hang_up()
		if do == "corrupt" and body:
			body = bytes([body[0] ^ 1]) + body[1:]
		if do == "half":
			body = body[:len(body) // 2]
		self.send_response(code)
		for name, value in headers.items():
			self.send_header(name, value)
		if code not in (204, 304) and "Content-Length" not in headers:
			self.send_header("Content-Length", str(len(body)))
		self.end_headers()
		if self.command != "HEAD":
			self.wfile.write(body[:len(body) // 2] if do == "short" else body)
		self.wfile.flush()
		if do == "short":
			self.hang_up()
		return None

	do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_any

	def hang_up(self):
		self.close_connection = True
		self.wfile.flush()
		self.connection.shutdown(socket.SHUT_RDWR)

	def serve(self, bucket, key, body):
		fake = self.server.fake
		lacks = fake.lacks
		if "checksums" in lacks and any(name.lower().startswith("x-amz-checksum-c") for name in self.headers):
			return self.refuse(501 if lacks["checksums"] is True else lacks["checksums"], "NotImplemented")
		if "Authorization" not in self.headers and "keys" not in lacks:
			return self.refuse(403, "AccessDenied")
		if bucket != "bucket":
			return self.refuse(404, "NoSuchBucket")
		if self.command == "POST" and "delete" in self.query:
			return self.delete_many(body)
		if not key:
			return self.list_uploads() if "uploads" in self.query else self.list_objects()
		if self.command == "POST":
			return self.begin(key) if "uploads" in self.query else self.complete(key, body)
		if self.command == "PUT":
			return self.put_part(key, body) if "partNumber" in self.query else self.put(key, body)
		if self.command == "DELETE":
			if "uploadId" in self.query:
				fake.uploads.pop(self.query["uploadId"], None)
			else:
				fake.objects.pop(key, None)
			return self.answer(204)
		return self.get(key)

	def is_damaged(self, body):
		"""As a real server checks it: the checksum that came with it."""
		told = self.headers.get("x-amz-checksum-crc32c")
		md5 = self.headers.get("Content-MD5")
		if (told and told != crc_text(body)) or (md5 and md5 != base64.b64encode(hashlib.md5(body).digest()).decode()):
			self.refuse(400, "BadDigest")
			return True
		return False

	def put(self, key, body):
		fake = self.server.fake
		if self.is_damaged(body):
			return None
		conditions = fake.lacks.get("conditions")
		is_conditional = "If-None-Match" in self.headers or "If-Match" in self.headers
		there = f'"{fake.objects[key].etag}"' if key in fake.objects else None
		if is_conditional and conditions == "refuse":
			return self.refuse(501, "NotImplemented")
		if is_conditional and conditions != "ignore" and self.headers.get("If-Match") != there:
			return self.refuse(412, "PreconditionFailed")
		kept = {name: value for name, value in self.headers.items() if name.lower().startswith("x-amz-meta-")}
		fake.objects[key] = Stored(body, kept, fake.etag_of(body), None if "checksums" in fake.lacks else self.headers.get("x-amz-checksum-crc32c"))
		return self.answer(200, headers={"ETag": f'"{fake.objects[key].etag}"'})

	def get(self, key):
		fake = self.server.fake
		stored = fake.objects.get(key)
		if stored is None:
			return self.refuse(404, "NoSuchKey")
		headers = {"ETag": f'"{stored.etag}"', "Content-Type": "binary/octet-stream", **stored.headers}
		if self.headers.get("If-Match", headers["ETag"]) != headers["ETag"]:
			return self.refuse(412, "PreconditionFailed")
		told = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
		if told and "ranges" not in fake.lacks:
			first, last = int(told[1]), int(told[2] or len(stored.data) - 1)
			if first >= len(stored.data):
				return self.refuse(416, "InvalidRange")
			last = min(last, len(stored.data) - 1, first + fake.lacks.get("longer_ranges", len(stored.data)) - 1)
			headers["Content-Range"] = f"bytes {first}-{last}/{len(stored.data)}"
			return self.answer(206, stored.data[first:last + 1], headers)
		if stored.crc and self.headers.get("x-amz-checksum-mode") == "ENABLED":
			headers["x-amz-checksum-crc32c"] = stored.crc
		if self.command == "HEAD":
			headers["Content-Length"] = str(len(stored.data))
		return self.answer(200, stored.data, headers)

	def list_objects(self):
		fake = self.server.fake
		prefix, after = self.query.get("prefix", ""), self.query.get("continuation-token", "")
		names = sorted(key for key in fake.objects if key.startswith(prefix) and key > after)
		page = names[:fake.page]
		is_url = self.query.get("encoding-type") == "url" and "encoding" not in fake.lacks
		text = f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult{fake.namespace}><Name>bucket</Name>'
		text += "<EncodingType>url</EncodingType>" if is_url else ""
		for key in page:
			shown = urllib.parse.quote_plus(key, safe="/") if is_url else escape(key)
			text += f"<Contents><Key>{shown}</Key><ETag>&quot;{fake.objects[key].etag}&quot;</ETag><Size>{len(fake.objects[key].data)}</Size>" \
				"<Owner><ID>x</ID></Owner></Contents>"
		more = len(names) > len(page)
		text += f"<IsTruncated>{str(more).lower()}</IsTruncated>" + (f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else "")
		return self.answer(200, (fake.listing or text + "</ListBucketResult>").encode())

	def list_uploads(self):
		fake = self.server.fake
		if "uploads" in fake.lacks:
			return self.refuse(403, "AccessDenied")
		text = "".join(f"<Upload><Key>{escape(key)}</Key><UploadId>{name}</UploadId></Upload>" for name, (key, _) in fake.uploads.items())
		return self.answer(200, f"<ListMultipartUploadsResult{fake.namespace}><IsTruncated>false</IsTruncated>{text}"
			"</ListMultipartUploadsResult>".encode())

	def delete_many(self, body):
		fake = self.server.fake
		if "bulk" in fake.lacks:
			return self.refuse(fake.lacks["bulk"], "NotImplemented" if fake.lacks["bulk"] == 501 else "MethodNotAllowed")
		if self.is_damaged(body):
			return None
		failures = ""
		for key in re.findall(r"<Key>(.*?)</Key>", body.decode()):
			key = re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), key)
			word = fake.undeletable.get(key)
			if word and word[1] > 0:
				fake.undeletable[key] = (word[0], word[1] - 1)
				failures += f"<Error><Key>{escape(key)}</Key><Code>{word[0]}</Code><Message>no</Message></Error>"
			else:
				fake.objects.pop(key, None)
		return self.answer(200, f"<DeleteResult{fake.namespace}>{failures}</DeleteResult>".encode())

	def begin(self, key):
		fake = self.server.fake
		name = f"upload-{len(fake.requests)}"
		fake.uploads[name] = (key, {})
		wanted = self.headers.get("x-amz-checksum-type")
		headers = {"x-amz-checksum-type": "FULL_OBJECT" if wanted and "full" not in fake.lacks else "COMPOSITE"}
		return self.answer(200, f"<InitiateMultipartUploadResult{fake.namespace}><UploadId>{name}</UploadId></InitiateMultipartUploadResult>".encode(),
			headers)

	def put_part(self, _key, body):
		fake = self.server.fake
		if self.query["uploadId"] not in fake.uploads:
			return self.refuse(404, "NoSuchUpload")
		if self.is_damaged(body):
			return None
		fake.uploads[self.query["uploadId"]][1][int(self.query["partNumber"])] = body
		return self.answer(200, headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})

	def complete(self, key, body):
		fake = self.server.fake
		upload = fake.uploads.get(self.query["uploadId"])
		if upload is None:
			return self.refuse(404, "NoSuchUpload")
		numbers = [int(n) for n in re.findall(r"<PartNumber>(\d+)</PartNumber>", body.decode())]
		assert numbers == list(range(1, len(upload[1]) + 1))
		if fake.complete_errors > 0:
			fake.complete_errors -= 1
			return self.answer(200, b"   \n<Error><Code>InternalError</Code><Message>try again</Message></Error>")
		parts = [upload[1][n] for n in numbers]
		digest = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
		told = self.headers.get("x-amz-checksum-crc32c")
		fake.objects[key] = Stored(b"".join(parts), {}, f"{digest}-{len(parts)}", told)
		del fake.uploads[self.query["uploadId"]]
		return self.answer(200, f"  \n<CompleteMultipartUploadResult{fake.namespace}><ETag>{digest}</ETag></CompleteMultipartUploadResult>".encode())


class Fake:
	"""endpoint, objects, uploads, requests (line, headers, body), faults. lacks: checksums, conditions (ignore or refuse), bulk
	(501 or 405), full, encoding, ranges, longer_ranges (than so many bytes), uploads,
	keys (it serves everybody)."""

	def __init__(self, faults=(), page=1000, namespace=NAMESPACE, etag_of=lambda body: None, listing=None, **lacks):
		self.faults, self.page, self.namespace, self.etag_of, self.listing, self.lacks = list(faults), page, namespace, etag_of, listing, lacks
		self.objects, self.uploads, self.requests, self.undeletable, self.complete_errors = {}, {}, [], {}, 0
		self.n_connections = 0
		self.echo = None  # (code, text): what is answered to everything
		self.lock = threading.Lock()
		self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		self.server.daemon_threads = True
		self.server.handle_error = lambda *_: None  # clients that go are no news
		self.server.fake = self
		self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
		threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

	def count(self, pattern):
		with self.lock:
			return sum(bool(re.search(pattern, line)) for line, _, _ in self.requests)

	def store(self, key, data, crc=None):
		self.objects[key] = Stored(data, {}, self.etag_of(data), crc)

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.server.shutdown()
		self.server.server_close()

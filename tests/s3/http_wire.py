"""HTTP/1.1 on asyncio streams as far as a proxy between an S3 client and its server needs it, and which S3 operation a request is."""

import asyncio
import urllib.parse

HEAD_BYTES_MAX = 64 << 10
BLOCK = 64 << 10

# In the order of the report. "GET range" is one with a Range header, "PUT if" one with a condition.
OPERATIONS = ("GET", "GET range", "HEAD", "LIST", "LIST uploads", "LIST parts", "PUT", "PUT if", "create upload", "upload part",
	"complete upload", "abort upload", "DELETE many", "DELETE", "bucket")
# Those whose requests and whose answers (when they go well) have a body.
SENDS_BODY = {"PUT", "PUT if", "upload part", "complete upload", "DELETE many"}
RECEIVES_BODY = {"GET", "GET range", "LIST", "LIST uploads", "LIST parts", "create upload", "complete upload", "DELETE many"}
# Those whose answers cannot have one.
BODILESS = {"HEAD", "DELETE", "abort upload", "bucket"}


class WireError(Exception):
	"""Bytes that are no HTTP/1.1, or of a kind that is not handled here."""


class Head:
	"""A request's or an answer's start line and headers. The bytes are kept as they came, for signatures cover them."""

	def __init__(self, data):
		lines = data.decode("latin-1").split("\r\n")
		self.start = lines[0]
		self.headers = [line.split(":", 1) for line in lines[1:] if line]
		if any(len(pair) != 2 for pair in self.headers) or self.start.count(" ") < 1:
			raise WireError(f"no HTTP head: {self.start!r}")

	def get(self, name, otherwise=""):
		return next((value.strip() for own, value in self.headers if own.lower() == name), otherwise)

	def set(self, name, value):
		"""Replaces a header, or removes it with None."""
		self.headers = [pair for pair in self.headers if pair[0].lower() != name]
		if value is not None:
			self.headers.append([name.title(), " " + str(value)])

	def bytes(self):
		return "\r\n".join([self.start, *(f"{name}:{value}" for name, value in self.headers), "", ""]).encode("latin-1")

	# Of a request.
	@property
	def method(self):
		return self.start.split(" ")[0]

	@property
	def target(self):
		return self.start.split(" ")[1]

	# Of an answer.
	@property
	def status(self):
		return int(self.start.split(" ")[1])


async def read_head(reader):
	"""The next head; None at the end of the connection. Empty lines before it are skipped, as RFC 9112 asks."""
	while True:
		try:
			data = (await reader.readuntil(b"\r\n\r\n")).lstrip(b"\r\n")
		except asyncio.IncompleteReadError:
			return None
		if data:
			return Head(data[:-4])


async def read_chunked(reader):
	body = bytearray()
	while True:
		size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
		if size:
			body += await reader.readexactly(size)
			await reader.readexactly(2)
			continue
		while await reader.readuntil(b"\r\n") != b"\r\n":
			pass
		return bytes(body)


def has_no_body(method, status):
	return method == "HEAD" or status in (204, 304) or 100 <= status < 200


def operation(head):
	"""Which of OPERATIONS a request is, with the bucket in the path. What only concerns buckets or users is "bucket"."""
	path, _, query = head.target.partition("?")
	names = {name for name, _ in urllib.parse.parse_qsl(query, keep_blank_values=True)}
	has_key = len(path.strip("/").split("/", 1)) == 2
	method = head.method
	if not has_key:
		if method == "GET" and "uploads" in names:
			return "LIST uploads"
		if method == "POST" and "delete" in names:
			return "DELETE many"
		is_listing = method == "GET" and path.strip("/") and not names - {"list-type", "prefix", "delimiter", "max-keys", "start-after",
			"continuation-token", "marker", "encoding-type", "fetch-owner", "x-id"}
		return "LIST" if is_listing else "bucket"
	if method == "GET":
		if "uploadId" in names:
			return "LIST parts"
		return "GET range" if head.get("range") else "GET"
	if method == "HEAD":
		return "HEAD"
	if method == "PUT":
		if "partNumber" in names:
			return "upload part"
		return "PUT if" if head.get("if-none-match") or head.get("if-match") else "PUT"
	if method == "POST":
		if "uploads" in names:
			return "create upload"
		return "complete upload" if "uploadId" in names else "bucket"
	if method == "DELETE":
		return "abort upload" if "uploadId" in names else "DELETE"
	return "bucket"

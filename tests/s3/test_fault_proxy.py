"""The proxy that makes faults, against a server of a few lines that counts what reaches it, and then before real ones."""

import collections
import http.client
import http.server
import threading
import time

import pytest

import s3_client
from fault_proxy import KINDS, REPEATING, FaultProxy, applies
from http_wire import OPERATIONS, Head, operation

CONTENT = bytes(range(256)) * 40


class Origin(http.server.BaseHTTPRequestHandler):
	"""Takes PUT, POST and DELETE and remembers their bodies; answers GET with CONTENT, POST in chunks."""

	protocol_version = "HTTP/1.1"
	seen = []

	def take(self):
		body = self.rfile.read(int(self.headers.get("content-length", "0")))
		self.seen.append((self.command, self.path, body, self.headers["host"]))

	def answer(self, status, body=b"", **headers):
		self.send_response(status)
		for name, value in headers.items():
			self.send_header(name, value)
		if status != 204:
			self.send_header("content-length", str(len(body)))
		self.end_headers()
		self.wfile.write(b"" if self.command == "HEAD" else body)

	def do_GET(self):
		self.take()
		self.answer(404 if "missing" in self.path else 200, b"<Error/>" if "missing" in self.path else CONTENT)

	do_HEAD = do_GET

	def do_PUT(self):
		self.take()
		self.answer(200, ETag='"tag"')

	def do_DELETE(self):
		self.take()
		self.answer(204)

	def do_POST(self):
		self.take()
		self.send_response(200)
		self.send_header("transfer-encoding", "chunked")
		self.end_headers()
		self.wfile.write(b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (CONTENT[:100], CONTENT[100:])) + b"0\r\n\r\n")

	def log_message(self, *_):
		pass


@pytest.fixture
def origin():
	Origin.seen = []
	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
	server.daemon_threads = True
	threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
	yield server
	server.shutdown()
	server.server_close()


@pytest.fixture
def proxy(origin):
	with FaultProxy(f"http://127.0.0.1:{origin.server_address[1]}", rate=0, delay_s=0.05, late_s=0.4, trickle_s=0.3) as running:
		yield running
		assert running.trouble == []


class Asked:
	"""One request on a connection of its own: the answer, or what became of it."""

	def __init__(self, proxy, method, path, body=None, headers=None, connection=None):
		started = time.monotonic()
		own = None if connection else http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
		connection = connection or own
		self.error = self.status = self.body = self.headers = None
		try:
			connection.request(method, path, body, headers or {})
			reply = connection.getresponse()
			self.status, self.headers = reply.status, reply.headers
			self.body = reply.read()
		except (http.client.HTTPException, OSError) as error:
			self.error = error
		if own:
			own.close()
		self.seconds = time.monotonic() - started


def test_what_it_passes_on(proxy):
	connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
	ask = lambda *words, **more: Asked(proxy, *words, connection=connection, **more)  # noqa: E731
	for _ in range(3):  # on one connection
		assert ask("GET", "/b/k?x=%20").body == CONTENT
		assert ask("PUT", "/b/k%3D", b"body").headers["etag"] == '"tag"'
		assert ask("PUT", "/b/empty", b"").status == 200
		assert ask("HEAD", "/b/k").headers["content-length"] == str(len(CONTENT))
		assert ask("DELETE", "/b/k").status == 204
		assert ask("POST", "/b/k?uploads=").body == CONTENT
		assert ask("GET", "/b/missing").status == 404
	assert Origin.seen[1] == ("PUT", "/b/k%3D", b"body", f"127.0.0.1:{proxy.port}")
	assert len(Origin.seen) == 21
	assert not proxy.counts()
	assert proxy.requests["GET"] == 6 and proxy.requests["create upload"] == 3


def test_a_client_that_waits_for_100(proxy):
	connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
	connection.putrequest("PUT", "/b/k")
	for name, value in (("Expect", "100-continue"), ("Content-Length", "4")):
		connection.putheader(name, value)
	connection.endheaders()
	assert connection.sock.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
	connection.send(b"body")
	assert connection.getresponse().status == 200
	assert Origin.seen[-1][2] == b"body"


def test_big_bodies(proxy):
	big = bytes(1 << 20) * 24
	assert Asked(proxy, "PUT", "/b/k", big).status == 200
	assert Origin.seen[-1][2] == big


@pytest.mark.parametrize("kind", KINDS)
def test_each_fault(proxy, kind):
	"""What the client gets, and what the server got."""
	method, path, body = ("PUT", "/b/k", b"body") if kind == "bad request" else ("GET", "/b/k", None)
	proxy.plan(None, kind)
	asked = Asked(proxy, method, path, body)
	reached = len(Origin.seen)
	if kind in ("delay", "late", "trickle"):
		assert (asked.status, asked.body, reached) == (200, CONTENT, 1)
		assert asked.seconds > {"delay": 0, "late": 0.2, "trickle": 0.25}[kind]
	elif kind == "reset":
		assert isinstance(asked.error, ConnectionResetError) and reached == 0
	elif kind == "lost answer":
		assert isinstance(asked.error, ConnectionResetError) and reached == 1
	elif kind == "truncated":
		assert isinstance(asked.error, http.client.IncompleteRead) and CONTENT.startswith(asked.error.partial)
		assert asked.headers["content-length"] == str(len(CONTENT))
	elif kind in REPEATING:
		assert asked.status == {"SlowDown": 503}.get(kind) or asked.status == int(kind)
		assert (asked.headers["retry-after"] == "1") == (kind in ("SlowDown", "429"))
		assert reached <= (0 if kind in ("SlowDown", "429") else 1)
		if kind in ("500", "503", "SlowDown"):
			assert s3_client.text_of(asked.body, "Code") == [{"500": "InternalError", "503": "ServiceUnavailable"}.get(kind, kind)]
	elif kind == "bad answer":
		assert len(asked.body) == len(CONTENT) and sum(a != b for a, b in zip(asked.body, CONTENT)) == 1
	elif kind == "bad request":
		assert asked.status == 200 and sum(a != b for a, b in zip(Origin.seen[0][2], b"body")) == 1
	elif kind == "wrong length":
		assert asked.headers["content-length"] != str(len(CONTENT))
		assert isinstance(asked.error, http.client.IncompleteRead) or CONTENT.startswith(asked.body)
	else:
		assert kind == "twice" and asked.body == CONTENT and reached == 2
	assert proxy.counts() == {("PUT" if body else "GET", kind): 1}
	assert Asked(proxy, "GET", "/b/k").body == CONTENT  # it was one request alone


def test_refusals_come_after_the_work_too(proxy):
	proxy.plan("PUT", "500", times=40)
	for _ in range(40):
		assert Asked(proxy, "PUT", "/b/k", b"body").status == 500
	assert 0 < len(Origin.seen) < 40


def test_a_reset_takes_the_body_or_not(proxy):
	proxy.plan("PUT", "reset", times=10)
	for _ in range(10):
		assert isinstance(Asked(proxy, "PUT", "/b/k", bytes(1 << 20)).error, (ConnectionResetError, BrokenPipeError))
	assert Origin.seen == []


def test_a_plan_for_one_key(proxy):
	proxy.disable()
	proxy.plan("PUT", "lost answer", key="mark=1")
	assert Asked(proxy, "PUT", "/b/other", b"").status == 200
	assert Asked(proxy, "GET", "/b/mark%3D1").status == 200
	assert Asked(proxy, "PUT", "/b/mark%3D1", b"").error
	assert Asked(proxy, "PUT", "/b/mark%3D1", b"").status == 200


REQUESTS = {
	"GET": ("GET", "/b/k", None, {}), "GET range": ("GET", "/b/k", None, {"Range": "bytes=0-9"}), "HEAD": ("HEAD", "/b/k", None, {}),
	"LIST": ("GET", "/b/?list-type=2&prefix=x", None, {}), "LIST uploads": ("GET", "/b?uploads=", None, {}),
	"LIST parts": ("GET", "/b/k?uploadId=1", None, {}), "PUT": ("PUT", "/b/k", b"body", {}),
	"PUT if": ("PUT", "/b/k", b"body", {"If-None-Match": "*"}), "create upload": ("POST", "/b/k?uploads=", b"", {}),
	"upload part": ("PUT", "/b/k?partNumber=1&uploadId=1", b"body", {}), "complete upload": ("POST", "/b/k?uploadId=1", b"<x/>", {}),
	"abort upload": ("DELETE", "/b/k?uploadId=1", None, {}), "DELETE many": ("POST", "/b?delete=", b"<x/>", {}),
	"DELETE": ("DELETE", "/b/k", None, {}), "bucket": ("HEAD", "/b", None, {}),
}


def test_every_operation_meets_every_fault(origin):
	assert set(REQUESTS) == set(OPERATIONS)
	with FaultProxy(f"http://127.0.0.1:{origin.server_address[1]}", rate=1, delay_s=0, late_s=0, trickle_s=0, burst=1) as proxy:
		for name, (method, path, body, headers) in REQUESTS.items():
			for _ in KINDS:
				Asked(proxy, method, path, body, headers)
		assert proxy.missing() == []
		assert set(proxy.counts()) == {(name, kind) for name in OPERATIONS for kind in KINDS if applies(name, kind)}
		lines = proxy.table().splitlines()
		assert [line.split("  ")[0] for line in lines[1:]] == list(OPERATIONS)
		assert lines[0].split()[:2] == ["operation", "requests"]
		assert proxy.trouble == []


def test_the_rate_and_the_seed(origin):
	def run(seed, rate=0.2, **options):
		with FaultProxy(f"http://127.0.0.1:{origin.server_address[1]}", seed=seed, rate=rate, kinds=("delay", "twice", "429"), delay_s=0,
				**options) as proxy:
			connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
			for _ in range(300):
				Asked(proxy, "PUT", "/b/k", b"x", connection=connection)
			return list(proxy.history), proxy.counts()

	first, counts = run(1, burst=1)
	assert 30 < len(first) < 90
	assert max(counts.values()) - min(counts.values()) <= 1
	assert run(1, burst=1)[0] == first != run(2, burst=1)[0]
	assert run(1, rate=0)[0] == []
	assert len(run(1, rate=0, rates={"PUT": 1})[0]) == 300
	assert all(kind != "twice" for _, kind, _ in run(1, spare={("PUT", "twice")})[0])


def test_bursts(origin):
	with FaultProxy(f"http://127.0.0.1:{origin.server_address[1]}", seed=3, rate=0.05, kinds=("503",), burst=4) as proxy:
		codes = "".join("x" if Asked(proxy, "GET", "/b/k").status == 503 else "." for _ in range(400))
		lengths = collections.Counter(len(run) for run in codes.split(".") if run)
		assert lengths[1] and lengths[2] and lengths[3]


def test_no_server_behind():
	with FaultProxy("http://127.0.0.1:9", rate=0) as proxy:
		assert isinstance(Asked(proxy, "GET", "/b/k").error, ConnectionResetError)
		assert proxy.lost_upstream == 1


def test_many_at_once(proxy):
	proxy.enable(0.0)
	failed = []

	def client():
		connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)
		for _ in range(50):
			if Asked(proxy, "GET", "/b/k", connection=connection).body != CONTENT:
				failed.append(1)

	threads = [threading.Thread(target=client) for _ in range(8)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	assert not failed and proxy.requests["GET"] == 400


def test_names_of_operations():
	assert operation(Head(b"GET /b/?location= HTTP/1.1")) == "bucket"
	assert operation(Head(b"GET / HTTP/1.1")) == "bucket"
	assert operation(Head(b"GET /b?list-type=2&continuation-token=a%2Fb HTTP/1.1")) == "LIST"
	assert operation(Head(b"PUT /b/k HTTP/1.1\r\nIf-Match: x")) == "PUT if"


def test_before_a_real_server(s3_server, bucket):
	"""Signatures stay valid, and a damaged body is refused."""
	with FaultProxy(s3_server.url, rate=0) as proxy:
		client = s3_client.Client(proxy.url, s3_server.root_key, s3_server.root_secret)
		for key in ("a b/=c+", "plain"):
			client.put(bucket, key, CONTENT)
			assert client.get(bucket, key) == CONTENT
		assert client.list(bucket) == ["a b/=c+", "plain"]
		proxy.plan("PUT", "bad request")
		assert client.request("PUT", f"/{bucket}/damaged", body=CONTENT).status == 400
		assert client.get(bucket, "damaged") is None
		proxy.plan("PUT if", "twice", times=6)
		answers = {client.request("PUT", f"/{bucket}/once-{n}", headers={"if-none-match": "*"}, body=b"x").status for n in range(6)}
		assert answers <= {200, 412} and 412 in answers
		proxy.plan("PUT", "lost answer")
		with pytest.raises(s3_client.S3Error):
			client.put(bucket, "lost", b"x")
		assert client.get(bucket, "lost") == b"x"
		assert proxy.trouble == []

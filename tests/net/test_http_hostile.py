"""Servers and networks that go wrong, at every stage of a request: the outcome is the one that says what may be repeated, memory and
time are bounded, and nothing that is secret gets into words."""

import socket
import time

import pytest

from wire import Closed, answering

SECRET = "s3cr3t"
HEADERS = [["authorization", f"AWS4-HMAC-SHA256 Credential=key, Signature={SECRET}"]]
MEGABYTE = 1 << 20
OK_HEAD = b"HTTP/1.1 200 OK\r\n"


def request_of(server, **more):
	return {"url": f"{server.url}/b/k?X-Amz-Signature={SECRET}", "headers": HEADERS, **more}


def check_words(result, server):
	assert SECRET not in result["error"]
	assert result["error"].startswith(f"127.0.0.1:{server.port}: "), result["error"]


def sends(*pieces, then=Closed):
	"""A script that reads a request, sends this, and ends the connection (or waits with it)."""

	def script(connection):
		connection.read_request()
		for piece in pieces:
			connection.send(piece)
		if then == "reset":
			connection.reset()
		elif then == "wait":
			connection.wait_for_end()

	return script


def endless(line, start=OK_HEAD):
	def script(connection):
		connection.read_request()
		connection.send(start)
		while True:
			connection.send(line * 100)

	return script


LOST = {
	"closed without an answer": sends(),
	"reset without an answer": sends(then="reset"),
	"half a status line": sends(b"HTTP/1.1 2"),
	"no HTTP": sends(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", then="wait"),
	"HTTP 0.9": sends(b"<html>hello</html>"),
	"binary garbage": sends(bytes(range(256)) * 20, then="wait"),
	"a status that is no number": sends(b"HTTP/1.1 abc OK\r\n\r\n", then="wait"),
	"HTTP 7": sends(b"HTTP/7.1 200 OK\r\nContent-Length: 0\r\n\r\n", then="wait"),
	"half a head": sends(OK_HEAD + b"Content-Length: 5\r\nx-a"),
	"half a head, reset": sends(OK_HEAD + b"Content-Length: 5\r\nx-a", then="reset"),
	"a head and no body": sends(OK_HEAD + b"Content-Length: 5\r\n\r\n"),
	"half a body": sends(OK_HEAD + b"Content-Length: 500000\r\n\r\n", b"x" * 250_000),
	"half a body, reset": sends(OK_HEAD + b"Content-Length: 500000\r\n\r\n", b"x" * 250_000, then="reset"),
	"one byte short": sends(OK_HEAD + b"Content-Length: 5\r\n\r\n1234"),
	"a negative length": sends(OK_HEAD + b"Content-Length: -5\r\n\r\n1234", then="wait"),
	"a length above all": sends(OK_HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n1234"),
	"two lengths": sends(OK_HEAD + b"Content-Length: 6\r\nContent-Length: 4\r\n\r\n123456"),
	"a length that is no number": sends(OK_HEAD + b"Content-Length: 0x4\r\n\r\n1234"),
	"an empty length": sends(OK_HEAD + b"Content-Length:\r\n\r\n1234"),
	"no length": sends(OK_HEAD + b"\r\n1234"),
	"chunks without an end": sends(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
	"a chunk that is cut": sends(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n30\r\nabc"),
	"a chunk of no length": sends(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n", then="wait"),
	"a chunk above all": sends(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\nabc\r\n", then="wait"),
	"too many headers": sends(OK_HEAD + b"".join(b"x-%d: 1\r\n" % i for i in range(101)) + b"Content-Length: 0\r\n\r\n", then="wait"),
	"a long header": sends(OK_HEAD + b"x-a: " + b"a" * 9000 + b"\r\nContent-Length: 0\r\n\r\n", then="wait"),
	"a NUL in a header": sends(OK_HEAD + b"x-a: b\0c\r\nContent-Length: 0\r\n\r\n", then="wait"),
	"headers without end": endless(b"x-a: b\r\n"),
	"one header without end": endless(b"aaaaaaaaaaaaaaaa"),
	"continuations without end": endless(b" folded\r\n"),
	"interim answers without end": endless(b"HTTP/1.1 100 Continue\r\n\r\n", b""),
}


@pytest.mark.parametrize("kind", ("whole", "pieces", "upload"))
@pytest.mark.parametrize("what", LOST)
def test_lost(ask, serve, what, kind):
	more = {"whole": {}, "pieces": {"block_bytes": 4096}, "upload": {"method": "PUT", "body_bytes": 5000}}[kind]
	server = serve(LOST[what])
	result, = ask(request_of(server, **more), stall_timeout_ms=5000)
	assert (result["outcome"], result["status"]) == ("lost", "io"), result
	assert result["ms"] < 4000
	check_words(result, server)
	assert len(server.requests) == 1


def test_what_came_before_the_end_is_kept(ask, serve):
	"""So that a download goes on where it stopped."""
	server = serve(LOST["half a body"])
	result, = ask(request_of(server, block_bytes=100_000))
	assert (result["outcome"], result["code"], result["n_bytes"], result["content_length"]) == ("lost", 200, 250_000, 500_000)


@pytest.mark.parametrize("head", (b"x-%d: 1\r\n" * 1, b""))
def test_the_largest_head_that_is_taken(ask, serve, head):
	line = b"x-long: " + b"a" * (8192 - len(b"x-long: \r\n")) + b"\r\n"
	rest = b"".join(b"x-%d: 1\r\n" % i for i in range(98)) if head else b""
	server = serve(sends(OK_HEAD + line + rest + b"Content-Length: 2\r\n\r\nok", then="wait"))
	result, = ask({**request_of(server), "show": ["x-long"]})
	assert (result["outcome"], result["body"]) == ("answered", "ok")
	assert len(result["headers"]["x-long"]) == 8192 - 10
	assert result["n_headers"] == (100 if head else 2)


def test_bytes_beyond_the_length_are_not_taken(ask, serve):
	def script(connection):
		connection.read_request()
		connection.send(OK_HEAD + b"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
		connection.wait_for_end()

	server = serve(script)
	results = ask(request_of(server), request_of(server, block_bytes=100))
	assert [(r["outcome"], r["n_bytes"]) for r in results] == [("answered", 2)] * 2
	assert server.n_connections == 2


def test_a_refusal_needs_no_length(ask, serve):
	server = serve(sends(b"HTTP/1.0 502 Bad Gateway\r\n\r\nwords"))
	for result in ask(request_of(server), request_of(server, method="PUT", body="x"), request_of(server, block_bytes=10)):
		assert (result["outcome"], result["code"], result["body"]) == ("answered", 502, "words")


@pytest.mark.parametrize("method, code, outcome", (("PUT", 200, "answered"), ("DELETE", 204, "answered"), ("GET", 204, "answered"),
	("GET", 304, "answered"), ("HEAD", 200, "answered"), ("GET", 200, "lost"), ("GET", 206, "lost")))
def test_answers_without_body_and_length(ask, serve, method, code, outcome):
	server = serve(sends(b"HTTP/1.1 %d Word\r\n\r\n" % code))
	assert ask(request_of(server, method=method))[0]["outcome"] == outcome


def test_interim_answers_are_passed_over(ask, serve):
	server = serve(sends(b"HTTP/1.1 100 Continue\r\nx-a: no\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK_HEAD + b"x-a: yes\r\nContent-Length: 2\r\n\r\nok"))
	result, = ask({**request_of(server), "show": ["x-a", "link"]})
	assert (result["code"], result["body"], result["headers"]) == (200, "ok", {"x-a": "yes"})


def test_nobody_listens(ask):
	with socket.create_server(("127.0.0.1", 0)) as listener:
		port = listener.getsockname()[1]
	result, = ask({"url": f"http://127.0.0.1:{port}/?{SECRET}", "headers": HEADERS})
	assert (result["outcome"], result["status"], result["code"]) == ("not-sent", "io", 0)
	assert SECRET not in result["error"]


def test_a_name_that_does_not_exist(ask):
	result, = ask({"url": "http://no-such-host.invalid/"}, connect_timeout_ms=3000)
	assert result["outcome"] == "not-sent"
	assert result["error"].startswith("no-such-host.invalid: ")


@pytest.fixture
def full_listener():
	"""A port where connecting hangs: its queue is full, and nobody takes from it."""
	listener = socket.socket()
	listener.bind(("127.0.0.1", 0))
	listener.listen(0)
	waiting = []
	for _ in range(4):
		waiting.append(socket.socket())
		waiting[-1].setblocking(False)
		waiting[-1].connect_ex(listener.getsockname())
	time.sleep(0.1)
	yield listener.getsockname()[1]
	for sock in (*waiting, listener):
		sock.close()


def test_connecting_has_a_limit(ask, full_listener):
	result, = ask({"url": f"http://127.0.0.1:{full_listener}/"}, connect_timeout_ms=700)
	assert (result["outcome"], result["status"]) == ("not-sent", "timeout")
	assert 600 < result["ms"] < 2000


def silent_before_head(connection):
	connection.read_request()
	connection.wait_for_end()


def silent_in_head(connection):
	connection.read_request()
	connection.send(OK_HEAD + b"x-a:")
	connection.wait_for_end()


def silent_in_body(connection):
	connection.read_request()
	connection.send(OK_HEAD + b"Content-Length: 500000\r\n\r\n" + b"x" * 1000)
	connection.wait_for_end()


def silent_in_upload(connection):
	connection.read_head()
	connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
	connection.server.is_over.wait(20)


STALLS = {
	"before the head": (silent_before_head, {}),
	"before the head, in pieces": (silent_before_head, {"block_bytes": 100}),
	"in the head": (silent_in_head, {}),
	"in the body": (silent_in_body, {}),
	"in the body, in pieces": (silent_in_body, {"block_bytes": 10_000}),
	"in an upload": (silent_in_upload, {"method": "PUT", "body_bytes": 40 * MEGABYTE}),
	"after an upload": (silent_before_head, {"method": "PUT", "body_bytes": 1000}),
}


@pytest.mark.parametrize("where", STALLS)
def test_stalls_end(ask, serve, where):
	script, more = STALLS[where]
	server = serve(script)
	result, = ask(request_of(server, **more), stall_timeout_ms=800)
	assert (result["outcome"], result["status"]) == ("lost", "timeout")
	assert 750 < result["ms"] < 2500
	check_words(result, server)


@pytest.mark.parametrize("where", (*STALLS, "connecting"))
def test_stops_soon_when_asked_to(ask, serve, full_listener, where):
	if where == "connecting":
		request = {"url": f"http://127.0.0.1:{full_listener}/"}
	else:
		script, more = STALLS[where]
		request = request_of(serve(script), **more)
	result, = ask(request, stop_after_ms=500)
	assert (result["outcome"], result["status"]) == ("stopped", "stopped")
	assert result["ms"] < 500 + 300


def test_nothing_is_begun_after_a_stop(ask, serve):
	server = serve(answering(200))
	result, = ask(request_of(server), stop_after_ms=0)
	assert result["outcome"] == "stopped"
	assert server.requests == []


@pytest.mark.parametrize("more", ({}, {"block_bytes": 4}))
def test_slow_is_not_stalled(ask, serve, more):
	def script(connection):
		connection.read_request()
		for piece in (*OK_HEAD, *b"Content-Length: 5\r\n\r\n"):
			connection.send(bytes([piece]))
			time.sleep(0.01)
		for piece in b"hello":
			time.sleep(0.25)
			connection.send(bytes([piece]))

	result, = ask(request_of(serve(script), **more), stall_timeout_ms=500)
	assert (result["outcome"], result["n_bytes"]) == ("answered", 5)
	assert result["ms"] > 1000


def test_a_reader_may_take_its_time(net_tool, serve):
	"""What counts is that nothing moves while we wait, not how long the caller works between two pieces. The server sends all at
	once and closes; most of it waits in the socket."""
	body = b"z" * (4 * MEGABYTE)
	server = serve(answering(200, body))
	output = net_tool("http", {"requests": [request_of(server, block_bytes=MEGABYTE, pause_ms=400)], "stall_timeout_ms": 300})
	result, = output["results"][0]
	assert (result["outcome"], result["n_bytes"]) == ("answered", len(body))


@pytest.mark.parametrize("stage", ("at once", "after the head", "in the body"))
def test_uploads_that_break(ask, serve, stage):
	def script(connection):
		if stage == "at once":
			connection.reset()
			return
		request = connection.read_head()
		if stage == "in the body":
			connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
			connection.read_body(request, 500_000)
		connection.reset()

	server = serve(script)
	result, = ask(request_of(server, method="PUT", body_bytes=8 * MEGABYTE))
	# A reset right after the handshake may be seen before anything is sent.
	assert result["outcome"] in (("lost", "not-sent") if stage == "at once" else ("lost",))
	assert result["status"] == "io"
	assert server.n_connections == 1

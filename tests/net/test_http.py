"""Requests to servers that behave: what goes over the wire, and what comes of the answers."""

import random
import zlib

import pytest

from wire import Closed, answering

SECRET = "s3cr3t"
MEGABYTE = 1 << 20


def test_get_sends_what_it_should_and_nothing_else(ask, serve):
	server = serve(answering(200, b"hello", [("ETag", '"x"'), ("X-Blank", ""), ("x-twice", "  first\t"), ("X-Twice", "second")]))
	url = server.url + "/a/../b//c%3Dd/./?x=%2B&y="
	result, = ask({"url": url, "headers": [["x-amz-date", "now"], ["x-empty", ""]],
		"show": ["etag", "x-blank", "x-twice", "absent"]})
	assert (result["outcome"], result["code"], result["body"]) == ("answered", 200, "hello")
	assert (result["content_length"], result["status"], result["error"]) == (5, "ok", "")
	assert result["headers"] == {"etag": '"x"', "x-blank": "", "x-twice": "first"}
	request, = server.requests
	assert (request.method, request.target, request.version) == ("GET", "/a/../b//c%3Dd/./?x=%2B&y=", "HTTP/1.1")
	assert request.header("x-amz-date") == "now"
	assert request.header("x-empty") == ""
	assert sorted(name.lower() for name, _ in request.headers) == ["accept", "host", "user-agent", "x-amz-date", "x-empty"]


def test_head_has_a_length_and_no_body(ask, serve):
	server = serve(answering(200, b"x" * 1234))
	results = ask({"url": server.url, "method": "HEAD"}, {"url": server.url, "method": "HEAD"})
	assert [(r["outcome"], r["code"], r["content_length"], r["n_bytes"]) for r in results] == [("answered", 200, 1234, 0)] * 2
	assert server.n_connections == 1


def test_head_of_a_missing_object(ask, serve):
	server = serve(answering(404, b"x" * 300))
	results = ask({"url": server.url, "method": "HEAD"}, {"url": server.url, "method": "HEAD"})
	assert [(r["outcome"], r["code"], r["n_bytes"]) for r in results] == [("answered", 404, 0)] * 2


@pytest.mark.parametrize("method", ("PUT", "POST", "DELETE"))
@pytest.mark.parametrize("size", (0, 1, 70_000))
def test_bodies_are_sent_with_their_length(ask, serve, method, size):
	server = serve(answering(204))
	result, = ask({"url": server.url, "method": method, "body_bytes": size})
	assert (result["outcome"], result["code"], result["n_bytes"]) == ("answered", 204, 0)
	request, = server.requests
	assert (request.method, request.header("content-length"), request.body) == (method, str(size), b"x" * size)
	assert request.header("transfer-encoding") is None and request.header("expect") is None


def test_delete_without_a_body(ask, serve):
	server = serve(answering(204))
	result, = ask({"url": server.url, "method": "DELETE"})
	assert result["code"] == 204
	assert server.requests[0].header("content-length") is None


def test_a_large_body_waits_for_the_word_to_go_on(ask, serve):
	server = serve(answering(200))
	result, = ask({"url": server.url, "method": "PUT", "body_bytes": 5 * MEGABYTE})
	assert (result["outcome"], result["code"]) == ("answered", 200)
	assert server.requests[0].header("expect") == "100-continue"
	assert server.requests[0].body == b"x" * (5 * MEGABYTE)


def test_a_large_body_goes_also_without_the_word(ask, serve):
	def script(connection):
		request = connection.read_head()
		connection.read_body(request)
		connection.answer(200)

	result, = ask({"url": serve(script).url, "method": "PUT", "body_bytes": 5 * MEGABYTE})
	assert (result["outcome"], result["code"]) == ("answered", 200)
	assert 400 < result["ms"] < 3000


def test_connections_are_kept(ask, serve):
	server = serve(answering(200, b"y" * 3000))
	requests = [{"url": server.url}, {"url": server.url, "method": "PUT", "body_bytes": 10},
		{"url": server.url, "block_bytes": 1000}, {"url": server.url, "block_bytes": 4096}, {"url": server.url, "method": "HEAD"}]
	results = ask(*requests * 4)
	assert all(result["outcome"] == "answered" for result in results)
	assert len(server.requests) == 20
	assert server.n_connections == 1


def test_a_body_that_is_left_ends_its_connection(ask, serve):
	server = serve(answering(200, b"y" * MEGABYTE * 8))
	results = ask({"url": server.url, "max_bytes": 10}, {"url": server.url, "max_bytes": 10})
	assert [r["outcome"] for r in results] == ["too-large", "too-large"]
	assert server.n_connections == 2


@pytest.mark.parametrize("code", (301, 302, 303, 307, 308))
@pytest.mark.parametrize("method", ("GET", "PUT"))
def test_redirects_are_answers(ask, serve, code, method):
	other = serve(answering(200, b"stolen"))
	server = serve(answering(code, b"elsewhere", [("Location", other.url + "/")]))
	result, = ask({"url": server.url, "method": method, "headers": [["authorization", SECRET]], "show": ["location"],
		**({"body": "data"} if method == "PUT" else {})})
	assert (result["outcome"], result["code"], result["body"]) == ("answered", code, "elsewhere")
	assert result["headers"] == {"location": other.url + "/"}
	assert other.n_connections == 0


def test_an_answer_in_chunks(ask, serve):
	body = b"".join(b"%x\r\n%s\r\n" % (n, b"z" * n) for n in (1, 20, 70_000)) + b"0\r\nx-trailer: 1\r\n\r\n"

	def script(connection):
		while True:
			connection.read_request()
			connection.answer(200, body, [("Transfer-Encoding", "chunked")])

	server = serve(script)
	results = ask({"url": server.url, "show": ["x-trailer"]}, {"url": server.url, "block_bytes": 512})
	for result in results:
		assert (result["outcome"], result["n_bytes"], result["content_length"]) == ("answered", 70_021, None)
	assert results[0]["headers"] == {}
	assert server.n_connections == 1


def test_encodings_are_left_alone(ask, serve):
	body = zlib.compress(b"a" * 10_000, wbits=31)
	server = serve(answering(200, body, [("Content-Encoding", "gzip")]))
	result, = ask({"url": server.url})
	assert (result["outcome"], result["n_bytes"]) == ("answered", len(body))
	assert server.requests[0].header("accept-encoding") is None


@pytest.mark.parametrize("max_bytes", (0, 1, 4095, 4096, 4097, 16384, 20000))
def test_answers_are_bounded(ask, serve, max_bytes):
	server = serve(answering(200, b"y" * max_bytes))
	longer = serve(answering(200, b"y" * (max_bytes + 1)))
	fits, = ask({"url": server.url, "max_bytes": max_bytes})
	assert (fits["outcome"], fits["n_bytes"]) == ("answered", max_bytes)
	exceeds, = ask({"url": longer.url, "max_bytes": max_bytes})
	assert (exceeds["outcome"], exceeds["status"]) == ("too-large", "too-large")
	assert exceeds["n_bytes"] <= max_bytes


def test_a_long_refusal_is_cut_and_counts(ask, serve):
	server = serve(answering(503, b"y" * 300_000, [("Retry-After", "3")]))
	whole, piece = ask({"url": server.url, "max_bytes": 1000, "show": ["retry-after"]}, {"url": server.url, "block_bytes": 1000})
	assert (whole["outcome"], whole["code"], whole["n_bytes"], whole["headers"]) == ("answered", 503, 1000, {"retry-after": "3"})
	assert (piece["outcome"], piece["code"], piece["n_bytes"]) == ("answered", 503, 65536)


@pytest.mark.parametrize("code", (206, 404, 416))
def test_open_gives_pieces_or_a_refusal(ask, serve, code):
	server = serve(answering(code, b"ten bytes!"))
	result, = ask({"url": server.url, "block_bytes": 4})
	assert (result["outcome"], result["code"], result["n_bytes"], result["content_length"]) == ("answered", code, 10, 10)
	assert result.get("body") == (None if code == 206 else "ten bytes!")


@pytest.mark.parametrize("block_bytes", (1, 1000, 65_536, 300_000, 1_000_000, 1 << 20, 5_000_000))
def test_pieces_of_every_size(ask, serve, block_bytes):
	size = 20_000 if block_bytes == 1 else 3_000_001
	body = random.Random(block_bytes).randbytes(size)

	def script(connection):
		connection.read_request()
		connection.answer(200, b"", [("Content-Length", str(size))])
		for at in range(0, size, 77_777):
			connection.send(body[at:at + 77_777])

	result, = ask({"url": serve(script).url, "block_bytes": block_bytes})
	whole, = ask({"url": serve(script).url, "max_bytes": size})
	assert (result["outcome"], result["n_bytes"]) == (whole["outcome"], whole["n_bytes"]) == ("answered", size)
	assert result["crc32c"] == whole["crc32c"] == crc32c(body)


def crc32c(data):
	table = []
	for byte in range(256):
		for _ in range(8):
			byte = byte >> 1 ^ (0x82f63b78 if byte & 1 else 0)
		table.append(byte)
	crc = 0xffffffff
	for byte in data:
		crc = crc >> 8 ^ table[(crc ^ byte) & 255]
	return crc ^ 0xffffffff


def test_many_threads_over_one_client(net_tool, serve):
	body = b"z" * 200_000

	def script(connection):
		while True:
			request = connection.read_request()
			connection.answer(200, body if request.method == "GET" else b"")

	server = serve(script)
	output = net_tool("http", {"threads": 8, "times": 10, "requests": [{"url": server.url + "/get"},
		{"url": server.url + "/pieces", "block_bytes": 4096}, {"url": server.url + "/put", "method": "PUT", "body_bytes": 50_000}]})
	assert len(output["results"]) == 8
	for results in output["results"]:
		assert [(r["outcome"], r["n_bytes"]) for r in results] == [("answered", 200_000), ("answered", 200_000), ("answered", 0)] * 10
	assert len(server.requests) == 240
	assert server.n_connections <= 8


@pytest.mark.parametrize("url", ("ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "", "http://", "http://user:pw@127.0.0.1/",
	"http://127.0.0.1:99999/", "http://127.0.0.1/a b"))
def test_urls_that_are_not_sent(ask, url):
	result, = ask({"url": url})
	assert result["outcome"] == "failed", result
	assert result["status"] == "config"
	assert "pw" not in result["error"]


def test_headers_cannot_be_smuggled_in(ask, serve):
	server = serve(answering(200))
	for headers in ([["x-a", "b\r\nx-evil: 1"]], [["x-a\nx-evil", "1"]]):
		result, = ask({"url": server.url, "headers": headers})
		assert (result["outcome"], result["status"]) == ("failed", "config")
	assert server.requests == []


def test_proxies_of_the_environment_are_used(ask, serve):
	proxy, server = serve(answering(200, b"by proxy")), serve(answering(200, b"direct"))
	variables = {"http_proxy": proxy.url}
	assert ask({"url": server.url + "/x"}, env=variables)[0]["body"] == "by proxy"
	assert proxy.requests[0].target == server.url + "/x"
	assert ask({"url": server.url}, env={**variables, "no_proxy": "127.0.0.1"})[0]["body"] == "direct"


def test_a_refusal_may_come_before_the_body_was_sent(ask, serve):
	"""With and without a reset at once, and whether the server says to go on or not."""
	def refuse(connection, resets, waits):
		request = connection.read_head()
		if waits:
			connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
			connection.read_body(request, 100_000)
		connection.answer(403, b"<Error><Code>AccessDenied</Code></Error>", [("Connection", "close")])
		if not resets:
			connection.wait_for_end()

	for resets in (False, True):
		for waits in (False, True):
			server = serve(lambda connection: refuse(connection, resets, waits))
			results = ask(*[{"url": server.url, "method": "PUT", "body_bytes": 8 * MEGABYTE}] * 5)
			came = [(r["outcome"], r["code"], r.get("body", "")[-16:]) for r in results]
			if resets and waits:  # TCP may throw the answer away with the rest: then it is lost, and repeated by those who may
				assert set(came) <= {("answered", 403, "d</Code></Error>"), ("lost", 0, ""), ("lost", 403, "")}, came
			else:
				assert came == [("answered", 403, "d</Code></Error>")] * 5


def test_a_connection_that_was_closed_meanwhile_is_no_error(ask, serve):
	"""The server closes right after its answer, without saying so: the next request takes another connection."""
	def script(connection):
		connection.read_request()
		connection.answer(200, b"x")

	server = serve(script)
	results = ask(*[{"url": server.url, "method": method, "body": "x"} for method in ("PUT", "POST", "PUT", "DELETE")])
	assert [r["outcome"] for r in results].count("answered") >= 3, results
	assert len(server.requests) <= 4


def test_reads_are_sent_again_when_a_kept_connection_dies(ask, serve):
	"""The request arrives over a kept connection, which then ends without an answer."""
	def script(connection):
		connection.read_request()
		connection.answer(200, b"first")
		connection.read_request()
		raise Closed

	for again in ({}, {"block_bytes": 100}, {"method": "HEAD"}):
		server = serve(script)
		results = ask({"url": server.url}, {"url": server.url, **again})
		assert [r["outcome"] for r in results] == ["answered", "answered"]
		assert len(server.requests) == 3


@pytest.mark.parametrize("method", ("PUT", "POST", "DELETE"))
@pytest.mark.parametrize("body_bytes", (None, 0, 10, 300_000))
def test_changes_are_never_sent_again_unasked(ask, serve, method, body_bytes):
	"""The server may have carried it out: libcurl alone would send it a second time, and the first one's effect would look like
	somebody else's (412 on If-None-Match)."""
	def script(connection):
		connection.read_request()
		connection.answer(200, b"first")
		connection.read_request()
		raise Closed

	server = serve(script)
	results = ask({"url": server.url}, {"url": server.url, "method": method, "body_bytes": body_bytes})
	assert [(r["outcome"], r["status"]) for r in results] == [("answered", "ok"), ("lost", "io")]
	assert len(server.requests) == 2

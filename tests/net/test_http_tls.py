"""Who is trusted: certificates of a private authority, for the right name, and no others."""

import os
import ssl

import pytest

import tls
from wire import answering

SECRET = "s3cr3t"
MEGABYTE = 1 << 20


class Authority:
	def __init__(self, directory, names=("localhost", "127.0.0.1")):
		self.ca_file, self.certificate, self.key = tls.make(str(directory), names)

	def context(self, **limits):
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain(self.certificate, self.key)
		for name, value in limits.items():
			setattr(context, name, value)
		return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
	return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
	return Authority(tmp_path_factory.mktemp("stranger"))


def check_untrusted(result, server):
	assert (result["outcome"], result["status"], result["code"]) == ("untrusted", "denied", 0)
	assert f":{server.port}: " in result["error"] and "certificate" in result["error"]
	assert SECRET not in result["error"]
	assert server.requests == []


def test_a_private_authority_is_trusted_where_it_is_named(ask, serve, authority):
	server = serve(answering(200, b"z" * MEGABYTE), context=authority.context())
	results = ask({"url": server.url}, {"url": server.url, "block_bytes": 10_000}, {"url": server.url, "method": "PUT", "body_bytes": 3 * MEGABYTE},
		{"url": server.url, "method": "HEAD"}, ca_file=authority.ca_file)
	assert [(r["outcome"], r["code"], r["n_bytes"]) for r in results] == [("answered", 200, MEGABYTE)] * 3 + [("answered", 200, 0)]
	assert len(server.requests[2].body) == 3 * MEGABYTE
	assert server.n_connections == 1


def test_it_is_not_where_it_is_not(ask, serve, authority, stranger):
	for settings in ({}, {"ca_file": stranger.ca_file}):
		server = serve(answering(200, b"x"), context=authority.context())
		result, = ask({"url": f"{server.url}/?{SECRET}", "headers": [["authorization", SECRET]]}, **settings)
		check_untrusted(result, server)


def test_the_name_must_be_the_servers(ask, serve, tmp_path):
	other = Authority(tmp_path, names=("s3.example.org",))
	server = serve(answering(200, b"x"), context=other.context())
	for host in ("127.0.0.1", "localhost"):
		result, = ask({"url": f"https://{host}:{server.port}/?{SECRET}"}, ca_file=other.ca_file)
		check_untrusted(result, server)


def test_the_systems_authorities_are_those_of_ssl_cert_file(ask, serve, authority, stranger):
	server = serve(answering(200, b"x"), context=authority.context())
	env = {"SSL_CERT_FILE": authority.ca_file}
	assert ask({"url": server.url}, env=env)[0]["outcome"] == "answered"
	# The one that is named comes besides them.
	for env, ca_file in ((env, stranger.ca_file), ({"SSL_CERT_FILE": stranger.ca_file}, authority.ca_file), ({"SSL_CERT_FILE": "/none"}, authority.ca_file)):
		assert ask({"url": server.url}, env=env, ca_file=ca_file)[0]["outcome"] == "answered"
	result, = ask({"url": server.url}, env={"SSL_CERT_FILE": "/none"})
	assert (result["outcome"], result["status"]) == ("failed", "config")


@pytest.mark.parametrize("content, word", ((None, "cannot be read"), (b"", "no certificate"), (b"words\n", "no certificate"),
	(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None)))
def test_files_that_hold_no_authority(net_tool, serve, authority, tmp_path, content, word):
	path = tmp_path / "ca.pem"
	if content is not None:
		path.write_bytes(content)
	server = serve(answering(200, b"x"), context=authority.context())
	output = net_tool("http", {"requests": [{"url": server.url}], "ca_file": str(path)})
	if word:
		assert output["status"] == "config" and word in output["error"] and str(path) in output["error"]
	else:
		result, = output["results"][0]
		assert result["outcome"] in ("failed", "untrusted"), result
	assert server.requests == []


def test_a_directory_is_no_file_of_authorities(net_tool, tmp_path):
	assert net_tool("http", {"requests": [], "ca_file": str(tmp_path)})["status"] == "config"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(ask, serve, authority):
	context = authority.context(maximum_version=ssl.TLSVersion.TLSv1_1, minimum_version=ssl.TLSVersion.TLSv1_1)
	context.set_ciphers("ALL:@SECLEVEL=0")
	server = serve(answering(200, b"x"), context=context)
	result, = ask({"url": server.url}, ca_file=authority.ca_file)
	assert (result["outcome"], result["status"]) == ("not-sent", "io")


@pytest.mark.parametrize("version", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3))
def test_current_tls_is_spoken(ask, serve, authority, version):
	server = serve(answering(200, b"x"), context=authority.context(maximum_version=version, minimum_version=version))
	assert ask({"url": server.url}, ca_file=authority.ca_file)[0]["outcome"] == "answered"


def test_a_server_that_speaks_no_tls(ask, serve, authority):
	server = serve(lambda connection: (connection.send(b"HTTP/1.1 400 Bad\r\n\r\n"), connection.wait_for_end()))
	result, = ask({"url": f"https://127.0.0.1:{server.port}/"}, ca_file=authority.ca_file)
	assert (result["outcome"], result["status"]) == ("not-sent", "io")


@pytest.mark.parametrize("end", ("close", "reset"))
@pytest.mark.parametrize("method", ("GET", "PUT"))
def test_broken_connections(ask, serve, authority, method, end):
	"""A close without TLS's own goodbye, in the midst of a body either way; no signal ends the process."""
	def script(connection):
		request = connection.read_head()
		if method == "PUT":
			connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
			connection.read_body(request, 300_000)
		else:
			connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 500_000)
		if end == "reset":
			connection.reset()
		else:
			os.close(connection.sock.detach())

	server = serve(script, context=authority.context())
	result, = ask({"url": server.url, "method": method, **({"body_bytes": 8 * MEGABYTE} if method == "PUT" else {"block_bytes": 100_000})},
		ca_file=authority.ca_file)
	assert (result["outcome"], result["status"]) == ("lost", "io")


def test_a_refusal_may_come_before_the_body_was_sent(ask, serve, authority):
	def script(connection):
		connection.read_head()
		connection.answer(403, b"denied", [("Connection", "close")])
		connection.wait_for_end()

	server = serve(script, context=authority.context())
	results = ask(*[{"url": server.url, "method": "PUT", "body_bytes": 8 * MEGABYTE}] * 3, ca_file=authority.ca_file)
	assert [(r["outcome"], r["code"], r["body"]) for r in results] == [("answered", 403, "denied")] * 3


def test_large_answers_in_pieces_of_every_size(ask, serve, authority):
	"""One read of libcurl's may bring several records, and more than the spill holds."""
	size = 9_000_001
	server = serve(answering(200, b"q" * size), context=authority.context())
	results = ask(*[{"url": server.url, "block_bytes": block, "pause_ms": 5} for block in (99_999, 1 << 20, 7_000_000)],
		{"url": server.url, "max_bytes": size}, ca_file=authority.ca_file)
	assert [(r["outcome"], r["n_bytes"]) for r in results] == [("answered", size)] * 4
	assert len({r["crc32c"] for r in results}) == 1

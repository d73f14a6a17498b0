"""Bearer tokens from a service account's key and from the metadata server, against servers that check what they are asked with."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import google
from wire import Closed, answering


@pytest.fixture(scope="module")
def key():
	return google.new_key()


@pytest.fixture
def account_file(tmp_path):
	"""A function: writes a key file; returns its path."""

	def write(text):
		path = tmp_path / "account.json"
		path.write_text(text)
		return str(path)

	return write


@pytest.fixture
def tokens(net_tool):
	def run(env=None, **given):
		return net_tool("token", given, **(env or {}))["results"]

	return run


def statuses(results):
	return [result["status"] for result in results]


@pytest.mark.parametrize("form", (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL))
def test_a_service_account_gets_a_token_and_keeps_it(tokens, serve, account_file, key, form):
	server = serve(google.endpoint(key.public_key()))
	path = account_file(google.account(google.pem(key, form=form), server.url + "/token"))
	results = tokens(credentials_file=path, times=5)
	assert [(r["status"], r.get("header")) for r in results] == [("ok", "Bearer ya29.token-1")] * 5
	assert len(server.requests) == 1


def test_a_larger_key_and_no_key_id(tokens, serve, account_file):
	large = google.new_key(4096)
	server = serve(google.endpoint(large.public_key()))
	result, = tokens(credentials_file=account_file(google.account(google.pem(large), server.url + "/t", private_key_id=None)))
	assert result["header"] == "Bearer ya29.token-1"


def test_a_key_that_is_not_the_accounts_is_refused(tokens, serve, account_file, key):
	server = serve(google.endpoint(google.new_key().public_key()))
	result, = tokens(credentials_file=account_file(google.account(google.pem(key), server.url + "/token")))
	assert result["status"] == "denied"
	assert "invalid_grant" in result["error"] and "Invalid JWT Signature." in result["error"]
	assert len(server.requests) == 1


@pytest.mark.parametrize("life, pause_ms, want", ((302, 1000, [1, 1, 1]), (4, 1300, [1, 1, 2]), (1, 600, [1, 2, 3]), (0, 0, [1, 2, 3]), (-5, 0, [1, 2, 3])))
def test_tokens_are_fetched_anew_before_they_expire(tokens, serve, account_file, key, life, pause_ms, want):
	server = serve(google.endpoint(key.public_key(), life))
	results = tokens(credentials_file=account_file(google.account(google.pem(key), server.url + "/token")), times=3, pause_ms=pause_ms)
	assert [r["header"] for r in results] == [f"Bearer ya29.token-{n}" for n in want]


def test_the_metadata_server(tokens, serve):
	server = serve(google.metadata())
	proxy = serve(answering(200, b"{}"))
	results = tokens(env={"GCE_METADATA_HOST": f"127.0.0.1:{server.port}", "http_proxy": proxy.url}, times=3)
	assert [(r["status"], r.get("header")) for r in results] == [("ok", "Bearer ya29.token-1")] * 3
	assert len(server.requests) == 1
	assert proxy.n_connections == 0, "it is asked directly, whatever the environment says"


def test_something_else_in_the_metadata_servers_place(tokens, serve):
	server = serve(answering(200, json.dumps(google.token(1)).encode()))
	result, = tokens(env={"GCE_METADATA_HOST": f"127.0.0.1:{server.port}"})
	assert result["status"] == "format" and "not Google's metadata server" in result["error"]


def test_a_machine_without_an_account(tokens, serve):
	server = serve(lambda connection: (connection.read_request(), google.send(connection, b"<html>", 404, [("Metadata-Flavor", "Google")])))
	result, = tokens(env={"GCE_METADATA_HOST": f"127.0.0.1:{server.port}"})
	assert result["status"] == "denied" and "no service account" in result["error"]


@pytest.mark.parametrize("trouble", ("closes", "resets", 500, 502, 503, 429, 408))
def test_passing_troubles_are_waited_out(tokens, serve, account_file, key, trouble):
	good = google.endpoint(key.public_key())

	def script(connection):
		if connection.number >= 2:
			good(connection)
		connection.read_request()
		if trouble == "resets":
			connection.reset()
		elif trouble == "closes":
			raise Closed
		else:
			connection.answer(trouble, b"busy", [("Connection", "close")])

	server = serve(script)
	result, = tokens(credentials_file=account_file(google.account(google.pem(key), server.url + "/token")))
	assert (result["status"], result["header"]) == ("ok", "Bearer ya29.token-3")
	assert server.n_connections == 3


def test_lasting_troubles_end(tokens, serve, account_file, key):
	server = serve(answering(503, b"busy"))
	result, = tokens(credentials_file=account_file(google.account(google.pem(key), server.url + "/token")))
	assert result["status"] == "io" and "503" in result["error"]
	assert len(server.requests) == 5


def test_waiting_ends_when_it_is_stopped(tokens, serve, account_file, key):
	server = serve(answering(503, b"busy", [("Retry-After", "15")]))
	result, = tokens(credentials_file=account_file(google.account(google.pem(key), server.url + "/token")), stop_after_ms=400)
	assert result["status"] == "stopped"
	assert len(server.requests) == 1


@pytest.mark.parametrize("answer", (b"", b"{", b"[]", b"null", b"\"ya29\"", google.token(1, access_token=None), google.token(1, access_token=""),
	google.token(1, access_token=7), google.token(1, access_token="a\r\nx-evil: 1"), google.token(1, access_token="a b"),
	google.token(1, access_token="é"), google.token(1, access_token="a" * 4096), google.token(1, expires_in="3600"),
	google.token(1, expires_in=None), google.token(1, token_type="mac"), b"{\"access_token\": \"a\\u0000b\", \"expires_in\": 1}"))
def test_answers_that_hold_no_token(tokens, serve, account_file, key, answer):
	server = serve(lambda connection: (connection.read_request(), google.send(connection, answer)))
	result, = tokens(credentials_file=account_file(google.account(google.pem(key), server.url + "/token")))
	assert result["status"] == "format", result
	assert "header" not in result


@pytest.mark.parametrize("answer", (b"", b"<html>", {"error": 7}, {"error": "a" * 3000, "error_description": "b" * 3000},
	{"error": "\x1b[31mred\n", "error_description": "\u202e"}))
def test_refusals_of_every_kind(tokens, serve, account_file, key, answer):
	server = serve(lambda connection: (connection.read_request(), google.send(connection, answer, 400)))
	result, = tokens(credentials_file=account_file(google.account(google.pem(key), server.url + "/token")))
	assert result["status"] == "denied" and "400" in result["error"]
	assert result["error"].isprintable()


def test_the_longest_token_and_a_header_that_is_too_small(tokens, serve, account_file, key):
	server = serve(lambda connection: (connection.read_request(), google.send(connection, google.token(1, access_token="t" * 4095))))
	path = account_file(google.account(google.pem(key), server.url + "/token"))
	assert tokens(credentials_file=path)[0]["header"] == "Bearer " + "t" * 4095
	assert tokens(credentials_file=path, room=7 + 4095)[0]["status"] == "too-large"
	assert tokens(credentials_file=path, room=7 + 4096)[0]["status"] == "ok"


URI = "https://127.0.0.1:1/token"


def bad_accounts():
	good = google.pem(google.new_key())
	yield "no JSON", "config", "certainly not"
	yield "no object", "config", "[1]"
	yield "a user's credentials", "config", google.account(good, URI, type="authorized_user")
	for member in ("type", "client_email", "private_key", "token_uri"):
		yield f"no {member}", "config", google.account(good, URI, **{member: None})
		yield f"{member} is a number", "config", google.account(good, URI, **{member: 7})
	yield "no URL", "config", google.account(good, "ftp://x")
	yield "too long", "config", google.account(good, URI, more="x" * 70_000)
	yield "no PEM", "key", google.account("secret words", URI)
	yield "a small key", "key", google.account(google.pem(google.new_key(1024)), URI)
	yield "a key that is cut", "key", google.account(good[:-200], URI)
	yield "a key with a password", "key", google.account(google.pem(google.new_key(), serialization.BestAvailableEncryption(b"pw")), URI)
	yield "a key of another kind", "key", google.account(google.pem(ec.generate_private_key(ec.SECP256R1())), URI)


def test_files_that_are_no_key(tokens, account_file, tmp_path):
	for what, status, text in bad_accounts():
		path = account_file(text)
		result, = tokens(credentials_file=path)
		assert result["status"] == status, (what, result)
		assert path in result["error"]
		assert "secret" not in result["error"] and "PRIVATE" not in result["error"]
	result, = tokens(credentials_file=str(tmp_path / "none.json"))
	assert result["status"] == "not-found"
	result, = tokens(credentials_file=str(tmp_path))
	assert result["status"] == "io"

"""What Google's token endpoint and metadata server promise, as a server: it checks what it is asked with, and answers as it is told."""

import base64
import json
import time
import urllib.parse

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
EMAIL, KEY_ID = "prio@project.iam.gserviceaccount.com", "0123abcd"


def new_key(bits=2048):
	return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key, encryption=None, form=serialization.PrivateFormat.PKCS8):
	return key.private_bytes(serialization.Encoding.PEM, form, encryption or serialization.NoEncryption()).decode()


def account(key_pem, token_uri, /, **changes):
	"""A service account's key file; a change to None leaves a member out."""
	members = {"type": "service_account", "project_id": "project", "private_key_id": KEY_ID, "private_key": key_pem, "client_email": EMAIL,
		"client_id": "1234", "token_uri": token_uri, "universe_domain": "googleapis.com", **changes}
	return json.dumps({name: value for name, value in members.items() if value is not None})


def decoded(part):
	assert "=" not in part and "+" not in part and "/" not in part, "base64url without padding"
	return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def fault_of_assertion(assertion, public_key, audience):
	"""Why the endpoint would refuse it; None if it would not."""
	parts = assertion.split(".")
	if len(parts) != 3:
		return "not three parts"
	header, claims = (json.loads(decoded(part)) for part in parts[:2])
	if header.get("alg") != "RS256" or header.get("typ") != "JWT" or header.get("kid", KEY_ID) != KEY_ID:
		return f"header {header}"
	try:
		public_key.verify(decoded(parts[2]), ".".join(parts[:2]).encode(), padding.PKCS1v15(), hashes.SHA256())
	except InvalidSignature:
		return "Invalid JWT Signature."
	now = time.time()
	if claims.get("iss") != EMAIL or claims.get("scope") != SCOPE or claims.get("aud") != audience:
		return f"claims {claims}"
	if not isinstance(claims.get("iat"), int) or not now - 60 < claims["iat"] <= now + 1 or claims.get("exp") != claims["iat"] + 3600:
		return "Invalid JWT: Token must be a short-lived token"
	return None


def token(number, life=3600, **changes):
	return {"access_token": f"ya29.token-{number}", "expires_in": life, "token_type": "Bearer", **changes}


def endpoint(public_key, life=3600):
	"""A script for wire.Server: one token after another for good assertions."""

	def script(connection):
		while True:
			request = connection.read_request()
			form = urllib.parse.parse_qs(request.body.decode(), strict_parsing=True)
			if request.method != "POST" or request.header("content-type") != "application/x-www-form-urlencoded":
				fault = "no form"
			elif form.get("grant_type") != ["urn:ietf:params:oauth:grant-type:jwt-bearer"] or set(form) != {"grant_type", "assertion"}:
				fault = f"form {form}"
			else:
				fault = fault_of_assertion(form["assertion"][0], public_key, connection.server.url + request.target)
			if fault:
				send(connection, {"error": "invalid_grant", "error_description": fault}, 400)
			else:
				send(connection, token(len(connection.server.requests), life))

	return script


def metadata(life=3600):
	"""The same for the metadata server, which wants to be asked by its flavor."""

	def script(connection):
		while True:
			request = connection.read_request()
			right = request.method == "GET" and request.target == "/computeMetadata/v1/instance/service-accounts/default/token"
			if not right or request.header("metadata-flavor") != "Google":
				send(connection, {"error": "forbidden"}, 403, [("Metadata-Flavor", "Google")])
			else:
				send(connection, token(len(connection.server.requests), life), headers=[("Metadata-Flavor", "Google")])

	return script


def send(connection, body, code=200, headers=()):
	text = body if isinstance(body, bytes) else json.dumps(body).encode()
	connection.answer(code, text, [("Content-Type", "application/json"), *headers])

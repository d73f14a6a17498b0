"""Records: one JSON object a line, with an id and a base64 payload, read as leniently as deployed servers read them."""

import base64
import json
import re

from .pack import Refused

ID_BYTES, NESTING = 1024, 64


def _no_constant(name):
	raise ValueError(f"{name} is not JSON")


def _clean(value, depth=1):
	"""ValueError where JSON in Python takes what is no JSON for us: NUL, lone surrogates, deep nesting."""
	if isinstance(value, str):
		value.encode()  # UnicodeEncodeError is a ValueError
		if "\0" in value:
			raise ValueError("NUL")
	elif isinstance(value, (list, dict)):
		if depth > NESTING:
			raise ValueError("nesting")
		for inner in [*value, *value.values()] if isinstance(value, dict) else value:
			_clean(inner, depth + 1)


def parse_object(line):
	try:
		found = json.loads(line.decode(), parse_constant=_no_constant)
		_clean(found)
	except (ValueError, RecursionError):
		raise Refused("not-json") from None
	if not isinstance(found, dict):
		raise Refused("not-json")
	return found


def id_of(record):
	"""The id as bytes: a number and its digits are one id."""
	found = record.get("id")
	if found is None:
		raise Refused("no-id")
	if isinstance(found, int) and not isinstance(found, bool) and -(2**63) <= found < 2**63:
		return str(found).encode()
	if isinstance(found, str) and len(found.encode()) <= ID_BYTES:
		return found.encode()
	raise Refused("bad-id")


def payload_of(record):
	found = record.get("payload")
	if not isinstance(found, str):
		raise Refused("no-payload")
	return found


def decode(payload):
	text = re.sub(r"[ \t\r\n]", "", payload).rstrip("=")
	if len(text) % 4 == 1 or not re.fullmatch(r"[A-Za-z0-9+/]*", text):
		raise Refused("bad-base64")
	return base64.b64decode(text + "=" * (-len(text) % 4))


def parse(line):
	"""(record, id, payload still in base64) of one line."""
	record = parse_object(line)
	return record, id_of(record), payload_of(record)


def split(text):
	"""The lines of a file; the last need not be ended."""
	lines = text.split(b"\n")
	return lines[:-1] if lines[-1] == b"" else lines


def row(record, payload):
	"""A record with another payload, as the original tool writes it."""
	return json.dumps({**record, "payload": base64.b64encode(payload).decode()}) + "\n"


def total(payload, error, number):
	"""An aggregate record, likewise: one line without its end."""
	return json.dumps({"payload": base64.b64encode(payload).decode(), "error": error, "total": number})

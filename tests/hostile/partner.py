"""The other server, as somebody wrote it who has its keys and does with them what he likes.

It knows the protocol from tests/model, and manifests and signed objects from FORMAT.md (9.4, 9.6). `play` does a stage as it
should be; `change` and the keyword arguments make it otherwise.
"""

import base64
import dataclasses
import hashlib
import hmac
import json
import os
import shutil
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "model"))

from prio_model import server as protocol  # noqa: E402
from prio_model.prg import BATCH, LEGACY, QueryPoints  # noqa: E402
from prio_model.share import A, B, Params  # noqa: E402
from servers import read_lines  # noqa: E402

NUMBER = {"A": A, "B": B}


def derived(secret, label):
	return HKDF(hashes.SHA256(), 32, None, label.encode()).derive(secret)


def signed(content, secret, key, label="prio-processor manifest"):
	"""A signed object (FORMAT.md 9.4) for a place, as bytes."""
	text = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
	code = hmac.new(derived(secret, label), key.encode() + b"\0" + text, hashlib.sha256).hexdigest()
	return b'{"content":' + text + b',"mac":"' + code.encode() + b'"}\n'


def row(key, payload):
	return json.dumps({"id": key, "payload": base64.b64encode(payload).decode()}, separators=(",", ":"), ensure_ascii=False)


def rows_in(lines):
	return {record["id"]: base64.b64decode(record["payload"]) for record in map(json.loads, lines)}


@dataclasses.dataclass
class Played:
	"""One batch of a stage, before it is written: `change` may alter anything."""

	batch: str
	rows: list  # (id, packet), or for aggregate the lines themselves
	entry: dict  # what the manifest says of it, parts excepted
	answers: str = None

	def set(self, key, packet):
		self.rows = [(one, packet if one == key else old) for one, old in self.rows]

	def drop(self, key):
		self.rows = [(one, packet) for one, packet in self.rows if one != key]


class Partner:
	def __init__(self, ours, letter, private, secret, batches, manifests=True):
		"""ours: the Server under test."""
		self.ours, self.letter, self.manifests = ours, letter, manifests
		self.private, self.secret = bytes.fromhex(private), base64.b64decode(secret)
		self.params = {one["batch_id"]: Params(one["batch_id"].encode(), one["n_data"], one.get("precision", 0),
			LEGACY if one.get("prg") == "legacy" else BATCH) for one in batches}
		self.shares = {}
		self.points = {}
		self.own = {"verify1": {}, "verify2": {}}  # stage -> batch -> id -> values

	def load(self, batch, lines):
		"""Its own raw shares."""
		self.shares[batch] = {key: protocol.open_share(sealed, self.params[batch], NUMBER[self.letter], self.private)
			for key, sealed in rows_in(lines).items()}

	def query(self, batch):
		params = self.params[batch]
		return QueryPoints(self.secret, params.batch_id, params.n_data, params.rule).draw()

	# What the server under test sent.

	@staticmethod
	def read(stage, packet):
		return protocol.read_packet(packet, 2 if stage == "verify1" else 1)

	def theirs(self, stage, batch):
		return {key: self.read(stage, packet)
			for key, packet in rows_in(read_lines(self.ours.sent(stage, batch))).items()}

	def digest_of_theirs(self, stage):
		path = os.path.join(self.ours.sent(stage), "_manifest.json")
		with open(path, "rb") as file:
			return hashlib.sha256(file.read()).hexdigest()

	# The honest stages.

	def verify1(self, batch, point=None):
		r = point or self.query(batch)
		return {key: protocol.verify1(one, r) for key, one in self.shares[batch].items()}

	def verify2(self, batch):
		r = self.query(batch)
		theirs, own = self.theirs("verify1", batch), self.own["verify1"][batch]
		return {key: (protocol.verify2(one, r, own[key], theirs[key]),) for key, one in self.shares[batch].items()
			if key in theirs and key in own}

	def judged(self, batch):
		"""(accepted ids, number of ids that both answered)"""
		theirs, own = self.theirs("verify2", batch), self.own["verify2"][batch]
		both = [key for key in own if key in theirs]
		return [key for key in both if protocol.accept(*own[key], *theirs[key])], len(both)

	def total(self, batch, accepted):
		total = [0] * self.params[batch].n_data
		for key in accepted:
			total = protocol.add(total, self.shares[batch][key].data)
		return protocol.pack_total(NUMBER[self.letter], total)

	def accepted_digest(self, batch, accepted):
		name = batch.encode()
		key = derived(self.secret, "prio-processor accepted")
		total = sum(int.from_bytes(hmac.digest(key, len(name).to_bytes(8, "big") + name + one.encode(), "sha256"), "big") for one in accepted)
		return f"{total % 2**256:064x}"

	def describe(self, batch):
		params = self.params[batch]
		text = b"prio-processor query commitment 1\0" + self.query(batch).to_bytes(11, "big") + params.n_data.to_bytes(4, "big") \
			+ params.precision.to_bytes(4, "big") + bytes([params.rule == LEGACY]) + params.batch_id
		return {"batch_id": batch, "commitment": hmac.digest(self.secret, text, "sha256").hex(), "n_data": params.n_data,
			"precision": params.precision, "prg": params.rule}

	def aggregate_row(self, batch, accepted, total, **members):
		record = {"payload": base64.b64encode(self.total(batch, accepted)).decode(), "error": total - len(accepted), "total": total, **members}
		return json.dumps(record, separators=(",", ":"))

	def play(self, stage, change=None, only=None, **how):
		"""Does a stage for all batches (or some) and sends it."""
		played = []
		for batch in only or self.shares:
			if not os.path.isdir(self.ours.sent("verify1", batch)) and stage != "verify1":
				continue
			entry = self.describe(batch)
			if stage == "aggregate":
				if not os.path.isdir(self.ours.sent("verify2", batch)):
					continue
				accepted, total = self.judged(batch)
				entry |= {"accepted": len(accepted), "digest": self.accepted_digest(batch, accepted)}
				rows = [self.aggregate_row(batch, accepted, total)]
			else:
				values = self.verify1(batch) if stage == "verify1" else self.verify2(batch)
				rows = [(key, protocol.pack_packet(packet)) for key, packet in values.items()]
			played.append(Played(batch, rows, entry))
			if change is not None:
				change(played[-1])
			if stage != "aggregate":  # it goes on with what it should have said at verify1, and with what it did say at verify2
				self.own[stage][batch] = {key: values[key] if stage == "verify1" else self.read(stage, packet) for key, packet in played[-1].rows}
		self.send(stage, played, **how)

	# Sending.

	def place(self, stage, name):
		"""The key of an object in the inbox, and where it lies."""
		key = f"{self.ours.inner}/intermediate/external/{stage}/{name}"
		return key, os.path.join(self.ours.home, self.ours.shared, key)

	def put(self, stage, name, content):
		"""An object appears whole, as those of a store do."""
		_, path = self.place(stage, name)
		os.makedirs(os.path.dirname(path), exist_ok=True)
		if os.path.isdir(path) and not os.path.islink(path):
			shutil.rmtree(path)
		writing = os.path.join(os.path.dirname(path), ".writing")
		with open(writing, "wb") as file:
			file.write(content)
		os.rename(writing, path)
		return path

	def put_rows(self, played, stage, name="part-00000.json"):
		text = "".join((one if isinstance(one, str) else row(*one)) + "\n" for one in played.rows).encode()
		self.put(stage, f"batch_id={played.batch}/{name}", text)
		return {"name": name, "size": len(text), "sha256": hashlib.sha256(text).hexdigest()}

	def content(self, stage, played, answers=None):
		content = {"format": 1, "server": self.letter, "stage": stage, "batches": [one.entry for one in played]}
		if answers is None and stage != "verify1":
			answers = self.digest_of_theirs("verify1" if stage == "verify2" else "verify2")
		return content if answers is None else {**content, "answers": answers}

	def put_manifest(self, stage, content, secret=None, key=None, alter=None):
		text = signed(content, secret or self.secret, key or self.place(stage, "_manifest.json")[0])
		self.put(stage, "_manifest.json", alter(text) if alter else text)

	def mark(self, stage):
		self.put(stage, "_SUCCESS", b"")

	def send(self, stage, played, manifest=None, marker=True, answers=None, **how):
		"""manifest: whether there is one; how: see put_manifest."""
		for one in played:
			one.entry["parts"] = [self.put_rows(one, stage)]
		if self.manifests if manifest is None else manifest:
			self.put_manifest(stage, self.content(stage, played, answers), **how)
		if marker:
			self.mark(stage)

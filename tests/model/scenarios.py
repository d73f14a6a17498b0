"""Random batches for the differential tests: honest records, and every way to be refused mixed in.

A record is made as the two lines that the two servers get for it. Its kind says what is wrong with it, and `counts` what
it adds to the published numbers if it is accepted; what happens to it is for the model to say, not for this file.
"""

import base64
import dataclasses
import json
import uuid

from prio_model import client, pack, seal
from prio_model.field import P
from prio_model.share import A, B

LOW_ORDER = [value.to_bytes(32, "little") for value in (
	0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18,
	325606250916557431795983626356110631294008115727848805560023387167927233504,
	39382357235489614581723060781553021112529911719440698176882885853963445705823,
	2**255, 2**256 - 38)]


@dataclasses.dataclass
class Record:
	kind: str
	id: object
	sealed: list  # for A, for B; None: this server gets no line
	counts: list
	line: object = None  # how to write the line, if not plainly


class Maker:
	def __init__(self, rng, params, publics):
		self.rng, self.params, self.publics = rng, params, publics
		self.worth = {}  # A's sealed share -> what it adds to the published numbers if it is accepted

	# The vector and its shares.

	def fields(self):
		return [self.rng.randrange(2) for _ in range(self.params.n_data)]

	def id(self):
		return self.rng.choice([
			lambda: str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
			lambda: str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
			lambda: self.rng.randrange(-(2**63), 2**63),
			lambda: "".join(self.rng.choices("ab/\"\\<\u00e9\u4e2d\U0001f600\t ~\x7f", k=self.rng.randrange(1, 30))) + uuid.UUID(int=self.rng.getrandbits(128)).hex,
			lambda: uuid.UUID(int=self.rng.getrandbits(128)).hex + "x" * (1024 - 32),
		])()

	def seal(self, plaintexts, **hostile):
		return [client.seal_for(text, public, self.rng, **hostile) for text, public in zip(plaintexts, self.publics)]

	def record(self, kind, fields, shares, **more):
		return Record(kind, self.id(), self.seal([one.packed() for one in shares]), fields, **more)

	def honest(self, kind="good", **more):
		fields = self.fields()
		return self.record(kind, fields, client.shares(fields, self.params, self.rng), **more)

	# Proofs that do not hold, or should not.

	def wrong_value(self):
		fields = self.fields()
		fields[self.rng.randrange(len(fields))] = self.rng.choice([2, 255, 1_000_000, P - 1, self.rng.randrange(2, P)])
		return self.record("wrong_value", fields, client.shares(fields, self.params, self.rng))

	def forged(self):
		x = self.rng.choice([2, 1000, 1_000_000])
		fields = [self.rng.choice([x, 1 - x]) % P for _ in range(self.params.n_data)] if self.rng.random() < 0.3 else [x] * self.params.n_data
		return self.record("forged", fields, client.shares(fields, self.params, self.rng, offset=x * (x - 1)))

	def wrong_triple(self):
		fields = self.fields()
		triple = [client.random_element(self.rng) for _ in range(3)]
		return self.record("wrong_triple", fields, client.shares(fields, self.params, self.rng, triple=triple))

	def zero_triple(self):
		fields = self.fields()
		return self.record("zero_triple", fields, client.shares(fields, self.params, self.rng, triple=(0, 0, 0)))

	def altered_share(self):
		fields = self.fields()
		shares = client.shares(fields, self.params, self.rng)
		name = self.rng.choice(["a", "b", "c", "f0", "g0", "h0", "data", "points", "seed"])
		one = shares[B] if name == "seed" else shares[A] if name in ("data", "points") else self.rng.choice(shares)
		value = getattr(one, name)
		if name == "seed":
			one.seed = bytes([value[0] ^ 1]) + value[1:]
		elif name in ("data", "points"):
			value[self.rng.randrange(len(value))] = client.random_element(self.rng)
		else:
			setattr(one, name, (value + 1) % P)
		return self.record("altered_share", fields, shares)

	def crossed(self):
		pairs = [client.shares(self.fields(), self.params, self.rng) for _ in range(2)]
		return self.record("crossed", self.fields(), (pairs[0][A], pairs[1][B]))

	# Shares that are not made as they should be.

	def wrong_length(self):
		n_data = max(1, self.params.n_data + self.rng.choice([-1, 1, 16, self.params.n_data]))
		if n_data == self.params.n_data:
			n_data += 1
		fields = [self.rng.randrange(2) for _ in range(n_data)]
		return self.record("wrong_length", None, client.shares(fields, self.params, self.rng))

	def wrong_points(self):
		shares = client.shares(self.fields(), self.params, self.rng)
		shares[A].points = self.rng.choice([shares[A].points[:-1], shares[A].points + [0], [], shares[A].points * 2])
		return self.record("wrong_points", None, shares)

	def other_batch(self):
		old = self.params.batch_id
		batch_id = self.rng.choice([old + b"x", old[:-1], b"", old + b"\0", old.swapcase() + b"y", b"other" * 100])
		shares = client.shares(self.fields(), self.params, self.rng)
		for one in self.some(shares):
			one.batch_id = batch_id
		return self.record("other_batch", None, shares)

	def other_server(self):
		shares = client.shares(self.fields(), self.params, self.rng)
		texts = [one.packed() for one in shares]
		how = self.rng.randrange(3)
		if how == 0:
			texts.reverse()
		else:
			for one in self.some(shares):
				old = one.server
				one.server = self.rng.choice([1 - old, 2, 127, 128, 255, 2**16, 2**31, 2**32 + old, 2**63 + old, -1, -32, -33])
				texts[old] = one.packed(seeded=old == B)
		return Record("other_server", self.id(), self.seal(texts), None)

	def not_in_field(self):
		return self.with_element("not_in_field", lambda value: self.rng.choice([
			pack.element(P), pack.element(value + P), pack.element(2**88 - 1), pack.element(2**88), b"\xa0",
			pack.str_(b"\1" + value.to_bytes(11, "big")), pack.str_(b"%022x" % value)]))

	def liberal_element(self):
		return self.with_element("liberal_element", lambda value: self.rng.choice([
			pack.str_(bytes(n) + value.to_bytes(11, "big")) for n in (0, 1, 5, 29, 289)] + [
			head + bytes([11]) + value.to_bytes(11, "big") for head in (b"\xd9", b"\xda\0", b"\xdb\0\0\0")]))

	def wrong_type(self):
		return self.with_element("wrong_type", lambda value: self.rng.choice([
			b"\xc4\x0b" + value.to_bytes(11, "big"), b"\x05", b"\xcf" + bytes(8), b"\xc0", b"\xc2", b"\x91" + pack.element(value), b"\x80",
			b"\xca" + bytes(4), b"\xc1", b"\xc7\x01\x01\x00", b"\xdb\xff\xff\xff\xff", b"\xda\xff\xff"]))

	def with_element(self, kind, encode):
		"""One element of one or both shares written in another way."""
		fields = self.fields()
		shares = client.shares(fields, self.params, self.rng)
		texts = [one.packed() for one in shares]
		for one in self.some(shares):
			values = [one.a, one.b, one.c, one.f0, one.g0, one.h0] + (one.data + one.points if one.server == A else [])
			value = self.rng.choice(values)
			# Eleven random bytes occur once; where they do not, nothing is changed in a wrong way, only the wrong thing.
			texts[one.server] = texts[one.server].replace(pack.element(value), encode(value), 1)
		return Record(kind, self.id(), self.seal(texts), fields)

	def wrong_structure(self):
		fields = self.fields()
		shares = client.shares(fields, self.params, self.rng)
		texts = [one.packed() for one in shares]
		for one in self.some(shares):
			text = texts[one.server]
			texts[one.server] = self.rng.choice([
				text[: self.rng.randrange(len(text))], b"", b"\x99" + text, text[1:], b"\xc0" * 40, self.rng.randbytes(200),
				one.packed(seeded=one.server == A) if one.server == B else text[:-1]])
		return Record("wrong_structure", self.id(), self.seal(texts), fields)

	def claims_much(self):
		"""An array that claims four thousand million elements and holds none or few."""
		shares = client.shares(self.fields(), self.params, self.rng)
		head = shares[A].packed()[: -len(pack.elements(shares[A].data) + pack.elements(shares[A].points))]
		texts = [head + b"\xdd\xff\xff\xff\xff" + self.rng.choice([b"", b"\xa1\0" * 100]), shares[B].packed()]
		return Record("claims_much", self.id(), self.seal(texts), None)

	def wrong_seed(self):
		shares = client.shares(self.fields(), self.params, self.rng)
		shares[B].seed = self.rng.choice([b"", shares[B].seed[:15], shares[B].seed + b"\0", shares[B].seed * 2])
		return self.record("wrong_seed", None, shares)

	def liberal_tail(self):
		fields = self.fields()
		texts = [one.packed() + self.rng.choice([b"\0", b"\xc1", self.rng.randbytes(50)])
			for one in client.shares(fields, self.params, self.rng)]
		return Record("liberal_tail", self.id(), self.seal(texts), fields)

	def liberal_headers(self):
		fields = self.fields()
		shares = client.shares(fields, self.params, self.rng)
		texts = []
		for one in shares:
			wide = dataclasses.replace(one, batch_id=b"")
			rest = wide.packed()[1:]
			number = self.rng.choice([bytes([0xCC, one.server]), bytes([0xCD, 0, one.server]), b"\xce" + one.server.to_bytes(4, "big"),
				b"\xcf" + one.server.to_bytes(8, "big"), bytes([0xD0, one.server]), b"\xd3" + one.server.to_bytes(8, "big")])
			tail = pack.elements(one.data) + pack.elements(one.points) if one.server == A else pack.str_(one.seed)
			six = rest[: len(rest) - len(tail) - 1]
			if one.server == A:
				tail = b"".join(b"\xdd" + len(x).to_bytes(4, "big") + b"".join(map(pack.element, x)) for x in (one.data, one.points))
			texts.append(b"\xdb" + len(one.batch_id).to_bytes(4, "big") + one.batch_id + six + number + tail)
		return Record("liberal_headers", self.id(), self.seal(texts), fields)

	# Envelopes.

	def bad_tag(self):
		one = self.honest("bad_tag")
		for i in self.some((A, B)):
			sealed = bytearray(one.sealed[i])
			how = self.rng.randrange(4)
			if how == 0:
				sealed[self.rng.randrange(32, len(sealed))] ^= 1 << self.rng.randrange(8)
			elif how == 1:
				sealed[31] ^= 0x80  # X25519 does not see it, the tag does
			elif how == 2:
				sealed = sealed[:-1]
			else:
				sealed += b"\0"
			one.sealed[i] = bytes(sealed)
		return one

	def other_key(self):
		fields = self.fields()
		texts = [one.packed() for one in client.shares(fields, self.params, self.rng)]
		third = seal.public_of(self.rng.randbytes(32))
		return Record("other_key", self.id(), [client.seal_for(text, third, self.rng) for text in texts], fields)

	def truncated(self):
		one = self.honest("truncated")
		for i in self.some((A, B)):
			one.sealed[i] = one.sealed[i][: self.rng.choice([0, 1, 31, 32, 43, 44, 59])]
		return one

	def low_order(self):
		one = self.honest("low_order")
		for i in self.some((A, B)):
			key = self.rng.choice(LOW_ORDER)
			# The tag is right for a shared value of zero, so that only the check can refuse it.
			text = client.shares(one.counts, self.params, self.rng)[i].packed()
			one.sealed[i] = client.seal_for(text, self.publics[i], self.rng, sent_key=key, z=bytes(32))
		return one

	def high_bit(self):
		"""An ephemeral key that is sent with its highest bit set, and sealed so: taken."""
		fields = self.fields()
		sealed = []
		for one, public in zip(client.shares(fields, self.params, self.rng), self.publics):
			ephemeral = self.rng.randbytes(32)
			key = bytearray(seal.public_of(ephemeral))
			key[31] |= 0x80
			sealed.append(seal.seal(one.packed(), public, ephemeral, self.rng.randbytes(12), sent_key=bytes(key)))
		return Record("high_bit", self.id(), sealed, fields)

	# Lines.

	def not_json(self):
		def line(record, text):
			whole = json.dumps({"id": record["id"], "payload": text})
			return self.rng.choice([
				lambda: b"", lambda: b" ", lambda: whole[:-1].encode(), lambda: (whole + "x").encode(), lambda: (whole + whole).encode(),
				lambda: f"[{whole}]".encode(), lambda: b'"text"', lambda: b"null", lambda: b"17",
				lambda: whole.replace('"payload"', '"\\u0000":1,"payload"').encode(),
				lambda: whole.replace('"payload"', '"x":"\\ud800","payload"').encode(),
				lambda: whole.encode().replace(b'"payload"', b'"x":"\xff","payload"'),
				lambda: whole.encode().replace(b'"payload"', b'"x":"\x01","payload"'),
				lambda: whole.replace('"payload"', '"x":NaN,"payload"').encode(),
				lambda: whole.replace('"payload"', '"x":' + "[" * 70 + "]" * 70 + ',"payload"').encode(),
				lambda: whole.replace(":", "=", 1).encode(), lambda: whole.replace('"', "'").encode(), lambda: b"\xef\xbb\xbf" + whole.encode()])()

		return self.honest("not_json", line=line)

	def no_id(self):
		return self.honest("no_id", line=lambda record, text: json.dumps(self.rng.choice([{"payload": text}, {"id": None, "payload": text}])))

	def bad_id(self):
		return self.honest("bad_id", line=lambda record, text: json.dumps({"id": self.rng.choice([
			1.5, True, False, [], ["x"], {}, {"id": 1}, "x" * 1025, "\u00e9" * 513, 2**63, -(2**63) - 1, 10**30, -0.0]), "payload": text}))

	def no_payload(self):
		return self.honest("no_payload", line=lambda record, text: json.dumps(self.rng.choice([
			record, {**record, "payload": None}, {**record, "payload": 17}, {**record, "payload": [text]}, {**record, "payload": True}])))

	def bad_base64(self):
		return self.honest("bad_base64", line=lambda record, text: json.dumps({**record, "payload": self.rng.choice([
			text[:-8] + "-_-_" + text[-4:], text[:7] + "!" + text[8:], text.rstrip("=")[: len(text) // 4 * 4 - 3], "=" + text, "\u00e9" * 8,
			text[:4] + "=" + text[4:], text[:9] + "\x0b" + text[10:], text[:8] + "," + text[9:]])}))

	def line_too_long(self):
		return self.honest("line_too_long", line=lambda record, text: json.dumps({**record, "payload": text, "more": "x" * 400_000}))

	def liberal_line(self):
		def line(record, text):
			folded = " \n\t\r".join(text[i : i + 60] for i in range(0, len(text), 60))
			shorter = text.rstrip("=")
			extra = {"n": self.rng.randrange(-(10**6), 10**6), "t": True, "z": None, "s": "caf\u00e9 \U0001f600 \"\\/\u0007", "l": [1, [2, {}]],
				"o": {"b": 1, "a": ""}}
			return self.rng.choice([
				lambda: json.dumps({**record, "payload": folded}), lambda: json.dumps({**record, "payload": shorter}),
				lambda: json.dumps({"payload": text, **record}), lambda: json.dumps({**extra, **record, "payload": text}),
				lambda: json.dumps({**record, "payload": text, **extra}, ensure_ascii=False),
				lambda: json.dumps({**record, **extra, "payload": text}, indent="\t").replace("\n", " "),
				lambda: json.dumps({**record, "payload": text}, separators=(",", ":")) + "\r",
				lambda: json.dumps({**record, "payload": text}).replace("/", "\\/").replace("A", "\\u0041"),
				lambda: '{"payload": 17, "id": null, ' + json.dumps({**record, "payload": text})[1:]])()

		return self.honest("liberal_line", line=line)

	def numeric_id(self):
		"""A number on one side, its digits on the other."""
		one = self.honest("numeric_id")
		one.id = [self.rng.randrange(10**6), None]
		one.id[1] = str(one.id[0])
		return one

	# Who gets what.

	def some(self, both):
		return self.rng.choice([both[:1], both[1:], both])

	def one_sided(self):
		one = self.honest("one_sided")
		one.sealed[self.rng.randrange(2)] = None
		return one

	def lines(self, record):
		"""The line for A and the line for B, as bytes; None where there is none."""
		self.worth[record.sealed[A]] = record.counts
		result = []
		for i, sealed in enumerate(record.sealed):
			if sealed is None:
				result.append(None)
				continue
			one = {"id": record.id[i] if isinstance(record.id, list) else record.id}
			text = base64.b64encode(sealed).decode()
			line = record.line(one, text) if record.line else json.dumps({**one, "payload": text})
			result.append(line if isinstance(line, bytes) else line.encode())
		return result


# Kinds that are no kind of refusal; some alter only how the record is written.
ACCEPTED = ["honest"] * 3 + ["zero_triple", "liberal_element", "liberal_tail", "liberal_headers", "high_bit", "liberal_line", "numeric_id"]
DISHONEST = ["wrong_value", "forged", "wrong_triple", "altered_share", "crossed"]
# Refused by both servers or by neither before verify1, so that both draw the same query points in the order of the file.
ONE_SIDED = ["wrong_length", "wrong_points", "other_batch", "other_server", "not_in_field", "wrong_type", "wrong_structure", "claims_much",
	"wrong_seed", "bad_tag", "other_key", "truncated", "low_order", "not_json", "no_id", "bad_id", "no_payload", "bad_base64", "line_too_long",
	"one_sided"]


def repeat(maker, pairs, rng):
	"""Pairs of lines that repeat others: the same share again, another one under the same id, the same one under another."""
	if not pairs:
		return []
	made = []
	for _ in range(rng.randrange(1, 4)):
		source = rng.choice(pairs)
		how = rng.choice(["duplicate", "rewritten", "conflict", "copy", "half_copy"])
		extra = []
		other = maker.lines(maker.honest())
		name = maker.id()
		for line, fresh in zip(source, other):
			try:
				record = json.loads(line)
				old = {"id": record["id"], "payload": record["payload"]}
			except (TypeError, ValueError, KeyError):
				extra.append(line)  # of no use as a record: repeat it as it is
				continue
			extra.append({
				"duplicate": lambda: line,
				"rewritten": lambda: json.dumps({"more": 1, "payload": old["payload"], "id": old["id"]}).encode(),
				"conflict": lambda: json.dumps({**old, "payload": json.loads(fresh)["payload"]}).encode(),
				"copy": lambda: json.dumps({**old, "id": name}).encode(),
				"half_copy": lambda: json.dumps({**old, "id": name}).encode(),
			}[how]())
		if how == "half_copy":
			# The copied share of one server beside an honest one of the other.
			extra[rng.randrange(2)] = json.dumps({"id": name, "payload": json.loads(other[0])["payload"]}).encode()
		if rng.random() < 0.3:
			extra[rng.randrange(2)] = None
		made.append(tuple(extra))
	return made

"""The `prio` tool against the model, on random batches: every file byte for byte, every refused line and its reason.

	MODEL_SEED  the seed of the only, or the first, run (each test's name says its seed)
	MODEL_RUNS  how many runs of each direction

Without these: a fixed list of seeds, and one that no one has seen before.
"""

import base64
import json
import os
import random
import re
import secrets
import subprocess

import pytest

from prio_model import client, field, lines, seal, server, tool
from prio_model.prg import BATCH, LEGACY, QueryPoints
from prio_model.share import A, B, Params
from scenarios import ACCEPTED, DISHONEST, ONE_SIDED, Maker, repeat

STAGE_SECONDS = 120
NAMED_MAX = 20  # of each reason, so many lines are named on stderr
NAMED = r"^prio: refused: .*/([^/]*?):(\d+)(?:, id .*)?: ([a-z0-9-]+)(?:;.*| \(further.*)?$"
OUTSIDE = ("PATH", "HOME", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH", "PRIO_CPU")


def seeds():
	first, runs = os.environ.get("MODEL_SEED"), os.environ.get("MODEL_RUNS")
	if first:
		return range(int(first), int(first) + int(runs or 1))
	runs = int(runs or 80)
	return [*range(1, runs), secrets.randbelow(2**32)]


class Setup:
	"""What two servers agree on, at random."""

	def __init__(self, rng):
		self.rng = rng
		n_data, precision = rng.choice([rng.randrange(1, 20), rng.randrange(1, 301), 2 ** rng.randrange(1, 9) - 1]), 0
		if rng.random() < 0.3:
			precision = rng.randrange(1, 43)
			n_data = precision * rng.randrange(1, max(2, 300 // precision))
		batch_id = rng.choice(["test", "content.blocking_blocked_TESTONLY-0", "b" * 31, "x" * 32, "caf\u00e9 / %41", "y" * 256, "z" * 1024])
		self.params = Params(batch_id.encode(), n_data, precision, rng.choice([BATCH, BATCH, LEGACY]))
		self.order = rng.choice(["batch", "batch", "file"])
		self.secret = rng.randbytes(16)
		self.privates = [rng.randbytes(32) for _ in (A, B)]
		self.publics = [seal.public_of(key) for key in self.privates]
		self.servers = [tool.Tool(self.params, i, self.privates[i], self.secret, self.order) for i in (A, B)]

	def options(self, number):
		"""As an option's name without dashes -> its value; None: a flag."""
		case = self.rng.choice([str.upper, str.lower])
		options = {
			"batch-id": self.params.batch_id.decode(),
			"n-data": str(self.params.n_data),
			"server-id": "AB"[number],
			"private-key-hex": case(self.privates[number].hex()),
			"shared-secret": base64.b64encode(self.secret).decode(),
			"public-key-hex-internal": case(self.publics[number].hex()),
			"public-key-hex-external": case(self.publics[1 - number].hex()),
			"query-order": self.order,
			"prg": self.params.rule,
			**self.more(),
		}
		return options

	def more(self):
		more = {"precision": str(self.params.precision)} if self.params.precision else {}
		if field.padded(self.params.n_data) == self.params.n_data + 1:
			more["allow-forgeable-size"] = None
		return more


def call(prio_bin, rng, command, options):
	"""Runs a command, each option given on the command line or by its variable."""
	arguments, variables = [], {name: os.environ[name] for name in OUTSIDE if name in os.environ}
	for name, value in options.items():
		if rng.random() < 0.5:
			variables[name.upper().replace("-", "_")] = "1" if value is None else str(value)
		elif value is None:
			arguments.append(f"--{name}")
		else:
			arguments += rng.choice([[f"--{name}", str(value)], [f"--{name}={value}"]])
	return subprocess.run([prio_bin, command, *arguments], env=variables, stdin=subprocess.DEVNULL, capture_output=True,
		timeout=STAGE_SECONDS)


def check_words(done, expected, parts):
	"""stderr: how many lines were refused of how many, why, and which. parts: name of each raw file -> its lines."""
	words = done.stderr.decode()
	assert done.returncode == 0, words
	assert done.stdout == b""
	assert f"{len(expected.refused)} errors out of {expected.total} total\n" in words
	by_reason = {word: int(n) for n, word in re.findall(r"^prio: (\d+) ([a-z0-9-]+): ", words, re.M)}
	assert by_reason == expected.by_reason
	before, n_before = {}, 0
	for name, some in parts.items():
		before[name] = n_before
		n_before += len(lines.split(some))
	named = {before[name] + int(n): word for name, n, word in re.findall(NAMED, words, re.M)}
	if max(by_reason.values(), default=0) <= NAMED_MAX:
		assert named == expected.refused
	else:
		assert named.items() <= expected.refused.items()


def join(rng, some):
	"""Lines as a file, the last one perhaps not ended."""
	text = b"".join(line + b"\n" for line in some)
	return text[:-1] if some and some[-1] and rng.random() < 0.2 else text


def make_batch(setup):
	"""Pairs of lines, and what each share is worth if it is accepted."""
	rng = setup.rng
	maker = Maker(rng, setup.params, setup.publics)
	kinds = [ACCEPTED, ACCEPTED, DISHONEST]
	# In the order of the file, what only one server opens spoils all later records: so not in every batch.
	if setup.order == "batch" or rng.random() < 0.3:
		kinds += [ONE_SIDED, ONE_SIDED]
	records = [getattr(maker, rng.choice(rng.choice(kinds)))() for _ in range(rng.randrange(5, 36))]
	pairs = [tuple(maker.lines(record)) for record in records]
	if rng.random() < 0.5 and setup.order == "batch":
		for pair in repeat(maker, pairs, rng):
			pairs.insert(rng.randrange(len(pairs) + 1), pair)
	return maker.worth, pairs


def disturb(setup, text, n):
	"""A partner that is careless with its packets: repeats, rewrites, damages, loses or adds some."""
	rng = setup.rng
	some = lines.split(text)
	if not some or rng.random() < 0.6:
		return text
	for _ in range(rng.randrange(1, 5)):
		i = rng.randrange(len(some))
		try:
			record, _, payload = lines.parse(some[i])
			payload = lines.decode(payload)
			values = server.read_packet(payload, n)
		except lines.Refused:
			continue
		good = rng.choice([b"".join(b"\xd9\x10" + value.to_bytes(16, "big") for value in values), payload + b"\xc1"])
		bad = rng.choice([payload[:-1], b"", b"\xc0" + payload, b"\xa0" * n, server.pack_packet([1] * (n - 1)) + b"\xab" + b"\xff" * 11])
		wrong = server.pack_packet([client.random_element(rng) for _ in range(n)])
		how = rng.randrange(9)
		if how == 0:
			some.insert(rng.randrange(len(some) + 1), some[i])
		elif how == 1:
			some[i] = lines.row(record, good).rstrip("\n").encode()
		elif how == 2:
			some[i] = lines.row(record, bad).rstrip("\n").encode()
		elif how == 3:
			some[i] = lines.row(record, wrong).rstrip("\n").encode()
		elif how == 4:
			some.insert(rng.randrange(len(some) + 1), lines.row(record, wrong).rstrip("\n").encode())
		elif how == 5:
			del some[i]
			if not some:
				break
		elif how == 6:
			some.insert(rng.randrange(len(some) + 1), rng.choice([b"", b"{", b"[]", b'{"id":"x"}', b'{"payload":"AAAA"}', b'{"id":"x","payload":"!"}',
				json.dumps({**record, "payload": None}).encode(), json.dumps({**record, "payload": "!"}).encode()]))
		elif how == 7:
			some.insert(rng.randrange(len(some) + 1), lines.row({"id": f"nobody-{rng.random()}"}, wrong).rstrip("\n").encode())
		else:
			rng.shuffle(some)
	return join(rng, some)


class Servers:
	"""Both servers' directories, and the tool's answers beside the model's."""

	def __init__(self, prio_bin, setup, folder):
		self.prio_bin, self.setup, self.folder = prio_bin, setup, folder

	def put(self, number, name, text, parts=None):
		"""Writes a file, or a directory with these part files (name -> text) and what is to be ignored in it."""
		path = self.folder / "AB"[number] / name
		path.mkdir(parents=True, exist_ok=True)
		if parts is None:
			path /= f"{name}.ndjson"
			path.write_bytes(text)
			return path
		for part, some in {**parts, "_SUCCESS": b"{", ".part-00000.crc": b"crc"}.items():
			(path / part).write_bytes(some)
		return path

	def step(self, stage, number, raw, internal=None, external=None):
		"""One stage of one server: what the tool wrote has to be what the model wrote.

		raw: one text, or name -> text of its part files. Returns the model's output."""
		parts = raw if isinstance(raw, dict) else None
		texts = [whole(raw)]
		name = "raw"
		inputs = {"input": self.put(number, name, raw, parts)}
		if internal is not None:
			name = f"own-{stage}"
			texts += [internal, external]
			inputs["input-internal"] = self.put(number, name, internal)
			inputs["input-external"] = self.put(number, f"partners-{stage}", external, self.scattered(external))
		expected = getattr(self.setup.servers[number], stage)(*texts)
		output = self.folder / "AB"[number] / stage
		done = call(self.prio_bin, self.setup.rng, stage, {**self.setup.options(number), **inputs, "output": output})
		check_words(done, expected, parts or {"raw.ndjson": raw})
		# One file for each part, but one for all where there is but one total. Nothing else is left there.
		one_file = parts is None or stage == "aggregate"
		names = [f"{name}.ndjson"] if one_file else sorted(parts)
		assert sorted(path.name for path in output.iterdir()) == names
		assert b"".join((output / name).read_bytes() for name in names).decode() == expected.text
		return expected

	def scattered(self, text):
		"""A partner's packets may come in part files whatever ours came in."""
		return cut(self.setup.rng, lines.split(text)) if self.setup.rng.random() < 0.2 else None


def cut(rng, some):
	"""Lines as part files."""
	places = sorted(rng.randrange(len(some) + 1) for _ in range(rng.randrange(3)))
	return {f"part-{i:05}-x.c000.json": join(rng, some[a:b]) for i, (a, b) in enumerate(zip([0, *places], [*places, len(some)]))}


def whole(raw):
	"""The lines of part files as one file."""
	if isinstance(raw, bytes):
		return raw
	return b"".join(line + b"\n" for part in raw.values() for line in lines.split(part))


def published(text):
	"""What prio publish wrote, its id and time looked at and put aside."""
	assert not text.endswith(b"\n")
	found = json.loads(text)
	assert list(found) == ["id", "timestamp", "payload"]
	assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", found["id"])
	assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", found["timestamp"])
	assert text.decode() == json.dumps(found)
	return found["payload"]


@pytest.mark.parametrize("seed", seeds())
def test_servers(seed, prio_bin, tmp_path):
	"""The model's clients, both servers through all four stages."""
	print(f"MODEL_SEED={seed}")
	rng = random.Random(seed)
	setup = Setup(rng)
	worth, pairs = make_batch(setup)
	files = [[pair[i] for pair in pairs if pair[i] is not None] for i in (A, B)]
	if setup.order == "batch" or rng.random() < 0.1:
		rng.shuffle(files[B])
	raw = [rng.choice([join, join, cut])(rng, some) for some in files]
	both = Servers(prio_bin, setup, tmp_path)
	disturb_own = rng.random() < 0.1

	outputs = [both.step("verify1", i, raw[i]) for i in (A, B)]
	for stage, n in (("verify2", 2), ("aggregate", 1)):
		SEEN.update(word for one in outputs for word in one.refused.values())
		own = [one.text.encode() for one in outputs]
		sent = [disturb(setup, text, n) for text in own]
		if disturb_own:
			own = [disturb(setup, text, n) for text in own]
		outputs = [both.step(stage, i, raw[i], own[i], sent[1 - i]) for i in (A, B)]
	SEEN.update(word for one in outputs for word in one.refused.values())
	RUNS.append(seed)

	counts = publish(both, outputs)
	if counts is not None:
		assert counts == truth(setup, worth, whole(raw[A]), outputs[A])


SEEN, RUNS = set(), []


def test_every_refusal_occurred(top):
	"""Or the runs above prove less than they seem to."""
	if len(RUNS) < 30:
		pytest.skip("too few runs")
	words = set(re.findall(r"X\([A-Z0-9_]+, \"([a-z0-9-]+)\"", (top / "include/prio/status.h").read_text().split("PRIO_ERRORS")[0]))
	assert len(words) > 20
	# What only `prio-processor process` can say, and two words that only the tool has.
	assert SEEN == words - {"withheld", "partner-changed"} | {"refused-earlier", "other-run"}


def truth(setup, worth, raw, output):
	"""What the accepted records add up to, by what their clients put into them."""
	sums = [0] * setup.params.n_data
	for number, line in enumerate(lines.split(raw), 1):
		if number not in output.refused:
			sums = server.add(sums, worth[lines.decode(lines.parse(line)[2])])
	return server.recombine(sums, setup.params.precision) if setup.params.precision else sums


def publish(both, sums):
	"""The last step of both servers; returns what they published, None if they must not publish anything."""
	setup = both.setup
	try:
		expected = tool.publish(setup.params, *sums)
	except tool.Unpublishable:
		expected = None
	for i in (A, B):
		inputs = {"input-internal": both.put(i, "own-total", sums[i].text.encode()),
			"input-external": both.put(i, "partners-total", sums[1 - i].text.encode())}
		output = both.folder / "AB"[i] / "published"
		done = call(both.prio_bin, setup.rng, "publish", {**setup.options(i), **inputs, "output": output})
		assert done.stdout == b""
		if expected is None:
			assert done.returncode == 1, done.stderr.decode()
			assert not output.exists() or not list(output.iterdir())
		else:
			assert done.returncode == 0, done.stderr.decode()
			assert published((output / "own-total.ndjson").read_bytes()) == expected
	return expected


def test_forgeable_sizes_are_refused(prio_bin, tmp_path):
	"""Exactly the sizes without a padding point, unless the risk is accepted."""
	rng = random.Random(0)
	setup = Setup(rng)
	(tmp_path / "none.ndjson").write_bytes(b"")
	for n_data in sorted({2**k + i for k in range(9) for i in (-1, 0, 1)} - {0} | {20, 100, 300}):
		options = {**setup.options(A), "n-data": n_data, "query-order": "batch", "input": tmp_path / "none.ndjson", "output": tmp_path / "out"}
		options.pop("precision", None)
		options.pop("allow-forgeable-size", None)
		done = call(prio_bin, rng, "verify1", options)
		forgeable = field.padded(n_data) == n_data + 1
		assert done.returncode == int(forgeable), (n_data, done.stderr)
		if forgeable:
			assert b"allow-forgeable-size" in done.stderr and b"n-data" in done.stderr.lower().replace(b"_", b"-")
			assert call(prio_bin, rng, "verify1", {**options, "allow-forgeable-size": None}).returncode == 0


def honest_batch(seed):
	rng = random.Random(seed)
	setup = Setup(rng)
	entries = setup.params.n_data // (setup.params.precision or 1)
	values = [[rng.randrange(2 ** (setup.params.precision or 1)) for _ in range(entries)] for _ in range(rng.randrange(1, 11))]
	return setup, values


@pytest.mark.parametrize("seed", seeds())
def test_clients(seed, prio_bin, tmp_path):
	"""The tool's clients: the model opens and checks each share, and what their sums are."""
	print(f"MODEL_SEED={seed}")
	setup, values = honest_batch(seed)
	params, rng = setup.params, setup.rng
	(tmp_path / "vectors.ndjson").write_text("".join(json.dumps({"payload": one}) + "\n" for one in values))
	done = call(prio_bin, rng, "encode-shares", {
		"batch-id": params.batch_id.decode(), "n-data": str(params.n_data), "prg": params.rule, **setup.more(),
		"public-key-hex-internal": setup.publics[A].hex(), "public-key-hex-external": setup.publics[B].hex(),
		"input": tmp_path / "vectors.ndjson", "output-A": tmp_path / "a", "output-B": tmp_path / "b"})
	assert done.returncode == 0, done.stderr.decode()
	texts = [(tmp_path / name / "vectors.ndjson").read_bytes() for name in "ab"]
	rows = [[lines.parse(line) for line in lines.split(text)] for text in texts]
	rows = [[(record, name, lines.decode(payload)) for record, name, payload in some] for some in rows]
	for text, some in zip(texts, rows):
		assert text.decode() == "".join(lines.row(record, sealed) for record, _, sealed in some)
	ids = [[name for _, name, _ in some] for some in rows]
	assert ids[A] == ids[B] and len(set(ids[A])) == len(values)
	# No key or nonce is used twice.
	assert len({sealed[:32] for some in rows for _, _, sealed in some}) == 2 * len(values)
	assert len({sealed[32:44] for some in rows for _, _, sealed in some}) == 2 * len(values)

	points = QueryPoints(setup.secret, params.batch_id, params.n_data, params.rule)
	for one, (_, _, for_a), (_, _, for_b) in zip(values, *rows):
		pair = [server.open_share(sealed, params, i, setup.privates[i]) for i, sealed in enumerate((for_a, for_b))]
		fields = client.bits_of(one, params.precision) if params.precision else one
		assert server.add(pair[A].data, pair[B].data) == fields
		assert [seal.unseal(sealed, setup.privates[i]) for i, sealed in enumerate((for_a, for_b))] == [x.packed() for x in pair]
		a, b, c, f0, g0, h0 = ((getattr(pair[A], name) + getattr(pair[B], name)) % field.P for name in ("a", "b", "c", "f0", "g0", "h0"))
		assert c == a * b % field.P and h0 == f0 * g0 % field.P
		r = points.next()
		packets = [server.verify1(x, r) for x in pair]
		assert server.accept(*(server.verify2(pair[i], r, packets[i], packets[1 - i]) for i in (A, B)))

	# And through both servers: the sums are those of the clients' values.
	both = Servers(prio_bin, setup, tmp_path)
	outputs = [both.step("verify1", i, texts[i]) for i in (A, B)]
	for stage in ("verify2", "aggregate"):
		sent = [one.text.encode() for one in outputs]
		outputs = [both.step(stage, i, texts[i], sent[i], sent[1 - i]) for i in (A, B)]
	assert publish(both, outputs) == [sum(column) for column in zip(*values)]

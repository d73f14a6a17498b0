"""First inputs for every fuzz target, from the recorded runs, the vectors of the original, and FORMAT.md.

	$(scripts/test-python) fuzz/seeds.py FOLDER

Writes FOLDER/<target>/seed-<number>; FOLDER is fuzz/corpus, where the seeds stay beside what fuzzing added to them: many stand
at a limit that no branch shows, so that merging would drop them. What a target makes of the leading bytes stands at its top.
Run this again when a target or a format changes.
"""

import base64
import glob
import json
import os
import random
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "model"))
from prio_model import client, seal, share  # noqa: E402

N_DATA = 3  # of opener, checkpoint, manifest and journal
rng = random.Random(1)


def vectors(name):
	with open(os.path.join(TOP, "tests/vectors/data", name + ".json"), encoding="utf-8") as file:
		return json.load(file)


def recorded(pattern, max_bytes):
	"""Recorded files, the short ones whole, of long ones the first lines."""
	for path in sorted(glob.glob(os.path.join(TOP, "tests/recorded/data", pattern), recursive=True)):
		if os.path.isfile(path):
			with open(path, "rb") as file:
				data = file.read(max_bytes)
			yield data if len(data) < max_bytes else data[: data.rfind(b"\n") + 1]


def text(value):
	return json.dumps(value, separators=(",", ":")).encode()


def lines_of(texts):
	return sorted({line for one in texts for line in one.splitlines()})


def shares_of(n_data):
	"""Both servers' plaintexts of an honest client's vector."""
	params = share.Params(b"fuzz", n_data)
	return [one.packed() for one in client.shares([rng.randrange(2) for _ in range(n_data)], params, rng)]


def lines():
	for data in (b"", b"\n", b"\n\n\n", b"one\ntwo\nthree", b"one\r\ntwo\r\n", b"x" * 200 + b"\ny\n", b"\0\n\xff\n"):
		for head in (b"\x10\x08\x55\xaa", b"\x00\x00\x00\x00", b"\x3f\x5f\x80\x80"):
			yield head + data
	# Long enough for the CRC by vectors: the line feed, and the byte that stands third, in each part of 256 bytes.
	for at in (3, 70, 130, 255, 256, 600, 1023, 1024, 1300):
		yield b"\x3f\x5f\xaa\x80" + b"x" * at + b"\n" + b"y" * (1400 - at)
		yield b"\x3f\x5f\xaa\x80" + b"x" * at + b"\xaa" + b"y" * (1400 - at)


def record():
	odd = [b'{"id":"a","payload":"AAAA"}', b'{ "payload" : "AA==" , "id" : "\xc3\xa9" }\r', b'{"id":7,"payload":"AAAA","x":[1.5,{"y":null}]}',
		b'{"id":12345678901234567890,"payload":""}', b'{"id":"\\u00e9\\ud83d\\ude00","payload":"AA\\/A"}', b'{"payload":"AAAA"}',
		b'{"id":null,"payload":null}', b'[1]', b'', b'{"id":"a","id":"b","payload":"AAAA","n":-1e-7,"m":1e22,"k":99999999999999999999}']
	# Where parsing and decoding at once goes on by the careful decoder, and what it has to leave.
	odd += [b'{"id":"a","payload":"AAAA%sAAA"}' % rest for rest in (b"", b" ", b"\t", b"\r", b"\0", b"\x7f", b"\xc3\xa9", b"=", b'","x":"')]
	for line in lines_of(recorded("h*/**/raw/**/part*", 4096)) + odd:
		if len(line) < 600:
			yield b"\1" + line
			yield b"\0" + line
	for n in (1024, 1025):  # the longest id, and a longer one
		yield b'\1{"id":"%s","payload":"AAAA"}' % (b"i" * n)


def b64():
	for bytes_ in (b"", b"a", b"ab", b"abc", bytes(range(64))):
		encoded = base64.b64encode(bytes_)
		yield encoded
		yield encoded.rstrip(b"=") + b"\n"
		yield encoded[:5] + b" \t" + encoded[5:]
	yield b"AA=A"
	yield b"A==="


def codec():
	for read in vectors("packets")["reads"]:
		yield b"\3\3\3\xff" + base64.b64decode(read["data"])
	for case in vectors("malformed")["cases"]:
		if case["plaintext_hex"] and len(case["plaintext_hex"]) < 600:
			yield bytes([0, 3, 3, 3, 3, 3, 3, 1, 2, 14, 2, 19, 255]) + bytes.fromhex(case["plaintext_hex"])


def packets():
	reads = {kind: [base64.b64decode(read["data"]) for read in vectors("packets")["reads"] if read["kind"] == kind] for kind in ("verify1", "verify2")}
	for kind in reads:
		for data in reads[kind]:
			yield bytes([len(data) & 255]) + data + reads[kind][0]
	first = reads["verify1"][0]
	yield bytes([len(first)]) + first + bytes(66)


def total():
	for read in vectors("packets")["reads"]:
		if read["kind"] in ("total_share", "server"):
			yield b"\2" + base64.b64decode(read["data"])


def envelope():
	for case in vectors("encrypt")["cases"]:
		yield b"\0\0" + base64.b64decode(case["ciphertext"])[:400]
		yield b"\1\7" + bytes.fromhex(case["plaintext_hex"])[:400]
	yield b"\0\0" + bytes(60)


def share_():
	given = vectors("malformed")
	prefix = bytes([0xA0 | len(given["batch_id"])]) + given["batch_id"].encode()
	for case in given["cases"]:
		data = bytes.fromhex(case["plaintext_hex"] or "")
		if data.startswith(prefix):
			data = b"\xa4fuzz" + data[len(prefix) :]
		if len(data) < 2000:
			yield bytes([2 * (given["n_data"] - 1) + (case["server"] == "B")]) + data
	for n_data in range(1, 9):
		for server, one in enumerate(shares_of(n_data)):
			yield bytes([2 * (n_data - 1) + server]) + one


def opener():
	for line in lines_of(recorded("h*/**/raw/**/part*", 4096)):
		if len(line) < 400:
			yield b"\0\x80" + line + b"\n"
	for server in range(2):
		public = seal.public_of(bytes([0x40 + server]) * 32)
		sealed = [seal.seal(shares_of(N_DATA)[server], public, bytes([i + 1]) * 32, bytes(12)) for i in range(2)]
		rows = [text({"id": str(i), "payload": base64.b64encode(data).decode()}) + b"\n" for i, data in enumerate(sealed)]
		yield bytes([server, 0x80]) + b"".join(rows)
		yield bytes([server, 0x40]) + rows[0] + b"\nno json\n" + rows[0] + rows[1][:-9]


def messages():
	for kind, stage in enumerate(("verify1", "verify2")):
		for data in recorded(f"**/external/{stage}/**/part*", 500):
			yield bytes([kind]) + data
		yield bytes([kind]) + b'{"id":"1","payload":"oQE="}\n{"id":2,"payload":"oQGhAQ=="}\n\n{"payload":"oQE="}\n{"id":"3","payload":null}'


def digest(byte):
	return f"{byte:02x}" * 32


def manifest():
	batch = {"batch_id": "fuzz", "commitment": digest(0), "n_data": N_DATA, "precision": 0, "prg": "batch", "parts": [
		{"name": "part-00000-x-c000.json", "size": 29, "sha256": digest(1)}]}
	for stage, name in enumerate(("verify1", "verify2", "aggregate")):
		whole = {"format": 1, "server": "B", "stage": name, "answers": digest(0), "batches": [batch]}
		for change in ({}, {"server": "A"}, {"format": 2}, {"batches": []}, {"stage": "publish"}, {"batches": [{**batch, "n_data": 4}]},
			{"batches": [{**batch, "parts": [{"name": "../x", "size": 1, "sha256": digest(1)}]}]},
			{"batches": [{**batch, "accepted": 3, "digest": digest(2), "parts": []}]}):
			yield bytes([stage]) + text({**whole, **change})


def journal():
	parts = [{"key": f"partner/app/2024-01-01/raw/shares/batch_id=fuzz/part-{i}", "size": 6, "crc32c": [i]} for i in range(3)]
	query = {"commitment": digest(0), "n_data": N_DATA, "precision": 0, "prg": "batch", "partner_is_41": False, "allow_copied_shares": False,
		"task_bytes": 32 << 20, "parts": parts}
	for change in ({}, {"parts": parts[:2]}, {"parts": []}, {"task_bytes": 4}, {"prg": "legacy"}, {"parts": parts[1:]}):
		yield b"\0" + text({**query, **change})
	yield b"\1" + text({"total": 3, "error": 1, "accepted": 2, "sent": {"batch_id": "fuzz"}, "read": ["another/app/object"]})
	yield b"\2" + text({"accepted": 0, "total": 0, "error": 0, "digest": digest(0)})
	yield b"\3" + text({"id": "00000000-0000-4000-8000-000000000000", "timestamp": "2024-01-01T00:00:00"})
	yield b"\4" + text({"manifest": digest(1)})
	yield b"\5" + text({"manifest": digest(2)})
	yield b"\6{}"


def signed_json():
	for data in manifest():
		yield b"\0\x20a" + data[1:]
	yield b"\0\5 " + text({"content": {"a": [1, 2.5, None, "\u00e9"]}, "mac": digest(3)})


def json_size():
	for value in (1, "a,b:[{", [], {}, [1, [2, {"a,b": {"c": []}}], "\\\",:"], {"a": [None, True, 1.5e3], "\u00e9": ""}):
		yield text(value)
	yield from (data[1:] for data in manifest())


def sealed_file():
	for data in (b"", b"a", b"PRIOSEAL" + bytes(40) + b"\x80\0\0\1" + bytes(17), bytes(range(256)) * 3, b"x" * 66000):
		yield b"\1\2\0\x30" + data


def answers():
	answer = bytes(7) + b"\1\x18" + bytes(range(24)) + b"\x0c" + bytes(range(12))
	for n in range(3):
		yield answer * n + b"\xff" * 8
	yield answer + b"\xff" * 7
	yield answer[:8] + b"\x19" + answer[9:] + b"\xff" * 8


def checkpoint():
	head = bytes(4) + bytes(8) + bytes(7) + b"\x50"
	opened = b"R" + head + b"\1" + b"\0\3abc" + bytes(32) + bytes(66)
	refused = b"X" + head + b"\0" + b"\0\0" + b"\5"
	end = b"S" + bytes(7) + b"\1" + bytes(11 * N_DATA)
	for entries in ([], [opened], [refused], [opened, refused, opened]):
		yield b"\2" + b"".join(entries) + end + bytes(8)
	yield b"\0" + opened + end


def config():
	for path in sorted(glob.glob(os.path.join(TOP, "config", "*.json"))):
		with open(path, "rb") as file:
			data = file.read()
		if len(data) < 2000:
			yield data
	yield from (data for data in recorded("*/config.json", 2000))
	yield text([{"batch_id": "a", "n_data": 70, "precision": 7, "prg": "legacy", "min_batch": 100}, {"batch_id": "\u00e9/:", "n_data": 7, "other": 1}])
	yield text([{"batch_id": "a", "n_data": 1}, {"batch_id": "a", "n_data": 1}])


def aggregate():
	yield from recorded("**/external/aggregate/**/part*", 800)
	yield b'{"payload": "AJMBAgM=", "error": 1, "total": 9223372036854775807}'
	yield b' {"payload":"","error":0,"total":-1}\n'


def paths():
	for id_, name in ((b"a", b"a"), (b"a/b", b"a%2Fb"), (b"a%41", b"a%41"), (b"aA", b"a%41"), (b"x:y=z", b"x%3Ay%3Dz"), (b"\xff\0", b"%ff%00"), (b"", b"")):
		yield bytes([len(id_)]) + id_ + name


def options():
	good = ["--batch-id", "b", "--n-data=7", "--private-key-hex", "AB" * 32, "--shared-secret=AAAAAAAAAAAAAAAAAAAAAA=="]
	for arguments in (good, [*good, "--prg=legacy", "--allow-forgeable-size", "--delay", "1.5"], ["--help"], ["--n-dat"], ["x"], good[:2], ["--n-data=-1", *good],
		[*good, "--allow-forgeable-size=maybe"], [*good, "--prg", "none"], [*good, "--delay=1e5"]):
		yield "\0".join(arguments).encode() + b"\0"


def text_():
	for head in (bytes(8), b"\0\0\0\0\0\0\xf0\x3f", b"\x9a\x99\x99\x99\x99\x99\xb9\x3f", b"\xff\xff\xff\xff\xff\xff\xef\x7f", b"\1\0\0\0\0\0\0\0"):
		for data in (b"plain", "\u00e9\u202e\u200b\\\U0001f600".encode(), b"\x1b[2J\x07\xc3\x28\xed\xa0\x80\xf4\x90"):
			yield b"\x08" + head + data


def keys():
	key = vectors("keys")
	yield from (value.encode() for value in sorted(strings(key)) if len(value) == 64)
	yield bytes(16)
	yield b"0" * 63 + b"g"


def strings(value):
	if isinstance(value, str):
		yield value
	for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
		yield from strings(inner)


def kernels():
	p = 2**87 + 2**19 + 1
	values = [0, 1, p - 1, p - 2, 2**87, 2**87 - 1, 2**80 - 1, 2**48, 2**48 - 1, 2**29] + [rng.randrange(p) for _ in range(40)]
	others = [p, p + 1, 2**88 - 1, 2**87 + 2**48]
	encoded = base64.b64encode(rng.randbytes(600))
	for kernel in (b"\0\0", b"\1\0"):
		for data in (encoded, encoded[:300] + b'"' + encoded[300:], encoded[:87], encoded[:40] + b"\n" + encoded[40:]):
			yield kernel + data
	usual = b"".join(b"\xab" + value.to_bytes(11, "big") for value in values)
	shortest = b"".join(bytes([0xA0 | n]) + value.to_bytes(n, "big") for value in values for n in [max(1, (value.bit_length() + 7) // 8)])
	late = usual[:240] + b"\xa5abcde" + usual[240:] + b"\xd9\x0b" + b"\0" * 11 + usual[:120]
	for data in (usual, shortest, late, usual + b"\xab" + others[0].to_bytes(11, "big"), usual[:-5], usual[:100] + b"\xc0" + usual[100:]):
		yield b"\2\x32" + data
	draws = [b"\x55" + value.to_bytes(11, "big")[1:] + value.to_bytes(11, "big")[:1] for value in values + others]
	rng.shuffle(draws)
	yield b"\3\0" + b"".join(draws)
	for place in (0, 3, 2**33):
		yield b"\4\x40" + rng.randbytes(16) + place.to_bytes(5, "big")
	yield b"\5\0" + b"".join(value.to_bytes(11, "big") for value in values)
	yield b"\5\0" + (p - 1).to_bytes(11, "big") * 70


def vector_line():
	for choice, values in ((0, [0, 1] * 6), (0, [0, 1, 255, True] * 4), (0, [0] * 11 + [2]), (3, [7, 0, 3, 1]), (6, [4095])):
		yield bytes([choice]) + text({"payload": values})
		yield bytes([choice]) + text({"id": "x", "payload": values[:-1]})


def x25519():
	p = 2**255 - 19
	edges = [bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
		bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
	edges += [value.to_bytes(32, "little") for value in (0, 1, 9, p - 1, p, p + 1, 2**255 - 1, 2**256 - 1, 2**26 - 1, 2**51 - 1)]
	for count in (1, 4, 5, 8, 16, 20):
		keys = [rng.choice(edges) if rng.random() < 0.5 else rng.randbytes(32) for _ in range(count)]
		yield bytes([count]) + rng.randbytes(32) + b"".join(keys)
	yield bytes([len(edges)]) + rng.randbytes(32) + b"".join(edges)


def s3_xml():
	kinds = (("ListBucketResult", "IsTruncated NextContinuationToken EncodingType", "Contents", "Key ETag Size"),
		("ListMultipartUploadsResult", "IsTruncated NextKeyMarker EncodingType NextUploadIdMarker", "Upload", "Key UploadId"),
		("DeleteResult", "", "Error", "Key Code Message"), ("InitiateMultipartUploadResult", "UploadId", "", ""),
		("CompleteMultipartUploadResult", "ETag", "", ""), ("Error", "Code Message Region", "", ""))
	values = ("a/b+c%3D%20d", "&lt;&#34;&#x263a;&amp;", "18446744073709551615", "")
	for kind, (root, names, record, fields) in enumerate(kinds):
		inside = "".join(f"<{name}>{values[n % 4]}</{name}>" for n, name in enumerate(names.split()))
		for m in range(3 if record else 0):
			inside += f"<{record}>" + "".join(f"<{name}>{values[(m + n) % 4]}</{name}>" for n, name in enumerate(fields.split())) + \
				f"<Owner><ID>x</ID></Owner></{record}>"
		for head, rest in ((f"<?xml version='1.0'?>\n<{root} xmlns='u'>", f"</{root}>"), (f" <s:{root}><!--c-->", f"</s:{root}>\n"),
				("<!DOCTYPE x [<!ENTITY e 'f'>]>" + f"<{root}>&e;", f"</{root}>")):
			yield bytes([kind]) + (head + inside + rest).encode()
	for plain in ("a%2Fb+c", "%", "123", "tab\tnewline\n<&>", "\ufffe", "\x01"):
		yield b"\0" + plain.encode()


def lagrange():
	p = 2**87 + 2**19 + 1
	edges = [0, 1, p - 1, p - 2, 2**87, 2**87 - 1, 2**58 - 1, 2**29 - 1, 2**44 - 1, 2**88 - 2**44 - p]
	for size in (0, 1, 2, 3, 4, 5, 6, 7, 8, 11):
		for values in ([p - 1], [p - 5], edges, [rng.choice(edges) for _ in range(25)], [rng.randrange(p) for _ in range(25)]):
			yield bytes([size]) + b"".join(value.to_bytes(11, "big") for value in values)


TARGETS = {"lines": lines, "record": record, "base64": b64, "codec": codec, "packets": packets, "total": total, "envelope": envelope,
	"share": share_, "opener": opener, "messages": messages, "manifest": manifest, "journal": journal, "signed_json": signed_json, "json_size": json_size,
	"sealed_file": sealed_file, "answers": answers, "checkpoint": checkpoint, "config": config, "aggregate": aggregate, "paths": paths,
	"options": options, "text": text_, "keys": keys, "vector_line": vector_line, "kernels": kernels, "x25519": x25519,
	"s3_xml": s3_xml, "lagrange": lagrange}


def main(folder):
	for target, make in TARGETS.items():
		os.makedirs(os.path.join(folder, target), exist_ok=True)
		for number, data in enumerate(make()):
			with open(os.path.join(folder, target, f"seed-{number:03}"), "wb") as file:
				file.write(data)


if len(sys.argv) != 2:
	sys.exit(__doc__)
main(sys.argv[1])

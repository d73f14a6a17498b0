"""`prio`: the original's flow, records that are repeated, refused or come in part files."""

import base64
import json
import os
import re
import shutil

import pytest

from prio_tool import FILE, Servers, encode, rows, said, verify1, write_rows

N_DATA = 5
VECTORS = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0]]
SUMS = [4, 3, 2, 1, 0]


# ---- the original's flow


def test_flow_with_variables(tool, keys, secret, tmp_path):
	"""As the original's script does it: everything in the environment, not one option."""
	(tmp_path / "client").mkdir()
	write_rows(tmp_path / "client" / FILE, [{"payload": one} for one in VECTORS])
	common = {"BATCH_ID": "test", "N_DATA": N_DATA, "SHARED_SECRET": secret}
	own = {letter: {**common, "SERVER_ID": letter, "PRIVATE_KEY_HEX": keys[letter]["private_key"],
		"PUBLIC_KEY_HEX_INTERNAL": keys[letter]["public_key"], "PUBLIC_KEY_HEX_EXTERNAL": keys[other]["public_key"]}
		for letter, other in ("AB", "BA")}
	tool.ok("encode-shares", env={**own["A"], "INPUT": tmp_path / "client" / FILE, "OUTPUT_A": tmp_path / "A" / "raw",
		"OUTPUT_B": tmp_path / "B" / "raw"})
	for step, before in (("verify1", "raw"), ("verify2", "verify1"), ("aggregate", "verify2"), ("publish", "aggregate")):
		for letter, other in ("AB", "BA"):
			tool.ok(step, env={**own[letter], "INPUT": tmp_path / letter / "raw" / FILE,
				"INPUT_INTERNAL": tmp_path / letter / before / FILE, "INPUT_EXTERNAL": tmp_path / other / before / FILE,
				"OUTPUT": tmp_path / letter / step})
	for letter in "AB":
		assert json.loads((tmp_path / letter / "publish" / FILE).read_text())["payload"] == SUMS


def test_flow_with_options(servers):
	servers.all_steps()
	for letter in "AB":
		assert servers.counts(letter) == (0, 4)
		assert servers.published(letter) == SUMS
		assert not servers.text(letter, "aggregate").endswith(b"\n")


def test_an_option_wins_over_a_variable(servers):
	arguments, env = verify1(servers, f"--n-data={N_DATA}", N_DATA=7)
	assert "0 errors out of 4 total" in servers.tool.ok(*arguments, env=env).stderr


def test_an_empty_variable_counts_as_not_given(servers):
	arguments, env = verify1(servers, PRG="", QUERY_ORDER="", ALLOW_FORGEABLE_SIZE="")
	servers.tool.ok(*arguments, env=env)


def test_both_query_orders_accept_the_same_records(tool, keys, secret, tmp_path):
	both = Servers(tool, tmp_path, "b", N_DATA, keys, secret, "--query-order", "file")
	encode(both, VECTORS)
	words = both.all_steps()
	assert both.published("A") == SUMS
	assert "Never run this file twice in another order" in words["verify1"]["A"]


def test_servers_of_different_query_orders_are_told(servers):
	"""Only the first record holds, and each side says what may be the matter."""
	servers.step("A", "verify1")
	servers.options = ("--query-order", "file")
	servers.step("B", "verify1")
	servers.step("B", "verify2")
	servers.options = ()
	servers.step("A", "verify2")
	assert "--query-order file" in servers.step("A", "aggregate")
	servers.options = ("--query-order", "file")
	assert "--query-order batch" in servers.step("B", "aggregate")
	assert servers.counts("A") == servers.counts("B") == (3, 4)


def test_servers_of_different_secrets_are_told(servers, tool):
	servers.env["B"]["SHARED_SECRET"] = json.loads(tool.ok("shared-seed").stdout)["shared_seed"]
	words = servers.all_steps()
	assert "none of 4 proofs holds" in words["aggregate"]["A"]


def test_integers(tool, keys, secret, tmp_path):
	values = [[5, 0, 15], [1, 2, 3], [15, 15, 15]]
	both = Servers(tool, tmp_path, "ints", 12, keys, secret, "--precision", 4)
	encode(both, values, "--precision", 4)
	both.all_steps()
	assert both.published("A") == [21, 17, 33] == both.published("B")


def test_legacy_key_rule(tool, keys, secret, tmp_path):
	both = Servers(tool, tmp_path, "old", N_DATA, keys, secret, "--prg", "legacy")
	encode(both, VECTORS, "--prg", "legacy")
	both.all_steps()
	assert both.published("A") == SUMS


def test_records_keep_their_members(tool, servers):
	raw = rows(servers.path("A", "raw", FILE))
	raw[1] = {"about": [1, 2.5, "caf\u00e9", None], **raw[1], "more": {"x": True}}
	write_rows(servers.path("A", "raw", FILE), raw)
	servers.step("A", "verify1")
	line = servers.text("A", "verify1").decode().splitlines()[1]
	packet = json.loads(line)["payload"]
	assert line == json.dumps({**raw[1], "payload": packet})


# ---- repeated records


def test_equal_records_count_once(servers):
	for letter in "AB":
		raw = rows(servers.path(letter, "raw", FILE))
		write_rows(servers.path(letter, "raw", FILE), [raw[2], *raw, raw[2]])
	words = servers.all_steps()
	assert "prio: 2 duplicate: " in words["verify1"]["A"]
	assert servers.published("A") == SUMS


def test_different_records_under_one_id_count_not_at_all(servers):
	for letter in "AB":
		raw = rows(servers.path(letter, "raw", FILE))
		raw[0]["id"] = raw[1]["id"]
		write_rows(servers.path(letter, "raw", FILE), raw)
	words = servers.all_steps()
	assert "prio: 2 conflicting-id: " in words["verify1"]["A"]
	assert "prio: 2 refused-earlier: " in words["verify2"]["A"]
	assert servers.published("A") == [2, 2, 2, 1, 0]


@pytest.mark.parametrize("allow", [False, True])
def test_copied_shares(servers, allow):
	"""A share under three ids counts under the smallest, unless test data want it otherwise."""
	for letter in "AB":
		raw = rows(servers.path(letter, "raw", FILE))
		raw[3]["id"] = "m"
		write_rows(servers.path(letter, "raw", FILE), [{**raw[3], "id": "z"}, *raw, {**raw[3], "id": "a"}])
		servers.env[letter]["ALLOW_COPIED_SHARES"] = "1" if allow else ""
	words = servers.all_steps()
	kept = {one["id"] for one in rows(servers.path("A", "intermediate", "internal", "verify1", FILE))}
	if allow:
		assert {"a", "m", "z"} <= kept
		assert servers.published("A") == [6, 5, 4, 3, 0]
	else:
		assert "prio: 2 copied-share: " in words["verify1"]["A"]
		assert "a" in kept and not {"m", "z"} & kept
		assert servers.published("A") == SUMS


# ---- refused records are named, counted, and stop nobody else


def damage(share):
	binary = bytearray(base64.b64decode(share))
	binary[50] ^= 1
	return base64.b64encode(binary).decode()


def test_every_refusal_is_named(tool, servers, keys, secret, tmp_path):
	others = Servers(tool, tmp_path / "other", "another batch", N_DATA, keys, secret)
	longer = Servers(tool, tmp_path / "longer", "cli test", 6, keys, secret)
	for some, n in ((others, 5), (longer, 6)):
		some.folder.mkdir()
		encode(some, [[1] * n])
	good = rows(servers.path("A", "raw", FILE))
	share = good[0]["payload"]
	low_order = base64.b64encode(bytes(32) + base64.b64decode(share)[32:]).decode()
	bad = [
		("", "not-json"),
		('{"id": "x", "payl', "not-json"),
		("[1]", "not-json"),
		({"payload": share}, "no-id"),
		({"id": None, "payload": share}, "no-id"),
		({"id": 1.5, "payload": share}, "bad-id"),
		({"id": "i" * 1025, "payload": share}, "bad-id"),
		({"id": "p"}, "no-payload"),
		({"id": "p", "payload": 7}, "no-payload"),
		({"id": "b", "payload": share[:-4] + "!?=="}, "bad-base64"),
		({"id": "t", "payload": ""}, "truncated"),
		({"id": "t", "payload": share[:40]}, "truncated"),
		({"id": "g", "payload": damage(share)}, "bad-tag"),
		({"id": "B's", "payload": rows(servers.path("B", "raw", FILE))[0]["payload"]}, "bad-tag"),
		({"id": "l", "payload": low_order}, "low-order-key"),
		({"id": "o", "payload": rows(others.path("A", "raw", FILE))[0]["payload"]}, "other-batch"),
		({"id": "n", "payload": rows(longer.path("A", "raw", FILE))[0]["payload"]}, "wrong-length"),
		({"id": "z", "payload": "A" * 100000}, "line-too-long"),
	]
	write_rows(servers.path("A", "raw", FILE), [*good, *(line for line, _ in bad)])
	words = servers.step("A", "verify1")
	for number, (_, word) in enumerate(bad, len(good) + 1):
		assert re.search(rf"^prio: refused: .*{FILE}:{number}(, id .*)?: {word}$", words, re.M), (number, word, words)
	for word in {word for _, word in bad}:
		n = [word for _, word in bad].count(word)
		assert re.search(rf"^prio: {n} {word}: \w+", words, re.M)
	assert said(words, f"{len(bad)} errors out of {len(bad) + len(good)} total")
	assert [one["id"] for one in rows(servers.path("A", "intermediate", "internal", "verify1", FILE))] == [one["id"] for one in good]


def test_a_share_that_says_it_is_the_other_servers(tool, keys, secret, tmp_path):
	"""Sealed to A's key with B's content: the encoder was given the keys the wrong way round."""
	both = Servers(tool, tmp_path, "b", N_DATA, keys, secret)
	write_rows(tmp_path / FILE, [{"payload": VECTORS[0]}])
	tool.ok("encode-shares", "--input", tmp_path / FILE, "--output-A", both.path("B", "raw"), "--output-B", both.path("A", "raw"), env=both.env["B"])
	assert re.search(r": other-server$", both.step("A", "verify1"), re.M)


def test_a_truncated_file(servers):
	path = servers.path("A", "raw", FILE)
	path.write_bytes(path.read_bytes()[:-100])
	words = servers.step("A", "verify1")
	assert f"{FILE}:4: not-json; the file ends within this line, is it truncated?" in words
	assert said(words, "1 errors out of 4 total")


def test_many_refusals_are_counted_and_some_named(servers):
	write_rows(servers.path("A", "raw", FILE), ["no"] * 100)
	words = servers.step("A", "verify1")
	assert words.count(": not-json") == 20 and "prio: 100 not-json: " in words
	assert "further ones are counted only" in words


def test_ids_cannot_write_to_the_terminal(servers):
	write_rows(servers.path("A", "raw", FILE), [{"id": "x\u001b[2J\u202e\n", "payload": ""}])
	words = servers.step("A", "verify1")
	assert "\\x1b[2J" in words and "\u001b" not in words and "\u202e" not in words


def test_wrong_n_data(servers):
	"""A sees it in each share; B, whose shares are seeds, cannot."""
	for letter in "AB":
		servers.env[letter]["N_DATA"] = 6
	words = servers.both("verify1")
	assert "prio: 4 wrong-length: " in words["A"]
	assert said(words["B"], "0 errors out of 4 total")


def test_partners_odd_packets(servers):
	servers.both("verify1")
	path = servers.path("A", "intermediate", "external", "verify1", FILE)
	some = rows(path)
	some[1]["payload"] = "AAAA"
	path.write_text("".join(json.dumps(one) + "\n" for one in [some[0], some[1], some[3], {**some[3], "payload": some[0]["payload"]}, {"id": "who", "payload": some[0]["payload"]}]) + "broken\n")
	words = servers.step("A", "verify2")
	for word in ("partner-packet", "unmatched", "partner-conflict"):
		assert f"prio: 1 {word}: " in words
	assert "1 ids of the other server met no record here" in words
	assert "1 lines are no records" in words
	assert said(words, "3 errors out of 4 total")


def test_own_packets_of_another_run(servers, tool):
	"""verify1 was run with another secret than verify2: nothing is answered, since the points would differ."""
	servers.both("verify1")
	servers.env["A"]["SHARED_SECRET"] = json.loads(tool.ok("shared-seed").stdout)["shared_seed"]
	words = servers.step("A", "verify2")
	assert "prio: 4 other-run: " in words
	assert servers.text("A", "verify2") == b""


# ---- directories of part files


def test_directories_of_part_files(tool, servers):
	"""Two parts, an empty one, and things that are no parts; re-partitioned and shuffled on B's side."""
	raw = {letter: rows(servers.path(letter, "raw", FILE)) for letter in "AB"}
	parts = {"A": {"part-0.json": [0, 1], "part-1.json": [], "part-2.ndjson": [2, 3]}, "B": {"x.json": [3], "y.json": [1, 0, 2]}}
	for letter in "AB":
		shutil.rmtree(servers.path(letter, "raw"))
		servers.path(letter, "raw").mkdir()
		for name, which in parts[letter].items():
			write_rows(servers.path(letter, "raw", name), [raw[letter][i] for i in which])
		for name in ("_SUCCESS", ".part-0.json.crc", "_manifest.json"):
			servers.path(letter, "raw", name).write_text("no part")
	out = {letter: servers.folder / "parts" / letter for letter in "AB"}
	told = {}
	for step, before in (("verify1", None), ("verify2", "verify1"), ("aggregate", "verify2"), ("publish", "aggregate")):
		for letter, other in ("AB", "BA"):
			arguments = [] if step == "publish" else ["--input", servers.path(letter, "raw")]
			if before:
				arguments += ["--input-internal", out[letter] / before, "--input-external", out[other] / before]
			told[step, letter] = tool.ok(step, *arguments, "--output", out[letter] / step, env=servers.env[letter]).stderr
	for letter in "AB":
		for step in ("verify1", "verify2"):
			assert {path.name: len(rows(path)) for path in (out[letter] / step).iterdir()} == {name: len(which) for name, which in parts[letter].items()}
		assert os.listdir(out[letter] / "aggregate") == ["aggregate.ndjson"] == os.listdir(out[letter] / "publish")
		assert json.loads((out[letter] / "publish" / "aggregate.ndjson").read_text())["payload"] == SUMS
	assert said(told["verify1", "A"], "0 errors out of 4 total")


def test_repeated_ids_are_found_across_part_files(tool, servers):
	raw = rows(servers.path("A", "raw", FILE))
	write_rows(servers.path("A", "raw", "another.json"), raw[:2])
	told = tool.ok("verify1", "--input", servers.path("A", "raw"), "--output", servers.folder / "out", env=servers.env["A"]).stderr
	assert "prio: 2 duplicate: " in told
	assert len(rows(servers.folder / "out" / "another.json")) == 2 and len(rows(servers.folder / "out" / FILE)) == 2


def test_encode_shares_of_a_directory(tool, servers, tmp_path):
	source = tmp_path / "vectors"
	source.mkdir()
	write_rows(source / "1.json", [{"payload": VECTORS[0]}])
	write_rows(source / "2.json", [{"payload": VECTORS[1]}] * 2)
	tool.ok("encode-shares", "--input", source, "--output-A", tmp_path / "a", "--output-B", tmp_path / "b", env=servers.env["A"])
	assert {path.name: len(rows(path)) for path in (tmp_path / "b").iterdir()} == {"1.json": 1, "2.json": 2}


def test_symbolic_links_among_part_files_are_left_out(tool, servers):
	servers.path("A", "raw", "link.json").symlink_to("/etc/passwd")
	arguments, env = verify1(servers)
	arguments[arguments.index("--input") + 1] = servers.path("A", "raw")
	told = tool.ok(*arguments, env=env).stderr
	assert "link.json is left out" in told and said(told, "0 errors out of 4 total")

"""`prio encode-shares`: what it makes, and what it refuses to make."""

import json
import re

import pytest

from prio_tool import FILE, encode, rows, write_rows

VECTORS = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0]]


def test_encoded_records(tool, servers):
	a, b = (rows(servers.path(letter, "raw", FILE)) for letter in "AB")
	assert [list(one) for one in a + b] == [["id", "payload"]] * 8
	assert [one["id"] for one in a] == [one["id"] for one in b]
	for one in a:
		assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one["id"])
	text = servers.path("A", "raw", FILE).read_text()
	assert text == "".join(json.dumps(one) + "\n" for one in a)


def test_encode_keeps_an_id_and_other_members(tool, servers, tmp_path):
	write_rows(tmp_path / FILE, [{"payload": VECTORS[0], "id": "mine", "x": 1}, {"x": [2], "payload": VECTORS[1]}, {"id": 7, "payload": VECTORS[2]}])
	tool.ok("encode-shares", "--input", tmp_path / FILE, "--output-A", tmp_path / "a", "--output-B", tmp_path / "b", env=servers.env["A"])
	one, two, three = rows(tmp_path / "b" / FILE)
	assert list(one) == ["payload", "id", "x"] and (one["id"], one["x"]) == ("mine", 1)
	assert list(two) == ["id", "x", "payload"] and two["x"] == [2]
	assert three["id"] == 7


BAD_VECTORS = {
	"blank": ("", "not a JSON object"),
	"not json": ("payload", "not a JSON object"),
	"no payload": ("{}", 'no array "payload"'),
	"a string": ('{"payload": "101"}', 'no array "payload"'),
	"too short": ('{"payload": [1, 0, 1]}', "has 3 values, and the batch has 5"),
	"float": ('{"payload": [1, 0.0, 1, 0, 0]}', "value 1 "),
	"null": ('{"payload": [1, 0, null, 0, 0]}', "value 2 "),
	"256": ('{"payload": [1, 0, 0, 0, 256]}', "0 to 255"),
	"negative": ('{"payload": [-1, 0, 0, 0, 0]}', "0 to 255"),
	"huge": ('{"payload": [99999999999999999999, 0, 0, 0, 0]}', "not a JSON object"),
	"null id": ('{"id": null, "payload": [1, 0, 0, 0, 0]}', '"id"'),
}


@pytest.mark.parametrize("name", BAD_VECTORS)
def test_a_bad_vector_leaves_nothing(tool, servers, tmp_path, name):
	line, words = BAD_VECTORS[name]
	write_rows(tmp_path / FILE, [{"payload": VECTORS[0]}, line])
	out = [tmp_path / "a", tmp_path / "b"]
	told = tool.fails("encode-shares", "--input", tmp_path / FILE, "--output-A", out[0], "--output-B", out[1], env=servers.env["A"])
	assert f"{FILE}:2: " in told and words in told
	assert not any(path.exists() for path in out)


def test_odd_vectors_are_warned_of(tool, servers):
	told = encode(servers, [[2, 0, 0, 0, 0], [1, 0, 0, 0, 0, 1], [True, False, True, False, True]]).stderr
	assert "warning: 1 vectors hold values other than 0 and 1" in told
	assert "warning: 1 vectors are longer than n-data" in told
	servers.all_steps()
	assert servers.published("A") == [2, 0, 1, 0, 1]


def test_an_integer_too_large_for_its_precision(tool, servers, tmp_path):
	write_rows(tmp_path / FILE, [{"payload": [16, 0, 0]}])
	told = tool.fails("encode-shares", "--precision", 4, "--n-data", 12, "--input", tmp_path / FILE, "--output-A", tmp_path / "a",
		"--output-B", tmp_path / "b", env=servers.env["A"])
	assert "0 to 15" in told


def test_one_directory_for_both_outputs_is_refused(tool, servers, tmp_path):
	told = tool.fails("encode-shares", "--input", servers.folder / FILE, "--output-A", tmp_path / "x", "--output-B", tmp_path / "x",
		env=servers.env["A"], code=2)
	assert "--output-A" in told


def test_one_directory_under_two_names_is_refused(tool, servers, tmp_path):
	(tmp_path / "x").mkdir()
	(tmp_path / "y").symlink_to("x")
	told = tool.fails("encode-shares", "--input", servers.folder / FILE, "--output-A", tmp_path / "x", "--output-B", tmp_path / "y",
		env=servers.env["A"])
	assert "--output-A" in told and list((tmp_path / "x").iterdir()) == []

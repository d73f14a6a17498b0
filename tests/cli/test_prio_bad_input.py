"""`prio`: what it says about bad keys, variables and files, and that nothing half-written is left."""

import base64
import json
import os
import pathlib
import subprocess

import pytest

from prio_tool import FILE, Servers, encode, rows, verify1, write_rows

STEPS = ("verify1", "verify2", "aggregate", "publish")
N_DATA = 5
VECTORS = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0]]
SUMS = [4, 3, 2, 1, 0]


# ---- bad keys, variables, files


BAD_VARIABLES = [
	("N_DATA", "five", 2, "--n-data (N_DATA)"),
	("N_DATA", "5.0", 2, "--n-data (N_DATA)"),
	("N_DATA", "-1", 1, "--n-data (N_DATA)"),
	("N_DATA", "0", 1, "n_data"),
	("N_DATA", "262144", 1, "262143"),
	("N_DATA", "5000000000", 1, "N_DATA"),
	("N_DATA", "99999999999999999999", 1, "N_DATA"),
	("N_DATA", "7", 1, "ALLOW_FORGEABLE_SIZE"),
	("BATCH_ID", "b" * 1025, 1, "1024"),
	("SERVER_ID", "C", 2, "--server-id (SERVER_ID)"),
	("SERVER_ID", "a", 2, "A|B"),
	("PRECISION", "43", 1, "42"),
	("PRECISION", "2", 1, "multiple"),
	("PRG", "new", 2, "--prg (PRG)"),
	("QUERY_ORDER", "random", 2, "--query-order (QUERY_ORDER)"),
	("ALLOW_FORGEABLE_SIZE", "maybe", 2, "ALLOW_FORGEABLE_SIZE"),
	("PUBLIC_KEY_HEX_INTERNAL", "12AB", 1, "--public-key-hex-internal (PUBLIC_KEY_HEX_INTERNAL)"),
	("PUBLIC_KEY_HEX_EXTERNAL", "G" * 64, 1, "--public-key-hex-external (PUBLIC_KEY_HEX_EXTERNAL)"),
	("PRIVATE_KEY_HEX", "SECRETSECRET" + "0" * 52, 1, "--private-key-hex (PRIVATE_KEY_HEX)"),
	("PRIVATE_KEY_HEX", "ABCDEF", 1, "64"),
	("SHARED_SECRET", "not base64, SECRETSECRET", 1, "--shared-secret (SHARED_SECRET)"),
	("SHARED_SECRET", "U0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVU", 1, "16"),
]


@pytest.mark.parametrize("variable, value, code, words", BAD_VARIABLES)
def test_a_malformed_variable(tool, servers, variable, value, code, words):
	arguments, env = verify1(servers, **{variable: value})
	told = tool.fails(*arguments, env=env, code=code)
	assert words in told, told
	if variable in ("PRIVATE_KEY_HEX", "SHARED_SECRET"):
		assert value not in told and "SECRETSECRET" not in told
	assert not (servers.folder / "out" / FILE).exists()


@pytest.mark.parametrize("variable", ["BATCH_ID", "N_DATA", "SERVER_ID", "SHARED_SECRET", "PRIVATE_KEY_HEX", "PUBLIC_KEY_HEX_INTERNAL",
	"PUBLIC_KEY_HEX_EXTERNAL"])
@pytest.mark.parametrize("step", ["verify1", "verify2", "aggregate"])
def test_a_missing_variable(tool, servers, step, variable):
	env = {name: value for name, value in servers.env["A"].items() if name != variable}
	side = ["--input-internal", "x", "--input-external", "x"] if step != "verify1" else []
	told = tool.fails(step, "--input", "x", *side, "--output", "x", env=env, code=2)
	assert f"({variable})" in told and "missing" in told and f"prio {step} --help" in told


def test_everything_missing_is_named_at_once(tool):
	told = tool.fails("aggregate", code=2)
	for name in ("BATCH_ID", "N_DATA", "SERVER_ID", "PRIVATE_KEY_HEX", "SHARED_SECRET", "INPUT", "INPUT_INTERNAL", "INPUT_EXTERNAL", "OUTPUT"):
		assert f"({name})" in told


def test_a_private_key_that_does_not_match(tool, servers, keys):
	arguments, env = verify1(servers, PRIVATE_KEY_HEX=keys["B"]["private_key"])
	told = tool.fails(*arguments, env=env)
	assert "PRIVATE_KEY_HEX" in told and keys["B"]["private_key"] not in told


def test_one_public_key_given_twice(tool, servers, keys):
	arguments, env = verify1(servers, PUBLIC_KEY_HEX_EXTERNAL=keys["A"]["public_key"].lower())
	assert "PUBLIC_KEY_HEX_EXTERNAL" in tool.fails(*arguments, env=env)


def test_forgeable_sizes_have_to_be_allowed(tool, keys, secret, tmp_path):
	both = Servers(tool, tmp_path, "b", 3, keys, secret)
	write_rows(tmp_path / FILE, [{"payload": [1, 0, 1]}])
	arguments = ["encode-shares", "--input", tmp_path / FILE, "--output-A", both.path("A", "raw"), "--output-B", both.path("B", "raw")]
	told = tool.fails(*arguments, env=both.env["A"])
	assert "n_data 4" in told and "--allow-forgeable-size (ALLOW_FORGEABLE_SIZE)" in told
	done = tool.ok(*arguments, env={**both.env["A"], "ALLOW_FORGEABLE_SIZE": "1"})
	assert "warning: " in done.stderr and "forge" in done.stderr
	both.options = ("--allow-forgeable-size",)
	both.all_steps()
	assert both.published("B") == [1, 0, 1]


def test_files_that_cannot_be_read(tool, servers, tmp_path):
	fifo = tmp_path / "fifo"
	os.mkfifo(fifo)
	(tmp_path / "empty").mkdir()
	for path, words in ((tmp_path / "nowhere", "No such file"), (fifo, "regular file"), (tmp_path / "empty", "no part files"), ("", "empty"),
			(servers.path("A", "raw", FILE) / "x", "Not a directory")):
		told = tool.fails("verify1", "--input", path, "--output", tmp_path / "out", env=servers.env["A"])
		assert "--input (INPUT)" in told and words in told


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tool, servers):
	servers.path("A", "raw", FILE).chmod(0)
	arguments, env = verify1(servers)
	assert "Permission denied" in tool.fails(*arguments, env=env)


def test_outputs_that_cannot_be_written(tool, servers, tmp_path):
	(tmp_path / "file").write_text("")
	for output in (tmp_path / "file", tmp_path / "file" / "below", pathlib.Path("/proc/nowhere")):
		arguments, env = verify1(servers, output=output)
		told = tool.fails(*arguments, env=env)
		assert "--output (OUTPUT)" in told and str(output) in told


def test_an_output_never_replaces_an_input(tool, servers):
	path = servers.path("A", "raw", FILE)
	before = path.read_bytes()
	arguments, env = verify1(servers, output=path.parent)
	assert "overwritten" in tool.fails(*arguments, env=env)
	assert path.read_bytes() == before and os.listdir(path.parent) == [FILE]


def test_an_old_output_is_replaced_as_a_whole(servers):
	out = servers.path("A", "intermediate", "internal", "verify1")
	out.mkdir(parents=True)
	(out / FILE).write_text("old" * 10000)
	servers.step("A", "verify1")
	assert len(rows(out / FILE)) == 4


@pytest.fixture
def small_disk(tmp_path):
	"""64 kB of disk, where we may make one."""
	path = tmp_path / "small"
	path.mkdir()
	if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path], capture_output=True).returncode != 0:
		pytest.skip("a small file system cannot be mounted here")
	yield path
	subprocess.run(["umount", path], check=True)


def test_a_full_disk(tool, servers, small_disk):
	"""Nothing half-written is left, and the old result stays."""
	encode(servers, [VECTORS[0]] * 2000)
	arguments, env = verify1(servers, output=small_disk / "out")
	(small_disk / "out").mkdir()
	(small_disk / "out" / FILE).write_text("old")
	told = tool.fails(*arguments, env=env)
	assert "No space left" in told and FILE in told
	assert os.listdir(small_disk / "out") == [FILE]
	assert (small_disk / "out" / FILE).read_text() == "old"


def test_a_full_disk_behind_stdout(tool):
	with open("/dev/full", "w", encoding="utf-8") as full:
		done = subprocess.run([tool.program, "keygen"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
	assert done.returncode == 1 and "standard output" in done.stderr


# ---- publish


@pytest.fixture
def aggregated(servers):
	for step in STEPS[:3]:
		servers.both(step)
	return servers


def change_aggregate(servers, side, change):
	path = servers.path("A", "intermediate", side, "aggregate", FILE)
	record = json.loads(path.read_text())
	change(record)
	path.write_text(json.dumps(record))


def test_publish_needs_no_secret(tool, aggregated, tmp_path):
	sides = [aggregated.path("A", "intermediate", side, "aggregate", FILE) for side in ("internal", "external")]
	tool.ok("publish", "--batch-id", "cli test", "--n-data", N_DATA, "--input-internal", sides[0], "--input-external", sides[1], "--output", tmp_path / "p")
	assert json.loads((tmp_path / "p" / FILE).read_text())["payload"] == SUMS


def test_publish_of_swapped_inputs(tool, aggregated, tmp_path):
	sides = [aggregated.path("A", "intermediate", side, "aggregate", FILE) for side in ("internal", "external")]
	told = tool.fails("publish", "--input-internal", sides[1], "--input-external", sides[0], "--output", tmp_path / "p", env=aggregated.env["A"])
	assert "swapped" in told


BAD_AGGREGATES = {
	"own total twice": (lambda record, own: record.update(own), 1, ""),
	"another number of records": (lambda record, own: record.update(total=9), 1, "different records"),
	"more errors than records": (lambda record, own: record.update(error=9), 1, "more errors"),
	"no payload": (lambda record, own: record.pop("payload"), 1, "payload"),
	"not base64": (lambda record, own: record.update(payload="!!!!"), 1, "base64"),
	"cut short": (lambda record, own: record.update(payload=record["payload"][:16]), 1, ""),
	"of another sum": (lambda record, own: record.update(payload=base64.b64encode(bytes([1, 0x95]) + b"\xa1\x05" * 5).decode()), 1, ""),
}


@pytest.mark.parametrize("name", BAD_AGGREGATES)
def test_publish_of_bad_aggregates(tool, aggregated, name):
	change, code, words = BAD_AGGREGATES[name]
	own = json.loads(aggregated.text("A", "aggregate"))
	change_aggregate(aggregated, "external", lambda record: change(record, own))
	assert words in aggregated.step("A", "publish", code=code)
	assert not aggregated.path("A", "processed", FILE).exists()


def test_publish_of_a_truncated_aggregate(aggregated):
	path = aggregated.path("A", "intermediate", "external", "aggregate", FILE)
	path.write_bytes(path.read_bytes()[:-20])
	assert str(path) in aggregated.step("A", "publish", code=1)

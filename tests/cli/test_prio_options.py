"""`prio`: secrets, help, version, completion, documents."""

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from prio_tool import encode, verify1

COMMANDS = ("shared-seed", "keygen", "encode-shares", "verify1", "verify2", "aggregate", "publish")


# ---- secrets


def test_secrets_from_files(tool, servers, keys, secret, tmp_path):
	(tmp_path / "key").write_text(keys["A"]["private_key"] + "\n")
	(tmp_path / "secret").write_text(secret)
	arguments, env = verify1(servers, PRIVATE_KEY_HEX=None, SHARED_SECRET=None)
	tool.ok(*arguments, "--private-key-file", tmp_path / "key", "--shared-secret-file", tmp_path / "secret", env=env)
	tool.ok(*arguments, env={**env, "PRIVATE_KEY_HEX_FILE": tmp_path / "key", "SHARED_SECRET_FILE": tmp_path / "secret"})


def test_a_secret_from_a_descriptor(tool, servers, keys, tmp_path):
	arguments, env = verify1(servers, PRIVATE_KEY_HEX=None)
	read, write = os.pipe()
	os.write(write, keys["A"]["private_key"].encode())
	os.close(write)
	done = tool.run(*arguments, "--private-key-file", f"/dev/fd/{read}", env=env, pass_fds=(read,))
	os.close(read)
	assert done.returncode == 0, done.stderr


def test_a_secret_in_argv_is_overwritten(tool, servers, keys, tmp_path):
	"""While it runs, nobody can read it from the list of processes."""
	fifo = tmp_path / "secret"
	os.mkfifo(fifo)
	arguments, env = verify1(servers, PRIVATE_KEY_HEX=None, SHARED_SECRET=None)
	more = ["--private-key-hex", keys["A"]["private_key"], "--shared-secret-file", fifo]
	process = subprocess.Popen([tool.program, *map(str, arguments + more)], env={name: str(value) for name, value in env.items()}, stderr=subprocess.DEVNULL)
	try:
		with open(fifo, "w", encoding="utf-8") as gate:  # opens once the other side does: by then the options are read
			command_line = pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
			gate.write(env.get("SHARED_SECRET", "") or "x")
		assert b"--private-key-hex\0xxxx" in command_line
		assert keys["A"]["private_key"].encode() not in command_line
	finally:
		process.wait(60)


@pytest.mark.parametrize("content, words", [("", "empty"), ("\n", "empty"), ("a\0b", "not text"), ("x" * 5000, "too long"), (None, "No such file")])
def test_a_bad_secret_file(tool, servers, tmp_path, content, words):
	if content is not None:
		(tmp_path / "key").write_text(content)
	arguments, env = verify1(servers, PRIVATE_KEY_HEX=None)
	told = tool.fails(*arguments, "--private-key-file", tmp_path / "key", env=env)
	assert "--private-key-file (PRIVATE_KEY_HEX_FILE)" in told and words in told


def test_a_secret_given_twice(tool, servers, keys, tmp_path):
	(tmp_path / "key").write_text(keys["A"]["private_key"])
	arguments, env = verify1(servers, PRIVATE_KEY_HEX_FILE=tmp_path / "key")
	assert "PRIVATE_KEY_HEX_FILE" in tool.fails(*arguments, env=env, code=2)
	arguments, env = verify1(servers, PRIVATE_KEY_HEX=None)
	tool.fails(*arguments, "--private-key-file", tmp_path / "key", "--private-key-hex", keys["A"]["private_key"], env=env, code=2)


# ---- help, version, completion, documents


def test_keygen_and_shared_seed(tool):
	key = json.loads(tool.ok("keygen").stdout)
	assert list(key) == ["private_key", "public_key"]
	assert all(re.fullmatch("[0-9A-F]{64}", half) for half in key.values())
	seed = json.loads(tool.ok("shared-seed").stdout)
	assert list(seed) == ["shared_seed"] and len(base64.b64decode(seed["shared_seed"], validate=True)) == 16
	assert tool.ok("keygen").stdout != tool.ok("keygen").stdout


def test_version_and_help(tool):
	assert re.fullmatch(r"prio \d+\.\d+\.\d+\nkernels: (portable|avx2|avx512|avx512ifma)\n", tool.ok("--version").stdout)
	overview = tool.ok("--help").stdout
	for command in COMMANDS:
		assert f"  {command} " in overview
		text = tool.ok(command, "--help").stdout
		assert text.startswith(f"Usage: prio {command} ")
		assert max(map(len, text.splitlines())) <= 100
	for option in ("--query-order batch|file", "--private-key-file PATH", "[SHARED_SECRET_FILE]", "(default: batch)", "ALLOW_FORGEABLE_SIZE"):
		assert option in tool.ok("verify1", "--help").stdout


@pytest.mark.parametrize("variable, name", [("PRIO_BIN", "prio"), ("PRIO_PROCESSOR_BIN", "prio-processor")])
def test_help_breaks_lines_between_words(variable, name):
	"""Wherever a line is full: what stands apart in the documents does so in --help, and every line fits."""
	program = os.environ.get(variable) or pathlib.Path(__file__).parents[2] / "build" / "bin" / name
	run = lambda *words: subprocess.run([program, *words], capture_output=True, text=True, check=True).stdout  # noqa: E731
	known = set(re.findall(r"\w+", run("docs") + run("--help") + "Usage OPTION Options PATH the same from a file in brackets wins over environment"))
	commands = re.findall(r"^  ([a-z][\w-]+) ", run("--help").split("Commands:")[1].split("Also:")[0], re.M)
	assert commands
	for command in commands:
		text = run(command, "--help")
		assert set(re.findall(r"\w+", text)) <= known
		assert not re.search(r"[^\s(][\[(][A-Z]|default:\S", text.split("Options")[-1])
		assert max(map(len, text.splitlines())) <= 100


def test_prio_cpu_chooses_the_kernels(tool):
	tables = ["portable", "avx2", "avx512", "avx512ifma"]
	best = tool.ok("--version", env={"PRIO_CPU": ""}).stdout.split()[-1]
	for table in tables[:tables.index(best) + 1]:
		assert tool.ok("--version", env={"PRIO_CPU": table}).stdout.endswith(f"\nkernels: {table}\n")
	for table in tables[tables.index(best) + 1:]:
		assert f"it has {best}" in tool.fails("keygen", env={"PRIO_CPU": table}, code=2)
	told = tool.fails("keygen", env={"PRIO_CPU": "sse2\x1b[31m"}, code=2)
	assert "PRIO_CPU" in told and "portable, avx2, avx512 or avx512ifma" in told and "\x1b" not in told


def test_slips_get_a_suggestion(tool):
	assert "did you mean verify1?" in tool.fails("verfy1", code=2)
	assert "did you mean" not in tool.fails("elephant", code=2)
	assert "did you mean --input-internal?" in tool.fails("verify2", "--input-intrenal", "x", code=2)
	assert "did you mean --private-key-file?" in tool.fails("verify2", "--private-key-fil=x", code=2)
	assert "takes a value" in tool.fails("verify2", "--input", code=2)
	assert "not expected" in tool.fails("verify2", "input", code=2)
	assert "Usage: prio COMMAND" in tool.fails(code=2)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_is_valid(tool, shell, tmp_path):
	script = tool.ok("completion", shell).stdout
	for command in COMMANDS:
		assert command in script
	if shutil.which(shell) is None:
		pytest.skip(f"{shell} is not here")
	(tmp_path / "script").write_text(script)
	subprocess.run([shell, "-n", tmp_path / "script"], check=True)


@pytest.mark.parametrize("line, expected", [
	("prio ver", ["verify1", "verify2"]),
	("prio verify1 --query", ["--query-order"]),
	("prio verify1 --query-order ", ["batch", "file"]),
	("prio aggregate --server-id ", ["A", "B"]),
	("prio verify2 --private-key", ["--private-key-file", "--private-key-hex"]),
	("prio completion ", ["bash", "zsh"]),
])
def test_completion_in_bash(tool, line, expected):
	words = line.split(" ")
	script = f"{tool.ok('completion', 'bash').stdout}\nCOMP_WORDS=({' '.join(words)}); [[ '{words[-1]}' ]] || COMP_WORDS+=('')\nCOMP_CWORD={len(words) - 1}\n_prio\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
	done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
	assert sorted(done.stdout.split()) == expected


def test_completion_needs_a_shell(tool):
	assert "bash or zsh" in tool.fails("completion", code=2)
	assert "bash or zsh" in tool.fails("completion", "fish", code=2)


def test_docs_name_every_option(tool):
	docs = tool.ok("docs").stdout
	for command in COMMANDS:
		assert f"### prio {command}\n" in docs
		for option in re.findall(r"^  --([\w-]+)", tool.ok(command, "--help").stdout, re.M):
			assert f"`--{option}" in docs

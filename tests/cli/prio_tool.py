"""Runs `prio` as two servers would, with the environment variables of the original's scripts."""

import json
import os
import pathlib
import subprocess

STAGE_SECONDS = 120
# What the sanitizers read, and what chooses the kernels under test.
OUTSIDE = ("PATH", "HOME", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH", "PRIO_CPU")
FILE = "data.ndjson"


class Tool:
	def __init__(self, program):
		self.program = program

	def run(self, *arguments, env=None, **more):
		variables = {name: os.environ[name] for name in OUTSIDE if name in os.environ}
		variables.update({name: str(value) for name, value in (env or {}).items()})
		return subprocess.run([self.program, *map(str, arguments)], env=variables, stdin=subprocess.DEVNULL, capture_output=True,
			text=True, timeout=STAGE_SECONDS, **more)

	def ok(self, *arguments, env=None):
		done = self.run(*arguments, env=env)
		assert done.returncode == 0, done.stderr
		return done

	def fails(self, *arguments, env=None, code=1):
		"""Nothing on stdout, a way out on stderr; returns what it said."""
		done = self.run(*arguments, env=env)
		assert done.returncode == code, (done.returncode, done.stderr)
		assert done.stdout == ""
		return done.stderr


class Servers:
	"""Both servers of one batch, their directories laid out as the original's scripts do."""

	def __init__(self, tool, folder, batch_id, n_data, keys, secret, *options):
		self.tool, self.folder, self.options = tool, pathlib.Path(folder), options
		self.env = {}
		for own, other in ("AB", "BA"):
			self.env[own] = {
				"BATCH_ID": batch_id, "N_DATA": n_data, "SERVER_ID": own, "SHARED_SECRET": secret,
				"PRIVATE_KEY_HEX": keys[own]["private_key"], "PUBLIC_KEY_HEX_INTERNAL": keys[own]["public_key"],
				"PUBLIC_KEY_HEX_EXTERNAL": keys[other]["public_key"],
			}

	def path(self, letter, *parts):
		return self.folder.joinpath(f"server_{letter.lower()}", *parts)

	def put_raw(self, letter, text):
		path = self.path(letter, "raw", FILE)
		path.parent.mkdir(parents=True, exist_ok=True)
		path.write_bytes(text if isinstance(text, bytes) else text.encode())

	def step(self, letter, name, code=0):
		"""One command of one server; its file goes to the other one too. Returns what it said."""
		before = {"verify2": "verify1", "aggregate": "verify2", "publish": "aggregate"}.get(name)
		arguments = [] if name == "publish" else ["--input", self.path(letter, "raw", FILE)]
		if before:
			for side in ("internal", "external"):
				arguments += [f"--input-{side}", self.path(letter, "intermediate", side, before, FILE)]
		output = self.path(letter, *(("processed",) if name == "publish" else ("intermediate", "internal", name)))
		done = self.tool.run(name, *self.options, *arguments, "--output", output, env=self.env[letter])
		assert done.returncode == code, done.stderr
		assert done.stdout == ""
		if code == 0:
			assert [path.name for path in output.iterdir()] == [FILE]
			if name != "publish":
				other = self.path("AB".replace(letter, ""), "intermediate", "external", name, FILE)
				other.parent.mkdir(parents=True, exist_ok=True)
				other.write_bytes((output / FILE).read_bytes())
		return done.stderr

	def both(self, name):
		return {letter: self.step(letter, name) for letter in "AB"}

	def all_steps(self):
		return {name: self.both(name) for name in ("verify1", "verify2", "aggregate", "publish")}

	def text(self, letter, name):
		return self.path(letter, *(("processed",) if name == "publish" else ("intermediate", "internal", name)), FILE).read_bytes()

	def counts(self, letter):
		"""The aggregate record's error and total."""
		record = json.loads(self.text(letter, "aggregate"))
		assert list(record) == ["payload", "error", "total"]
		return record["error"], record["total"]

	def published(self, letter):
		record = json.loads(self.text(letter, "publish"))
		assert list(record) == ["id", "timestamp", "payload"]
		return record["payload"]


def said(words, line):
	"""Is this one of the lines that a command said?"""
	return line in words.splitlines()


def encode(servers, payloads, *options):
	source = servers.folder / FILE
	source.write_text("".join(json.dumps({"payload": one}) + "\n" for one in payloads))
	return servers.tool.ok("encode-shares", *options, "--input", source, "--output-A", servers.path("A", "raw"),
		"--output-B", servers.path("B", "raw"), env=servers.env["A"])


def rows(path):
	return [json.loads(line) for line in path.read_text().splitlines()]


def write_rows(path, some):
	path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in some))


def verify1(servers, *options, letter="A", output=None, **variables):
	"""The arguments and environment of one verify1, to be spoilt."""
	arguments = ["verify1", *options, "--input", servers.path(letter, "raw", FILE), "--output", output or servers.folder / "out"]
	env = {**servers.env[letter], **variables}
	return arguments, {name: value for name, value in env.items() if value is not None}

"""Runs prio-processor as an operator does who has one server's buckets, as directories, and looks into them."""

import os
import pathlib
import pty
import subprocess

from servers import PATIENCE_S, environment

BUCKETS = {"ingest": "a-ingest", "private": "a-private", "shared": "a-shared", "partner": "b-shared"}


class Operator:
	"""ours and theirs: where the buckets of this server, and the shared one of the other, are."""

	def __init__(self, program, folder):
		self.program, self.folder = program, pathlib.Path(folder)
		self.ours, self.theirs = self.folder / "ours", self.folder / "theirs"
		self.env = {
			"BUCKET_INTERNAL_ENDPOINT": f"file://{self.ours}", "BUCKET_EXTERNAL_ENDPOINT": f"file://{self.theirs}",
			"BUCKET_INTERNAL_INGEST": BUCKETS["ingest"], "BUCKET_INTERNAL_PRIVATE": BUCKETS["private"],
			"BUCKET_INTERNAL_SHARED": BUCKETS["shared"], "BUCKET_EXTERNAL_SHARED": BUCKETS["partner"],
		}

	def bucket(self, role):
		return (self.theirs if role == "partner" else self.ours) / BUCKETS[role]

	def put(self, name, data=b"x\n"):
		"""An object, past the program: put("private:a/b")."""
		role, key = name.split(":", 1)
		path = self.bucket(role) / key
		path.parent.mkdir(parents=True, exist_ok=True)
		path.write_bytes(data)
		return path

	def keys(self, role):
		"""Every file of the bucket, also of the names that a listing leaves out."""
		root = self.bucket(role)
		return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())

	def variables(self, env=None):
		return environment(**{**self.env, **(env or {})})

	def command(self, *arguments):
		return [self.program, *(word if isinstance(word, bytes) else str(word) for word in arguments)]

	def run(self, *arguments, env=None, stdin=b"", **more):
		return subprocess.run(self.command(*arguments), env=self.variables(env), input=stdin, capture_output=True, cwd=self.folder,
			timeout=PATIENCE_S, check=False, **more)

	def ok(self, *arguments, **more):
		"""What it wrote to standard output."""
		done = self.run(*arguments, **more)
		assert done.returncode == 0, done.stderr
		return done.stdout

	def fails(self, *arguments, code=1, **more):
		"""What it said."""
		done = self.run(*arguments, **more)
		assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
		return done.stderr.decode()

	def on_terminal(self, *arguments):
		"""What a terminal gets to see from standard output."""
		ours, theirs = pty.openpty()
		process = subprocess.Popen(self.command(*arguments), env=self.variables(), cwd=self.folder, stdin=subprocess.DEVNULL,
			stdout=theirs, stderr=subprocess.DEVNULL)
		os.close(theirs)
		seen = b""
		while True:
			try:
				piece = os.read(ours, 65536)
			except OSError:  # the other end is closed
				piece = b""
			if not piece:
				break
			seen += piece
		os.close(ours)
		assert process.wait(PATIENCE_S) == 0
		return seen

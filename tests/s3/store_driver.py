"""The store on S3 as C has it, through s3-driver: one object of Driver is one bucket opened by one process."""

import collections
import os
import subprocess
import tempfile
import urllib.parse

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROCESSOR = os.environ.get("PRIO_PROCESSOR_BIN") or os.path.join(TOP, "build/bin/prio-processor")
DRIVER = os.path.join(os.path.dirname(PROCESSOR), "s3-driver")
RUNTIME = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "PATH", "LD_LIBRARY_PATH", "PRIO_CPU")
PART_BYTES = 8 << 20

Answer = collections.namedtuple("Answer", "status text")
Object = collections.namedtuple("Object", "key size version crc", defaults=(None,))


class Refused(Exception):
	def __init__(self, answer):
		super().__init__(f"{answer.status}: {answer.text}")
		self.status, self.text = answer


def encode(word):
	return urllib.parse.quote(word, safe="/")


def parse_object(line):
	key, *rest = line.split(" ")
	return Object(urllib.parse.unquote(key, errors="surrogateescape"), int(rest[0]), *rest[1:])


class Driver:
	"""Options become settings: endpoint, bucket, access_key, secret_key, region, ca_file, addressing, google_credentials,
	session_token. prefix: words in front of the command (faketime, valgrind)."""

	def __init__(self, prefix=(), variables=None, **settings):
		environment = {name: os.environ[name] for name in RUNTIME if name in os.environ}
		environment.update({f"S3_{name.upper()}": value for name, value in settings.items() if value is not None})
		environment.update(variables or {})
		self.directory = tempfile.TemporaryDirectory()
		self.errors = tempfile.TemporaryFile()
		self.process = subprocess.Popen([*prefix, DRIVER], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
			text=True)
		self.opened = self._answer()

	@classmethod
	def of(cls, server, bucket, access_key=None, secret_key=None, **settings):
		"""A bucket of an s3_servers.Server."""
		return cls(**{"endpoint": server.url, "bucket": bucket, "region": server.region, "ca_file": server.ca_file,
			"access_key": access_key or server.root_key, "secret_key": secret_key or server.root_secret, **settings})

	def _line(self):
		line = self.process.stdout.readline()
		assert line.endswith("\n"), f"s3-driver ended with {self.process.wait()}: {self.log()}"
		return line[:-1]

	def _answer(self):
		status, _, text = self._line().partition(" ")
		return Answer(status, urllib.parse.unquote(text) if status != "ok" else text)

	def send(self, *words):
		self.process.stdin.write(" ".join(encode(str(word)) for word in words) + "\n")
		self.process.stdin.flush()

	def ask(self, *words):
		"""The Answer, whatever it is."""
		self.send(*words)
		return self._answer()

	def do(self, *words):
		"""What follows "ok"; anything else is raised."""
		answer = self.ask(*words)
		if answer.status != "ok":
			raise Refused(answer)
		return answer.text

	def path(self, name="data"):
		return os.path.join(self.directory.name, name)

	def _file(self, data):
		with open(self.path("in"), "wb") as file:
			file.write(data)
		return file.name

	def put(self, key, data, condition="always"):
		self.do("put", key, self._file(data), condition)

	def create(self, key, data, step=1 << 20, end="commit"):
		self.do("create", key, self._file(data), step, end)

	def get(self, key, most=1 << 30):
		self.do("get", key, most, self.path())
		return self._contents()

	def read(self, key, offset=0, length="max", block=1 << 20, n_lent=8):
		self.do("read", key, offset, length, block, n_lent, self.path())
		return self._contents()

	def begin_read(self, key, block=1 << 20, n_lent=1):
		"""Reads one block and waits; end_read goes on."""
		self.send("read", key, 0, "max", block, n_lent, self.path(), "wait")
		line = self._line()
		assert line == "waiting", line

	def end_read(self):
		self.send("")
		return self._answer()

	def _contents(self):
		with open(self.path(), "rb") as file:
			return file.read()

	def stat(self, key):
		return parse_object(self.do("stat", key))

	def list(self, prefix=""):
		self.do("list", prefix, self.path())
		return [parse_object(line) for line in self._contents().decode().splitlines()]

	def keys(self, prefix=""):
		return [found.key for found in self.list(prefix)]

	def delete(self, *keys):
		self.do("delete", *keys)

	def log(self):
		"""What it said on stderr so far."""
		self.errors.seek(0)
		return self.errors.read().decode(errors="replace")

	def close(self):
		"""Ends it as it should end: a sanitizer's findings show in the exit code."""
		self.process.stdin.close()
		code = self.process.wait(60)
		self.process.stdout.close()
		log = self.log()
		self.errors.close()
		self.directory.cleanup()
		assert code == (0 if self.opened.status == "ok" else 1), log

	def kill(self):
		self.process.kill()
		self.process.wait()

	def __enter__(self):
		return self

	def __exit__(self, kind, *_):
		if kind is None:
			self.close()
		else:
			self.kill()

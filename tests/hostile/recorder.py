"""What left a server: every version of every object it wrote, over all its runs; and the rules that must hold of them.

The recorder sits in the program itself (record.c, preloaded), so that nothing escapes it that was there for a moment only.
"""

import collections
import glob
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


class RuleBroken(AssertionError):
	"""One of the rules that protect clients (SECURITY.md) does not hold of what left."""


def build(directory):
	"""The preloaded library, compiled into a directory."""
	library = os.path.join(directory, "record.so")
	made = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-pedantic", "-o", library,
		os.path.join(HERE, "record.c"), "-ldl"], capture_output=True, text=True, check=False)
	assert made.returncode == 0, made.stderr
	return library


class Recorder:
	def __init__(self, library, directory):
		self.library, self.directory = library, directory
		os.makedirs(directory)

	def variables(self):
		found = {"LD_PRELOAD": self.library, "RECORD_DIRECTORY": self.directory}
		if "ASAN_OPTIONS" in os.environ:  # its runtime wants to be the first library, or to be told that it is not
			found["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
		return found

	def at_the_end(self, pid):
		"""What a process recorded of itself when it ended, None if it was killed: "VmHWM:" (its peak memory, kB), "core", "dumpable"."""
		path = os.path.join(self.directory, f"peak-{pid}")
		if not os.path.exists(path):
			return None
		with open(path, encoding="ascii") as file:
			words = [word for word in file.read().split() if word != "kB"]
		return {name: int(value) for name, value in zip(words[::2], words[1::2])}

	def versions(self):
		"""(path, content) of everything that was written, in its order."""
		path = os.path.join(self.directory, "index")
		if not os.path.exists(path):
			return
		with open(path, encoding="utf-8", errors="surrogateescape") as index:
			for line in index.read().split("\n")[:-1]:
				number, path = line.split(" ", 1)
				with open(os.path.join(self.directory, number), "rb") as file:
					yield path, file.read()


class Left:
	"""The part of it that went to the partner: below one directory, `intermediate/external` of the outbox."""

	def __init__(self, recorder, outbox):
		self.outbox = outbox
		self.objects = collections.defaultdict(list)  # name below the outbox -> its versions
		for path, content in recorder.versions():
			if path.startswith(outbox + "/"):
				self.objects[path[len(outbox) + 1:]].append(content)
		self._is_complete()

	def _is_complete(self):
		"""Nothing is to be seen in the outbox that was not recorded."""
		for path in glob.glob(glob.escape(self.outbox) + "/**", recursive=True):
			if os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) > 0:
				with open(path, "rb") as file:
					assert file.read() in self.objects[path[len(self.outbox) + 1:]], f"{path} was not recorded"

	def parts(self, stage, batch=None):
		"""(batch, content) of all versions of a stage's parts, as they are in paths."""
		for name, versions in self.objects.items():
			place = name.split("/")
			if place[0] == stage and len(place) == 3 and place[2][0] not in "_.":
				for content in versions:
					if batch in (None, place[1][len("batch_id="):]):
						yield place[1][len("batch_id="):], content

	def packets(self, stage):
		"""(batch, id) -> set of all payloads that ever left under it."""
		found = collections.defaultdict(set)
		for batch, content in self.parts(stage):
			for line in content.decode().splitlines():
				row = json.loads(line)
				found[batch, row["id"]].add(row["payload"])
		return found

	# The rules.

	def one_query_point(self):
		for key, payloads in self.packets("verify1").items():
			if len(payloads) > 1:
				raise RuleBroken(f"{key} was sent at {len(payloads)} query points")

	def one_answer(self):
		for key, payloads in self.packets("verify2").items():
			if len(payloads) > 1:
				raise RuleBroken(f"{key} was answered in {len(payloads)} ways")

	def one_release(self):
		found = collections.defaultdict(set)
		for batch, content in self.parts("aggregate"):
			found[batch].add(content)
		for batch, contents in found.items():
			if len(contents) > 1:
				raise RuleBroken(f"batch {batch}: {len(contents)} different totals were released")

	def no_release(self, batch):
		if list(self.parts("aggregate", batch)):
			raise RuleBroken(f"batch {batch}: a total was released")

	def all_rules(self):
		self.one_query_point()
		self.one_answer()
		self.one_release()

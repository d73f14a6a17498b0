"""Sizes: many records, many parts, large parts, small budgets."""

import json
import os
import resource
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from servers import Pair, move_lines  # noqa: E402
from test_process import assert_all_done, assert_published, entry  # noqa: E402

# Under a sanitizer everything takes several times as long and as much memory.
SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ
MANY = int(os.environ.get("PRIO_TEST_RECORDS") or (2000 if SANITIZED else 100000))
MIB = 1 << 20


def test_many_records_in_little_memory(tmp_path):
	"""100,000 records of 441 fields: every count right, and the peak memory of each server below 200 MiB."""
	pair = Pair(tmp_path, [entry("many", 441)])
	try:
		truth = pair.generate("--mode", "random", "--n-rows", MANY)
		runs = pair.run(seconds=1200)
		assert_all_done(runs)
		assert_published(pair, truth)
		assert truth["many"]["records"] == MANY
		if not SANITIZED:
			for run, server in zip(runs, pair.servers):
				print(f"server {server.name}: peak {run.peak_bytes / MIB:.0f} MiB")
				assert run.peak_bytes < 200 * MIB, (server.name, run.peak_bytes)
	finally:
		shutil.rmtree(pair.root)


def test_twenty_times_the_records_in_the_same_memory(tmp_path):
	"""Many times what the budget holds: tables of ids in several passes, what is known of the records in files; the same counts, and
	nothing grows with the records. One job, so that the few records keep as many threads busy."""
	peaks = {}
	for n in (MANY // 20, MANY):
		pair = Pair(tmp_path / str(n), [entry("many", 2)])
		try:
			truth = pair.generate("--mode", "random", "--n-rows", n)
			runs = pair.run(seconds=1200, PRIO_MEMORY_BUDGET=4 * MANY, PRIO_JOBS=1)
			assert_all_done(runs)
			assert_published(pair, truth)
			assert os.path.exists(os.path.join(pair.a.checkpoints("many"), "kept-00000")) == (n == MANY)
			peaks[n] = [run.peak_bytes for run in runs]
		finally:
			shutil.rmtree(pair.root)
	print("peaks:", {n: [f"{peak / MIB:.1f} MiB" for peak in both] for n, both in peaks.items()})
	if not SANITIZED:
		for few, many in zip(*peaks.values()):
			assert many < few + MIB


def test_copies_under_long_ids_fit_the_budget(tmp_path):
	"""Every share once more under a second id, of the greatest length: while the smaller one of each two is looked for, not all of them
	are held at once."""
	n, budget = MANY // 5, 2 * MIB
	peaks = {}
	for length in (40, 1024):
		pair = Pair(tmp_path / str(length), [entry("many", 2)])
		try:
			pair.generate("--mode", "random", "--n-rows", n)
			for server in pair.servers:
				move_lines(server, "many", lambda lines: [[json.dumps({**json.loads(line), "id": (which + json.loads(line)["id"]).ljust(length, "x")})
					for line in lines for which in "ba"]])
			runs = pair.run(seconds=1200, PRIO_MEMORY_BUDGET=budget, PRIO_JOBS=1)
			assert_all_done(runs)
			for server in pair.servers:
				assert server.published("many")["total"] == n
				refused = server.refused("many", "verify1")
				assert len(refused) == n and all(record["reason"] == "copied-share" and record["id"][0] == "b" for record in refused)
			peaks[length] = [run.peak_bytes for run in runs]
		finally:
			shutil.rmtree(pair.root)
	print("peaks:", {length: [f"{peak / MIB:.1f} MiB" for peak in both] for length, both in peaks.items()})
	if not SANITIZED:
		for short, long in zip(*peaks.values()):
			assert long < short + budget + MIB


def test_many_tiny_parts(tmp_path):
	"""One line a part: few descriptors and little memory, however many parts there are (PRIO_TEST_PARTS: 100,000 were tried)."""
	pair = Pair(tmp_path, [entry("x", 2)])
	n = int(os.environ.get("PRIO_TEST_PARTS") or MANY // 5)
	try:
		truth = pair.generate("--mode", "random", "--n-rows", n)
		for server in pair.servers:
			lines = []
			for part in sorted(os.listdir(server.raw("x"))):
				path = os.path.join(server.raw("x"), part)
				with open(path, encoding="utf-8") as file:
					lines += file.read().splitlines()
				os.remove(path)
			for i, line in enumerate(lines):
				server.put_raw("x", [line], f"part-{i:06}.json")
		before = resource.getrlimit(resource.RLIMIT_NOFILE)
		resource.setrlimit(resource.RLIMIT_NOFILE, (64, before[1]))
		try:
			runs = pair.run(seconds=1200)
		finally:
			resource.setrlimit(resource.RLIMIT_NOFILE, before)
		assert_all_done(runs)
		assert_published(pair, truth)
		if not SANITIZED:
			assert max(run.peak_bytes for run in runs) < 200 * MIB
	finally:
		shutil.rmtree(pair.root)


def test_parts_of_several_chunks(tmp_path):
	"""One part of some 80 MB, which several threads read in pieces: no line is lost or doubled where it is cut."""
	pair = Pair(tmp_path, [entry("large", 2046)])
	try:
		truth = pair.generate("--mode", "random", "--n-rows", 1250)
		parts = os.listdir(pair.a.raw("large"))
		assert len(parts) == 1
		assert os.path.getsize(os.path.join(pair.a.raw("large"), parts[0])) > 2.2 * 32 * MIB
		assert_all_done(pair.run(PRIO_JOBS=4))
		assert_published(pair, truth)
		assert len(os.listdir(pair.a.sent("verify1", "large"))) > 3
	finally:
		shutil.rmtree(pair.root)

"""verify1 from NDJSON files in the page cache to packets and checkpoints on disk, end to end: `process` without a partner.

Start of the program, journal and durable writes included. What is sent must be the same under every table and on any number
of cores.
"""

import hashlib
import json
import os
import subprocess
import sys

from harness import say, table_of

TITLE = "verify1 end to end, from files to packets, checkpoints and journal; one server, no partner"
GONE = "the partner's verify1 did not come"


def only_read(bench, site, name, n_cores):
	"""CPU seconds that it takes to read the raw shares and do nothing with them, each core a part of them, all at once."""
	files = [os.path.join(folder, part) for folder, _, parts in os.walk(os.path.join(site.directory, name, "ingest")) for part in parts]
	files.sort(key=os.path.getsize)

	def once():
		readers = [subprocess.Popen(["taskset", "-c", str(core), os.path.join(bench.bindir, "prio_bench"), "read", *files[i::n_cores]],
			stdout=subprocess.PIPE) for i, core in enumerate(bench.cores[:n_cores])]
		said = [reader.communicate()[0] for reader in readers]
		if any(reader.returncode for reader in readers):
			sys.exit("prio_bench read failed")
		return sum(json.loads(words)["s"] for words in said)

	return min(once() for _ in range(5))


def measure(bench):
	n_records, n_data, _ = bench.effort.sites[0]
	site = bench.site(n_records, n_data)
	if site is None:
		return None
	cases = [(name, n_cores, bench.tables[-1]) for name in "AB" for n_cores in bench.core_counts()]
	cases += [(name, 1, table) for name in "AB" for table in bench.tables[:-1]]
	best, digests = {}, {}
	for repetition in range(bench.effort.repetitions):
		for case in cases:
			name, n_cores, table = case
			if repetition > 1 and table != bench.tables[-1]:
				continue
			bench.prio_bench("yardsticks", 2, 0.02)
			site.forget_all()
			took = site.finish(site.start(name, ["process"], bench.cores[:n_cores], RETRY_LIMIT="0", RETRY_DELAY="0", PRIO_CPU=table), GONE)
			for key in ("wall_s", "cpu_s"):
				kept = best.setdefault(case, dict(took))
				kept[key] = min(kept[key], took[key])
			lines = site.part_lines("verify1", name)
			digest = hashlib.sha256(b"\n".join(lines)).hexdigest()
			if len(lines) != n_records or digests.setdefault(name, digest) != digest:
				sys.exit(f"verify1 on {name} with {n_cores} cores and table {table} sent something else")
	site.forget_all()
	raw = site.sizes()
	return {
		"only_read_s": {str(n_cores): only_read(bench, site, "A", n_cores) for n_cores in bench.core_counts()},
		"n_records": n_records, "n_data": n_data, "x_ns": bench.x_ns, "raw_bytes": {name: raw[name]["raw"] for name in "AB"},
		"cases": [{"server": case[0], "cores": case[1], "table": case[2], **took} for case, took in best.items()],
	}


def find(result, server, cores, table=None):
	"""The case, or None; table None: the best."""
	for case in result["cases"] if result else ():
		if case["server"] == server and case["cores"] == cores and table in (None, case["table"]):
			return case
	return None


def limit_of_cores(result, n_cores):
	"""How many times as fast as one core several can be at most, if reading A's files costs each of them as much more than it costs one
	core alone as it does where nothing else is done: they share what brings the bytes from memory."""
	one = find(result, "A", 1)
	if one is None or str(n_cores) not in result["only_read_s"]:
		return None
	more_s = result["only_read_s"][str(n_cores)] - result["only_read_s"]["1"]
	return n_cores * one["cpu_s"] / (one["cpu_s"] + max(0, more_s))


def limit_words(result):
	said = []
	for n_cores, read_s in result["only_read_s"].items():
		us = read_s / result["n_records"] * 1e6
		words = f"{us:.1f} us of CPU a record ({us * 1000 / result['x_ns']:.2f} X)"
		said.append(f"reading A's files and nothing else takes {words} on one core" if n_cores == "1" else
			f"{words} on each of {n_cores} that read at once, so that verify1 on {n_cores} can be {limit_of_cores(result, int(n_cores)):.2f} times as fast as on one")
	return ", ".join(said) + "."


def rate(result, case):
	return result["n_records"] / case["wall_s"]


def in_x(result, case, key="wall_s"):
	return case[key] / result["n_records"] * 1e9 / result["x_ns"]


def show(result):
	rows = []
	for case in result["cases"]:
		gigabytes = result["raw_bytes"][case["server"]] / 1e9 / case["wall_s"]
		rows.append([f"{case['server']}, {case['cores']} core{'s' * (case['cores'] > 1)}, {case['table']}", f"{rate(result, case):,.0f}",
			f"{gigabytes:.2f}", f"{in_x(result, case):.2f}", f"{in_x(result, case, 'cpu_s'):.2f}",
			f"{100 * case['cpu_s'] / case['wall_s'] / case['cores']:.0f} %"])
	say(f"  {result['n_records']} records of {result['n_data']} fields, least of the repetitions; X = {result['x_ns'] / 1000:.1f} us")
	table_of(rows, ["", "records/s", "GB/s of text", "wall, X a record", "CPU, X a record", "busy"])
	say("  The limit: " + limit_words(result))
	say("  Every run sent the same packets.")

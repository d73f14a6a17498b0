#!/usr/bin/env python3
"""make bench: what kernels, records and whole runs cost, as ratios within one run.

Prints tables for people and writes bench.json beside the binaries' directory (bench-part.json with --only). X is one X25519 of OpenSSL, timed in the same
run as what is divided by it, so ratios hold on machines of any speed. Every result is checked by what makes it; a wrong one
ends the run. The least of repetitions that were taken in turns counts, so that what disturbs a machine decides nothing.

	bench/run.py BINDIR [quick|default|full] [--only SECTION,...] [--directory DIR]

DIR: where shares and messages are put, up to 12 GB, for the time of the run (TMPDIR or /tmp). Standard library only.
"""

import argparse
import json
import os
import resource
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import targets  # noqa: E402
from harness import EFFORTS, Bench, load, say  # noqa: E402
from sections import SECTIONS, name_of  # noqa: E402


def busy_s():
	"""CPU seconds that this machine has spent, and those of them that were this run's."""
	with open("/proc/stat", encoding="utf-8") as file:
		user, nice, system, _, _, interrupts, soft, *_ = [int(word) for word in file.readline().split()[1:]]
	own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
	return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK"), sum(usage.ru_utime + usage.ru_stime for usage in own)


def main():
	parser = argparse.ArgumentParser(description="measures what kernels, records and whole runs cost")
	parser.add_argument("bindir")
	parser.add_argument("effort", nargs="?", default="default", choices=list(EFFORTS))
	parser.add_argument("--only", default="", help="sections, separated by commas: " + ", ".join(name_of(section) for section in SECTIONS))
	parser.add_argument("--directory", help="where shares and messages are put for the time of the run")
	arguments = parser.parse_args()
	bindir = os.path.abspath(arguments.bindir)
	only = set(filter(None, arguments.only.split(",")))
	if unknown := only - {name_of(section) for section in SECTIONS}:
		parser.error("no such section: " + ", ".join(sorted(unknown)))

	signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that shares are removed
	begin, begin_busy = time.monotonic(), busy_s()
	bench = Bench(bindir, EFFORTS[arguments.effort], arguments.directory)
	try:
		about = bench.about
		say(f"{about['cpu']}, {about['cores']} cores, {about['memory_gb']} GB; {about['openssl']}; tables: {', '.join(bench.tables)}")
		for section in SECTIONS:
			if only and name_of(section) not in only:
				continue
			say(f"\n{section.TITLE}")
			result = section.measure(bench)
			bench.results[name_of(section)] = result
			if result is not None:
				section.show(result)
	finally:
		bench.close()

	peers = load(os.path.join(os.path.dirname(bindir), "bench-peers.json"))
	rows = targets.compute(bench.results, peers)
	say()
	targets.show(rows)
	seconds = time.monotonic() - begin
	machine_s, own_s = (end - start for start, end in zip(begin_busy, busy_s()))
	others = max(0, machine_s - own_s) / seconds / (os.cpu_count() or 1)
	say(f"\nOther programs used {100 * others:.0f} % of this machine meanwhile." + (" Wall clocks and busy shares say little then." if others > 0.05 else ""))
	path = os.path.join(os.path.dirname(bindir), "bench-part.json" if only else "bench.json")
	with open(path, "w", encoding="utf-8") as file:
		json.dump({"effort": arguments.effort, "seconds": seconds, "others": others, "machine": about, "sections": bench.results, "targets": rows}, file, indent=1)
	say(f"{seconds:.0f} seconds; all of it as JSON: {path}")


if __name__ == "__main__":
	main()

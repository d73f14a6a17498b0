#!/usr/bin/env python3
"""The reference data set for real: a million records of 2000 fields, 65 GB for server A, more than most machines' page cache holds.
Takes minutes and as much room on a disk, so it is no part of `make bench`. Writes bench-million.json beside the binaries'
directory, from which bench/report.py takes it.

	bench/million.py BINDIR [--records N] [--directory DIR]
"""

import argparse
import json
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import SIZE, say  # noqa: E402
from servers import Site  # noqa: E402


def main():
	parser = argparse.ArgumentParser(description="runs both servers over a million records of 2000 fields")
	parser.add_argument("bindir")
	parser.add_argument("--records", type=int, default=1_000_000)
	parser.add_argument("--directory", help="where shares and messages are put, 67 kB a record (TMPDIR or /tmp)")
	arguments = parser.parse_args()
	bindir = os.path.abspath(arguments.bindir)
	directory = tempfile.mkdtemp(prefix="prio-million-", dir=arguments.directory)
	result = {"n_records": arguments.records, "n_data": SIZE}
	try:
		needed, free = arguments.records * 67_000, shutil.disk_usage(directory).free
		if free < needed:
			sys.exit(f"{arguments.records:,} records need {needed / 1e9:.1f} GB in {directory}, where {free / 1e9:.1f} are free: name another "
				"--directory, or fewer --records")
		say("Shares are made")
		site = Site(bindir, directory, arguments.records, SIZE)
		result["generate"] = site.generated
		say("Both servers at once")
		started = {name: site.start(name, ["process"]) for name in "AB"}
		result["together"] = {name: site.finish(started[name]) for name in "AB"}
		for name in "AB":
			site.check(name)
		result["sizes"] = site.sizes()
		result["alone"] = {}
		for name in "AB":
			say(f"{name} once more, with the other's messages")
			site.forget(name)
			result["alone"][name] = site.timed(name, ["process"])
			site.check(name)
	finally:
		shutil.rmtree(directory, ignore_errors=True)
	path = os.path.join(os.path.dirname(bindir), "bench-million.json")
	with open(path, "w", encoding="utf-8") as file:
		json.dump(result, file, indent=1)
	for name, took in result["alone"].items():
		say(f"{name}: {took['wall_s']:.1f} s, {took['cpu_s'] / arguments.records * 1e6:.1f} us of CPU a record, {took['peak_mib']:.0f} MiB; counts right")
	say(path)


if __name__ == "__main__":
	main()

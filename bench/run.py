#!/usr/bin/env python3
"""make bench: what a record costs, kernel table by kernel table, and what whole runs over files cost.

Prints tables for people and writes build/bench.json. All ratios are within this one run: X is one X25519 of OpenSSL, timed by
the same process as the figure that is divided by it, so they hold on machines of any speed. Every result is checked by what
makes it: prio_bench checks proofs and sums, whole runs are checked against the clients' true counts.

	bench/run.py BINDIR [--records N] [--quick]

Standard library only.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

TABLES = ["portable", "avx2", "avx512", "avx512ifma"]
# The targets, in X: (verify1 A, verify1 B, encode); None: none is set.
TARGETS = {"portable": (1.9, 2.1, 14), "avx2": (None, None, None), "avx512": (0.95, 1.15, None), "avx512ifma": (0.32, 0.28, 4)}
SIZE = 2000
APP, DATE, PREFIX = "bench", "2026-01-01", "data/v1"


def say(text=""):
	print(text, flush=True)


def micro(bindir):
	"""prio_bench under each table that this CPU has."""
	results = {}
	for table in TABLES:
		run = subprocess.run([os.path.join(bindir, "prio_bench")], env={**os.environ, "PRIO_CPU": table},
			stdout=subprocess.PIPE, check=False)
		if run.returncode == 3:
			results[table] = None
			continue
		if run.returncode != 0:
			sys.exit(f"prio_bench failed under {table}")
		results[table] = json.loads(run.stdout)
	return results


def mark(value, target):
	return "" if target is None else f" (target {target:g}: {'met' if value <= target else 'MISSED'})"


def show_micro(results):
	say("Per record, one thread, least of many repetitions; X is one X25519 of OpenSSL in the same process.")
	for table, result in results.items():
		if result is None:
			say(f"  {table}: NOT run, this CPU or build lacks it")
			continue
		x = result["x25519"]["min_ns"]
		say(f"  {table}: X = {x / 1000:.1f} us, AES-128-CTR over 48 kB = {result['aes_128_ctr_48kb']['min_ns'] / 1000:.1f} us")
		say("    n_data   verify1 A          verify1 B          encode")
		for size, figures in result["records"].items():
			row = []
			for i, name in enumerate(("verify1_a", "verify1_b", "encode")):
				ns = figures[name]["min_ns"]
				target = TARGETS[table][i] if size == str(SIZE) else None
				row.append(f"{ns / 1000:7.1f} us {ns / x:6.2f} X{mark(ns / x, target)}")
			say(f"    {size:>6}  " + "  ".join(row))


class Site:
	"""Two servers over files in one directory, as the demo sets them up."""

	def __init__(self, bindir, directory, n_records, size):
		self.bindir, self.directory, self.n_records = bindir, directory, n_records
		self.config = os.path.join(directory, "config.json")
		with open(self.config, "w", encoding="utf-8") as file:
			json.dump([{"batch_id": "bench", "n_data": size}], file)
		self.keys = {name: json.loads(self.prio("keygen")) for name in "AB"}
		self.secret = json.loads(self.prio("shared-seed"))["shared_seed"]
		self.truth = os.path.join(directory, "truth.json")
		self.run_tool("A", "generate", "--mode", "random", "--n-rows", str(n_records), "--seed", "1", "--truth", self.truth,
			BUCKET_EXTERNAL_INGEST="ingest")

	def prio(self, *words):
		return subprocess.run([os.path.join(self.bindir, "prio"), *words], stdout=subprocess.PIPE, check=True).stdout

	def variables(self, name, **more):
		other = "B" if name == "A" else "A"
		return {
			"PATH": os.environ["PATH"], "APP_NAME": APP, "SUBMISSION_DATE": DATE, "BUCKET_PREFIX": PREFIX,
			"DATA_CONFIG": self.config, "SERVER_ID": name, "SHARED_SECRET": self.secret,
			"PRIVATE_KEY_HEX": self.keys[name]["private_key"], "PUBLIC_KEY_HEX_INTERNAL": self.keys[name]["public_key"],
			"PUBLIC_KEY_HEX_EXTERNAL": self.keys[other]["public_key"],
			"BUCKET_INTERNAL_ENDPOINT": f"file://{self.directory}/{name}", "BUCKET_EXTERNAL_ENDPOINT": f"file://{self.directory}/{other}",
			"BUCKET_INTERNAL_INGEST": "ingest", "BUCKET_INTERNAL_PRIVATE": "private", "BUCKET_INTERNAL_SHARED": "shared",
			"BUCKET_EXTERNAL_SHARED": "shared", "RETRY_LIMIT": "100000", "RETRY_DELAY": "0.02", "RETRY_BACKOFF_EXPONENT": "1",
			"KEEP_STATE": "1", **more,
		}

	def run_tool(self, name, *words, **more):
		subprocess.run([os.path.join(self.bindir, "prio-processor"), *words], env=self.variables(name, **more), check=True,
			stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

	def start(self, name, prefix=(), **more):
		return subprocess.Popen([*prefix, os.path.join(self.bindir, "prio-processor"), "process"],
			env=self.variables(name, **more), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

	def check(self, name):
		directory = os.path.join(self.directory, name, "private")
		with open(self.truth, encoding="utf-8") as file:
			truth = json.load(file)
		counts = next(batch["payload"] for batch in truth if batch["batch_id"] == "bench")
		for top, _, files in os.walk(directory):
			if "processed/publish" in top and any(file.startswith("part-") for file in files):
				part = next(file for file in files if file.startswith("part-"))
				with open(os.path.join(top, part), encoding="utf-8") as file:
					if json.load(file)["payload"] != counts:
						sys.exit(f"server {name} published wrong counts")
				return
		sys.exit(f"server {name} published nothing")

	def forget(self, name):
		"""As if this server had never run; what the other one sent stays."""
		shutil.rmtree(os.path.join(self.directory, name, "private"))


def reap(process):
	"""Exit code, seconds of CPU, peak memory in MiB, and what it said."""
	text = process.stderr.read()
	_, status, usage = os.wait4(process.pid, 0)
	process.returncode = os.waitstatus_to_exitcode(status)
	if process.returncode != 0:
		sys.exit(f"process failed:\n{text}")
	return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def whole_run(bindir, n_records, x_ns, results):
	"""One server over messages that the other has sent before, so that it never waits: on one core and on two."""
	with tempfile.TemporaryDirectory(prefix="prio-bench-") as directory:
		site = Site(bindir, directory, n_records, SIZE)
		pair = [site.start("A"), site.start("B")]
		memory = [reap(process)[1] for process in pair]
		for name in "AB":
			site.check(name)
		say(f"  {n_records} records of {SIZE} fields: peak memory A {memory[0]:.0f} MiB, B {memory[1]:.0f} MiB, counts right")
		entry = {"peak_mib": memory}
		for name in "AB":
			for cores in ("0", "0,1"):
				n_cores = len(cores.split(","))
				if n_cores > len(os.sched_getaffinity(0)):
					continue
				site.forget(name)
				os.sync()  # what generating left to write would be written in our time, at our first fsync
				begin = time.monotonic()
				cpu_s, _ = reap(site.start(name, ("taskset", "-c", cores)))
				wall_s = time.monotonic() - begin
				site.check(name)
				per_record_x = cpu_s / n_records * 1e9 / x_ns
				busy = cpu_s / wall_s / n_cores
				target = mark(per_record_x, 2.2) if n_cores == 2 else ""
				say(f"    {name}, {n_cores} core{'s' if n_cores > 1 else ''}: {n_records / wall_s:8.0f} records/s, CPU {per_record_x:5.2f} X a record"
					f"{target}, busy {100 * busy:.0f} %")
				entry[f"{name}{n_cores}"] = {"wall_s": wall_s, "cpu_s": cpu_s, "cpu_x": per_record_x, "busy": busy}
		results[str(n_records)] = entry


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("bindir")
	parser.add_argument("--records", default="10000,100000", help="sizes of the whole runs, separated by commas")
	parser.add_argument("--quick", action="store_true", help="no whole runs")
	arguments = parser.parse_args()

	results = {"micro": micro(arguments.bindir), "runs": {}}
	show_micro(results["micro"])
	best = next(result for result in reversed(list(results["micro"].values())) if result is not None)
	if not arguments.quick:
		say("Whole runs of one server over files in the page cache, all four stages:")
		for n in arguments.records.split(","):
			whole_run(arguments.bindir, int(n), best["x25519"]["min_ns"], results["runs"])
	path = os.path.join(os.path.dirname(os.path.abspath(arguments.bindir)), "bench.json")
	with open(path, "w", encoding="utf-8") as file:
		json.dump(results, file, indent=1)
	say(f"All of it as JSON: {path}")


if __name__ == "__main__":
	main()

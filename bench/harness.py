"""What all sections share: the effort, the machine, the yardstick, and sites that are made once."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

from servers import Site

TABLES = ["portable", "avx2", "avx512", "avx512ifma"]
ROUNDS_PER_PROCESS = 2
SIZE = 2000  # fields, where nothing else is said


class Effort:
	"""How much is measured. rounds and slice_s: of prio_bench. repetitions: of whole runs."""

	def __init__(self, name, rounds, slice_s, curve_rounds, repetitions, sites):
		self.name, self.rounds, self.slice_s, self.curve_rounds = name, rounds, slice_s, curve_rounds
		self.repetitions, self.sites = repetitions, sites


# Sites: (records, fields, repetitions at most). The first is where verify1 is measured. Targets of whole runs speak of
# 100,000 records.
SITES = [(100_000, SIZE, 9), (10_000, SIZE, 9), (1000, SIZE, 9), (100_000, 100, 3), (50_000, 441, 3), (1_000_000, 100, 1)]
EFFORTS = {effort.name: effort for effort in (
	Effort("quick", 3, 0.01, 2, 1, [(10_000, SIZE, 1), (1000, SIZE, 1)]),
	Effort("default", 12, 0.02, 4, 3, SITES),
	Effort("full", 30, 0.03, 8, 5, SITES),
)}


def say(text=""):
	print(text, flush=True)


def load(path):
	"""What an earlier measurement left in JSON; None if there was none."""
	try:
		with open(path, encoding="utf-8") as file:
			return json.load(file)
	except OSError:
		return None


def table_of(rows, head):
	"""Columns under each other; the first to the left, the others to the right."""
	rows = [[str(cell) for cell in row] for row in [head, *rows]]
	widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
	for row in rows:
		say("  " + "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))))


def read_first(path, pattern):
	try:
		with open(path, encoding="utf-8") as file:
			match = re.search(pattern, file.read(), re.M)
			return match[1].strip() if match else "unknown"
	except OSError:
		return "unknown"


def revision():
	"""What was measured, as git names it."""
	try:
		top = os.path.dirname(os.path.abspath(__file__))
		return subprocess.run(["git", "-C", top, "describe", "--always", "--dirty", "--abbrev=10"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
			check=True, text=True).stdout.strip()
	except (OSError, subprocess.CalledProcessError):
		return "unknown"


def available_bytes():
	return int(read_first("/proc/meminfo", r"^MemAvailable:\s*(\d+)") or 0) * 1024


class Bench:
	def __init__(self, bindir, effort, directory):
		self.bindir, self.effort = bindir, effort
		self.directory = tempfile.mkdtemp(prefix="prio-bench-", dir=directory)
		self.cores = sorted(os.sched_getaffinity(0))
		self.sites, self.results = {}, {}
		self.about = self.machine()
		self.tables = self.about["tables"]  # those that this CPU and build have
		self.x_ns = None  # the least X25519 so far

	def close(self):
		shutil.rmtree(self.directory, ignore_errors=True)

	def machine(self):
		about = subprocess.run([os.path.join(self.bindir, "prio_bench"), "about"], stdout=subprocess.PIPE, check=True)
		return {
			"cpu": read_first("/proc/cpuinfo", r"^model name\s*:(.*)$"), "cpu_family": read_first("/proc/cpuinfo", r"^cpu family\s*:(.*)$"),
			"cores": len(self.cores), "kernel": platform.release(), "revision": revision(),
			"memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9), **json.loads(about.stdout),
		}

	def prio_bench(self, *words):
		"""The figures that it prints. Keeps the least X25519 among them."""
		run = subprocess.run([os.path.join(self.bindir, "prio_bench"), *[str(word) for word in words]], stdout=subprocess.PIPE, check=False)
		if run.returncode != 0:
			sys.exit(f"prio_bench {words[0]} failed")
		figures = json.loads(run.stdout)
		for figure in figures:
			if figure["what"] == "openssl_x25519":
				self.x_ns = min(self.x_ns or figure["ns"], figure["ns"])
		return figures

	def prio_bench_often(self, part, rounds, *words):
		"""As prio_bench, in several processes, the least of all. Where a process's memory happens to lie costs up to a tenth."""
		least = {}
		for _ in range(max(1, rounds // ROUNDS_PER_PROCESS)):
			for figure in self.prio_bench(part, ROUNDS_PER_PROCESS, self.effort.slice_s, *words):
				kept = least.setdefault((figure["what"], figure["part"], figure["table"], figure["n_data"]), {**figure, "worst_ns": figure["ns"]})
				kept["worst_ns"] = max(kept["worst_ns"], figure["ns"])
				kept["ns"] = min(kept["ns"], figure["ns"])
		return list(least.values())

	def core_counts(self):
		"""1, 2, 4, ... and all."""
		n, counts = 1, []
		while n < len(self.cores):
			counts.append(n)
			n *= 2
		return counts + [len(self.cores)]

	def site(self, n_records, n_data):
		"""Made at the first call; None where there is no room for it."""
		key = (n_records, n_data)
		if key not in self.sites:
			n_points = 1 << n_data.bit_length()
			needed = n_records * ((n_data + n_points) * 16 + 2000)
			free = shutil.disk_usage(self.directory).free
			if free < 1.2 * needed:
				say(f"  {n_records} records of {n_data} fields: NOT run, they need {needed / 1e9:.1f} GB and {free / 1e9:.1f} are free")
				return None
			if available_bytes() < 1.2 * needed:
				say(f"  {n_records} records of {n_data} fields do not fit into the page cache of this machine: the disk is measured too")
			directory = os.path.join(self.directory, f"{n_records}x{n_data}")
			os.mkdir(directory)
			self.sites[key] = Site(self.bindir, directory, n_records, n_data)
		return self.sites[key]

	def drop_site(self, n_records, n_data):
		site = self.sites.pop((n_records, n_data), None)
		if site is not None:
			shutil.rmtree(site.directory)

"""Where the time of verify1 goes, function by function, by perf: what a missed target is answered with."""

import os
import re
import shutil
import subprocess

from harness import say, table_of
from .verify1 import GONE

TITLE = "Profile of verify1 end to end, one core, share of samples"
LEAST = 0.8  # per cent; what is below is added up
SHOWN = 24
LINE = re.compile(r"^\s*([\d.]+)%\s+(\S+)\s+\[(.)\]\s+(\S+)", re.M)


def functions(path):
	text = subprocess.run(["perf", "report", "-i", path, "--no-children", "--stdio", "--sort", "dso,symbol"], stdout=subprocess.PIPE,
		stderr=subprocess.DEVNULL, text=True, check=False).stdout
	found = [(float(match[1]), "kernel" if match[3] == "k" else match[2], match[4]) for match in LINE.finditer(text)]
	kernel = sum(share for share, place, _ in found if place == "kernel")
	shown = [{"share": share, "place": place, "function": function} for share, place, function in found if share >= LEAST and len(function) < 60][:SHOWN]
	return {"kernel": kernel, "functions": shown, "rest": 100 - sum(entry["share"] for entry in shown)}


def measure(bench):
	n_records, n_data, _ = bench.effort.sites[0]
	site = bench.site(n_records, n_data)
	if site is None:
		return None
	if shutil.which("perf") is None:
		say("  NOT measured: perf is not installed (linux-perf on Debian)")
		return None
	result = {}
	for name in "AB":
		site.forget_all()
		path = os.path.join(site.directory, "perf.data")
		before = ["perf", "record", "--quiet", "-F", "4000", "-o", path]
		site.finish(site.start(name, ["process"], bench.cores[:1], before, RETRY_LIMIT="0", RETRY_DELAY="0"), GONE)
		result[name] = functions(path)
		os.remove(path)
		if not result[name]["functions"]:
			say("  NOT measured: perf recorded nothing (see kernel.perf_event_paranoid)")
			return None
	site.forget_all()
	return result


def rows(profile):
	return [[entry["function"], entry["place"], f"{entry['share']:.1f} %"] for entry in profile["functions"]] + [["all others", "", f"{profile['rest']:.1f} %"]]


def show(result):
	for name, profile in result.items():
		table_of(rows(profile), [f"server {name}", "in", f"(kernel in all: {profile['kernel']:.0f} %)"])

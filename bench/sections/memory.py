"""Peak memory against the number of records, from the whole runs: as they are, and with tables of ids held to a megabyte.

What is kept of each record takes 40 bytes, tables of ids up to 75 an entry, together up to PRIO_MEMORY_BUDGET; beyond that the
one lies in files and the others are made in passes. Nothing else may grow with the records: the runs with a small budget show it.
"""

from harness import say, table_of

TITLE = "Peak memory of whole runs (MiB)"


def measure(bench):
	peaks = []
	for entry in (bench.results.get("runs") or {"sites": []})["sites"]:
		largest = {name: max(entry["pair"][name]["peak_mib"], *[took["peak_mib"] for took in entry["alone"] if took["server"] == name])
			for name in "AB"}
		peaks.append({"n_records": entry["n_records"], "n_data": entry["n_data"], **largest, "small": entry["small_peak_mib"]})
	return {"peaks": sorted(peaks, key=lambda peak: (-peak["n_data"], peak["n_records"]))}


def growth(result, n_data):
	"""MiB that ten times 10,000 records take more than they, tables of ids aside; None: not measured."""
	small = {peak["n_records"]: peak["small"] for peak in result["peaks"] if peak["n_data"] == n_data and peak["small"]} if result else {}
	return max(small[100_000][name] - small[10_000][name] for name in "AB") if {10_000, 100_000} <= set(small) else None


def rows(result):
	return [[f"{peak['n_records']:,} x {peak['n_data']}", f"{peak['A']:.1f}", f"{peak['B']:.1f}",
		*([f"{peak['small'][name]:.1f}" for name in "AB"] if peak["small"] else ["", ""])] for peak in result["peaks"]]


HEAD = ["records x fields", "A", "B", "A, tables of ids held to 1 MB", "B, the same"]


def show(result):
	table_of(rows(result), HEAD)
	say("  What is kept of each record (40 bytes) and tables of ids (up to 75 an entry) take no more than PRIO_MEMORY_BUDGET (128 MiB unless set otherwise).")

"""Peak memory against the number of records, from the whole runs."""

from harness import SIZE, say, table_of

TITLE = "Peak memory of whole runs (MiB)"
LIKE = 0.1  # peaks that differ by less than this share, or by less than 4 MiB, are the same


def measure(bench):
	sites = [entry for entry in (bench.results.get("runs") or {"sites": []})["sites"] if entry["n_data"] == SIZE]
	peaks = [{"n_records": entry["n_records"], **{name: max(entry["pair"][name]["peak_mib"], *[took["peak_mib"] for took in entry["alone"]
		if took["server"] == name]) for name in "AB"}} for entry in sorted(sites, key=lambda entry: entry["n_records"])]
	return {"peaks": peaks, "same": same(peaks)}


def same(peaks):
	"""At ten times the records as at one time, from 10,000 on; None: not measured."""
	at = {peak["n_records"]: peak for peak in peaks}
	if 10_000 not in at or 100_000 not in at:
		return None
	pairs = [(at[10_000][name], at[100_000][name]) for name in "AB"]
	return all(large - small < max(4, LIKE * small) for small, large in pairs)


def show(result):
	table_of([[f"{peak['n_records']} records", f"{peak['A']:.1f}", f"{peak['B']:.1f}"] for peak in result["peaks"]], ["", "A", "B"])
	words = {True: "the same at 100,000 records as at 10,000", False: "it grows from 10,000 records to 100,000", None: "too few sizes were run to say whether it grows"}
	say(f"  {words[result['same']]}")

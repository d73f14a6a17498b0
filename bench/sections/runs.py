"""Whole runs over files: all four stages, from raw shares to published counts, which are checked.

First both servers at once. Then each one alone, over messages that the other has sent before, so that it never waits; and
once more with tables of ids held to a megabyte, to see what memory does not depend on (not with very many records, because
such tables are made in one pass for every 10,000).
"""

from harness import say, table_of

SMALL_BUDGET, SMALL_RECORDS = 1_000_000, 100_000
TITLE = "Whole runs from files: verify1, verify2, aggregate, publish"


def pair(site):
	both = [site.start(name, ["process"]) for name in "AB"]
	took = dict(zip("AB", [site.finish(started) for started in both]))
	for name in "AB":
		site.check(name)
	return took


def small_peaks(bench, site):
	peaks = {}
	for name in "AB":
		site.forget(name)
		peaks[name] = site.timed(name, ["process"], bench.cores, PRIO_MEMORY_BUDGET=str(SMALL_BUDGET))["peak_mib"]
		site.check(name)
	return peaks


def measure_site(bench, n_records, n_data, repetitions):
	site = bench.site(n_records, n_data)
	if site is None:
		return None
	site.forget_all()
	entry = {"n_records": n_records, "n_data": n_data, "generated": site.generated, "pair": pair(site), "alone": [], "bytes": site.sizes()}
	best = {}
	for _ in range(min(bench.effort.repetitions, repetitions)):
		for case in [(name, n_cores) for name in "AB" for n_cores in bench.core_counts()]:
			name, n_cores = case
			bench.prio_bench("yardsticks", 2, 0.02)
			site.forget(name)
			took = site.timed(name, ["process"], bench.cores[:n_cores])
			site.check(name)
			kept = best.setdefault(case, dict(took))
			if took["wall_s"] < kept["wall_s"]:
				kept.update(wall_s=took["wall_s"], busy_cpu_s=took["cpu_s"])
			kept["cpu_s"] = min(kept["cpu_s"], took["cpu_s"])
			kept["peak_mib"] = max(kept["peak_mib"], took["peak_mib"])
	entry["alone"] = [{"server": name, "cores": n_cores, **took} for (name, n_cores), took in best.items()]
	entry["small_peak_mib"] = small_peaks(bench, site) if n_records <= SMALL_RECORDS else None
	entry["x_ns"] = bench.x_ns
	bench.drop_site(n_records, n_data)
	return entry


def measure(bench):
	entries = [measure_site(bench, *site) for site in bench.effort.sites]
	return {"sites": [entry for entry in entries if entry is not None]}


def find(result, n_records, n_data):
	return next((entry for entry in result["sites"] if (entry["n_records"], entry["n_data"]) == (n_records, n_data)), None) if result else None


def alone(entry, server, cores):
	return next((took for took in entry["alone"] if (took["server"], took["cores"]) == (server, cores)), None) if entry else None


def busy(took):
	return took.get("busy_cpu_s", took["cpu_s"]) / took["wall_s"] / took["cores"]


def in_x(entry, took, key="cpu_s"):
	return took[key] / entry["n_records"] * 1e9 / entry["x_ns"]


def show(result):
	rows = []
	for entry in result["sites"]:
		say(f"  {entry['n_records']} records of {entry['n_data']} fields: shares made in {entry['generated']['wall_s']:.1f} s; "
			f"both servers at once in {max(took['wall_s'] for took in entry['pair'].values()):.2f} s")
		for took in entry["alone"]:
			rows.append([f"{entry['n_records']} x {entry['n_data']}, {took['server']}, {took['cores']} core{'s' * (took['cores'] > 1)}",
				f"{took['wall_s']:.2f}", f"{entry['n_records'] / took['wall_s']:,.0f}", f"{in_x(entry, took):.2f}", f"{100 * busy(took):.0f} %",
				f"{took['peak_mib']:.1f}"])
	table_of(rows, ["", "seconds", "records/s", "CPU, X a record", "busy", "peak MiB"])
	say("  Every run published the clients' true counts.")

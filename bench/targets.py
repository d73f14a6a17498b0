"""The targets and what was measured of them. A row is (what, unit, target, at most or at least, measured or None, why not)."""

from harness import SIZE, say, table_of
from sections import records as records_section
from sections import memory, runs, s3, verify1

QUOTED_LIBPRIO_US = {"A": 85_000, "B": 89_000}  # libprio as the original calls it, on Zen 5: quoted, not measured here
MET, MISSED, NOT = "met", "MISSED", "NOT measured"


class Rows:
	def __init__(self):
		self.rows = []

	def add(self, what, unit, sign, target, measured, why="not part of this run"):
		verdict = NOT
		if measured is not None:
			verdict = MET if (measured <= target if sign == "<=" else measured >= target) else MISSED
		self.rows.append({"what": what, "unit": unit, "sign": sign, "target": target, "measured": measured, "verdict": verdict,
			"why": "" if measured is not None else why})


def records_rows(rows, result):
	at = result["sizes"][str(SIZE)] if result else {"tables": {}}

	def ratio(table, what):
		return records_section.in_x(at, table, what) if table in at["tables"] else None

	why = "this CPU or build lacks that table"
	for table, limit_a, limit_b in (("avx512ifma", 0.32, 0.28), ("avx512", 0.95, 1.15), ("portable", 1.9, 2.1)):
		rows.add(f"cryptography and arithmetic of a record, {table}, A", "X", "<=", limit_a, ratio(table, "verify1_a"), why)
		rows.add(f"cryptography and arithmetic of a record, {table}, B", "X", "<=", limit_b, ratio(table, "verify1_b"), why)
	for table, limit in (("avx512ifma", 4), ("portable", 14)):
		rows.add(f"client, encoding a record, {table}", "X", "<=", limit, ratio(table, "encode"), why)


def verify1_rows(rows, result):
	if result and result["n_data"] != SIZE:
		result = None
	for table, limit in (("avx512ifma", 0.75), ("avx512", 1.35)):
		case = verify1.find(result, "A", 1, table)
		rows.add(f"verify1 end to end from files, one core, {table}, A, wall clock of a record", "X", "<=", limit,
			case and verify1.in_x(result, case), "this CPU or build lacks that table")
	one, two = verify1.find(result, "A", 1), verify1.find(result, "A", 2)
	# At least 1.9 times, "where memory bandwidth allows": of 2, or of what reading by both at once leaves of that.
	limit = verify1.limit_of_cores(result, 2) if two else None
	rows.add("the same on two cores, A: 95 % of what memory allows" + (f", which is {limit:.2f} times" if limit else ""), "times one core", ">=",
		0.95 * (limit or 2), one["wall_s"] / two["wall_s"] if one and two else None, "this machine has one core")


def run_rows(rows, result):
	entry = runs.find(result, 100_000, SIZE)
	why = "only with 100,000 records, which this run left out"
	for server in "AB":
		took = runs.alone(entry, server, 2)
		rows.add(f"whole run, 100,000 records, 2 cores, {server}, all CPU of a record", "X", "<=", 2.2, took and runs.in_x(entry, took), why)
		rows.add(f"whole run, 100,000 records, 2 cores, {server}, both cores busy", "%", ">=", 90, took and 100 * runs.busy(took), why)


def memory_rows(rows, result):
	peaks = [peak for peak in result["peaks"] if (peak["n_records"], peak["n_data"]) == (100_000, SIZE)] if result else []
	why = "only with 100,000 records, which this run left out"
	rows.add("peak memory of that run", "MiB", "<=", 256, max(peaks[0]["A"], peaks[0]["B"]) if peaks else None, why)
	rows.add("the same at ten times the records: growth from 10,000 to 100,000, tables of ids held to 1 MB", "MiB", "<=", 4,
		memory.growth(result, SIZE), why)


def peer_rows(rows, peers, records):
	for server in "AB":
		times = min((ratio[f"times_{server.lower()}"] for ratio in peers["ratios"]), default=None) if peers else None
		rows.add(f"against the fastest peer's server, decryption included on both sides, {server}", "times", ">=", 20, times,
			"make bench-peers measures it")
	for server, what in (("A", "verify1_a"), ("B", "verify1_b")):
		ns = records["sizes"][str(SIZE)]["tables"].get("avx512ifma") if records else None
		rows.add(f"against libprio as the original calls it (quoted: {QUOTED_LIBPRIO_US[server]:,} us on Zen 5), {server}", "times", ">=", 10_000,
			ns and QUOTED_LIBPRIO_US[server] * 1000 / ns[what], "this CPU or build lacks the newest table")


def compute(results, peers=None):
	rows = Rows()
	records_rows(rows, results.get("records"))
	verify1_rows(rows, results.get("verify1"))
	run_rows(rows, results.get("runs"))
	memory_rows(rows, results.get("memory"))
	rows.add("reading from an S3 server on loopback, CPU beyond that of files, over HTTP, the worse of two servers", "s per GB", "<=", 0.45,
		s3.worst_extra_cpu_s(results.get("s3")), "no S3 server could be had" if "s3" in results else "not part of this run")
	rows.add("the Spark engine against the native one", "times the time", "<=", 1.5, None, "no section measures it yet")
	peer_rows(rows, peers, results.get("records"))
	return rows.rows


def number(value):
	return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def texts(row):
	"""(what, target, measured, verdict)"""
	sign = {"<=": "at most", ">=": "at least"}[row["sign"]]
	measured = f"{number(row['measured'])} {row['unit']}" if row["measured"] is not None else row["why"]
	return row["what"], f"{sign} {number(row['target'])} {row['unit']}", measured, row["verdict"]


def show(rows):
	table_of([texts(row) for row in rows], ["targets", "target", "measured", ""])
	counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in (MET, MISSED, NOT)}
	say(f"  {counts[MET]} met, {counts[MISSED]} missed, {counts[NOT]} not measured")

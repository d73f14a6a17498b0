"""Each kernel under each table: against its portable twin, and against its limit."""

from harness import TABLES, say, table_of

TITLE = "Kernels, at 2000 fields: time of one, how many times as fast as its portable twin, and its limit"
LIMITS = {"aes_128_ctr": "AES-128-CTR of OpenSSL over its bytes", "memcpy": "memcpy of what it reads"}


def measure(bench):
	figures = bench.prio_bench_often("kernels", bench.effort.rounds)
	kernels = {}
	for figure in figures:
		kernel = kernels.setdefault(figure["what"], {"ns": {}})
		if figure["part"] in LIMITS:
			kernel["limit"], kernel["limit_ns"] = figure["part"], figure["ns"]
		else:
			kernel["ns"]["all" if figure["part"] == "all" else figure["table"]] = figure["ns"]
	x_ns = kernels.pop("openssl_x25519")["ns"]["portable"]
	kernels["x25519"].update(limit="openssl_x25519", limit_ns=x_ns)
	return {"x_ns": x_ns, "kernels": kernels, "tables": bench.tables}


def cell(kernel, table):
	ns = kernel["ns"].get(table)
	if "all" in kernel["ns"]:
		return f"{kernel['ns']['all'] / 1000:.2f}" if table == "portable" else "same"
	if ns is None:
		return "NOT run"
	if table == "portable":
		return f"{ns / 1000:.2f}"
	return f"{ns / 1000:.2f} ({kernel['ns']['portable'] / ns:.1f}x)"


def of_limit(kernel):
	"""Best time over that of the limit."""
	return min(kernel["ns"].values()) / kernel["limit_ns"] if "limit_ns" in kernel else None


def rows(result):
	for name, kernel in result["kernels"].items():
		limit = f"{of_limit(kernel):.2f} of {kernel['limit']} {kernel['limit_ns'] / 1000:.2f}" if "limit_ns" in kernel else "none measured"
		yield [name, *[cell(kernel, table) for table in TABLES], limit]


def show(result):
	table_of(rows(result), ["us", *TABLES, "best, of its limit"])
	for table in TABLES:
		if table not in result["tables"]:
			say(f"  {table}: NOT run, this CPU or build lacks it")
	say("  The results of all tables are equal.")

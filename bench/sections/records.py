"""What one record costs: cryptography and arithmetic, on one thread, under each table."""

from harness import TABLES, say, table_of

TITLE = "Per record, cryptography and arithmetic, one thread; X is one X25519 of OpenSSL in the same run"
SIZES = [100, 441, 2000, 2046]
WHAT = ["verify1_a", "verify1_b", "encode", "coefficients", "next_query"]


def by_size(figures):
	"""size -> {x_ns, aes_ns, tables: table -> what -> ns}"""
	sizes = {}
	for figure in figures:
		size = sizes.setdefault(str(figure["n_data"]), {"tables": {}})
		if figure["what"] == "openssl_x25519":
			size["x_ns"] = figure["ns"]
		elif figure["what"] == "openssl_aes_128_ctr_48kb":
			size["aes_48kb_ns"] = figure["ns"]
		else:
			size["tables"].setdefault(figure["table"], {})[figure["what"]] = figure["ns"]
	return {"x_ns": min(size["x_ns"] for size in sizes.values()), "aes_48kb_ns": min(size["aes_48kb_ns"] for size in sizes.values()), "sizes": sizes}


def in_x(size, table, what):
	"""X was measured in turns with it."""
	return size["tables"][table][what] / size["x_ns"]


def measure(bench):
	return {**by_size(bench.prio_bench_often("records", bench.effort.rounds, "all", *SIZES)), "tables": bench.tables}


def show(result):
	say(f"  X = {result['x_ns'] / 1000:.1f} us at best, divided by is that of the same turns; AES-128-CTR of OpenSSL over 48 kB = {result['aes_48kb_ns'] / 1000:.2f} us")
	rows = []
	for table in TABLES:
		for size, figures in result["sizes"].items():
			ns = figures["tables"].get(table)
			cells = [f"{ns[what] / 1000:.2f} us {in_x(figures, table, what):.2f} X" for what in WHAT] if ns else ["NOT run"] * len(WHAT)
			rows.append([f"{table}, n_data {size}", *cells])
	table_of(rows, ["", "verify1 A", "verify1 B", "encode", "coefficients, once a batch", "of the next draw"])
	say("  Proofs held, sums were right, and all tables gave the same packets and states.")

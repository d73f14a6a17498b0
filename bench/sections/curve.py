"""How the cost of a record grows with n_data, under the best table and the portable one."""

from harness import table_of
from . import records

TITLE = "Cost of a record by n_data"
SIZES = [10, 32, 100, 250, 441, 1000, 1022, 1025, 1500, 2000, 2046, 2049, 3000, 4094, 4097, 8190, 16382, 32766]


def measure(bench):
	tables = sorted({"portable", bench.tables[-1]}, key=bench.tables.index)
	result = records.by_size(bench.prio_bench_often("records", bench.effort.curve_rounds, ",".join(tables), *SIZES))
	return {**result, "tables": tables}


def show(result):
	rows = []
	for size, figures in result["sizes"].items():
		rows.append([size, *[f"{figures['tables'][table][what] / 1000:.2f}" for table in result["tables"] for what in records.WHAT[:3]]])
	table_of(rows, ["n_data", *[f"{table} {what}" for table in result["tables"] for what in ("A", "B", "encode")]])

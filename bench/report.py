#!/usr/bin/env python3
"""docs/performance.md and its curves, from what `make bench` and `make bench-peers` measured.

	bench/report.py [BUILD_DIRECTORY]

Reads bench.json, bench-peers.json and bench-million.json there (build); what the latter two would tell is left out without them. No figure is written by hand.
Standard library only.
"""

import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import targets  # noqa: E402
from charts import chart  # noqa: E402
from harness import SIZE, TABLES, load  # noqa: E402
from sections import kernels, memory, profile, records, runs, s3, verify1  # noqa: E402
from sizing import ELEMENTS_TEXT, Model, elements  # noqa: E402

DOCS = os.path.join(os.path.dirname(HERE), "docs")
KERNEL_WORDS = {
	"x25519": "X25519, a key of 32 at once", "key_derivation": "key derivation (SHA-256)", "gcm_open": "AES-128-GCM open, 48.6 kB",
	"read_elements": "read 4048 elements", "expand_seed": "expand a seed to 4048 elements", "inner_products": "f(r) and h(r), 4048 products",
	"own_query_point": "the same at a record's own r, coefficients included",
	"add_to_sum": "add 2000 fields to the sum", "base64_decode": "base64, 65 kB", "find_end_of_string": "find the end of a 65 kB string",
	"crc32c_of_line": "a 65 kB line: its end and its CRC32C", "transform_twice": "client: two transforms of 2048 points",
	"multiply_values": "client: 2048 products", "write_elements": "client: write 4048 elements",
}
LIMIT_WORDS = {"openssl_x25519": "OpenSSL's X25519", "aes_128_ctr": "AES-128-CTR", "memcpy": "memcpy"}


def table(head, rows):
	rows = [list(map(str, row)) for row in rows]
	lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
	return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def us(ns):
	return f"{ns / 1000:.3g}" if ns < 1e6 else f"{ns / 1000:,.0f}"


def duration(seconds):
	if seconds < 1:
		return "under 1 s"
	if seconds < 100:
		return f"{seconds:.0f} s"
	return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def size(n_bytes):
	for unit in ("B", "kB", "MB", "GB"):
		if n_bytes < 1000:
			return f"{n_bytes:.3g} {unit}"
		n_bytes /= 1000
	return f"{n_bytes:.3g} TB"


def targets_table(rows):
	return table(["what", "target", "measured", ""], [targets.texts(row) for row in rows])


def kernels_table(result):
	rows = []
	for name, kernel in result["kernels"].items():
		limit = f"{kernels.of_limit(kernel):.2f} of {LIMIT_WORDS[kernel['limit']]} ({kernel['limit_ns'] / 1000:.2f})" if "limit_ns" in kernel else ""
		rows.append([KERNEL_WORDS.get(name, name), *[kernels.cell(kernel, table_name).replace("x)", " times)") for table_name in TABLES], limit])
	return table(["us", *TABLES, "best time, of its limit"], rows)


def records_table(result):
	rows = []
	for name in TABLES:
		for n_data, figures in result["sizes"].items():
			ns = figures["tables"].get(name)
			cells = [f"{us(ns[what])} ({records.in_x(figures, name, what):.2f} X)" for what in records.WHAT[:3]] + [us(ns[what]) if what in ns else "NOT run" for what in records.WHAT[3:]] if ns else ["NOT run"] * len(records.WHAT)
			rows.append([name, n_data, *cells])
	return table(["table", "n_data", "verify1 A, us", "verify1 B, us", "encode, us", "coefficients, once a batch, us", "of the next draw, us"], rows)


def parts_table(sections):
	"""Where a record's time goes: kernels that ran by themselves, and what is left of the whole."""
	best = sections["records"]["tables"][-1]
	ns = {name: kernel["ns"].get(best, kernel["ns"].get("all")) for name, kernel in sections["kernels"]["kernels"].items()}
	whole = sections["records"]["sizes"][str(SIZE)]["tables"][best]
	case, result = verify1.find(sections["verify1"], "A", 1, best), sections["verify1"]
	read_ns = result["only_read_s"]["1"] / result["n_records"] * 1e9
	cpu_ns = case["cpu_s"] / result["n_records"] * 1e9
	parts = {
		"verify1 A": (whole["verify1_a"], ["x25519", "key_derivation", "gcm_open", "read_elements", "inner_products", "add_to_sum"], {}),
		"verify1 B": (whole["verify1_b"], ["x25519", "key_derivation", "expand_seed", "inner_products", "add_to_sum"], {}),
		"verify1 A from files, CPU": (cpu_ns, ["crc32c_of_line", "base64_decode"],
			{"verify1 A, as above": whole["verify1_a"], "reading": read_ns}),
	}
	rows = []
	for name, (total, kernel_names, others) in parts.items():
		if name.endswith("CPU") and result["n_data"] != SIZE:
			continue
		cells = {KERNEL_WORDS[kernel].split(",")[0]: ns[kernel] for kernel in kernel_names} | others
		rest = total - sum(cells.values())
		rows.append([name, f"{total / 1000:.2f}", "; ".join(f"{word} {cell / 1000:.2f}" for word, cell in cells.items()), f"{rest / 1000:.2f}"])
	return table(["us a record, " + best, "in all", "of it", "the rest"], rows)


def verify1_table(result):
	rows = []
	for case in result["cases"]:
		rows.append([f"{case['server']}, {case['table']}", case["cores"], f"{verify1.rate(result, case):,.0f}",
			f"{result['raw_bytes'][case['server']] / 1e9 / case['wall_s']:.2f}", f"{verify1.in_x(result, case):.2f} X",
			f"{verify1.in_x(result, case, 'cpu_s'):.2f} X", f"{100 * case['cpu_s'] / case['wall_s'] / case['cores']:.0f} %"])
	return table(["server, table", "cores", "records/s", "GB/s of text", "wall clock a record", "CPU a record", "cores busy"], rows)


def profile_text(result):
	if not result:
		return "Without perf there is no profile of it."
	tables = [table([f"server {name}", "in", "of all samples"], profile.rows(found)) for name, found in result.items()]
	kernel = " and ".join(f"{found['kernel']:.0f} % on {name}" for name, found in result.items())
	return f"Its profile on one core, by perf; the operating system's share is {kernel}:\n\n" + "\n\n".join(tables)


def s3_text(result):
	if not result:
		return "No S3 server could be had when this was measured."
	gigabytes, rows, uploads = result["raw_bytes"] / 1e9, [], []
	for kind, took in (("files", result["files"]), *result["servers"].items()):
		server = took.get("server_cpu_s")
		rows.append([kind, f"{gigabytes / took['wall_s']:.2f}", f"{took['cpu_s'] / gigabytes:.2f}",
			f"{s3.extra_cpu_s(result, kind):.2f}" if server else "", f"{server / gigabytes:.2f}" if server else "",
			f"{100 * s3.busy(result, took):.0f} %", f"{took['peak_mib']:.1f}"])
		if server:
			uploads.append(f"{gigabytes / took['upload']['wall_s']:.2f} GB/s to {kind} (a GB takes {took['upload']['cpu_s'] / gigabytes:.2f} s of our CPU and "
				f"{took['upload']['server_cpu_s'] / gigabytes:.2f} s of the server's)")
	return f"""verify1 of server A, {result["n_records"]:,} records of {result["n_data"]} fields, with all its buckets on an S3 server on the same machine, over plain HTTP where nothing else is said; {gigabytes:.2f} GB of raw shares; seconds of CPU for each GB:

{table(["from", "GB/s", "our CPU", "beyond files", "the S3 server's CPU", f"{result['cores']} cores busy with both", "our peak MiB"], rows)}

The wall clock is shared with the S3 server, which works on the same cores. Over TLS, servers written in Go send records of 4 kB or so, each of which is received, opened and handed on by itself. Uploading those shares with `prio-processor cp`: {"; ".join(uploads)}. Where one connection is slower than a core (a bucket far away), PRIO_JOBS above the number of cores reads over more
connections at once."""


def runs_table(result):
	rows = []
	for entry in result["sites"]:
		for took in entry["alone"]:
			rows.append([f"{entry['n_records']:,} x {entry['n_data']}", took["server"], took["cores"], f"{took['wall_s']:.2f}",
				f"{entry['n_records'] / took['wall_s']:,.0f}", f"{runs.in_x(entry, took):.2f} X", f"{100 * runs.busy(took):.0f} %", f"{took['peak_mib']:.0f}"])
	return table(["records x fields", "server", "cores", "seconds", "records/s", "CPU a record", "cores busy", "peak MiB"], rows)


def peers_text(peers):
	ours = peers["ours"]
	rows = [["**ours**, " + peers["table"], us(ours["verify1_a"]), us(ours["verify1_b"]), us(ours["encode"]), "", ""]]
	for peer, ratio in zip(peers["peers"], peers["ratios"]):
		name = peer["name"] + (f", chunk {peer['chunk']}" if peer["chunk"] else "")
		rows.append([name, f"{us(peer['a_hpke'])} ({ratio['times_a']:.1f} times)", f"{us(peer['b_hpke'])} ({ratio['times_b']:.1f} times)",
			f"{us(peer['client_hpke'])} ({ratio['times_client']:.1f} times)", f"{us(peer['a'])} ({ratio['times_a_bare']:.1f} times)",
			f"{us(peer['b'])} ({ratio['times_b_bare']:.1f} times)"])
	quoted = [[name, a, b, client or ""] for name, a, b, client in peers["quoted"]]
	return f"""`make bench-peers` builds the crate `prio` (pinned in bench/peers/Cargo.toml) twice, as cargo does by itself and for this CPU, tries the chunk lengths, and takes turns with ours on one core. Microseconds a record of {SIZE}
fields; in brackets, theirs over ours. Opening by HPKE (DHKEM X25519, HKDF-SHA256, AES-128-GCM) is included in the first three columns and left out in the last two; ours always opens. Of the peers' servers only reading the share and
beginning to verify is counted: exchange and sum are left out, in their favour.

{table(["", "A, leader", "B, helper", "client", "A without HPKE", "B without HPKE"], rows)}

The proof systems differ: Prio3 sends about half the bytes and is the stronger one, Prio2's field has 32 bits. The original cannot be run beside ours here; these figures are **quoted** from the project's study, microseconds on a machine of the
Zen 5 family:

{table(["quoted, not measured here", "A", "B", "client"], quoted)}
"""


def curves(sections):
	"""Writes the SVG files; returns (file, words) of each."""
	made = []

	def add(name, words, *arguments, **more):
		chart(os.path.join(DOCS, name), words, *arguments, **more)
		made.append((name, words))

	curve, best = sections["curve"], sections["curve"]["tables"][-1]
	lines = []
	for name, dashed in ((best, False), ("portable", True)):
		for what, word, colour in (("verify1_a", "verify1 A", "blue"), ("verify1_b", "verify1 B", "orange"), ("encode", "encode", "green")):
			lines.append((f"{word}, {name}", colour, dashed, [(int(n), figures["tables"][name][what] / 1000) for n, figures in curve["sizes"].items()]))
	add("performance-n-data.svg", "Cost of a record by n_data, one thread", "n_data", "us a record", lines)

	lines = []
	sites = sorted((entry for entry in sections["runs"]["sites"] if entry["n_data"] == SIZE), key=lambda entry: entry["n_records"])
	few = sorted((entry for entry in sections["runs"]["sites"] if entry["n_data"] == 100), key=lambda entry: entry["n_records"])
	for entries, server, colour in ((sites, "A", "blue"), (sites, "B", "orange"), (few, "A", "green"), (few, "B", "grey")):
		for cores, dashed in ((1, True), (2, False)):
			points = [(entry["n_records"], took["wall_s"]) for entry in entries if (took := runs.alone(entry, server, cores))]
			if len(points) > 1:
				lines.append((f"{server}, {entries[0]['n_data']} fields, {cores} core{'s' * (cores > 1)}", colour, dashed, points))
	if lines:
		add("performance-records.svg", "A whole run by records", "records", "seconds", lines)

	lines = []
	largest = sites[-1] if sites else None
	for server, colour in (("A", "blue"), ("B", "orange")):
		result = sections["verify1"]
		points = sorted((case["cores"], verify1.rate(result, case)) for case in result["cases"] if case["server"] == server and case["table"] == best)
		lines.append((f"verify1, {server}", colour, False, points))
		if largest:
			points = sorted((took["cores"], largest["n_records"] / took["wall_s"]) for took in largest["alone"] if took["server"] == server)
			lines.append((f"whole run, {server}", colour, True, points))
	if len(lines[0][3]) > 1:
		add("performance-cores.svg", f"Records a second by cores, {SIZE} fields, from files", "cores", "records/s", lines, linear=True,
			x_ticks=sorted({point[0] for *_, line in lines for point in line}))
	return made


def sizing_text(sections):
	model = Model(sections["runs"])
	formulas = [[f"server {name}", f"{model.cpu[name][0] * 1e6:.1f} + {model.cpu[name][1] * 1e6:.5f} E",
		*[f"{model.bytes[name, kind][0]:.0f} + {model.bytes[name, kind][1]:.2f} E" for kind in ("raw", "private", "sent")]] for name in "AB"]
	rows = []
	for n_records in (100_000, 1_000_000, 10_000_000, 100_000_000):
		for n_data in (100, 441, 2000):
			disk = [n_records * (model.bytes_of(name, "raw", n_data) + model.bytes_of(name, "private", n_data)) for name in "AB"]
			times = [duration(max(model.wall_s(name, n_records, n_data, cores) for name in "AB")) for cores in (2, 8, 32)]
			rows.append([f"{n_records:,}", n_data, *times, size(disk[0]), size(disk[1]), size(n_records * model.bytes_of("A", "sent", n_data))])
	speedups = {name: " to ".join(sorted({f"{factor:.2f}" for factor in (min(model.speedup[name]), max(model.speedup[name]))})) for name in "AB" if model.speedup[name]}
	peak = max(took["peak_mib"] for entry in sections["runs"]["sites"] for took in entry["alone"])
	return f"""{ELEMENTS_TEXT} (n_data 100: {elements(100)}, 441: {elements(441)}, 2000: {elements(2000)}, 2046: {elements(2046)}): a share of server A holds E field elements of at most 12 bytes. Fitted to the whole runs above, per record:

{table(["", "CPU, us, all stages", "raw shares, bytes", "private bucket, bytes", "sent to the partner, bytes"], formulas)}

- **Time** on c cores = records x CPU / c / busy, if the shares come as fast as that; busy is how busy the cores were where all {model.cores} of this machine worked: {" and ".join(f"{100 * busy:.0f} % on {name}" for name, busy in model.busy.items())}. Two cores gave {" and ".join(f"{factor} times the speed of one on {name}" for name, factor in speedups.items())}. A size just above a power of
  two costs like the next one (n_data 2049 twice as much as 2046): add fields up to a power of two less two for nothing.
- **Reading** may be the limit: A reads its shares once, so a disk or network of d bytes a second needs records x raw bytes / d at least. Ten gigabits a second carry {1.25e9 / model.bytes_of('A', 'raw', SIZE):,.0f} records of {SIZE} fields.
- **Memory**: {peak:.0f} MiB at most in all of these runs. It grows by about 80 bytes a record up to PRIO_MEMORY_BUDGET (128 MiB unless set otherwise), and no further.
- **Disk**: raw shares and private bucket; the latter goes when results are published, unless KEEP_STATE is set.
- **Network**: what is sent, and as much received; the same for both servers but for rounding.

Computed by these formulas for shares in the page cache or on a store that is as fast; 8 and 32 cores were not measured:

{table(["records", "n_data", "2 cores", "8 cores", "32 cores", "disk A", "disk B", "sent by each"], rows)}
"""


def million_text(million, cores):
	"""The reference data set as it was run, on a disk."""
	if million is None:
		return "`bench/million.py` runs it for real; it was not run beside this."
	rows = []
	for name, took in million["alone"].items():
		raw = million["sizes"][name]["raw"]
		rows.append([name, cores, f"{took['wall_s']:.0f} s", f"{raw / 1e9 / took['wall_s']:.2f}", us(took["cpu_s"] / million["n_records"] * 1e9),
			f"{took['peak_mib']:.0f}", size(raw), size(million["sizes"][name]["private"]), size(million["sizes"][name]["sent"])])
	return f"""Run for real by `bench/million.py`, {million["n_records"]:,} records of {million["n_data"]} fields on this machine's disk, A's shares not in its page cache; published counts checked. Both servers at once took
{max(took["wall_s"] for took in million["together"].values()):.0f} s. One after the other, each over the other's messages:

{table(["server", "cores", "seconds", "GB/s of raw shares", "CPU a record, us", "peak MiB", "raw shares", "private bucket", "sent"], rows)}
"""


def reference_text(sections, million, cores):
	model = Model(sections["runs"])
	n_records = 1_000_000
	sites = sections["runs"]["sites"]
	largest = max((entry for entry in sites if entry["n_data"] == SIZE), key=lambda entry: entry["n_records"])
	done = ", ".join(f"{entry['n_records']:,} x {entry['n_data']} ({size(entry['bytes']['A']['raw'])} for A)" for entry in sites)
	rows = []
	for name in "AB":
		for cores in (1, 2):
			took = runs.alone(largest, name, cores)
			if took:
				rows.append([name, cores, f"{took['wall_s']:.2f} s", duration(took["wall_s"] * n_records / largest["n_records"]),
					size(n_records * model.bytes_of(name, "raw", SIZE)), size(n_records * model.bytes_of(name, "private", SIZE)),
					size(n_records * model.bytes_of(name, "sent", SIZE))])
	return f"""One million records of {SIZE} fields are {size(n_records * model.bytes_of('A', 'raw', SIZE))} for A and {size(n_records * model.bytes_of('B', 'raw', SIZE))} for B. A machine with as much memory holds them in its page cache; on others the disk decides. Run for real, with the
published counts checked: {done}. From the largest of {SIZE} fields, times {n_records // largest['n_records']}:

{table(["server", "cores", f"measured, {largest['n_records']:,} records", "1,000,000 records", "raw shares", "private bucket", "sent"], rows)}

The original needs 275 ms of CPU a record and server (quoted): {275e-3 * n_records / 3600:.0f} hours on one core, {275e-3 * n_records / 7200:.0f} on two.

{million_text(million, cores)}
"""


def others_text(others):
	if others is None or others <= 0.05:
		return ""
	return f"**Other programs used {100 * others:.0f} % of the machine during this run.** Its wall clocks and busy shares say little; CPU times and what runs on one thread hold.\n\n"


def document(data, peers, million):
	sections, machine = data["sections"], data["machine"]
	pictures = curves(sections)
	missed = [row["what"] for row in data["targets"] if row["verdict"] == targets.MISSED]
	parts = [f"""# Performance

Made by bench/report.py from one run of `make bench` ({data["effort"]}, {data["seconds"] / 60:.0f} minutes){" and one of `make bench-peers`" if peers else ""}; every figure below was measured there, at revision {machine["revision"]}, unless it is called quoted or computed. To get your own: `make bench bench-peers && bench/report.py`.

{others_text(data.get("others"))}Machine: {machine["cpu"]} (family {machine["cpu_family"]}), {machine["cores"]} cores, {machine["memory_gb"]} GB, Linux {machine["kernel"].split("-")[0]}; {machine["openssl"]}; GCC {machine["compiler"]}; libipsec-mb {"in use" if machine["ipsec_mb"] else "not in use"}. Tables of kernels: {", ".join(machine["tables"])}.

## Method

- **Ratios within one run.** X is the time of one X25519 by OpenSSL ({us(sections["records"]["x_ns"])} us here), taken in the same run as what is divided by it, so that figures of machines can be compared. AES-128-CTR by OpenSSL and memcpy are the limits of what encrypts and of
  what copies.
- **The least of repetitions taken in turns.** All figures that are compared are measured round after round, each a little in every round and under its own table of kernels, in several processes (where
  one's memory happens to lie costs up to a tenth), and the least time counts: what disturbs the machine disturbs all, and decides nothing.
- **Results are checked.** All tables must give the same results, packets and states; proofs must hold; sums and published counts must be what clients encoded; verify1 must send the same bytes under every table and on any number of cores. A wrong
  result ends the run.
- **Whole runs** are of the shipped program over files in the page cache, start, journal and durable writes included. A server runs over messages that the other has sent before, so that it never waits.

`make bench BENCH=quick` takes a minute and leaves out the large runs, `BENCH=full` takes longer for smaller errors.

## Targets

{targets_table(data["targets"])}

{("Missed: " + "; ".join(missed) + ".") if missed else "None of those that were measured was missed."}

## Kernels

Time of one, and in brackets how many times as fast as its portable twin. Of its limit: the best time divided by the limit's; below 1, it is faster than that.

{kernels_table(sections["kernels"])}

## A record

Cryptography and arithmetic on one thread: X25519, key derivation, AES-GCM, reading or expanding, f(r), g(r), h(r), and the sum. Shares are in memory, in batches that fit the L2 cache. Coefficients are made once a batch;
under `prio --query-order file` each record has a draw of its own, and takes the last column besides (and X25519 for itself alone).

{records_table(sections["records"])}

Where the time goes, by the kernels' own figures; the rest is wiping, the envelope of the share, packets and states, and from files lines, ids, checkpoints, sending and the system's work.

{parts_table(sections)}

## From files

verify1 of {sections["verify1"]["n_records"]:,} records of {sections["verify1"]["n_data"]} fields, from NDJSON files in the page cache to packets, checkpoints and journal on disk. The limit: {verify1.limit_words(sections["verify1"])}

{verify1_table(sections["verify1"])}

{profile_text(sections.get("profile"))}

## From S3

{s3_text(sections.get("s3"))}

## Whole runs

verify1, verify2, aggregate, publish, over files.

{runs_table(sections["runs"])}

Peak memory, MiB. What grows is what is kept of each record (40 bytes) and the tables of ids (up to 75 an entry), together never more than PRIO_MEMORY_BUDGET (128 MiB unless set otherwise); held to a megabyte, they show that nothing else does.

{table(memory.HEAD, memory.rows(sections["memory"]))}

## Curves
"""]
	parts += [f"![{words}]({name})\n" for name, words in pictures]
	parts.append("## Peers\n\n" + (peers_text(peers) if peers else "`make bench-peers` was not run beside this one.\n"))
	parts.append("## Sizing\n\n" + sizing_text(sections))
	parts.append("## One million records of 2000 fields\n\n" + reference_text(sections, million, machine["cores"]))
	return "\n".join(parts).rstrip() + "\n"


def main():
	if len(sys.argv) > 2:
		sys.exit("usage: bench/report.py [BUILD_DIRECTORY]")
	directory = sys.argv[1] if len(sys.argv) == 2 else os.path.join(os.path.dirname(HERE), "build")
	data, peers, million = (load(os.path.join(directory, f"bench{part}.json")) for part in ("", "-peers", "-million"))
	wanted = ["kernels", "records", "curve", "verify1", "runs", "memory"]
	if data is None or any(not data["sections"].get(name) for name in wanted):
		sys.exit(f"there is no bench.json of all sections in {directory}: run `make bench` first")
	data["targets"] = targets.compute(data["sections"], peers)
	with open(os.path.join(DOCS, "performance.md"), "w", encoding="utf-8") as file:
		file.write(document(data, peers, million))


if __name__ == "__main__":
	main()

#!/usr/bin/env python3
"""make bench-peers: one record of ours beside one of the crate `prio`, in one run, on one core.

Builds bench/peers twice, as cargo does by itself and for this machine's CPU, and takes turns between both and ours; the least
of each figure counts. Prints ratios and writes bench-peers.json beside the binaries' directory, where `make bench` and
bench/report.py find it.

	bench/peers/run.py BINDIR [quick|default|full]

Needs cargo with Rust 1.89 or newer, and the network the first time. Standard library only.
"""

import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from harness import SIZE, read_first, say, table_of  # noqa: E402

TURNS = {"quick": (1, 2, 20), "default": (3, 4, 40), "full": (6, 6, 60)}  # turns, rounds, ms
FIGURES = ["a", "b", "client", "a_hpke", "b_hpke", "client_hpke"]
QUOTED = [  # us, on Zen 5, from the project's study; not measured here
	("prio-processor 4.1 on Spark 3.1, whole pipeline, CPU time, start-up off", "275,000", "275,000", "53,600"),
	("libprio as prio-processor calls it", "85,000 to 89,000", "89,000 to 90,000", "39,900"),
	("libprio, each share opened once", "28,600", "29,900", ""),
]


def find_cargo():
	cargo = shutil.which("cargo") or shutil.which("cargo", path=os.path.expanduser("~/.cargo/bin"))
	if cargo is None:
		sys.exit("bench-peers: cargo is not installed, so there are no peers to measure. Install Rust 1.89 or newer (rustup, or your "
			"distribution's package where it is that new) and start again. Nothing else of this project needs it.")
	return cargo


def build(cargo, directory):
	"""The project copied into the build directory, so that cargo writes nothing into the source; its programs."""
	source = os.path.join(directory, "peers")
	os.makedirs(os.path.join(source, "src"), exist_ok=True)
	shutil.copy(os.path.join(HERE, "Cargo.toml"), source)
	shutil.copy(os.path.join(HERE, "src", "main.rs"), os.path.join(source, "src"))
	programs = []
	for kind, flags in (("plain", ""), ("native", "-C target-cpu=native")):
		target = os.path.join(source, kind)
		say(f"building peers, {kind}")
		made = subprocess.run([cargo, "build", "--release", "--quiet"], cwd=source, env={**os.environ, "CARGO_TARGET_DIR": target, "RUSTFLAGS": flags},
			check=False)
		if made.returncode != 0:
			sys.exit("bench-peers: cargo could not build the peers (Rust 1.89 or newer is needed, and the network the first time)")
		programs.append(os.path.join(target, "release", "prio-peers"))
	return programs


def printed(*command, core):
	return json.loads(subprocess.run(["taskset", "-c", str(core), *[str(word) for word in command]], stdout=subprocess.PIPE, check=True).stdout)


def measure(bindir, programs, turns, rounds, slice_ms):
	core = sorted(os.sched_getaffinity(0))[-1]
	peers, ours = {}, {}
	about = printed(os.path.join(bindir, "prio_bench"), "about", core=core)
	for _ in range(turns):
		for program in programs:
			for peer in printed(program, SIZE, rounds, slice_ms, core=core):
				kept = peers.setdefault(peer["name"], peer)
				if peer["a"] + peer["b"] < kept["a"] + kept["b"]:
					kept["chunk"] = peer["chunk"]
				kept.update({figure: min(kept[figure], peer[figure]) for figure in FIGURES})
		for figure in printed(os.path.join(bindir, "prio_bench"), "records", rounds, slice_ms / 1000, about["tables"][-1], SIZE, core=core):
			ours[figure["what"]] = min(ours.get(figure["what"], figure["ns"]), figure["ns"])
	return {"cpu": read_first("/proc/cpuinfo", r"^model name\s*:(.*)$"), "table": about["tables"][-1], "peers": list(peers.values()), "ours": ours}


def ratios(result):
	ours = result["ours"]
	return [{
		"name": peer["name"], "times_a": peer["a_hpke"] / ours["verify1_a"], "times_b": peer["b_hpke"] / ours["verify1_b"],
		"times_a_bare": peer["a"] / ours["verify1_a"], "times_b_bare": peer["b"] / ours["verify1_b"],
		"times_client": peer["client_hpke"] / ours["encode"],
	} for peer in result["peers"]]


def show(result):
	ours, x_ns = result["ours"], result["ours"]["openssl_x25519"]
	say(f"\nOne record of {SIZE} fields on one core, us; server A is the leader. X = {x_ns / 1000:.1f} us. Ours: table {result['table']}, decryption included.")
	rows = [["ours: A, B, client", f"{ours['verify1_a'] / 1000:.1f}", f"{ours['verify1_b'] / 1000:.1f}", f"{ours['encode'] / 1000:.1f}", "", "", ""]]
	for peer in result["peers"]:
		name = peer["name"] + (f", chunk {peer['chunk']}" if peer["chunk"] else "")
		rows.append([name, *[f"{peer[figure] / 1000:.1f}" for figure in ("a_hpke", "b_hpke", "client_hpke", "a", "b", "client")]])
	table_of(rows, ["", "A", "B", "client", "A, no HPKE", "B, no HPKE", "client, no HPKE"])
	say("\nTheirs over ours; ours always with decryption")
	table_of([[ratio["name"], *[f"{ratio[key]:.1f}" for key in ("times_a", "times_b", "times_client", "times_a_bare", "times_b_bare")]]
		for ratio in result["ratios"]], ["", "A", "B", "client", "A, no HPKE", "B, no HPKE"])
	say("\nThe original, QUOTED from the project's study on a machine of the Zen 5 family, not measured here, us")
	table_of(QUOTED, ["", "A", "B", "client"])
	say("\nThe proof systems differ: Prio3 sends about half the bytes and is stronger, Prio2's field has 32 bits.")


def main():
	if len(sys.argv) not in (2, 3) or not os.path.isdir(sys.argv[1]) or sys.argv[2:] not in ([], ["quick"], ["default"], ["full"]):
		sys.exit("usage: bench/peers/run.py BINDIR [quick|default|full]")
	bindir = os.path.abspath(sys.argv[1])
	directory = os.path.dirname(bindir)
	programs = build(find_cargo(), directory)
	result = measure(bindir, programs, *TURNS[sys.argv[2] if len(sys.argv) > 2 else "default"])
	result["ratios"] = ratios(result)
	result["quoted"] = QUOTED
	show(result)
	path = os.path.join(directory, "bench-peers.json")
	with open(path, "w", encoding="utf-8") as file:
		json.dump(result, file, indent=1)
	say(f"All of it as JSON: {path}")


if __name__ == "__main__":
	main()

"""`prio` against what the original command did: its own fixtures, its recorded runs, its runs over broken files.

Every file that the original wrote in a run that it finished comes out the same, byte for byte, but for repeated ids, where
our rule is another one, and for the ids and times of published results.
"""

import collections
import json
import os
import pathlib

import pytest

from prio_tool import FILE, Servers, said

TOP = pathlib.Path(__file__).resolve().parents[2]
RECORDED = TOP / "tests" / "recorded" / "data"
FIXTURES = pathlib.Path(os.environ.get("SHARED_DIR") or TOP.parent / "shared") / "fixtures" / "cli"
PIPELINE = json.loads((TOP / "tests" / "vectors" / "data" / "pipeline.json").read_text())
STEPS = ("verify1", "verify2", "aggregate")
SCENARIOS = {one["name"]: one for one in PIPELINE["scenarios"]}
REPEATED = {"duplicate_line", "duplicate_id", "duplicate_id_invalid_first", "duplicate_id_invalid_last"}
# Runs that the original did not finish; which of A's lines ended them, and what it is called here.
BAD_LINE = {"file_blank_line": "not-json", "file_payload_bad_padding": "bad-base64", "file_payload_null": "no-payload",
	"file_no_payload": "no-payload", "file_no_id": "no-id", "file_not_json": "not-json"}


def servers_of(tool, folder, scenario, *options):
	secret = scenario["shared_secret"]
	keys = {letter: scenario["keys"][letter.lower()] for letter in "AB"}
	more = ["--allow-forgeable-size"] if scenario["n_data"] == 1 else []
	servers = Servers(tool, folder, scenario["batch_id"], scenario["n_data"], keys, secret, *options, *more)
	for letter in "AB":
		servers.put_raw(letter, scenario["raw"][letter.lower()])
	return servers


def counts(some, n_data):
	return [sum(int(bits[j]) for bits in some) for j in range(n_data)]


# ---- the original's own fixtures


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the original's fixtures are not here")
def test_fixtures(tool, tmp_path):
	config = json.loads((FIXTURES / "config.json").read_text())
	keys = {letter: json.loads((FIXTURES / f"server_{letter.lower()}_keys.json").read_text()) for letter in "AB"}
	secret = json.loads((FIXTURES / "shared_seed.json").read_text())["shared_seed"]
	servers = Servers(tool, tmp_path, config["batch_id"], config["n_data"], keys, secret, "--prg", "legacy", "--query-order", "file")
	for letter in "AB":
		servers.put_raw(letter, (FIXTURES / f"server_{letter.lower()}" / "raw" / FILE).read_bytes())
	servers.all_steps()
	seen = 0
	for stored in FIXTURES.glob("server_?/**/*.ndjson"):
		ours = tmp_path / stored.relative_to(FIXTURES)
		if stored.parent.name == "processed":
			assert json.loads(ours.read_text())["payload"] == json.loads(stored.read_text())["payload"]
		else:
			assert ours.read_bytes() == stored.read_bytes(), stored
		seen += 1
	assert seen == 16


# ---- recorded runs


CASES = sorted(path.name for path in (RECORDED / "cli").iterdir())


def recorded(tool, folder, case, order):
	source = RECORDED / "cli" / case
	config = json.loads((source / "config.json").read_text())
	keys = {letter: json.loads((RECORDED / "env" / f"server_{letter.lower()}_keys.json").read_text()) for letter in "AB"}
	secret = json.loads((RECORDED / "env" / "shared_seed.json").read_text())["shared_seed"]
	servers = Servers(tool, folder, config["batch_id"], config["n_data"], keys, secret, "--query-order", order)
	for letter in "AB":
		servers.put_raw(letter, (source / f"server_{letter.lower()}" / "raw" / FILE).read_bytes())
	return source, servers


def test_recorded_cases_are_there():
	assert len(CASES) == 6 and "duplicate-row-both" in CASES


@pytest.mark.parametrize("case", sorted(set(CASES) - {"duplicate-row-both"}))
def test_recorded(tool, tmp_path, case):
	source, servers = recorded(tool, tmp_path, case, "file")
	words = servers.all_steps()
	log = (source / "log.txt").read_text()
	for step in STEPS:
		for letter in "AB":
			stored = source / f"server_{letter.lower()}" / "intermediate" / "internal" / step / FILE
			assert servers.text(letter, step) == stored.read_bytes()
			header = f"$ SERVER_ID={letter} prio {step} "
			for line in log[log.index(header):].splitlines()[1:3]:
				assert said(words[step][letter], line)
	for letter in "AB":
		stored = json.loads((source / f"server_{letter.lower()}" / "processed" / FILE).read_text())
		assert servers.published(letter) == stored["payload"]
		assert not servers.text(letter, "publish").endswith(b"\n")


@pytest.mark.parametrize("order", ["batch", "file"])
def test_recorded_duplicate_row_counts_once(tool, tmp_path, order):
	source, servers = recorded(tool, tmp_path, "duplicate-row-both", order)
	words = servers.all_steps()
	bits = [json.loads(line)["bits"] for line in (source / "manifest.ndjson").read_text().splitlines()]
	for letter in "AB":
		assert servers.counts(letter) == (1, 7)
		assert servers.published(letter) == counts(bits, 20)
		for step in ("verify1", "verify2", "aggregate"):
			assert said(words[step][letter], "1 errors out of 7 total")
		assert "data.ndjson:7, id 9313badf-fba3-4ec7-aca3-87b5bafe9bd1: duplicate" in words["verify1"][letter]


# ---- the original over good and broken files


def finished(scenario):
	return all(step in scenario["cli"] and all(one["exit_code"] == 0 for one in scenario["cli"][step].values()) for step in
		(*STEPS, "publish"))


def test_every_scenario_has_its_test():
	unfinished = {name for name, one in SCENARIOS.items() if not finished(one)}
	assert unfinished == BAD_LINE.keys()
	assert REPEATED < SCENARIOS.keys()


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - REPEATED - BAD_LINE.keys() - {"long_secret"}))
def test_scenario(tool, tmp_path, name):
	scenario = SCENARIOS[name]
	servers = servers_of(tool, tmp_path, scenario, "--query-order", "file")
	words = servers.all_steps()
	for letter in "AB":
		for step in STEPS:
			original = scenario["cli"][step][letter.lower()]
			assert servers.text(letter, step).decode() == original["file"], step
			for line in original["stdout"].splitlines():
				assert said(words[step][letter], line)
		assert servers.published(letter) == scenario["cli"]["publish"][letter.lower()]["payload"]
		assert said(words["publish"][letter], "Running publish")


@pytest.mark.parametrize("name", sorted(name for name in SCENARIOS.keys() - REPEATED - {"long_secret"} if "spark" in SCENARIOS[name]))
def test_scenario_in_batch_order_loses_nobody_else(tool, tmp_path, name):
	"""What only one server opens costs the others nothing when all share a query point."""
	scenario = SCENARIOS[name]
	servers = servers_of(tool, tmp_path, scenario)
	servers.all_steps()
	for letter in "AB":
		assert servers.published(letter) == scenario["spark"]["publish"][letter.lower()]


@pytest.mark.parametrize("name", sorted(BAD_LINE))
def test_one_bad_line_does_not_end_the_run(tool, tmp_path, name):
	scenario = SCENARIOS[name]
	servers = servers_of(tool, tmp_path, scenario)
	words = servers.all_steps()
	good = [bits for i, bits in enumerate(scenario["bits"].values()) if i != 1 or name == "file_blank_line"]
	assert "data.ndjson:2" in words["verify1"]["A"] and f": {BAD_LINE[name]}" in words["verify1"]["A"]
	for letter in "AB":
		assert servers.published(letter) == counts(good, scenario["n_data"])


@pytest.mark.parametrize("order", ["batch", "file"])
@pytest.mark.parametrize("name", sorted(REPEATED))
def test_repeated_ids(tool, tmp_path, name, order):
	"""One of equal copies, none of different ones, and everybody else."""
	scenario = SCENARIOS[name]
	servers = servers_of(tool, tmp_path, scenario, "--query-order", order)
	words = servers.all_steps()
	ids = collections.Counter(json.loads(line)["id"] for line in scenario["raw"]["a"].splitlines())
	word, refused = ("duplicate", 1) if name == "duplicate_line" else ("conflicting-id", 2)
	some = scenario["bits"].get("others") or [bits for one, bits in scenario["bits"].items() if ids[one] == 1 or refused == 1]
	for letter in "AB":
		assert words["verify1"][letter].count(f": {word}\n") == refused
		assert f"prio: {refused} {word}: " in words["verify1"][letter]
		assert servers.counts(letter) == (refused, sum(ids.values()))
		assert servers.published(letter) == counts(some, scenario["n_data"])


def test_a_longer_secret_is_refused(tool, tmp_path):
	"""The original cuts it to 16 bytes; FORMAT.md, Q11."""
	scenario = SCENARIOS["long_secret"]
	servers = servers_of(tool, tmp_path, scenario)
	words = servers.step("A", "verify1", code=1)
	assert "--shared-secret (SHARED_SECRET)" in words and "16" in words
	assert scenario["shared_secret"] not in words


# ---- encode-shares


ENCODE = {one["name"]: one for one in PIPELINE["encode_shares"]}


@pytest.mark.parametrize("name", sorted(ENCODE))
def test_encode_shares(tool, tmp_path, name):
	case = ENCODE[name]
	keys = {letter: json.loads(tool.ok("keygen").stdout) for letter in "AB"}
	secret = json.loads(tool.ok("shared-seed").stdout)["shared_seed"]
	servers = Servers(tool, tmp_path, "encode", case["n_data"], keys, secret, "--allow-forgeable-size")
	source = tmp_path / FILE
	source.write_text("".join(json.dumps({"payload": one}) + "\n" for one in case["payloads"]))
	done = tool.run("encode-shares", "--allow-forgeable-size", "--input", source, "--output-A", servers.path("A", "raw"),
		"--output-B", servers.path("B", "raw"), env=servers.env["A"])
	assert done.returncode == case["exit_code"], done.stderr
	assert done.stdout == ""
	files = {letter: servers.path(letter, "raw", FILE) for letter in "AB"}
	if done.returncode != 0:
		assert not any(path.exists() for path in files.values())
		if case["n_data"] == 3:
			assert f"{FILE}:1: " in done.stderr
		return
	assert [len(files[letter].read_text().splitlines()) for letter in "AB"] == [case["lines_a"], case["lines_b"]]
	servers.all_steps()
	accepted = case["servers_accept"]
	assert servers.counts("A") == (accepted.count(False), len(accepted))
	expected = [[int(x) for x in one[: case["n_data"]]] for one, good in zip(case["payloads"], accepted) if good]
	assert servers.published("A") == counts(expected, case["n_data"]) == servers.published("B")

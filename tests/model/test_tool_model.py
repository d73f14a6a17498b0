"""The model of whole files against the original command-line tool's runs (pipeline.json), its order of query points.

Every file that the original wrote in a run it finished has to come out the same, byte for byte, except where this project
decided otherwise about repeated ids. Where the original died of one bad line, the run has to go on without that line.
"""

import base64
import collections
import json

import pytest

from prio_model import server, tool
from prio_model.share import A, B, Params
from test_model import DATA, privates

SCENARIOS = {one["name"]: one for one in json.loads((DATA / "pipeline.json").read_text())["scenarios"]}
REPEATED = {"duplicate_line", "duplicate_id", "duplicate_id_invalid_first", "duplicate_id_invalid_last"}
DIED = {name for name, one in SCENARIOS.items() if "publish" not in one["cli"] or
	any(answer["exit_code"] for stage in one["cli"].values() for answer in stage.values())}
# What the refused line of each run that died is refused as, and where.
DEADLY = {"file_blank_line": (A, "not-json"), "file_payload_bad_padding": (A, "bad-base64"), "file_payload_null": (A, "no-payload"),
	"file_no_payload": (A, "no-payload"), "file_no_id": (A, "no-id"), "file_not_json": (A, "not-json")}


class Run:
	"""Both servers through all stages."""

	def __init__(self, scenario, order="file"):
		self.params = Params(scenario["batch_id"].encode(), scenario["n_data"])
		secret = base64.b64decode(scenario["shared_secret"])
		assert len(secret) >= 16
		# The original takes the first 16 bytes; here a longer secret is refused before any file is read.
		servers = [tool.Tool(self.params, i, key, secret[:16], order) for i, key in enumerate(privates(scenario))]
		raw = [scenario["raw"][letter].encode() for letter in "ab"]
		self.verify1 = [servers[i].verify1(raw[i]) for i in (A, B)]
		one = [out.text.encode() for out in self.verify1]
		self.verify2 = [servers[i].verify2(raw[i], one[i], one[1 - i]) for i in (A, B)]
		two = [out.text.encode() for out in self.verify2]
		self.aggregate = [servers[i].aggregate(raw[i], two[i], two[1 - i]) for i in (A, B)]
		self.counts = server.publish(*(out.fields for out in self.aggregate))


def words_of(out):
	return f"{len(out.refused)} errors out of {out.total} total"


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - REPEATED - DIED))
def test_as_the_original(name):
	scenario = SCENARIOS[name]
	run, cli = Run(scenario), scenario["cli"]
	for i, letter in enumerate("ab"):
		for stage in ("verify1", "verify2", "aggregate"):
			out = getattr(run, stage)[i]
			assert out.text == cli[stage][letter]["file"]
			assert words_of(out) in cli[stage][letter]["stdout"]
		assert run.counts == cli["publish"][letter]["payload"]


def test_what_is_excepted_is_there():
	assert REPEATED <= SCENARIOS.keys()
	assert DIED == DEADLY.keys()


@pytest.mark.parametrize("name", sorted(DEADLY))
def test_one_bad_line_does_not_end_the_run(name):
	scenario = SCENARIOS[name]
	run = Run(scenario, "batch")
	number, word = DEADLY[name]
	assert run.verify1[number].refused == {2: word}
	assert not run.verify1[1 - number].refused
	good = [bits for i, bits in enumerate(scenario["bits"].values()) if i != 1 or name == "file_blank_line"]
	assert run.counts == [sum(int(bits[j]) for bits in good) for j in range(scenario["n_data"])]


@pytest.mark.parametrize("name", sorted(REPEATED))
def test_repeated_ids(name):
	"""One of equal copies, none of different ones."""
	scenario = SCENARIOS[name]
	run = Run(scenario, "batch")
	ids = collections.Counter(json.loads(line)["id"] for line in scenario["raw"]["a"].splitlines())
	word, expected = ("duplicate", 1) if name == "duplicate_line" else ("conflicting-id", 2)
	bits_of = scenario["bits"]
	good = bits_of.get("others") or [bits for one, bits in bits_of.items() if ids[one] == 1 or word == "duplicate"]
	for i in (A, B):
		assert run.verify1[i].by_reason == {word: expected}
		assert (len(run.aggregate[i].refused), run.aggregate[i].total) == (expected, sum(ids.values()))
	assert run.counts == [sum(int(bits[j]) for bits in good) for j in range(scenario["n_data"])]

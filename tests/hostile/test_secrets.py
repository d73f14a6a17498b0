"""No secret byte leaves, or stands where others can read it: shared buckets, logs, arguments; nor, but sealed, in our own bucket."""

import base64
import json
import os
import subprocess

import pytest

from case import SANITIZED, SOON, X
from partner import NUMBER, derived, rows_in
from prio_model import pack
from prio_model import server as protocol
from servers import DONE, FAILED, PRIO, PROCESSOR, environment, new_keys, read_lines

BOTH = pytest.mark.parametrize("ours", "AB")
LABELS = ("partner", "manifest", "accepted", "journal", "checkpoint", "answers")


def forms(secret):
	"""How somebody might write these bytes."""
	return {secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret).rstrip(b"=")}


def secrets_of(case):
	"""What our server must keep to itself: name -> bytes."""
	private, secret = bytes.fromhex(case.pair.keys[case.ours.name].private), base64.b64decode(case.ours.secret)
	found = {"private key": private, "shared secret": secret, "query point": case.partner.query("x").to_bytes(11, "big")}
	for label in LABELS:
		for name, key in (("private key", private), ("shared secret", secret)):
			found[f"key for {label} from the {name}"] = derived(key, f"prio-processor {label}")
	for key, sealed in rows_in(read_lines(case.ours.raw("x"))).items():
		one = protocol.open_share(sealed, case.partner.params["x"], NUMBER[case.ours.name], private)
		found[f"{key}: a seed"] = one.seed or private
		values = {name: getattr(one, name) for name in ("a", "b", "c", "f0", "g0", "h0")}
		values |= {f"data {i}": value for i, value in enumerate(one.data)} | {f"point {i}": value for i, value in enumerate(one.points)}
		values |= dict(zip(("f(r)", "g(r)", "h(r)"), protocol.evaluate(one, case.partner.query("x"))))
		for name, value in values.items():
			if value >= 2**80:  # shorter ones may be anything
				found[f"{key}: {name}"] = value.to_bytes(11, "big")
	return found


def decoded(content):
	"""A file, and what its payloads are in base64 of."""
	yield content
	for line in content.split(b"\n"):
		try:
			yield base64.b64decode(json.loads(line)["payload"])
		except (ValueError, TypeError, KeyError):
			pass


@BOTH
def test_what_is_written_and_said(meeting, ours):
	case = meeting(ours=ours, batches=[X])
	run = case.start()
	case.until("verify1")
	for name in ("cmdline", "task"):  # no child has the environment, no argument a secret
		if name == "cmdline":
			with open(f"/proc/{run.process.pid}/cmdline", "rb") as file:
				arguments = file.read()
		else:
			for task in os.listdir(f"/proc/{run.process.pid}/task"):
				with open(f"/proc/{run.process.pid}/task/{task}/children", "rb") as file:
					assert file.read() == b""
	case.play()
	case.ends(DONE)
	secrets = secrets_of(case)
	assert len(secrets) > 300
	needles = {form: name for name, secret in secrets.items() for form in forms(secret)}
	with open(run.out_path, "rb") as out, open(run.err_path, "rb") as err:
		places = [("arguments", arguments), ("stdout", out.read()), ("stderr", err.read())]
	versions = list(case.recorder.versions())
	assert any("/checkpoint/" in path for path, _ in versions) and any("/journal/" in path for path, _ in versions)
	for path, content in places + versions:
		for text in decoded(content):
			for form, name in needles.items():
				assert form not in text, f"{name} in {path}"


@BOTH
def test_the_search_finds_what_is_there(meeting, ours):
	"""What the protocol sends is found in what left, by the same search: our total, and a packet."""
	case = meeting(ours=ours, batches=[X])
	case.start()
	case.play()
	case.ends(DONE)
	versions = [text for _, content in case.recorder.versions() for text in decoded(content)]
	sent = case.partner.theirs("verify1", "x")[case.ids()[0]]
	assert any(pack.element(sent[0])[1:] in text for text in versions)
	assert any(forms(bytes.fromhex(case.pair.keys[case.ours.name].public)) & {text[i:i + 64] for i in range(len(text) - 63)} for text in
		[path.encode() for path, _ in case.recorder.versions()])


@pytest.mark.parametrize("variable, value", [
	("SHARED_SECRET", "c2VjcmV0"), ("SHARED_SECRET", "not base64, but a secret"), ("PRIVATE_KEY_HEX", "5ec2e7" * 11),
	("PRIVATE_KEY_HEX", "5ec2e7"), ("PRIVATE_KEY_HEX", "5ec2e7zz" * 8)])
def test_wrong_secrets_are_not_repeated(meeting, variable, value):
	"""What is wrong with a secret is said without it."""
	case = meeting(batches=[X])
	run = case.start(**{variable: value})
	assert run.wait() == 2
	assert variable in run.err and value not in run.err and "5ec2e7" not in run.err.lower() and value not in run.out


def test_key_of_another_server_is_not_repeated(meeting):
	case = meeting(batches=[X])
	keys = new_keys()
	run = case.start(PRIVATE_KEY_HEX=keys.private)
	assert run.wait() == 2 and keys.private not in run.err


def test_no_core_files(meeting):
	"""While it holds keys and shares."""
	case = meeting(batches=[X])
	run = case.start(**SOON)
	case.until("verify1")
	with open(f"/proc/{run.process.pid}/limits", encoding="ascii") as file:
		assert ["Max", "core", "file", "size", "0", "0", "bytes"] in [line.split() for line in file]
	if not SANITIZED:
		with open(f"/proc/{run.process.pid}/smaps", encoding="ascii") as file:
			assert any(line.startswith("VmFlags:") and " dd" in line for line in file), "no memory is left out of dumps"
	case.ends(FAILED)


@pytest.mark.skipif(SANITIZED, reason="a leak check has to look into the process")
@pytest.mark.parametrize("command", [[PRIO, "keygen"], [PRIO, "shared-seed"], [PRIO, "--help"], [PROCESSOR, "--help"], [PROCESSOR, "process"]])
def test_both_programs_forbid_dumps(library, tmp_path, command):
	process = subprocess.Popen(command, env=environment(LD_PRELOAD=library, RECORD_DIRECTORY=str(tmp_path)), stdout=subprocess.DEVNULL,
		stderr=subprocess.DEVNULL)
	process.wait()
	with open(tmp_path / f"peak-{process.pid}", encoding="ascii") as file:
		assert file.read().endswith(" core 0 dumpable 0")

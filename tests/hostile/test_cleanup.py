"""prio-processor cleanup: what it deletes, what it leaves, and that it asks."""

import os
import pty
import subprocess
import time

import pytest

import servers
from case import SOON
from servers import DONE, FAILED, UNPUBLISHED, USAGE, environment

NAMES = ("APP_NAME", "SUBMISSION_DATE", "PUBLIC_KEY_HEX_INTERNAL", "PUBLIC_KEY_HEX_EXTERNAL", "BUCKET_INTERNAL_ENDPOINT", "BUCKET_INTERNAL_INGEST",
	"BUCKET_INTERNAL_PRIVATE", "BUCKET_INTERNAL_SHARED", "BUCKET_PREFIX")


def cleanup(case, *options, **changes):
	variables = {name: case.ours.variables()[name] for name in NAMES}
	return subprocess.run([servers.PROCESSOR, "cleanup", *options], env=environment(**{**variables, **changes}), stdin=subprocess.DEVNULL,
		capture_output=True, text=True, timeout=60, check=False)


def on_a_terminal(case, answer, *options):
	"""The same where standard input is a terminal, at which somebody answers."""
	ours, its = pty.openpty()
	variables = {name: case.ours.variables()[name] for name in NAMES}
	process = subprocess.Popen([servers.PROCESSOR, "cleanup", *options], env=environment(**variables), stdin=its, stdout=subprocess.PIPE,
		stderr=subprocess.PIPE, text=True)
	os.close(its)
	os.write(ours, answer.encode())
	_, err = process.communicate(timeout=60)
	os.close(ours)
	return process.returncode, err


def tree(*directories):
	"""All files below but the lock: path -> content."""
	found = {}
	for directory in directories:
		for folder, _, names in os.walk(directory):
			for name in set(names) - {"_lock"}:
				with open(os.path.join(folder, name), "rb") as file:
					found[os.path.join(folder, name)] = file.read()
	return found


def begun(meeting, **how):
	"""A run that came to its aggregate and then waited in vain."""
	case = meeting(**how)
	case.start(**SOON)
	case.play(stages=["verify1", "verify2"])
	case.until("aggregate")
	case.ends(FAILED, "the partner's aggregate did not come")
	return case


def kept(path):
	return "/journal/" in path or "/processed/" in path


def test_deletes_its_own_and_keeps_the_journal(meeting):
	case = begun(meeting)
	others = [path.replace(servers.DATE, "2026-11-21") for path in tree(case.ours.home)] + \
		[path.replace(servers.APP, "other-app") for path in tree(case.ours.home)]
	for path in others:
		os.makedirs(os.path.dirname(path), exist_ok=True)
		with open(path, "wb") as file:
			file.write(b"of another date or application")
	before, partners = tree(case.ours.home), tree(case.ours.partner_home)
	done = cleanup(case, "--yes")
	assert done.returncode == DONE, done.stderr
	after = tree(case.ours.home)
	assert after == {path: text for path, text in before.items() if kept(path) or path in others}
	assert any("/journal/batch_id=x/query" in path for path in after) and any("/journal/run/verify1" in path for path in after)
	assert tree(case.ours.partner_home) == partners


@pytest.mark.parametrize("options", [[], ["--forget", "x"]])
def test_nothing_without_yes(meeting, options):
	case = begun(meeting)
	before = tree(case.ours.home)
	done = cleanup(case, *options)
	assert done.returncode == USAGE and "nothing was deleted: answer yes on a terminal, or give --yes" in done.stderr
	for answer in ("no\n", "y\n", "\n", "YES\n", "yes please\n", "\x04"):
		code, err = on_a_terminal(case, answer, *options)
		assert code == USAGE and "for good? Type yes:" in err and "nothing was deleted" in err, (answer, err)
	assert tree(case.ours.home) == before


@pytest.mark.parametrize("options", [[], ["--forget", "x"]])
def test_yes_on_a_terminal(meeting, options):
	case = begun(meeting)
	code, err = on_a_terminal(case, "yes\n", *options)
	assert code == DONE, err
	assert not os.path.exists(case.ours.raw("x")) and os.path.exists(case.ours.raw("y")) == bool(options)


def test_same_shares_again(meeting):
	"""The journal is there still: the same shares go on, as if nothing had been."""
	case = begun(meeting)
	raw = tree(case.ours.raw())
	assert cleanup(case, "--yes").returncode == DONE
	for path, text in raw.items():
		os.makedirs(os.path.dirname(path), exist_ok=True)
		with open(path, "wb") as file:
			file.write(text)
	for stage in ("verify1", "verify2", "aggregate"):
		case.partner.play(stage)
	case.start()
	case.ends(DONE)
	assert case.ours.published("x")["payload"] == case.truth()


def test_other_shares_again(meeting):
	"""And other ones under the same name are refused."""
	case = begun(meeting)
	raw = tree(case.ours.raw())
	assert cleanup(case, "--yes").returncode == DONE
	for path, text in raw.items():
		os.makedirs(os.path.dirname(path), exist_ok=True)
		with open(path, "wb") as file:
			file.write(text[text.index(b"\n") + 1:] if text else text)
	case.start(**SOON)
	case.ends(FAILED, "was verified before and has another size now")


def test_forget(meeting):
	"""Raw shares and journal of one batch go together, with what that means; the other batch goes on."""
	case = begun(meeting)
	before = tree(case.ours.home)
	done = cleanup(case, "--forget", "x", "--yes")
	assert done.returncode == DONE
	assert "batch x: its raw shares (1 parts) and its journal are deleted" in done.stderr
	assert "never put the same shares there again, for a record that is verified at two query points is no longer private" in done.stderr
	after = tree(case.ours.home)
	gone = set(before) - set(after)
	assert any("/raw/shares/batch_id=x/" in path for path in gone) and any("/journal/batch_id=x/" in path for path in gone)
	assert all("batch_id=x/" in path for path in gone)
	assert not any("/journal/batch_id=x/" in path or "/raw/shares/batch_id=x/" in path or "/checkpoint/batch_id=x/" in path for path in after)
	case.partner.play("aggregate", only=["y"])
	case.start()
	case.ends(DONE)
	assert case.ours.published("y")["payload"] == case.truth("y")


def test_forgotten_batch_is_over_for_the_date(meeting):
	"""Its shares put there again, against all advice: verify1 was sent, so nothing of them leaves."""
	case = begun(meeting)
	raw = tree(case.ours.raw("x"))
	assert cleanup(case, "--forget", "x", "--yes").returncode == DONE
	for path, text in raw.items():
		os.makedirs(os.path.dirname(path), exist_ok=True)
		with open(path, "wb") as file:
			file.write(text)
	case.partner.play("aggregate", only=["y"])
	case.start()
	case.ends(UNPUBLISHED, "batch x is not published: its raw shares came after our verify1 was sent")
	assert case.ours.published("y")["payload"] == case.truth("y")


def test_while_a_run_is_at_work(meeting):
	case = meeting()
	case.start()
	case.wait_for_words("waiting for the partner's verify1")
	before = tree(case.ours.home)
	for options in ([], ["--forget", "x"]):
		done = cleanup(case, *options, "--yes")
		assert done.returncode == FAILED and "_lock" in done.stderr, done.stderr
	assert tree(case.ours.home) == before
	case.play()
	case.ends(DONE)


def test_links_are_not_followed(meeting):
	"""What the partner put into our shared bucket leads nowhere."""
	case = begun(meeting)
	outside = os.path.join(case.root, "outside")
	os.makedirs(outside)
	with open(os.path.join(outside, "precious"), "wb"):
		pass
	os.symlink(outside, os.path.join(case.ours.received("verify1"), "batch_id=z"))
	os.symlink(os.path.join(outside, "precious"), os.path.join(case.ours.received("verify1"), "link"))
	assert cleanup(case, "--yes").returncode == DONE
	assert os.listdir(outside) == ["precious"]


def test_nothing_there(meeting):
	"""A date that never was: nothing to do, and no complaint."""
	case = meeting()
	started = time.monotonic()
	done = cleanup(case, "--yes", SUBMISSION_DATE="2020-01-01")
	assert done.returncode == DONE and "deleting 0 private objects, 0 messages and 0 raw objects" in done.stderr
	assert time.monotonic() - started < 30

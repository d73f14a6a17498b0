"""Runs beside, after and instead of other runs of the same server: who may run, what a complete run does when it is started
again, what is cleared and what is not, and data that change in between."""

import glob
import os
import random
import shutil
import signal
import time

import pytest

from harness import IMPATIENT, PATIENT, Scene
from servers import APP, DATE, DONE, FAILED, PROCESSOR, STAGES, UNPUBLISHED, Pair, Run, environment, random_vectors, read_lines, sums

ONE = [{"batch_id": "x", "n_data": 10}]
CLEARING = {"KEEP_STATE": None, **PATIENT}


@pytest.fixture
def pair(tmp_path):
	"""Two servers, and twelve records in one batch."""
	made = Pair(tmp_path, ONE)
	made.vectors = random_vectors(random.Random(3), 12, 10)
	made.put_records("x", 10, made.vectors)
	made.raw_done()
	return made


@pytest.fixture(scope="module")
def scene(directory):
	return Scene(os.path.join(directory, "again"), random.Random(4))


def wait_for(path, run):
	end = time.monotonic() + 60
	while not os.path.exists(path):
		assert run.is_running() and time.monotonic() < end, run.err
		time.sleep(0.002)


def ended(server, **changes):
	run = server.start(**changes)
	run.wait()
	return run


def files_in(directory):
	"""Every file, with its content and the time of its last change."""
	found = {}
	for folder, _, names in os.walk(directory):
		for name in names:
			path = os.path.join(folder, name)
			with open(path, "rb") as file:
				found[os.path.relpath(path, directory)] = (file.read(), os.stat(path).st_mtime_ns)
	return found


def without_lock(files):
	return {key: value for key, value in files.items() if not key.endswith("/_lock")}


def contents(files):
	return {key: value[0] for key, value in files.items()}


def all_done(pair, **changes):
	runs = pair.run(**{**PATIENT, **changes})
	assert [run.code for run in runs] == [DONE, DONE], [run.err for run in runs]
	return runs


def assert_published(pair, servers=None):
	for server in servers or pair.servers:
		assert server.published("x")["payload"] == sums(pair.vectors)


# One run at a time.

def test_second_run_is_refused_while_the_first_lives(pair):
	first = pair.a.start(**CLEARING)
	try:
		wait_for(os.path.join(pair.a.sent("verify1"), "_SUCCESS"), first)
		while "waiting for the partner" not in first.err:
			assert first.is_running()
		before = without_lock(files_in(pair.root + "/a"))
		second = ended(pair.a, **CLEARING)
		assert second.code == FAILED
		assert "another run holds" in second.err and f"process {first.process.pid}" in second.err
		assert without_lock(files_in(pair.root + "/a")) == before
		first.process.send_signal(signal.SIGKILL)
		first.wait()
		third = pair.a.start(**CLEARING)  # at once: a dead holder holds nothing
		other = pair.b.start(**CLEARING)
		assert (third.wait(), other.wait()) == (DONE, DONE), (third.err, other.err)
	finally:
		first.stop()
	assert_published(pair)


def test_other_servers_and_dates_run_beside_it(pair):
	"""The lock is this server's, for this application and date."""
	first = pair.a.start(**CLEARING)
	try:
		wait_for(os.path.join(pair.a.sent("verify1"), "_SUCCESS"), first)
		for changes in ({"APP_NAME": "another"}, {"SUBMISSION_DATE": "2026-11-21"}):
			run = ended(pair.a, **{**CLEARING, **IMPATIENT, **changes})
			assert run.code == FAILED and "another run" not in run.err and "raw shares" in run.err
	finally:
		first.stop()


# A complete run, started again.

@pytest.mark.parametrize("keep", [None, "1"])
def test_complete_run_again_changes_nothing(pair, keep):
	first = all_done(pair, KEEP_STATE=keep)
	before = without_lock(files_in(pair.root + "/a")), without_lock(files_in(pair.root + "/b"))
	for server, earlier in zip(pair.servers, first):
		run = ended(server, KEEP_STATE=keep)
		assert run.code == DONE and "complete" in run.err
		assert run.out == earlier.out and run.summary["x"]["status"] == "published"
	assert (without_lock(files_in(pair.root + "/a")), without_lock(files_in(pair.root + "/b"))) == before


def test_keep_state_keeps_all_and_the_next_run_clears_it(pair):
	all_done(pair, KEEP_STATE="1")
	kept = files_in(pair.root + "/a").keys()
	for part in ("/raw/shares/batch_id=x/", "/raw/shares/_SUCCESS", "/checkpoint/", "/internal/verify1/batch_id=x/",
			"/external/verify2/batch_id=x/", "/external/aggregate/_manifest.json"):
		assert any(part in key for key in kept), part
	run = ended(pair.a, KEEP_STATE=None)
	assert run.code == DONE, run.err
	left = files_in(pair.root + "/a").keys()
	assert len(left) < len(kept) and all("/journal/" in key or "/processed/" in key for key in left), left


def test_clearing_leaves_journal_and_results_alone(pair):
	all_done(pair, KEEP_STATE=None)
	for server in "ab":
		left = files_in(os.path.join(pair.root, server)).keys()
		assert left and all("/journal/" in key or "/processed/" in key for key in left), left


def test_force_sends_the_stored_bytes_again(pair):
	all_done(pair)
	sent = contents(files_in(os.path.join(pair.root, "b/shared")))
	shutil.rmtree(os.path.join(pair.root, "b/shared"))
	run = ended(pair.a, PRIO_FORCE="1")
	assert run.code == DONE and all(f"{stage} sent again" in run.err for stage in STAGES), run.err
	assert contents(files_in(os.path.join(pair.root, "b/shared"))) == sent


def test_force_for_a_partner_that_lost_its_messages(scene):
	"""B ends before it publishes, and its shared bucket is emptied: it cannot go on, until A sends again."""
	servers = scene.new()
	at = next(change.number for change in scene.changes["B"] if change.key.endswith("/result"))
	runs = [scene.start(servers[0], KEEP_STATE="1"), scene.start(servers[1], "before", at)]
	runs[1].wait()
	assert runs[0].wait() == DONE, runs[0].err
	shutil.rmtree(os.path.join(servers[1].home, servers[1].shared))
	lost = scene.start(servers[1], **IMPATIENT)
	assert lost.wait() == FAILED and "did not come" in lost.err, lost.err
	forced = scene.start(servers[0], KEEP_STATE="1", PRIO_FORCE="1")
	assert forced.wait() == DONE, forced.err
	again = scene.start(servers[1])
	assert again.wait() == DONE, again.err
	cleared = scene.start(servers[0])
	assert cleared.wait() == DONE, cleared.err
	scene.check(servers)


@pytest.mark.parametrize("stage", ["verify1", "verify2", "aggregate"])
@pytest.mark.parametrize("loss", ["all", "one part"])
def test_force_in_the_middle(scene, stage, loss):
	"""A's messages are lost or damaged on the way. B stops or waits for ever, until A is started with --force."""
	servers = scene.new()
	a, b = servers
	at = next(change.number for change in scene.changes["A"] if change.role == "outbox" and change.key.endswith(f"/{stage}/_SUCCESS"))
	other = next(change.number for change in scene.changes["B"]
		if change.key.endswith({"verify1": "/run/partner-manifests", "verify2": "/aggregate.json", "aggregate": "/external/aggregate/_SUCCESS"}[stage]))
	runs = [scene.start(a, "after", at), scene.start(b, "before", other)]
	for run in runs:
		run.wait()
	scene.start(a, **IMPATIENT).wait()  # journals what it has sent
	folder = os.path.join(b.home, b.shared) if loss == "all" else b.received(stage, "bits")
	if loss == "all":
		shutil.rmtree(folder)
	else:
		os.remove(os.path.join(folder, next(name for name in os.listdir(folder) if name.startswith("part-"))))
	stuck = scene.start(b, **IMPATIENT)
	assert stuck.wait() in ((FAILED, UNPUBLISHED) if stage == "aggregate" else (FAILED,)), stuck.err
	again = [scene.start(a, PRIO_FORCE="1")]
	while f"{stage} sent again" not in again[0].err:  # B, had it begun, might clear while A still sends
		assert again[0].process.poll() is None, again[0].err
	again.append(scene.start(b))
	assert [run.wait() for run in again] == [DONE, DONE], [run.err for run in again]
	scene.check(servers)


def test_force_before_anything_was_sent(scene):
	servers = scene.new()
	runs = [scene.start(server, PRIO_FORCE="1") for server in servers]
	assert [run.wait() for run in runs] == [DONE, DONE], [run.err for run in runs]
	assert all("sent again" not in run.err for run in runs)
	scene.check(servers)


def test_force_after_clearing_says_that_it_is_gone(pair):
	all_done(pair, KEEP_STATE=None)
	before = without_lock(files_in(pair.root + "/b"))
	run = ended(pair.a, KEEP_STATE=None, PRIO_FORCE="1")
	assert run.code == DONE and all(f"{stage} cannot be sent again: its files were cleared" in run.err for stage in STAGES), run.err
	assert without_lock(files_in(pair.root + "/b")) == before


def test_force_and_clearing_in_one_run(pair):
	"""Sent again first, cleared then."""
	all_done(pair, KEEP_STATE="1")
	sent = contents(files_in(os.path.join(pair.root, "b/shared")))
	shutil.rmtree(os.path.join(pair.root, "b/shared"))
	run = ended(pair.a, KEEP_STATE=None, PRIO_FORCE="1")
	assert run.code == DONE, run.err
	assert contents(files_in(os.path.join(pair.root, "b/shared"))) == sent
	assert all("/journal/" in key or "/processed/" in key for key in files_in(pair.root + "/a"))


# Days, applications, buckets.

def test_earlier_day_that_was_not_finished(pair):
	assert ended(pair.a, **IMPATIENT).code == FAILED
	run = ended(pair.a, **IMPATIENT, SUBMISSION_DATE="2026-11-23")
	assert run.code == FAILED and f"{DATE}, was begun and is not complete; start with SUBMISSION_DATE={DATE}" in run.err, run.err
	earlier = ended(pair.a, **IMPATIENT, SUBMISSION_DATE="2026-11-21")
	assert "was begun" not in earlier.err
	all_done(pair)
	assert "was begun" not in ended(pair.a, **IMPATIENT, SUBMISSION_DATE="2026-11-23").err


@pytest.mark.parametrize("other", [{"APP_NAME": "another-app"}, {"SUBMISSION_DATE": "2026-11-23"}])
def test_two_in_the_same_buckets(pair, other):
	"""At once, and each clears its own only."""
	second = Pair(pair.root, ONE, keys=pair.keys, secret=pair.a.secret)
	for server in second.servers:
		server.inner, server.outer = (path.replace(APP, other.get("APP_NAME", APP)).replace(DATE, other.get("SUBMISSION_DATE", DATE))
			for path in (server.inner, server.outer))
		server.n_runs = 100
	second.vectors = random_vectors(random.Random(5), 7, 10)
	second.put_records("x", 10, second.vectors)
	second.raw_done()
	runs = [pair.a.start(**CLEARING), second.b.start(**CLEARING, **other), pair.b.start(**CLEARING), second.a.start(**CLEARING, **other)]
	try:
		assert [run.wait() for run in runs] == [DONE] * 4, [run.err for run in runs]
	finally:
		for run in runs:
			run.stop()
	assert_published(pair)
	assert_published(second)
	assert all("/journal/" in key or "/processed/" in key for key in files_in(pair.root + "/a"))


def test_clearing_one_leaves_the_other(pair):
	"""The second application has not begun when the first one clears."""
	second = Pair(pair.root, ONE, keys=pair.keys, secret=pair.a.secret)
	for server in second.servers:
		server.inner, server.outer = (path.replace(APP, APP + "-2") for path in (server.inner, server.outer))
		server.n_runs = 100
	second.vectors = random_vectors(random.Random(6), 7, 10)
	second.put_records("x", 10, second.vectors)
	second.raw_done()
	all_done(pair, KEEP_STATE=None)
	all_done(second, KEEP_STATE=None, APP_NAME=APP + "-2")
	assert_published(second)


def test_one_bucket_for_all_roles(tmp_path):
	"""Both servers, all roles, one directory; and what another program is writing there stays."""
	pair = Pair(tmp_path, ONE, one_bucket=True)
	pair.vectors = random_vectors(random.Random(7), 12, 10)
	pair.put_records("x", 10, pair.vectors)
	pair.raw_done()
	foreign = [os.path.join(pair.a.received("verify1"), ".tmp-0123456789abcdef"), os.path.join(pair.a.raw("x"), ".tmp-0123456789abcdef")]
	own = [os.path.join(pair.a.kept("verify1"), ".tmp-0123456789abcdef"), os.path.join(pair.a.sent("verify2", "x"), ".tmp-fedcba9876543210")]
	for path in foreign + own:
		os.makedirs(os.path.dirname(path), exist_ok=True)
		with open(path, "wb") as file:
			file.write(b"half")
	assert ended(pair.a, **IMPATIENT).code == FAILED
	assert [os.path.exists(path) for path in foreign + own] == [True, True, False, False]
	for path in foreign:
		os.remove(path)
	all_done(pair, KEEP_STATE=None)
	assert_published(pair)
	left = files_in(pair.a.home).keys()
	assert all("/journal/" in key or "/processed/" in key for key in left), left


# Data that come late, change, or go.

def test_late_part_survives_clearing(pair):
	late = pair.encode(random_vectors(random.Random(8), 3, 10), "x", 10)
	assert ended(pair.a, **IMPATIENT).code == FAILED  # sends verify1, so the batch is fixed
	pair.a.put_raw("x", late[0], "part-00009.json")
	runs = all_done(pair, KEEP_STATE=None)
	assert "1 raw parts came after the batch was verified; they are left alone" in runs[0].err
	assert_published(pair)
	left = [key for key in files_in(pair.root + "/a") if "/journal/" not in key and "/processed/" not in key]
	assert [os.path.basename(key) for key in left] == ["part-00009.json"]
	assert read_lines(pair.a.raw("x")) == late[0]


@pytest.mark.parametrize("change, words", [("deleted", "is gone"), ("replaced", "has other content now"), ("longer", "has another size now"),
	("renamed", "is gone")])
@pytest.mark.parametrize("stage", ["verify1", "verify2", "aggregate"])
def test_raw_part_that_changes_between_runs(scene, stage, change, words):
	"""The run stops and says what is wrong, sends nothing more, and goes on when the original is back."""
	servers = scene.new()
	a, b = servers
	at = next(change.number for change in scene.changes["A"] if change.role == "outbox" and change.key.endswith(f"/{stage}/_SUCCESS"))
	runs = [scene.start(a, "after", at), scene.start(b)]
	runs[0].wait()
	runs[1].stop()
	path = os.path.join(a.raw("bits"), "part-00000.json")
	with open(path, "rb") as file:
		original = file.read()
	if change == "deleted":
		os.remove(path)
	elif change == "renamed":
		os.rename(path, path.replace("00000", "00007"))
	else:
		lines = original.splitlines(keepends=True)
		with open(path, "wb") as file:
			file.write(b"".join([lines[1], lines[0], *lines[2:]]) if change == "replaced" else original + lines[0])
	before = contents(files_in(os.path.join(b.home, b.shared)))
	stopped = scene.start(a, **IMPATIENT)
	assert stopped.wait() == FAILED and "part-00000.json" in stopped.err and words in stopped.err, stopped.err
	assert contents(files_in(os.path.join(b.home, b.shared))) == before
	if change == "renamed":
		os.remove(path.replace("00000", "00007"))
	with open(path, "wb") as file:
		file.write(original)
	again = [scene.start(server) for server in servers]
	assert [run.wait() for run in again] == [DONE, DONE], [run.err for run in again]
	scene.check(servers)


@pytest.mark.parametrize("stage", ["verify1", "verify2", "aggregate"])
@pytest.mark.parametrize("change", ["deleted", "replaced", "truncated"])
def test_message_that_changes_after_its_manifest(scene, stage, change):
	"""A part of the partner's is damaged in our bucket: refused with its name; with the partner's bytes back, all is well."""
	servers = scene.new()
	a, b = servers
	# B is stopped when it has sent the stage, A has not begun to read it.
	marker = next(change.number for change in scene.changes["B"]
		if change.role == "outbox" and change.key.endswith(f"/{stage}/_SUCCESS"))
	first = next(change.number for change in scene.changes["A"] if change.role == "private" and
		change.key.endswith({"verify1": "/run/partner-manifests", "verify2": "/refused/batch_id=bits/aggregate.json",
			"aggregate": "batch_id=bits/result"}[stage]))
	runs = [scene.start(a, "before", first), scene.start(b, "after", marker)]
	for run in runs:
		run.wait()
	assert runs[1].process.returncode == -signal.SIGKILL, runs[1].err
	folder = a.received(stage, "bits")
	path = os.path.join(folder, sorted(name for name in os.listdir(folder) if name.startswith("part-"))[0])
	with open(path, "rb") as file:
		original = file.read()
	if change == "deleted":
		os.remove(path)
	else:
		with open(path, "wb") as file:
			file.write(original[:-9] if change == "truncated" else bytes([original[0] ^ 1]) + original[1:])
	damaged = scene.start(a, **IMPATIENT)
	code = damaged.wait()
	if stage == "aggregate":  # the partner's doing: it ends the batch, not the run
		assert code == UNPUBLISHED, damaged.err
	else:
		assert code == FAILED, damaged.err
	assert os.path.basename(path) in damaged.err, damaged.err
	with open(path, "wb") as file:
		file.write(original)
	again = [scene.start(server) for server in servers]
	assert [run.wait() for run in again] == [DONE, DONE], [run.err for run in again]
	scene.check(servers)


@pytest.mark.parametrize("budgets", [("100", None), (None, "100"), ("100", "300")])
@pytest.mark.parametrize("stage", ["verify1", "verify2", "aggregate"])
def test_memory_budget(scene, stage, budgets):
	"""Tables of ids in several passes and what is known of records in files, in one run and not in the next one: the same verdicts, the
	same bytes. How often such a file is written depends on a random key, so the change is chosen by its name."""
	servers = scene.new()
	a, b = servers
	runs = [scene.start(a, "before", PRIO_CRASH_KEY=f"/external/{stage}/_SUCCESS", PRIO_MEMORY_BUDGET=budgets[0]),
		scene.start(b, PRIO_MEMORY_BUDGET="100")]
	runs[0].wait()
	assert runs[0].process.returncode == -signal.SIGKILL, runs[0].err
	assert bool(glob.glob(os.path.join(glob.escape(a.checkpoints()), "*", "kept-*"))) == (budgets[0] is not None)
	assert STAGES[:STAGES.index(stage)] == tuple(name for name in STAGES if os.path.exists(os.path.join(a.sent(name), "_SUCCESS")))
	runs.append(scene.start(a, PRIO_MEMORY_BUDGET=budgets[1]))
	assert [run.wait() for run in runs[1:]] == [DONE, DONE], [run.err for run in runs[1:]]
	scene.check(servers)


# Stores that cannot be written, or go away.

PLAIN = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def start_plainly(server, **changes):
	"""Without the capabilities that let root read and write everything."""
	server.n_runs += 1
	return Run([*PLAIN, PROCESSOR, "process"], environment(**server.variables(**changes)),
		os.path.join(server.root, f"{server.name}-plain-{server.n_runs}"))


def test_clearing_without_the_right_to_delete_only_warns(pair):
	"""Published all the same; and with the right given back, the next run clears what is left."""
	folder = pair.a.raw("x")
	os.chmod(folder, 0o500)
	runs = [start_plainly(pair.a, **CLEARING), pair.b.start(**CLEARING)]
	try:
		assert [run.wait() for run in runs] == [DONE, DONE], [run.err for run in runs]
	finally:
		for run in runs:
			run.stop()
	assert "could not be deleted" in runs[0].err and os.listdir(folder) == ["part-00000.json"]
	assert_published(pair)
	os.chmod(folder, 0o700)
	again = ended(pair.a, **CLEARING)
	assert again.code == DONE, again.err
	assert all("/journal/" in key or "/processed/" in key for key in files_in(pair.root + "/a"))


@pytest.mark.parametrize("bucket", ["a/private", "b/shared"])
def test_bucket_that_becomes_read_only(pair, bucket):
	"""While A waits for the partner: an explicit error, and with the right given back the run goes on."""
	run = start_plainly(pair.a, **CLEARING)
	path = os.path.join(pair.root, bucket)
	try:
		wait_for(os.path.join(pair.a.sent("verify1"), "_SUCCESS"), run)
		folders = [folder for folder, _, _ in os.walk(path)]
		for folder in folders:
			os.chmod(folder, 0o500)
		other = pair.b.start(**CLEARING)
		assert run.wait() == FAILED and "ermission" in run.err and path in run.err, run.err
	finally:
		for folder in folders:
			os.chmod(folder, 0o700)
		run.stop()
	again = pair.a.start(**CLEARING)
	assert (again.wait(), other.wait()) == (DONE, DONE), (again.err, other.err)
	assert_published(pair)


@pytest.mark.parametrize("bucket", ["a/private", "b/shared", "a/shared"])
def test_bucket_that_vanishes(pair, bucket):
	"""While A waits: an error that names it, or waiting to the end; and with the bucket back the run goes on."""
	path = os.path.join(pair.root, bucket)
	run, other = pair.a.start(**{**CLEARING, "RETRY_LIMIT": "300"}), None
	try:
		wait_for(os.path.join(pair.a.sent("verify1"), "_SUCCESS"), run)
		while "waiting for the partner" not in run.err:
			assert run.is_running()
		shutil.copytree(path, path + "-saved")
		shutil.rmtree(path)
		other = pair.b.start(**CLEARING) if bucket != "b/shared" else None
		if bucket == "b/shared":  # B's own messages are enough for A to go on, and to find that there is no place for its own
			ended(pair.b, **{**CLEARING, **IMPATIENT})
			shutil.rmtree(path)
		assert run.wait() == FAILED, run.err
		assert path in run.err or "did not come" in run.err, run.err
	finally:
		run.stop()
		if other is not None:
			other.stop()
	shutil.copytree(path + "-saved", path, dirs_exist_ok=True)
	shutil.rmtree(path + "-saved")
	all_done(pair, KEEP_STATE=None)
	assert_published(pair)

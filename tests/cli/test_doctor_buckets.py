"""prio-processor doctor on buckets that are directories."""

import os
import subprocess
import time

import pytest

from prio_tool import STAGE_SECONDS

NOBODY = 65534


def as_nobody():
	os.setgroups([])
	os.setgid(NOBODY)
	os.setuid(NOBODY)


def give_away(patient, *kept):
	"""Everything to nobody, but these."""
	for path in [patient.folder, *patient.folder.rglob("*")]:
		if str(path.relative_to(patient.folder)) not in kept:
			os.chown(path, NOBODY, NOBODY)


needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can run it as somebody else")


def test_endpoints_of_an_unknown_kind(patient):
	patient.finds_only("fail", "BUCKET_INTERNAL_ENDPOINT", "no address of a known kind", {"BUCKET_INTERNAL_ENDPOINT": "/srv/buckets"})
	patient.finds_only("fail", "BUCKET_EXTERNAL_ENDPOINT", "no address of a known kind", {"BUCKET_EXTERNAL_ENDPOINT": "s3.example.org"})


def test_half_a_key_and_a_lease_out_of_range(patient):
	patient.finds_only("fail", "BUCKET_INTERNAL_ENDPOINT", "BUCKET_INTERNAL_SECRET_KEY", {"BUCKET_INTERNAL_ACCESS_KEY": "key"})
	found = patient.findings({"PRIO_LEASE_TTL": "1"})
	assert found and all("PRIO_LEASE_TTL" in text for _, _, text in found)


def test_names_of_buckets(patient):
	patient.finds_only("fail", "BUCKET_INTERNAL_INGEST", "must be the name of a bucket", {"BUCKET_INTERNAL_INGEST": "a/b"})


def test_a_bucket_that_is_missing_is_not_made(patient):
	patient.finds_only("warn", "BUCKET_INTERNAL_PRIVATE", "its directory is missing", {"BUCKET_INTERNAL_PRIVATE": "none"})
	assert not patient.bucket("ours/none").exists()


def test_a_path_that_is_too_long(patient):
	"""The prefix itself is not, and what lies under it would be."""
	found = patient.findings({"BUCKET_PREFIX": ("x" * 100 + "/") * 9 + "x" * 16})
	assert [(level, what) for level, what, _ in found] == [("fail", name) for name in (
		"BUCKET_INTERNAL_INGEST", "BUCKET_INTERNAL_SHARED", "BUCKET_EXTERNAL_SHARED")]
	assert all("it cannot be used: a path in a bucket would be longer than 1024 bytes" in text for _, _, text in found)


@needs_root
@pytest.mark.parametrize("path, variable, texts", [
	("ours/ingest", "BUCKET_INTERNAL_INGEST", {("fail", "it cannot be used"), ("warn", "what was processed cannot be deleted")}),
	("theirs/shared", "BUCKET_EXTERNAL_SHARED", {("fail", "it cannot be used")}),
])
def test_a_directory_that_may_not_be_entered(open_patient, path, variable, texts):
	give_away(open_patient, path)
	found = open_patient.findings(preexec_fn=as_nobody)
	assert {(level, what, text.split(":")[0]) for level, what, text in found} == {(level, variable, text) for level, text in texts}


@needs_root
def test_what_a_directory_does_not_allow(open_patient):
	"""May be listed and read, and not be written to."""
	for name in ("ours/ingest", "ours/private", "ours/shared", "theirs/shared"):
		open_patient.bucket(name).chmod(0o755)
	give_away(open_patient, "ours/ingest", "ours/private", "ours/shared", "theirs/shared")
	found = open_patient.findings(preexec_fn=as_nobody)
	assert {(level, what, text.split(":")[0].split(" /")[0]) for level, what, text in found} == {
		("warn", "BUCKET_INTERNAL_INGEST", "everybody on this machine can read in"),
		("warn", "BUCKET_INTERNAL_INGEST", "what was processed cannot be deleted"),
		("fail", "BUCKET_INTERNAL_PRIVATE", "everybody on this machine can read in"),
		("fail", "BUCKET_INTERNAL_PRIVATE", "it cannot hold the lock of a run"),
		("fail", "BUCKET_INTERNAL_PRIVATE", "conditional writes do not work"),
		("fail", "BUCKET_INTERNAL_PRIVATE", "it cannot be written to"),
		("warn", "BUCKET_INTERNAL_SHARED", "what was processed cannot be deleted"),
		("fail", "BUCKET_EXTERNAL_SHARED", "it cannot be written to"),
	}


@needs_root
def test_what_in_a_directory_cannot_be_read(open_patient):
	"""A part that somebody else left there for himself alone; and a directory likewise."""
	part = open_patient.bucket("ours/ingest") / open_patient.inner / "raw/shares/batch_id=one/part-0"
	part.parent.mkdir(parents=True)
	part.write_bytes(b"x")
	give_away(open_patient, str(part.relative_to(open_patient.folder)))
	part.chmod(0o600)
	open_patient.finds_only("fail", "BUCKET_INTERNAL_INGEST", "it cannot be read: ", preexec_fn=as_nobody)
	part.chmod(0o644)
	assert open_patient.findings(preexec_fn=as_nobody) == []
	os.chown(part.parent, 0, 0)
	part.parent.chmod(0o700)
	open_patient.finds("fail", "BUCKET_INTERNAL_INGEST", "it cannot be listed: ", preexec_fn=as_nobody)


@pytest.mark.parametrize("path, mode, level, what, text", [
	("ours/private", 0o705, "fail", "BUCKET_INTERNAL_PRIVATE", "everybody on this machine can read in"),
	("ours/private", 0o703, "fail", "BUCKET_INTERNAL_PRIVATE", "everybody on this machine can"),
	("ours/ingest", 0o701, "warn", "BUCKET_INTERNAL_INGEST", "everybody on this machine can read in"),
	("ours/shared", 0o702, "warn", "BUCKET_INTERNAL_SHARED", "everybody on this machine can write to"),
	("theirs/shared", 0o707, "warn", "BUCKET_EXTERNAL_SHARED", "everybody on this machine can write to"),
])
def test_rights_of_others(open_patient, path, mode, level, what, text):
	open_patient.bucket(path).chmod(mode)
	open_patient.finds_only(level, what, text)
	open_patient.bucket(path).parent.chmod(0o700)  # nobody gets there
	assert open_patient.findings() == []


def test_a_disk_that_is_too_small(patient):
	part = patient.bucket("ours/ingest") / patient.inner / "raw/shares/batch_id=one/part-0"
	part.parent.mkdir(parents=True)
	n_bytes = 2 << 40
	with open(part, "wb") as file:
		file.truncate(n_bytes)
	changes = {"SERVER_ID": "B", "RETRY_LIMIT": "600000", "DATA_CONFIG": patient.config([{"batch_id": "one", "n_data": 2, "min_batch": 100}])}
	found = patient.finds("warn", "BUCKET_INTERNAL_PRIVATE", " GB left, and a run over the ", changes)
	assert found == []


def test_another_run_at_work(patient):
	"""A run that waits for its raw shares holds the lock."""
	process = subprocess.Popen([patient.program, "process"], env={"PATH": os.environ["PATH"], **patient.env}, cwd=patient.folder,
		stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
	try:
		assert any("waiting for raw shares" in line for line in iter(process.stderr.readline, ""))
		patient.finds_only("warn", "run", f"process {process.pid}")
		assert process.poll() is None
	finally:
		process.terminate()
		process.wait(STAGE_SECONDS)
	end = time.monotonic() + STAGE_SECONDS
	while patient.findings() != []:
		assert time.monotonic() < end


def test_the_other_sides_buckets(patient):
	patient.bucket("theirs/private").mkdir()
	patient.bucket("theirs/ingest").mkdir()
	(patient.bucket("theirs/ingest") / "part").write_bytes(b"x")
	changes = {"BUCKET_EXTERNAL_PRIVATE": "private", "BUCKET_EXTERNAL_INGEST": "ingest"}
	found = patient.findings(changes)
	assert [(level, what) for level, what, _ in found] == [("fail", "BUCKET_EXTERNAL_PRIVATE")] * 2 + [("fail", "BUCKET_EXTERNAL_INGEST")] * 2
	assert "this server can list it, and must not" in found[0][2] and "this server can read in it, and must not" in found[3][2]
	patient.finds_only("warn", "BUCKET_EXTERNAL_PRIVATE", "its directory is missing", {"BUCKET_EXTERNAL_PRIVATE": "none"})


@needs_root
def test_the_other_sides_buckets_out_of_reach(open_patient):
	open_patient.bucket("theirs/private").mkdir(mode=0o700)
	give_away(open_patient, "theirs/private")
	assert open_patient.findings({"BUCKET_EXTERNAL_PRIVATE": "private"}, preexec_fn=as_nobody) == []
	assert [one["text"] for one in open_patient.told if one["what"] == "BUCKET_EXTERNAL_PRIVATE"] == [
		"this server can neither list nor read it, as it must be"]

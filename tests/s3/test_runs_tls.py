"""Whole runs over TLS with an authority of one's own, and the servers that are not trusted."""

import json
import time

import pytest

import servers
import tls
from runs import InFiles, OnS3, Runs
from servers import DONE, FAILED

BATCHES = [{"batch_id": "bits", "n_data": 20}, {"batch_id": "a b=c", "n_data": 100}]


def test_runs_over_tls(s3_tls_server, tmp_path):
	"""With deeds of every kind: large parts too, uploads in pieces, ranges."""
	runs = Runs(tmp_path, {name: OnS3(s3_tls_server) for name in "AB"}, BATCHES + [{"batch_id": "large", "n_data": 2000}])
	assert runs.variables("A")["BUCKET_EXTERNAL_ENDPOINT"].startswith("https://")
	truth = runs.generate("--n-rows", 150)
	runs.check(truth)


@pytest.fixture(scope="module")
def prepared(s3_tls_server, tmp_path_factory):
	runs = Runs(tmp_path_factory.mktemp("tls"), {name: OnS3(s3_tls_server) for name in "AB"}, BATCHES)
	runs.generate("--n-rows", 5)
	return runs


def refused(runs, **changes):
	"""A run that has to end soon, whatever its patience with a partner; returns what it said."""
	begun = time.monotonic()
	run = runs.start("A", **changes)
	assert run.wait(60) == FAILED, run.err
	assert time.monotonic() - begun < 20, "it waited for a server that will never be trusted"
	assert "partner" not in run.err.split("certificate")[-1], run.err
	return run.err


@pytest.mark.parametrize("side", ["INTERNAL", "EXTERNAL"])
@pytest.mark.parametrize("authority", [None, "another"])
def test_untrusted_certificate(prepared, tmp_path, side, authority):
	"""The system's authorities do not know it, nor does another private one. No run begins, whichever side's server it is."""
	ca_file = tls.make(tmp_path / "other")[0] if authority else None
	before = {name: prepared.places[name].keys("shared") for name in "AB"}
	said = refused(prepared, **{f"BUCKET_{side}_CA_FILE": ca_file})
	assert "certificate is not accepted" in said and prepared.places["A"].server.url.removeprefix("https://") in said, said
	assert {name: prepared.places[name].keys("shared") for name in "AB"} == before


def test_certificate_of_another_name(prepared, tmp_path):
	"""A trusted authority's word for another host is none for this one."""
	ca_file, certificate, key = tls.make(tmp_path / "elsewhere", ["storage.example", "192.0.2.1"])
	with tls.Listener(certificate, key) as listener:
		said = refused(prepared, BUCKET_INTERNAL_ENDPOINT=listener.url, BUCKET_INTERNAL_CA_FILE=ca_file)
	assert "certificate is not accepted" in said and listener.url.removeprefix("https://") in said, said
	assert listener.received == b"", "it sent something to a server that it could not know"


def test_ca_file_that_is_none(prepared, tmp_path):
	for path, words in ((tmp_path / "missing.pem", "cannot be read"), (prepared.config, "no certificate")):
		run = prepared.start("A", BUCKET_INTERNAL_CA_FILE=path)
		assert run.wait(60) == servers.USAGE and words in run.err and str(path) in run.err, run.err


def test_no_way_back_to_plain_http(s3_running, prepared, tmp_path):
	"""https:// to a server that speaks http is not answered in http, nor the other way round; and both say so."""
	plain = s3_running("versitygw")
	for url in (plain.url.replace("http:", "https:"), prepared.places["A"].server.url.replace("https:", "http:")):
		run = prepared.start("A", BUCKET_INTERNAL_ENDPOINT=url, RETRY_LIMIT=1, RETRY_DELAY="0.1")
		assert run.wait(120) == FAILED, run.err
		assert url.split("//")[1] in run.err, run.err


def test_plain_http_where_the_endpoint_says_so(s3_server, tmp_path):
	runs = Runs(tmp_path, {"A": OnS3(s3_server), "B": OnS3(s3_server)}, BATCHES)
	assert runs.variables("A")["BUCKET_INTERNAL_ENDPOINT"].startswith("http://")
	runs.check(runs.generate("--n-rows", 5))
	for without in ("127.0.0.1:9000", "ftp://127.0.0.1"):
		run = runs.start("A", BUCKET_INTERNAL_ENDPOINT=without)
		assert run.wait(60) == servers.USAGE and "https://" in run.err, run.err


# Sides of different kinds.

KINDS = {
	"A in files, B on MinIO": lambda running, directory: (InFiles(directory / "a"), OnS3(running("minio"))),
	"A on versitygw over TLS, B in files": lambda running, directory: (OnS3(running("versitygw", True)), InFiles(directory / "b")),
	"A on MinIO over TLS, B on versitygw": lambda running, directory: (OnS3(running("minio", True)), OnS3(running("versitygw"))),
	"A on versitygw, B on MinIO": lambda running, directory: (OnS3(running("versitygw")), OnS3(running("minio"))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_sides_of_different_kinds(s3_running, tmp_path, kind):
	"""Each with its own server, authority and credentials: none is taken for the other side."""
	first, second = KINDS[kind](s3_running, tmp_path)
	runs = Runs(tmp_path, {"A": first, "B": second}, BATCHES)
	truth = runs.generate("--n-rows", 12)
	for run in runs.check(truth).values():
		assert json.loads(run.out)["batches"], run.out
		assert run.code == DONE

"""A run over S3 takes as much memory as one over files, and a bounded piece more: never what it reads or writes."""

import glob
import os
import shutil
import time

import pytest

import servers
import s3_servers
from runs import InFiles, OnS3, Runs

MORE_BYTES_MAX = 64 << 20
N_ROWS, N_DATA = 2000, 2000  # 130 MB of shares for A, 80 MB of messages and checkpoints
BATCHES = [{"batch_id": "large", "n_data": N_DATA}]


def peak_bytes(run):
	"""The most memory that a living process had so far; 0 if it has ended."""
	try:
		with open(f"/proc/{run.process.pid}/status", encoding="ascii") as file:
			return next((int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:")), 0)
	except OSError:
		return 0


def peaks_of(runs, truth):
	"""Of both servers in one whole run. What the kernel tells a parent would count this very Python too, from which they were forked."""
	peaks = {"A": 0, "B": 0}

	def watch(running):
		for name, run in running.items():
			peaks[name] = max(peaks[name], peak_bytes(run))
		time.sleep(0.002)

	runs.check(truth, watch=watch)
	return peaks


@pytest.fixture(scope="module")
def shares(tmp_path_factory):
	"""Shares in files, their truth, and the peaks of a run over them."""
	directory = tmp_path_factory.mktemp("files")
	runs = Runs(directory, {name: InFiles(directory / name) for name in "AB"}, BATCHES)
	truth = runs.generate("--n-rows", N_ROWS)
	raw = {name: os.path.join(directory, "raw", name) for name in "AB"}
	for name, path in raw.items():
		shutil.copytree(directory / name / "ingest", path)
	assert sum(os.path.getsize(path) for path in glob.glob(raw["A"] + "/**/part-*", recursive=True)) > 100e6
	yield runs, raw, truth, peaks_of(runs, truth)
	shutil.rmtree(directory)


@pytest.mark.parametrize("kind", s3_servers.KINDS)
def test_peak_memory(shares, s3_running, tmp_path, kind):
	files, raw, truth, wanted = shares
	runs = Runs(tmp_path, {name: OnS3(s3_running(kind)) for name in "AB"}, BATCHES, files.keys, files.secret)
	for name, path in raw.items():
		copied = runs.start(name, "cp", "--recursive", path + "/", "ingest:")
		assert copied.wait() == servers.DONE, copied.err
	found = peaks_of(runs, truth)
	words = ", ".join(f"{name} {found[name] / 2**20:.1f} MiB, over files {wanted[name] / 2**20:.1f} MiB" for name in "AB")
	print(words)
	assert min(*found.values(), *wanted.values()) > 4 << 20, f"that is no server's memory: {words}"
	assert all(found[name] <= wanted[name] + MORE_BYTES_MAX for name in "AB"), words

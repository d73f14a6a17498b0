"""verify1 with all buckets on an S3 server on this machine, beside the same over files: what reading from S3 costs our server, and
what the S3 server itself takes of the same cores.

The servers are those of the tests (scripts/install-s3 builds them once, which takes minutes).
"""

import os
import shutil
import subprocess
import sys

from harness import say, table_of
from .verify1 import GONE

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[1:1] = [os.path.join(TOP, "tests/s3"), os.path.join(TOP, "deploy")]
import s3_servers  # noqa: E402

TITLE = "verify1 end to end from S3 servers on this machine; one server, no partner"
RECORDS_MAX = 10_000  # so that shares, and their copy on a server, stay in the page cache
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pid):
	"""Seconds that a process and its threads have taken so far."""
	with open(f"/proc/{pid}/stat", encoding="ascii") as file:
		words = file.read().rsplit(")", 1)[1].split()
	return (int(words[11]) + int(words[12])) / TICKS


def make_certificate(server):
	"""One that vouches for itself, for a server that is not yet started; CalledProcessError or OSError where openssl cannot make it."""
	folder = os.path.join(server.directory, "tls")
	os.makedirs(folder)
	server.uses_tls, server.certificate, server.key = True, os.path.join(folder, "public.crt"), os.path.join(folder, "private.key")
	server.ca_file = server.certificate
	subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=bench", "-days", "2",
		"-addext", "subjectAltName=IP:127.0.0.1", "-keyout", server.key, "-out", server.certificate], check=True, capture_output=True)


class OnS3:
	"""Server A's buckets, the raw shares of a site in them; each run gets a private bucket, and one of the partner's, of its own."""

	def __init__(self, bench, site, kind, uses_tls=False):
		self.site, self.directory = site, os.path.join(bench.directory, "s3-" + kind)
		self.server = s3_servers.Server(kind, self.directory)
		if uses_tls:
			make_certificate(self.server)
		self.server.start()
		self.ingest = self.server.new_bucket("ingest")
		self.raw = os.path.join(site.directory, "A", "ingest")
		self.upload = self.timed(["cp", "--recursive", self.raw + "/", "ingest:"], self.variables())
		self.partner = None

	def close(self):
		self.server.kill()
		shutil.rmtree(self.directory, ignore_errors=True)

	def variables(self):
		key = {"ENDPOINT": self.server.url, "ACCESS_KEY": self.server.root_key, "SECRET_KEY": self.server.root_secret,
			**({"CA_FILE": self.server.ca_file} if self.server.ca_file else {})}
		return {**{f"BUCKET_{side}_{name}": value for side in ("INTERNAL", "EXTERNAL") for name, value in key.items()},
			"BUCKET_INTERNAL_INGEST": self.ingest, "BUCKET_INTERNAL_PRIVATE": self.server.new_bucket("private"),
			"BUCKET_INTERNAL_SHARED": self.server.new_bucket("shared"), "BUCKET_EXTERNAL_SHARED": self.server.new_bucket("partner")}

	def timed(self, words, variables, wanted="", cores=None):
		before = cpu_of(self.server.process.pid)
		took = self.site.finish(self.site.start("A", words, cores, **variables), wanted)
		return {**took, "server_cpu_s": cpu_of(self.server.process.pid) - before}

	def verify1(self, cores):
		variables = self.variables()
		self.partner = variables
		return self.timed(["process"], {**variables, "RETRY_LIMIT": "0", "RETRY_DELAY": "0"}, GONE, cores)

	def sent(self):
		"""What the last run sent, as Site.part_lines has it."""
		copy, lines = os.path.join(self.directory, "sent"), []
		self.timed(["cp", "--recursive", "partner:", copy + "/"], self.partner)
		for folder, _, names in os.walk(copy):
			for part in names if "/external/verify1" in folder else ():
				if part.startswith("part-"):
					with open(os.path.join(folder, part), "rb") as file:
						lines += file.read().splitlines()
		shutil.rmtree(copy)
		return sorted(lines)


def least(kept, took):
	"""The quickest run, with the least CPU of all and the highest peak."""
	if kept is None:
		return dict(took)
	best = dict(took if took["wall_s"] < kept["wall_s"] else kept)
	return {**best, **{key: min(kept[key], took[key]) for key in ("cpu_s", "user_s", "sys_s")}, "peak_mib": max(kept["peak_mib"], took["peak_mib"])}


def measure(bench):
	try:
		s3_servers.install("minio", "versitygw")
	except (OSError, subprocess.CalledProcessError) as error:
		say(f"  NOT measured: {error}")
		return None
	n_records, n_data = next((n_records, n_data) for n_records, n_data, _ in bench.effort.sites if n_records <= RECORDS_MAX)
	site = bench.site(n_records, n_data)
	if site is None:
		return None
	needed = 1.2 * site.sizes()["A"]["raw"]
	result = {"n_records": n_records, "n_data": n_data, "raw_bytes": site.sizes()["A"]["raw"], "servers": {}}
	files = None
	for kind, uses_tls in [*((kind, False) for kind in s3_servers.KINDS), ("versitygw", True)]:
		name = kind + " over TLS" * uses_tls
		if shutil.disk_usage(bench.directory).free < needed:
			say(f"  {name}: NOT run, the shares need {needed / 1e9:.1f} GB once more")
			continue
		try:
			place = OnS3(bench, site, kind, uses_tls)
		except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
			say(f"  {name}: NOT run, {error}")
			continue
		try:
			best = None
			for _ in range(bench.effort.repetitions):
				site.forget_all()
				files = least(files, site.finish(site.start("A", ["process"], bench.cores, RETRY_LIMIT="0", RETRY_DELAY="0"), GONE))
				best = least(best, place.verify1(bench.cores))
			if place.sent() != site.part_lines("verify1", "A"):
				sys.exit(f"verify1 over {name} sent something else than over files")
			result["servers"][name] = {**best, "upload": place.upload}
		finally:
			place.close()
	site.forget_all()
	return {**result, "cores": len(bench.cores), "files": files} if result["servers"] else None


def worst_extra_cpu_s(result):
	"""Over plain HTTP; None: not measured on every server. TLS costs what OpenSSL and records of 4 kB cost, which are what these servers send."""
	return max(extra_cpu_s(result, kind) for kind in s3_servers.KINDS) if result and set(s3_servers.KINDS) <= set(result["servers"]) else None


def extra_cpu_s(result, kind):
	"""Seconds of our CPU for a GB of raw shares beyond those over files."""
	return (result["servers"][kind]["cpu_s"] - result["files"]["cpu_s"]) / result["raw_bytes"] * 1e9


def busy(result, took):
	"""Of all cores, while the quickest run went on: by our server and the S3 server together."""
	return (took["cpu_s"] + took.get("server_cpu_s", 0)) / took["wall_s"] / result["cores"]


def show(result):
	gigabytes, rows = result["raw_bytes"] / 1e9, []
	for kind, took in (("files", result["files"]), *result["servers"].items()):
		server = took.get("server_cpu_s", 0)
		rows.append([kind, f"{took['wall_s']:.2f}", f"{gigabytes / took['wall_s']:.2f}", f"{took['cpu_s'] / gigabytes:.2f}",
			f"{extra_cpu_s(result, kind):.2f}" if kind != "files" else "", f"{server / gigabytes:.2f}" if server else "",
			f"{100 * busy(result, took):.0f} %", f"{took['peak_mib']:.1f}"])
	say(f"  {result['n_records']} records of {result['n_data']} fields, {gigabytes:.2f} GB of raw shares; seconds of CPU for each of them")
	table_of(rows, ["from", "seconds", "GB/s", "our CPU", "beyond files", "the S3 server's CPU", "all cores busy with both", "our peak MiB"])
	for kind, took in result["servers"].items():
		say(f"  {kind}: uploading them at {gigabytes / took['upload']['wall_s']:.2f} GB/s; ours {took['upload']['cpu_s'] / gigabytes:.2f}, "
			f"the server's {took['upload']['server_cpu_s'] / gigabytes:.2f} s of CPU a GB")

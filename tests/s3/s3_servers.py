"""Real S3 servers on loopback for tests: MinIO and versitygw, each with its own data directory and port. They end with the
process that started them, also when that one is killed.

	server = s3_servers.start("versitygw", directory)
	server.make_users_and_buckets({"buckets": ["a", "b"], "users": {"user-a": {"secret": "some-secret", "full": ["a"]}}})
	server.client("user-a", "some-secret").put("a", "key", b"bytes")
	server.stop()

To be called from a thread that lives as long as the server (the kernel ends the server with the thread)."""

import ctypes
import functools
import os
import signal
import socket
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "deploy"))
import s3_admin  # noqa: E402
import s3_client  # noqa: E402

KINDS = s3_admin.KINDS
ROOT_KEY, ROOT_SECRET = "rootuser", "rootpassword"
START_SECONDS = 30
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


@functools.cache
def program(name):
	"""The path of minio, mc or versitygw; builds it if it is not there, which takes minutes."""
	return os.path.join(install(name), name)


def install(*names):
	"""Builds what is missing of these programs, or of all without names; returns where they are. All at once is quicker than one by one."""
	made = subprocess.run([os.path.join(TOP, "scripts/install-s3"), *names], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
		check=True)
	return made.stdout.splitlines()[-1]


def free_port():
	with socket.socket() as probe:
		probe.bind(("127.0.0.1", 0))
		return probe.getsockname()[1]


def full_access(buckets):
	"""Statements that allow everything with the objects of some buckets: for tests that are not about permissions."""
	return [
		{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload",
			"s3:ListMultipartUploadParts"], "Resource": [f"{s3_admin.ARN}{bucket}/*" for bucket in buckets]},
		{"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
			"Resource": [s3_admin.ARN + bucket for bucket in buckets]},
	]


class Server:
	"""A server that runs: url, region, ca_file (None without TLS), root_key and root_secret, port, log (path)."""

	def __init__(self, kind, directory, uses_tls=False, region=None):
		assert kind in KINDS, kind
		self.kind, self.directory, self.uses_tls = kind, str(directory), uses_tls
		self.region = region or "us-east-1"
		self.root_key, self.root_secret = ROOT_KEY, ROOT_SECRET
		self.process = self.port = None
		self.log = os.path.join(self.directory, "log")
		self.n_buckets = 0
		for name in ("home", "data", "iam"):
			os.makedirs(os.path.join(self.directory, name), exist_ok=True)
		self.ca_file = self.certificate = self.key = None
		if uses_tls:
			import tls  # wants a package that not everybody who starts a server has
			self.ca_file, self.certificate, self.key = tls.make(os.path.join(self.directory, "tls"))

	@property
	def url(self):
		return f"{'https' if self.uses_tls else 'http'}://127.0.0.1:{self.port}"

	def _command(self):
		data, address = os.path.join(self.directory, "data"), f"127.0.0.1:{self.port}"
		if self.kind == "minio":
			certificates = ["--certs-dir", os.path.dirname(self.certificate)] if self.uses_tls else []
			return [program("minio"), "server", "--quiet", "--address", address, *certificates, data]
		certificates = ["--cert", self.certificate, "--key", self.key] if self.uses_tls else []
		# Its cache of accounts keeps names in memory that later requests overwrite (v1.8.0), so that now and then one user was taken for
		# another and refused: SignatureDoesNotMatch.
		return [program("versitygw"), "--port", address, "--region", self.region, "--iam-dir", os.path.join(self.directory, "iam"),
			"--iam-cache-disable", "--keep-alive", "--quiet", *certificates, "posix", data]

	def _environment(self):
		common = {"PATH": "/usr/bin:/bin", "HOME": os.path.join(self.directory, "home")}
		if self.kind == "minio":
			return {**common, "MINIO_ROOT_USER": ROOT_KEY, "MINIO_ROOT_PASSWORD": ROOT_SECRET, "MINIO_BROWSER": "off", "MINIO_UPDATE": "off",
				"MINIO_SITE_REGION": self.region}
		return {**common, "ROOT_ACCESS_KEY": ROOT_KEY, "ROOT_SECRET_KEY": ROOT_SECRET}

	def start(self):
		"""Starts it, on the port it had if it had one (then what it kept is there again)."""
		assert self.process is None, "it runs already"
		chosen, environment = self.port, self._environment()
		program(self.kind)  # may take long, once
		end = time.monotonic() + START_SECONDS
		while time.monotonic() < end:
			self.port = chosen or free_port()
			with open(self.log, "ab") as log:
				self.process = subprocess.Popen(self._command(), env=environment, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log,
					stderr=log, preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
			while time.monotonic() < end and self.process.poll() is None:
				if self._is_ready():
					return self
				time.sleep(0.05)
			self.kill()
		with open(self.log, encoding="utf-8", errors="replace") as log:
			raise RuntimeError(f"{self.kind} does not start:\n{log.read()[-2000:]}")

	def _is_ready(self):
		"""A signed request of root's is answered by this very process, not by another one that has the port."""
		try:
			if self.client(timeout_s=5).request("GET", "/").status != 200:
				return False
		except s3_client.S3Error:
			return False
		return self.process.poll() is None

	def client(self, access_key=None, secret_key=None, **options):
		"""A plain client (deploy/s3_client.py) of a user, or of root."""
		return s3_client.Client(self.url, access_key or self.root_key, secret_key or self.root_secret, self.region, self.ca_file, **options)

	def make_users_and_buckets(self, spec):
		"""Makes {"buckets": [name...], "users": {access key: {"secret": ..., "statements": [IAM statement...], "full": [bucket...]}}}.

		full: the buckets that the user may do everything in. Statements and full may be left out. On versitygw a bucket's policy is
		replaced by what this call says of it."""
		users = {name: {"secret": user["secret"],
			"statements": user.get("statements", []) + (full_access(user["full"]) if user.get("full") else [])}
			for name, user in spec.get("users", {}).items()}
		s3_admin.make(self.kind, self.client(), spec.get("buckets", []), users)

	def new_bucket(self, stem="bucket"):
		"""Makes a bucket with a name that no other test has, and returns the name."""
		self.n_buckets += 1
		name = f"{stem}-{self.n_buckets:04}-{os.urandom(3).hex()}"
		self.client().make_bucket(name)
		return name

	def kill(self):
		"""As a crash does; start() starts it anew over the same data."""
		if self.process:
			self.process.kill()
			self.process.wait()
			self.process = None

	def stop(self):
		if self.process:
			self.process.terminate()
			try:
				self.process.wait(5)
				self.process = None
			except subprocess.TimeoutExpired:
				self.kill()

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.stop()


def start(kind, directory, tls=False, region=None):  # pylint: disable=redefined-outer-name
	"""A new server of a kind ("minio" or "versitygw"), ready to be used, with all it writes under directory. region: the one it
	accepts; None: us-east-1."""
	os.makedirs(directory, exist_ok=True)
	return Server(kind, directory, tls, region).start()

"""Fixtures for tests against real S3 servers; what they give is s3_servers.Server."""

import pytest

import s3_servers


@pytest.fixture(scope="session")
def s3_running(tmp_path_factory):
	"""A function that returns the session's server of a kind, started when it is first asked for."""
	running = {}
	s3_servers.install()

	def get(kind, tls=False):
		if (kind, tls) not in running:
			running[kind, tls] = s3_servers.start(kind, tmp_path_factory.mktemp(kind), tls=tls)
		return running[kind, tls]

	yield get
	for server in running.values():
		server.kill()  # gently takes seconds now and then, and nobody needs the data


@pytest.fixture(scope="session")
def minio(s3_running):
	return s3_running("minio")


@pytest.fixture(scope="session")
def versitygw(s3_running):
	return s3_running("versitygw")


@pytest.fixture(scope="session", params=s3_servers.KINDS)
def s3_server(request, s3_running):
	"""Each kind in turn."""
	return s3_running(request.param)


@pytest.fixture(scope="session", params=s3_servers.KINDS)
def s3_tls_server(request, s3_running):
	"""Each kind in turn, behind TLS with a certificate of server.ca_file's authority."""
	return s3_running(request.param, True)


@pytest.fixture
def bucket(s3_server):
	"""A bucket of this test's own."""
	return s3_server.new_bucket()

"""The bucket's name in the host's: *.localhost is this machine."""

import pytest

import s3_servers
from store_driver import Driver


class Server(s3_servers.Server):
	"""One that knows whose subdomains its buckets are."""

	def _command(self):
		command = super()._command()
		return command[:1] + ["--virtual-domain", f"localhost:{self.port}"] + command[1:] if self.kind == "versitygw" else command

	def _environment(self):
		return {**super()._environment(), **({"MINIO_DOMAIN": "localhost"} if self.kind == "minio" else {})}


@pytest.mark.parametrize("kind", s3_servers.KINDS)
def test_virtual_hosts(kind, tmp_path):
	with Server(kind, tmp_path).start() as server:
		bucket = server.new_bucket()
		endpoint = f"http://localhost:{server.port}"
		with Driver.of(server, bucket, endpoint=endpoint, addressing="virtual") as store:
			for key in ("a/b=c d+e", "ü"):
				store.put(key, key.encode(), "absent")
				assert store.get(key) == key.encode()
			assert store.keys() == ["a/b=c d+e", "ü"] and store.keys("a") == ["a/b=c d+e"]
			store.delete("ü", "a/b=c d+e")
			assert store.keys() == []

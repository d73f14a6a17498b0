"""prio-processor cleanup on S3: it holds the lock of a run, and when it has lost it, it deletes nothing any more."""

import json
import subprocess
import time

import servers
from fault_proxy import FaultProxy
from store_driver import Driver

TTL = 5


def variables(server, url, bucket):
	keys = [servers.new_keys().public for _ in range(2)]
	prefix = "/".join((servers.PREFIX, keys[1], servers.APP, servers.DATE))
	return prefix, servers.environment(APP_NAME=servers.APP, SUBMISSION_DATE=servers.DATE, PUBLIC_KEY_HEX_INTERNAL=keys[0],
		PUBLIC_KEY_HEX_EXTERNAL=keys[1], BUCKET_INTERNAL_ENDPOINT=url, BUCKET_INTERNAL_ACCESS_KEY=server.root_key,
		BUCKET_INTERNAL_SECRET_KEY=server.root_secret, PRIO_LEASE_TTL=TTL,
		**{f"BUCKET_INTERNAL_{name}": bucket for name in ("INGEST", "PRIVATE", "SHARED")})


def test_who_was_cut_off_deletes_nothing_any_more(s3_server, bucket):
	"""While it deletes, for longer than its lease lasts; meanwhile a run takes over, whose raw shares these now are."""
	client = s3_server.client()
	with FaultProxy(s3_server.url, rate=0, rates={"DELETE": 1, "DELETE many": 1}, kinds=("SlowDown",), retry_after_s=TTL + 4) as proxy:
		prefix, environment = variables(s3_server, proxy.url, bucket)
		raw, lease = f"{prefix}/raw/shares/batch_id=b/part-0", f"{prefix}/journal/run/_lock"
		client.put(bucket, raw, b"x")
		with subprocess.Popen([servers.PROCESSOR, "cleanup", "--yes", "--forget", "b"], env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
				text=True) as cleanup:
			end = time.monotonic() + 20
			while not proxy.requests["DELETE"] + proxy.requests["DELETE many"] and time.monotonic() < end:
				time.sleep(0.05)
			proxy.rate = 1
			client.put(bucket, lease, json.dumps({**json.loads(client.get(bucket, lease)), "boot": "another-machine"}).encode())
			with Driver.of(s3_server, bucket, lease_ttl_s="20") as run:
				run.do("lock", lease)
				proxy.disable()
				said = cleanup.communicate(timeout=60)[1]
				run.do("check")
		assert cleanup.returncode == servers.FAILED and "lease" in said, said
		assert client.get(bucket, raw) == b"x"

"""Answers whose length is not that of their bytes: what is cut off by one is never taken for the end of the object."""

import os
import random

from fault_proxy import FaultProxy
from store_driver import Driver, Refused

OBJECT_BYTES = 3_000_000


def test_ranges(s3_server, bucket):
	data = os.urandom(OBJECT_BYTES)
	s3_server.client().put(bucket, "k", data)
	chance = random.Random(7)
	with FaultProxy(s3_server.url, seed=7, rate=0.7, kinds=("wrong length",)) as proxy, Driver.of(s3_server, bucket, endpoint=proxy.url) as store:
		for _ in range(12):
			begin, length = chance.randrange(OBJECT_BYTES), chance.randrange(1, OBJECT_BYTES)
			assert store.read("k", begin, length) == data[begin:begin + length]
		assert proxy.counts()["GET range", "wrong length"] > 5


def test_whole_objects(s3_server, bucket):
	"""Without a checksum only the listing and the ETag tell: an error then, or all of it."""
	data = os.urandom(100_000)
	s3_server.client().put(bucket, "k", data)
	with FaultProxy(s3_server.url, seed=8, rate=0.5, kinds=("wrong length",)) as proxy, Driver.of(s3_server, bucket, endpoint=proxy.url) as store:
		n_read = 0
		for _ in range(12):
			try:
				assert store.read("k") == data
				n_read += 1
			except Refused as refused:
				assert refused.status in ("io", "changed"), refused
		assert n_read > 5 and proxy.counts()["GET", "wrong length"] > 3

"""A bit of the raw shares that changes on its way, over http, where nothing else would tell: wherever it is, it is noticed and read
again, and no record is lost by it."""

import collections

import pytest

import s3_servers
from scene import Scene

@pytest.fixture(scope="module", params=s3_servers.KINDS)
def server(request, tmp_path_factory):
	with s3_servers.start(request.param, tmp_path_factory.mktemp(request.param)) as made:
		yield made


@pytest.mark.parametrize("where", [0, 0.3, 0.875, 0.88, 0.89, 0.9])
def test_no_record_is_lost(server, tmp_path, where):
	scene = Scene(server, tmp_path, 1, collections.Counter())
	scene.proxy._chance = lambda: where  # of the body: the place of the byte
	with scene.proxy:
		scene.proxy.disable()
		scene.fill()
		scene.proxy.plan("GET range", "bad answer", times=6, key="raw/shares/batch_id=large")
		done, *_ = scene.run_both(scene.proxy.url, kills=False)
		assert done
		assert scene.proxy.counts()["GET range", "bad answer"] == 6
		scene.check(must_be_complete=True)
	assert "was damaged on its way" in scene.told()

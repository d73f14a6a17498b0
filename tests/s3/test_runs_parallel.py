"""Several transfers at once: where one connection is slow, more of them read faster."""

import time

from runs import OnS3, Runs
from servers import FAILED
from slow_network import SlowNetwork

BYTES_PER_S, LATENCY_S = 25e6, 0.01  # a tenth of what the machine can do, however busy
N_ROWS, N_DATA = 1900, 2000  # 124 MB of shares for A: four tasks
CONNECTIONS_MAX = {"1": 20, "4": 40}  # a run sends over a hundred requests


def test_more_jobs_read_faster_over_slow_connections(versitygw, tmp_path):
	runs = Runs(tmp_path, {name: OnS3(versitygw) for name in "AB"}, [{"batch_id": "large", "n_data": N_DATA}])
	runs.generate("--n-rows", N_ROWS)
	seconds = {}
	with SlowNetwork(versitygw, BYTES_PER_S, LATENCY_S) as network:
		far = {f"BUCKET_{side}_ENDPOINT": network.url for side in ("INTERNAL", "EXTERNAL")}
		for jobs in ("1", "4"):
			before, begun = network.n_connections, time.monotonic()
			run = runs.start("A", PRIO_JOBS=jobs, RETRY_LIMIT="0", **far)
			assert run.wait() == FAILED and "the partner's verify1 did not come" in run.err, run.err
			seconds[jobs] = time.monotonic() - begun
			assert network.n_connections - before <= CONNECTIONS_MAX[jobs], "connections are not kept"
			client = versitygw.client()
			for name, role in (("A", "private"), ("B", "shared")):
				place = runs.places[name]
				for key in place.keys(role):
					client.delete(place.buckets[role], key)
	assert seconds["1"] > N_ROWS * 65000 / BYTES_PER_S * 0.8, f"the network was not slow: {seconds}"
	assert seconds["4"] < seconds["1"] / 2, seconds

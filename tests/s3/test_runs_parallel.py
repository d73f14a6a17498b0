"""Several transfers at once: where one connection is slow, more jobs read over more of them. Not timed: what the network carried at the
same moment is counted, which a busy machine does not change."""

from runs import OnS3, Runs
from servers import FAILED
from slow_network import SlowNetwork

BYTES_PER_S, LATENCY_S = 25e6, 0.01  # a tenth of what the machine can do, however busy
N_ROWS, N_DATA = 1900, 2000  # 124 MB of shares for A: four tasks
CONNECTIONS_MAX = {1: 20, 4: 40}  # by the number of jobs; a run sends over a hundred requests


def test_more_jobs_read_over_more_connections_at_once(versitygw, tmp_path):
	runs = Runs(tmp_path, {name: OnS3(versitygw) for name in "AB"}, [{"batch_id": "large", "n_data": N_DATA}])
	runs.generate("--n-rows", N_ROWS)
	with SlowNetwork(versitygw, BYTES_PER_S, LATENCY_S) as network:
		far = {f"BUCKET_{side}_ENDPOINT": network.url for side in ("INTERNAL", "EXTERNAL")}
		for jobs, n_connections_max in CONNECTIONS_MAX.items():
			before, network.most_at_once = network.n_connections, 0
			run = runs.start("A", PRIO_JOBS=jobs, RETRY_LIMIT="0", **far)
			assert run.wait() == FAILED and "the partner's verify1 did not come" in run.err, run.err
			assert network.most_at_once == jobs
			assert network.n_connections - before <= n_connections_max, "connections are not kept"
			client = versitygw.client()
			for name, role in (("A", "private"), ("B", "shared")):
				place = runs.places[name]
				for key in place.keys(role):
					client.delete(place.buckets[role], key)

"""What a batch costs: the measured whole runs as formulas in records, fields and cores."""

ELEMENTS_TEXT = "E = n_data + N, where N is the smallest power of two above n_data"


def elements(n_data):
	"""Field elements in a share of server A: the fields and the points of h."""
	return n_data + (1 << n_data.bit_length())


def line_through(points):
	"""(a, b) of y = a + b x with the least sum of squared relative errors."""
	sums = [0.0] * 5
	for x, y in points:
		for i, term in enumerate((1 / y**2, x / y**2, x * x / y**2, 1 / y, x / y)):
			sums[i] += term
	one, sx, sxx, sy, sxy = sums
	divisor = one * sxx - sx * sx
	if divisor == 0:
		return points[0][1], 0.0
	return (sy * sxx - sx * sxy) / divisor, (one * sxy - sx * sy) / divisor


class Model:
	"""Per record: CPU seconds of either server, bytes of its raw shares, private bucket and messages."""

	def __init__(self, runs):
		# Small runs are left out: they are mostly start and durable writes, which are stated apart.
		entries = [entry for entry in runs["sites"] if entry["n_records"] >= 50_000] or runs["sites"]
		self.cpu, self.bytes, self.speedup, self.busy = {}, {}, {}, {}
		for name in "AB":
			one = [(entry, took) for entry in entries for took in entry["alone"] if (took["server"], took["cores"]) == (name, 1)]
			self.cpu[name] = line_through([(elements(entry["n_data"]), took["cpu_s"] / entry["n_records"]) for entry, took in one])
			for kind in ("raw", "private", "sent"):
				self.bytes[name, kind] = line_through([(elements(entry["n_data"]), entry["bytes"][name][kind] / entry["n_records"]) for entry in entries])
			two = {id(entry): took for entry in entries for took in entry["alone"] if (took["server"], took["cores"]) == (name, 2)}
			self.speedup[name] = [took["wall_s"] / two[id(entry)]["wall_s"] for entry, took in one if id(entry) in two]
			most = [(entry, took) for entry in entries for took in entry["alone"] if took["server"] == name]
			most = [(took["cores"], took["cpu_s"] / took["wall_s"] / took["cores"]) for _, took in most]
			self.cores = max(cores for cores, _ in most)
			self.busy[name] = max(busy for cores, busy in most if cores == self.cores)

	def cpu_s(self, name, n_data):
		constant, slope = self.cpu[name]
		return constant + slope * elements(n_data)

	def bytes_of(self, name, kind, n_data):
		constant, slope = self.bytes[name, kind]
		return constant + slope * elements(n_data)

	def wall_s(self, name, records, n_data, cores):
		"""Computed: CPU spread over the cores, each as busy as it was at best where all cores of this machine worked."""
		return records * self.cpu_s(name, n_data) / cores / self.busy[name]

"""One server's share of a submission, and its plaintext."""

import dataclasses

from . import pack
from .field import padded
from .prg import BATCH, Prg

A, B = 0, 1


@dataclasses.dataclass(frozen=True)
class Params:
	"""What clients and servers of a batch agree on."""

	batch_id: bytes
	n_data: int
	precision: int = 0
	rule: str = BATCH


@dataclasses.dataclass
class Share:
	batch_id: bytes
	a: int
	b: int
	c: int
	f0: int
	g0: int
	h0: int
	server: int
	data: list
	points: list
	seed: bytes = None  # B's share is this; data and points are what it expands to

	def packed(self, seeded=None):
		"""seeded: whether the last value is a seed; by default as the server number asks."""
		head = pack.str_(self.batch_id) + b"".join(
			map(pack.element, (self.a, self.b, self.c, self.f0, self.g0, self.h0))
		)
		head += pack.integer(self.server)
		if seeded if seeded is not None else self.server == B:
			return head + pack.str_(self.seed)
		return head + pack.elements(self.data) + pack.elements(self.points)


def expand(seed, params):
	"""What a seed stands for: data shares, then h-points."""
	prg = Prg(seed, params.batch_id, params.rule)
	return prg.elements(params.n_data), prg.elements(padded(params.n_data))


def read(plaintext, params, server):
	"""The share in an opened envelope. Values are judged in their order; only the lengths of well-made arrays come last."""
	reader = pack.Reader(plaintext)
	batch_id = reader.str()
	if batch_id != params.batch_id:
		raise pack.Refused("other-batch")
	a, b, c, f0, g0, h0 = (reader.element() for _ in range(6))
	if reader.integer() != server:
		raise pack.Refused("other-server")
	seed = None
	if server == A:
		data, points = reader.elements(), reader.elements()
		if len(data) != params.n_data or len(points) != padded(params.n_data):
			raise pack.Refused("wrong-length")
	else:
		seed = reader.str()
		if len(seed) != 16:
			raise pack.Refused("bad-structure")
		data, points = expand(seed, params)
	return Share(batch_id, a, b, c, f0, g0, h0, server, data, points, seed)

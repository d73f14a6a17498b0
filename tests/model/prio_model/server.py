"""One server's arithmetic on one record, and on totals."""

from . import field, pack, seal, share
from .field import P
from .pack import Refused

HALF = pow(2, -1, P)


def open_share(sealed, params, server, private):
	return share.read(seal.unseal(sealed, private), params, server)


def evaluate(one, r):
	"""This server's shares of f(r), g(r), h(r)."""
	size = field.padded(len(one.data))
	padding = [0] * (size - len(one.data) - 1)
	minus = 1 if one.server == share.A else 0
	odd = [one.h0] + [0] * (2 * size - 1)
	odd[1::2] = one.points
	return (
		field.evaluate([one.f0, *one.data, *padding], r),
		field.evaluate([one.g0, *((x - minus) % P for x in one.data), *padding], r),
		field.evaluate(odd, r),
	)


def verify1(one, r):
	f, g, _ = evaluate(one, r)
	return (f - one.a) % P, (g - one.b) % P


def verify2(one, r, own, partner):
	"""own, partner: the two verify1 packets."""
	d, e = ((x + y) % P for x, y in zip(own, partner))
	return (d * e * HALF + d * one.b + e * one.a + one.c - evaluate(one, r)[2]) % P


def accept(own, partner):
	return (own + partner) % P == 0


def pack_packet(values):
	return b"".join(map(pack.element, values))


def read_packet(data, n):
	"""n elements; bytes after them do not matter."""
	reader = pack.Reader(data)
	try:
		return tuple(reader.element() for _ in range(n))
	except Refused:
		raise Refused("partner-packet") from None


def add(total, data):
	return [(x + y) % P for x, y in zip(total, data)]


def pack_total(server, total):
	return pack.integer(server) + pack.elements(total)


def read_total(data, n_data):
	"""Server and sums; Refused if it is not a total share of this size."""
	reader = pack.Reader(data)
	server = reader.integer()
	if server not in (share.A, share.B):
		raise Refused("other-server")
	total = reader.elements()
	if len(total) != n_data:
		raise Refused("wrong-length")
	return server, total


def recombine(total, precision):
	"""Sums of bits to sums of integers."""
	return [
		sum(2 ** (precision - 1 - i) * total[j + i] for i in range(precision)) % P
		for j in range(0, len(total), precision)
	]


def publish(total_a, total_b, precision=0):
	"""The published numbers; OverflowError where one does not fit 64 bits."""
	sums = add(total_a, total_b)
	if precision:
		sums = recombine(sums, precision)
	if any(x >= 2**64 for x in sums):
		raise OverflowError("a sum does not fit 64 bits")
	return sums

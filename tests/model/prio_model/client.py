"""What clients send: honest ones, and ones that choose every value themselves."""

import dataclasses

from . import field, seal, share
from .field import P


def bits_of(values, precision):
	"""Unsigned integers as fields, most significant bit first."""
	return [value >> (precision - 1 - i) & 1 for value in values for i in range(precision)]


def random_element(rng):
	return rng.randrange(P)


def prove(fields, rng, offset=0):
	"""f0, g0, h0 and the h-points for these fields, whether they are bits or not.

	offset: the forgery of sizes without padding points, where x (x - 1) is one constant for every field: h = f g - offset.
	"""
	size = field.padded(len(fields))
	padding = [0] * (size - len(fields) - 1)
	f0, g0 = random_element(rng), random_element(rng)
	f = field.interpolate([f0, *fields, *padding]) + [0] * size
	g = field.interpolate([g0, *((x - 1) % P for x in fields), *padding]) + [0] * size
	w = field.root(2 * size)
	h = [(y * z - offset) % P for y, z in zip(field.transform(f, w), field.transform(g, w))]
	return f0, g0, h[0], h[1::2]


def shares(fields, params, rng, *, offset=0, triple=None):
	"""Both servers' shares of a submission. params.n_data need not be len(fields): then the fields decide."""
	fields = [x % P for x in fields]
	f0, g0, h0, points = prove(fields, rng, offset)
	if triple is None:
		a, b = random_element(rng), random_element(rng)
		triple = a, b, (a * b - offset) % P
	secrets = [*triple, f0, g0, h0]
	seed = rng.randbytes(16)
	data_b, points_b = share.expand(seed, dataclasses.replace(params, n_data=len(fields)))
	six_b = [random_element(rng) for _ in secrets]
	six_a = [(x - y) % P for x, y in zip(secrets, six_b)]
	data_a = [(x - y) % P for x, y in zip(fields, data_b)]
	points_a = [(x - y) % P for x, y in zip(points, points_b)]
	return (
		share.Share(params.batch_id, *six_a, share.A, data_a, points_a),
		share.Share(params.batch_id, *six_b, share.B, data_b, points_b, seed),
	)


def seal_for(plaintext, public, rng, **hostile):
	return seal.seal(plaintext, public, rng.randbytes(32), rng.randbytes(12), **hostile)


def encode(fields, params, publics, rng, **how):
	"""A submission, sealed for A and for B."""
	return [seal_for(one.packed(), public, rng) for one, public in zip(shares(fields, params, rng, **how), publics)]

"""Prio v1 on Python's integers: an independent second opinion on the C programs of this repository.

Written from the protocol's description alone, in the plainest way that is right: no vector of coefficients, no lazy
reduction, no shared code. Where the C computes inner products with Lagrange coefficients, this interpolates by an inverse
transform and evaluates by Horner's rule. Nothing here is constant-time; never give it a real key.

	field   arithmetic modulo p, roots of unity, interpolation        prg     the generator, both key rules
	pack    the subset of MessagePack                                 seal    X25519, X9.63 and AES-128-GCM
	share   one server's share, to and from bytes                     client  encoding, honest and not
	server  verify1, verify2, accept, sum, publish                    tool    files of records, as `prio` treats them
"""

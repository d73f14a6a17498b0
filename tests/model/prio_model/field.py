"""The field of 2^87 + 2^19 + 1 elements, its roots of unity, and polynomials given by their values at these."""

P = 2**87 + 2**19 + 1
GENERATOR = 0x2597C14F48D5B65ED8DCCA  # of the subgroup of order 2^19
SUBGROUP_LOG2 = 19


def root(k):
	"""The k-th root of unity that the protocol uses, for k a power of two."""
	return pow(GENERATOR, 2**SUBGROUP_LOG2 // k, P)


def padded(n_data):
	"""N: the number of points of f and g, the smallest power of two that holds n_data and one more."""
	size = 1
	while size < n_data + 1:
		size *= 2
	return size


def transform(values, w):
	"""sum_j values[j] w^(ij) for every i; len(values) is a power of two and w a root of that order."""
	if len(values) == 1:
		return list(values)
	even = transform(values[0::2], w * w % P)
	odd = transform(values[1::2], w * w % P)
	half = len(even)
	result = [0] * len(values)
	power = 1
	for i in range(half):
		result[i] = (even[i] + power * odd[i]) % P
		result[i + half] = (even[i] - power * odd[i]) % P
		power = power * w % P
	return result


def interpolate(values):
	"""Coefficients, lowest first, of the polynomial with these values at the powers of root(len(values))."""
	size = len(values)
	scale = pow(size, -1, P)
	return [c * scale % P for c in transform(values, pow(root(size), -1, P))]


def horner(coefficients, x):
	value = 0
	for c in reversed(coefficients):
		value = (value * x + c) % P
	return value


def evaluate(values, x):
	"""The polynomial through values at the powers of root(len(values)), at x."""
	return horner(interpolate(values), x)

"""The generator behind B's shares and the query points: AES-128 in counter mode, and draws below a bound."""

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .field import P

BATCH, LEGACY = "batch", "legacy"


def key_of(seed, batch_id, rule):
	if len(seed) != 16:
		raise ValueError("a seed has 16 bytes")
	return seed if rule == LEGACY else hashlib.sha256(seed + batch_id).digest()[:16]


class Prg:
	def __init__(self, seed, batch_id, rule=BATCH):
		self._stream = Cipher(algorithms.AES(key_of(seed, batch_id, rule)), modes.CTR(bytes(16))).encryptor()

	def take(self, n):
		return self._stream.update(bytes(n))

	def below(self, bound):
		"""One number from 0 to bound - 1: its bytes, then one more that takes the place of the first, masked."""
		top = bound - 1
		n = max(1, (top.bit_length() + 7) // 8)
		mask = 2 ** (top >> 8 * (n - 1)).bit_length() - 1 if top else 0xFF
		while True:
			tail = self.take(n)[1:]
			first = self.take(1)[0] & mask
			value = int.from_bytes(bytes([first]) + tail, "big")
			if value < bound:
				return value

	def elements(self, n):
		return [self.below(P) for _ in range(n)]


class QueryPoints:
	"""Where a server checks the records of a batch: all at the first draw, or (order "file") each at the next one."""

	def __init__(self, secret, batch_id, n_data, rule=BATCH, order="batch"):
		self._prg = Prg(secret, batch_id, rule)
		self._least = n_data + 2
		self._order = order
		self._first = None

	def draw(self):
		return self._least + self._prg.below(P - self._least)

	def next(self):
		if self._order == "file":
			return self.draw()
		if self._first is None:
			self._first = self.draw()
		return self._first

"""The few MessagePack values that shares and packets are made of, read as liberally as the deployed systems read them."""

from .field import P


class Refused(Exception):
	"""A verdict on one record; word is its reason."""

	def __init__(self, word):
		super().__init__(word)
		self.word = word


class Reader:
	def __init__(self, data):
		self.data = data
		self.at = 0

	def take(self, n):
		if n > len(self.data) - self.at:
			raise Refused("bad-structure")
		self.at += n
		return self.data[self.at - n : self.at]

	def number(self, n, signed=False):
		return int.from_bytes(self.take(n), "big", signed=signed)

	def str(self):
		head = self.number(1)
		if 0xA0 <= head <= 0xBF:
			return self.take(head - 0xA0)
		if head in (0xD9, 0xDA, 0xDB):
			return self.take(self.number(2 ** (head - 0xD9)))
		raise Refused("bad-structure")

	def integer(self):
		head = self.number(1)
		if head <= 0x7F:
			return head
		if head >= 0xE0:
			return head - 0x100
		if 0xCC <= head <= 0xCF:
			return self.number(2 ** (head - 0xCC))
		if 0xD0 <= head <= 0xD3:
			return self.number(2 ** (head - 0xD0), signed=True)
		raise Refused("bad-structure")

	def element(self):
		digits = self.str()
		value = int.from_bytes(digits, "big")
		if not digits or value >= P:
			raise Refused("not-in-field")
		return value

	def elements(self):
		head = self.number(1)
		if 0x90 <= head <= 0x9F:
			n = head - 0x90
		elif head in (0xDC, 0xDD):
			n = self.number(2 * (head - 0xDB))
		else:
			raise Refused("bad-structure")
		# However many are claimed, the input ends some time.
		return [self.element() for _ in range(n)]


def str_(data):
	n = len(data)
	if n < 32:
		return bytes([0xA0 + n]) + data
	if n < 2**8:
		return bytes([0xD9, n]) + data
	if n < 2**16:
		return b"\xda" + n.to_bytes(2, "big") + data
	return b"\xdb" + n.to_bytes(4, "big") + data


def element(value):
	return str_(value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def elements(values):
	n = len(values)
	if n < 16:
		head = bytes([0x90 + n])
	elif n < 2**16:
		head = b"\xdc" + n.to_bytes(2, "big")
	else:
		head = b"\xdd" + n.to_bytes(4, "big")
	return head + b"".join(map(element, values))


def integer(value):
	if -32 <= value < 0:
		return bytes([0x100 + value])
	if 0 <= value < 2**7:
		return bytes([value])
	if value < 0:
		return b"\xd3" + value.to_bytes(8, "big", signed=True)
	for head, n in ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)):
		if value < 2 ** (8 * n):
			return bytes([head]) + value.to_bytes(n, "big")
	raise ValueError("too large for MessagePack")

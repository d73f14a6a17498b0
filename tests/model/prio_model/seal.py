"""Sealed shares: an ephemeral X25519 key, a nonce, and AES-128-GCM under what the X9.63 derivation makes of both."""

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .pack import Refused

KEY, IV, TAG = 32, 12, 16


def public_of(private):
	return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _cipher(z):
	return AESGCM(hashlib.sha256(z + b"\x00\x00\x00\x01").digest()[:16])


def _aad(key, iv):
	return b"PrioPacket" + key + iv


def seal(plaintext, public, ephemeral, iv, *, sent_key=None, z=None):
	"""sent_key and z, for hostile clients: send another public key, or use another shared value, than is right."""
	key = sent_key if sent_key is not None else public_of(ephemeral)
	if z is None:
		z = X25519PrivateKey.from_private_bytes(ephemeral).exchange(X25519PublicKey.from_public_bytes(public))
	return key + iv + _cipher(z).encrypt(iv, plaintext, _aad(key, iv))


def whole(sealed):
	"""The same envelope, if it is long enough to be one."""
	if len(sealed) < KEY + IV + TAG:
		raise Refused("truncated")
	return sealed


def unseal(sealed, private):
	whole(sealed)
	key, iv, body = sealed[:KEY], sealed[KEY : KEY + IV], sealed[KEY + IV :]
	try:
		z = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(key))
	except ValueError:  # all zero: the key has low order
		raise Refused("low-order-key") from None
	try:
		return _cipher(z).decrypt(iv, body, _aad(key, iv))
	except InvalidTag:
		raise Refused("bad-tag") from None

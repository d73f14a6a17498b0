"""A certificate authority of a test's own, a server's certificate from it for localhost and 127.0.0.1, and a listener that shows it."""

import datetime
import ipaddress
import os
import socket
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFETIME = datetime.timedelta(days=2)


def _certificate(subject, issuer, key, issuer_key, names=None):
	now = datetime.datetime.now(datetime.timezone.utc)
	is_ca = names is None
	builder = (x509.CertificateBuilder()
		.subject_name(subject).issuer_name(issuer).public_key(key.public_key()).serial_number(x509.random_serial_number())
		.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + LIFETIME)
		.add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
		.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
		.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
		.add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=is_ca, crl_sign=is_ca, content_commitment=False,
			key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False), critical=True))
	if not is_ca:
		builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False).add_extension(
			x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
	return builder.sign(issuer_key, hashes.SHA256())


def _name(text):
	return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def make(directory, names=("localhost", "127.0.0.1")):
	"""Writes ca.crt, and in the folder server public.crt and private.key (the names that MinIO wants); returns the three paths."""
	os.makedirs(os.path.join(directory, "server"), exist_ok=True)
	ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
	ca_name = _name("Authority of a test " + os.urandom(4).hex())
	alternatives = [x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names]
	ca = _certificate(ca_name, ca_name, ca_key, ca_key)
	server = _certificate(_name(names[0]), ca_name, key, ca_key, alternatives)
	contents = {
		"ca.crt": ca.public_bytes(serialization.Encoding.PEM),
		"server/public.crt": server.public_bytes(serialization.Encoding.PEM),
		"server/private.key": key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
	}
	paths = [os.path.join(directory, name) for name in contents]
	for path, content in zip(paths, contents.values()):
		with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
			file.write(content)
	return paths


class Listener:
	"""A server on 127.0.0.1 that shakes hands by TLS and keeps what it is sent (received); to be used with "with"."""

	def __init__(self, certificate, key):
		self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		self.context.load_cert_chain(certificate, key)
		self.socket = socket.create_server(("127.0.0.1", 0))
		self.url = f"https://127.0.0.1:{self.socket.getsockname()[1]}"
		self.received = b""
		self.n_refused = 0
		self.thread = threading.Thread(target=self._serve, daemon=True)

	def _serve(self):
		while True:
			try:
				connection, _ = self.socket.accept()
			except OSError:
				return
			try:
				with self.context.wrap_socket(connection, server_side=True) as secured:
					secured.settimeout(5)
					self.received += secured.recv(1 << 16)
			except OSError:
				self.n_refused += 1

	def __enter__(self):
		self.thread.start()
		return self

	def __exit__(self, *_):
		self.socket.shutdown(socket.SHUT_RDWR)
		self.thread.join()
		self.socket.close()

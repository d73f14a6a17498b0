"""A server that does on the wire exactly what a test says: a script is called with each connection, in a thread of its own."""

import socket
import struct
import threading


class Closed(Exception):
	"""The other side went away."""


class Request:
	def __init__(self, head):
		lines = head.decode("latin-1").split("\r\n")
		self.method, self.target, self.version = lines[0].split(" ")
		self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]
		self.body = b""

	def header(self, name):
		found = [value for key, value in self.headers if key.lower() == name]
		assert len(found) <= 1, f"{name} was sent twice"
		return found[0] if found else None

	@property
	def length(self):
		return int(self.header("content-length") or 0)


class Connection:
	def __init__(self, server, sock, number):
		self.server, self.sock, self.number = server, sock, number
		self.pending = b""

	def _more(self):
		try:
			data = self.sock.recv(1 << 16)
		except OSError as error:
			raise Closed from error
		if not data:
			raise Closed
		self.pending += data

	def read_head(self):
		"""The next request, without its body; server.requests has it."""
		while b"\r\n\r\n" not in self.pending:
			self._more()
		head, self.pending = self.pending.split(b"\r\n\r\n", 1)
		request = Request(head)
		self.server.requests.append(request)
		return request

	def read_body(self, request, n=None):
		n = request.length if n is None else n
		while len(self.pending) < n:
			self._more()
		request.body, self.pending = self.pending[:n], self.pending[n:]
		return request.body

	def read_request(self):
		request = self.read_head()
		if request.header("expect"):
			self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
		self.read_body(request)
		return request

	def send(self, data):
		try:
			self.sock.sendall(data)
		except OSError as error:
			raise Closed from error

	def answer(self, code=200, body=b"", headers=(), is_head=False):
		lines = [f"HTTP/1.1 {code} Word", *(f"{name}: {value}" for name, value in headers)]
		if not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
			lines.append(f"Content-Length: {len(body)}")
		self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (b"" if is_head else body))

	def close(self):
		self.sock.close()

	def reset(self):
		"""End it with RST instead of FIN."""
		self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		self.sock.close()

	def wait_for_end(self):
		"""Until the other side closes; what it still sends is thrown away."""
		try:
			while True:
				self.pending = b""
				self._more()
		except Closed:
			pass


class Server:
	"""script(connection) is called for each connection, which is closed after it. context: of TLS."""

	def __init__(self, script, context=None):
		self.script, self.context = script, context
		self.requests, self.n_connections, self.faults, self.is_over = [], 0, [], threading.Event()
		self.listener = socket.create_server(("127.0.0.1", 0))
		self.port = self.listener.getsockname()[1]
		self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
		self.open = set()
		threading.Thread(target=self._accept, daemon=True).start()

	def _accept(self):
		while True:
			try:
				sock, _ = self.listener.accept()
			except OSError:
				return
			self.n_connections += 1
			threading.Thread(target=self._run, args=(sock, self.n_connections - 1), daemon=True).start()

	def _run(self, sock, number):
		try:
			sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
			if self.context:
				sock = self.context.wrap_socket(sock, server_side=True)
			self.open.add(sock)
			self.script(Connection(self, sock, number))
		except (Closed, OSError):
			pass
		except Exception as error:  # shown by stop
			self.faults.append(repr(error))
		finally:
			self.open.discard(sock)
			sock.close()

	def stop(self):
		self.is_over.set()
		self.listener.close()
		for sock in list(self.open):
			try:
				sock.shutdown(socket.SHUT_RDWR)
			except OSError:
				pass
		assert not self.faults, self.faults


def answering(*arguments, **keywords):
	"""A script that answers every request of every connection alike."""

	def script(connection):
		while True:
			request = connection.read_request()
			connection.answer(*arguments, is_head=request.method == "HEAD", **keywords)

	return script

"""A network on loopback that is far away: every connection has a bandwidth of its own, and every answer comes late."""

import socket
import threading
import time


LARGE_BYTES = 1 << 15  # of a piece of an answer that carries shares; listings and confirmations are smaller


class SlowNetwork:
	"""Passes on what comes to url; to be used with "with". bytes_per_s: of the answers on one connection. most_at_once: how many
	connections were carrying large pieces of answers at the same moment, at most; to be set to 0 where counting is to begin."""

	def __init__(self, server, bytes_per_s, latency_s):
		self.server_port, self.bytes_per_s, self.latency_s = server.port, bytes_per_s, latency_s
		self.socket = socket.create_server(("127.0.0.1", 0))
		self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
		self.n_connections = 0
		self.n_carrying = self.most_at_once = 0
		self.counting = threading.Lock()

	def _carry(self, seconds, is_large):
		with self.counting:
			self.n_carrying += is_large
			self.most_at_once = max(self.most_at_once, self.n_carrying)
		time.sleep(max(0, seconds))
		with self.counting:
			self.n_carrying -= is_large

	def _serve(self):
		while True:
			try:
				client, _ = self.socket.accept()
			except OSError:
				return
			self.n_connections += 1
			server = socket.create_connection(("127.0.0.1", self.server_port))
			for one in (client, server):
				one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
			for source, target, is_answer in ((client, server, False), (server, client, True)):
				threading.Thread(target=self._pass, args=(source, target, is_answer), daemon=True).start()

	def _pass(self, source, target, is_answer):
		free_at = 0  # when the line has carried all so far
		try:
			while data := source.recv(1 << 17):
				if is_answer:
					if time.monotonic() > free_at + self.latency_s:  # the line was idle: another answer begins
						time.sleep(self.latency_s)
					free_at = max(free_at, time.monotonic()) + len(data) / self.bytes_per_s
				target.sendall(data)
				if is_answer:
					self._carry(free_at - time.monotonic(), len(data) >= LARGE_BYTES)
		except OSError:
			pass
		for one in (source, target):
			try:
				one.shutdown(socket.SHUT_RDWR)
			except OSError:
				pass

	def __enter__(self):
		threading.Thread(target=self._serve, daemon=True).start()
		return self

	def __exit__(self, *_):
		self.socket.shutdown(socket.SHUT_RDWR)
		self.socket.close()

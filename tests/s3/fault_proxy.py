#!/usr/bin/env python3
"""A proxy between an S3 client and its server that does to requests and answers what networks, gateways and busy servers do:
seeded, at a rate, and it counts which operation met which fault.

	with FaultProxy(server.url, seed=1, rate=0.1) as proxy:
		...                                  # a client that talks to proxy.url
		proxy.disable(); proxy.enable(); proxy.reseed(2)
		proxy.plan("PUT if", "lost answer")  # the next one meets that, also while disabled
		print(proxy.table(), proxy.missing())

It runs in a thread of its own. The header Host stays as the client wrote it, so signatures stay valid. A request's body is taken
whole before it is sent on, an answer's is streamed. The server gets a connection for each request.

By hand: fault_proxy.py http://127.0.0.1:9000 [--port P] [--rate R] [--seed S]; ends with Ctrl-C and shows what it did."""

import argparse
import asyncio
import collections
import random
import socket
import struct
import threading
import urllib.parse

import http_wire
from http_wire import OPERATIONS

# What goes wrong. Each is done once the request is whole, except where it says otherwise.
KINDS = {
	"delay": "the request waits before it goes on",
	"reset": "the connection is reset before the server sees the request, sometimes before its body was taken",
	"lost answer": "the server does it, the answer is lost in a reset",
	"truncated": "the answer's body ends early, its length as it was",
	"500": "InternalError, a few in a row; sometimes the server did it",
	"502": "a gateway's page, likewise",
	"503": "ServiceUnavailable, likewise",
	"504": "a gateway's page, likewise",
	"SlowDown": "503 SlowDown with Retry-After, a few in a row; the server sees nothing",
	"429": "TooManyRequests with Retry-After, likewise",
	"bad answer": "a byte of the answer's body is changed",
	"bad request": "a byte of the request's body is changed",
	"wrong length": "the answer's Content-Length is too big or too small",
	"twice": "the server gets the request twice, the client the first or the second answer",
	"late": "the answer comes late",
	"trickle": "the answer comes in small pieces with pauses",
}
REPEATING = ("500", "502", "503", "504", "SlowDown", "429")
REFUSALS = {
	"500": (500, "Internal Server Error", "InternalError"), "502": (502, "Bad Gateway", None), "503": (503, "Service Unavailable", "ServiceUnavailable"),
	"504": (504, "Gateway Timeout", None), "SlowDown": (503, "Slow Down", "SlowDown"), "429": (429, "Too Many Requests", "TooManyRequests"),
}


def applies(operation, kind):
	"""Whether a kind of fault can happen to an operation at all."""
	if kind == "bad request":
		return operation in http_wire.SENDS_BODY
	if kind in ("truncated", "bad answer"):
		return operation in http_wire.RECEIVES_BODY
	if kind == "wrong length":
		return operation not in http_wire.BODILESS
	return True


class FaultProxy:
	"""rate: of requests that meet a fault; rates: {operation: rate} for some; kinds: those to choose from; spare: a set of
	(operation, kind) that are not to meet. Times in seconds: delay_s and late_s at most, trickle_s about; burst: the most refusals in a row."""

	def __init__(self, upstream, seed=0, rate=0.1, rates=None, kinds=tuple(KINDS), spare=(), delay_s=0.2, late_s=1.0, trickle_s=0.5,
			burst=3, retry_after_s=1, port=0):
		url = urllib.parse.urlsplit(upstream)
		assert url.scheme == "http" and set(kinds) <= set(KINDS), (upstream, kinds)
		self.upstream_host, self.upstream_port, self.port = url.hostname, url.port or 80, port
		self.rate, self.rates, self.kinds, self.spare = rate, dict(rates or {}), tuple(kinds), set(spare)
		self.delay_s, self.late_s, self.trickle_s, self.burst, self.retry_after_s = delay_s, late_s, trickle_s, burst, retry_after_s
		self.random = random.Random(seed)
		self.enabled = True
		self.injected = collections.Counter()  # by (operation, kind)
		self.requests = collections.Counter()  # by operation
		self.lost_upstream = 0  # requests that found no server; not our doing
		self.history = collections.deque(maxlen=10000)  # (operation, kind, target) of the last faults, to look at
		self.trouble = []  # what should not happen here: errors of this proxy
		self._lock = threading.Lock()  # over all of the above that changes
		self._plans = []
		self._burst = (None, 0)
		self._loop = self._thread = self._server = None
		self._connections = set()

	# From any thread.
	def start(self):
		ready = threading.Event()
		failure = []

		def run():
			self._loop = asyncio.new_event_loop()
			try:
				self._server = self._loop.run_until_complete(
					asyncio.start_server(self._connection, "127.0.0.1", self.port, limit=http_wire.HEAD_BYTES_MAX, backlog=512))
				self.port = self._server.sockets[0].getsockname()[1]
			except OSError as error:
				failure.append(error)
				ready.set()
				return
			ready.set()
			self._loop.run_forever()
			self._loop.run_until_complete(self._end())
			self._loop.close()

		self._thread = threading.Thread(target=run, name="fault-proxy", daemon=True)
		self._thread.start()
		ready.wait()
		if failure:
			raise failure[0]
		return self

	def stop(self):
		if self._thread and self._thread.is_alive():
			self._loop.call_soon_threadsafe(self._loop.stop)
			self._thread.join(10)
			assert not self._thread.is_alive(), "the proxy does not end"

	def __enter__(self):
		return self.start()

	def __exit__(self, *_):
		self.stop()

	@property
	def url(self):
		return f"http://127.0.0.1:{self.port}"

	def enable(self, rate=None):
		with self._lock:
			self.enabled = True
			self.rate = self.rate if rate is None else rate

	def disable(self):
		"""No faults any more, but planned ones; what is under way goes on."""
		with self._lock:
			self.enabled = False
			self._burst = (None, 0)

	def reseed(self, seed):
		with self._lock:
			self.random = random.Random(seed)
			self._burst = (None, 0)

	def plan(self, operation, kind, times=1, key=""):
		"""The next requests of an operation (None: any) whose target holds key meet this fault, whatever the rate."""
		assert kind in KINDS and operation in (None, *OPERATIONS)
		with self._lock:
			self._plans += [(operation, kind, key)] * times

	def counts(self):
		"""A copy of {(operation, kind): how often}."""
		with self._lock:
			return collections.Counter(self.injected)

	def missing(self, counts=None, operations=None):
		"""The (operation, kind) that could have met and did not, of the operations that occurred (or of those named)."""
		counts = self.counts() if counts is None else counts
		operations = [name for name in OPERATIONS if self.requests[name]] if operations is None else operations
		return [(name, kind) for name in operations for kind in self.kinds
			if applies(name, kind) and (name, kind) not in self.spare and not counts[name, kind]]

	def table(self, counts=None):
		"""What was injected, for people. "-" is what cannot happen or is spared."""
		return table(self.counts() if counts is None else counts, dict(self.requests), self.kinds, self.spare)

	# In the proxy's thread.
	async def _end(self):
		self._server.close()
		for task in list(self._connections):
			task.cancel()
		await asyncio.gather(*self._connections, return_exceptions=True)

	def _choose(self, head, operation, body):
		"""The fault for this request, or None. Of those that apply one that this operation met least often is taken."""
		with self._lock:
			self.requests[operation] += 1
			for index, (wanted, kind, key) in enumerate(self._plans):
				if wanted in (None, operation) and key in urllib.parse.unquote(head.target):
					del self._plans[index]
					return self._remember(operation, kind, head)
			if not self.enabled:
				return None
			possible = [kind for kind in self.kinds if applies(operation, kind) and (operation, kind) not in self.spare
				and (body or kind != "bad request")]
			kind, left = self._burst
			if left > 0 and kind in possible:
				self._burst = (kind, left - 1)
				return self._remember(operation, kind, head)
			if not possible or self.random.random() >= self.rates.get(operation, self.rate):
				return None
			fewest = min(self.injected[operation, kind] for kind in possible)
			kind = self.random.choice([kind for kind in possible if self.injected[operation, kind] == fewest])
			if kind in REPEATING:
				self._burst = (kind, self.random.randrange(self.burst))
			return self._remember(operation, kind, head)

	def _remember(self, operation, kind, head):
		self.history.append((operation, kind, head.target))
		return kind

	def _count(self, operation, kind):
		with self._lock:
			self.injected[operation, kind] += 1

	def _chance(self):
		with self._lock:
			return self.random.random()

	async def _connection(self, reader, writer):
		task = asyncio.current_task()
		self._connections.add(task)
		try:
			while (head := await http_wire.read_head(reader)) is not None:
				if not await self._request(head, reader, writer) or head.get("connection").lower() == "close":
					break
		except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
			pass  # the client went away, or we are stopping
		except (http_wire.WireError, asyncio.LimitOverrunError, ValueError) as error:
			self.trouble.append(repr(error))
		finally:
			self._connections.discard(task)
			writer.close()

	async def _request(self, head, reader, writer):
		"""Handles one request; whether the connection goes on."""
		if "100-continue" in head.get("expect").lower():
			writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
			if "expect" not in head.get("authorization").lower():
				head.set("expect", None)
		length = int(head.get("content-length", "0"))
		operation = http_wire.operation(head)
		kind = self._choose(head, operation, length > 0)
		if kind == "reset" and self._chance() < 0.5:
			self._count(operation, kind)
			return reset(writer)
		body = await http_wire.read_chunked(reader) if "chunked" in head.get("transfer-encoding").lower() else await reader.readexactly(length)
		if kind in REFUSALS:
			return await self._refuse(operation, kind, head, body, writer)
		handle = getattr(self, "_" + kind.replace(" ", "_")) if kind else self._pass
		return await handle(operation, head, body, writer)

	async def _exchange(self, head, body):
		"""Sends a request to the server. Returns the Answer, or None if there is no server."""
		try:
			reader, writer = await asyncio.open_connection(self.upstream_host, self.upstream_port, limit=http_wire.HEAD_BYTES_MAX)
		except OSError:
			self.lost_upstream += 1
			return None
		answer = Answer(head.method, reader, writer)
		if await answer.begin(head.bytes() + (chunk(body) if "chunked" in head.get("transfer-encoding").lower() else body)):
			return answer
		self.lost_upstream += 1
		return None

	async def _pass(self, _operation, head, body, writer):
		answer = await self._exchange(head, body)
		return await send(answer, writer) if answer else reset(writer)

	async def _delay(self, operation, head, body, writer):
		self._count(operation, "delay")
		await asyncio.sleep(self._chance() * self.delay_s)
		return await self._pass(operation, head, body, writer)

	async def _reset(self, operation, _head, _body, writer):
		self._count(operation, "reset")
		return reset(writer)

	async def _lost_answer(self, operation, head, body, writer):
		answer = await self._exchange(head, body)
		if answer:
			await answer.rest()
			self._count(operation, "lost answer")
		return reset(writer)

	async def _late(self, operation, head, body, writer):
		answer = await self._exchange(head, body)
		if not answer:
			return reset(writer)
		self._count(operation, "late")
		await asyncio.sleep((0.5 + self._chance() / 2) * self.late_s)
		return await send(answer, writer)

	async def _twice(self, operation, head, body, writer):
		answers = []
		for _ in range(2):
			answer = await self._exchange(head, body)
			if not answer:
				return reset(writer)
			answers.append((answer.head, await answer.rest()))
		self._count(operation, "twice")
		first, content = answers[int(self._chance() * 2)]
		return await send_whole(first, content, writer)

	async def _refuse(self, operation, kind, head, body, writer):
		"""A refusal; of those that a server makes in the middle of its work, some come after it."""
		if kind not in ("SlowDown", "429") and self._chance() < 0.3:
			answer = await self._exchange(head, body)
			if answer:
				await answer.rest()
		self._count(operation, kind)
		status, reason, code = REFUSALS[kind]
		text = f"<html><body>{reason}</body></html>" if code is None else \
			f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{reason}.</Message></Error>'
		answer = http_wire.Head(f"HTTP/1.1 {status} {reason}\r\nContent-Type: {'text/html' if code is None else 'application/xml'}".encode())
		if kind in ("SlowDown", "429"):
			answer.set("retry-after", self.retry_after_s)
		answer.set("content-length", len(text))
		return await send_whole(answer, b"" if head.method == "HEAD" else text.encode(), writer)

	async def _bad_request(self, operation, head, body, writer):
		damaged = flip(body, self._chance()) if body else body
		if body:
			self._count(operation, "bad request")
		return await self._pass(operation, head, damaged, writer)

	async def _bad_answer(self, operation, head, body, writer):
		return await self._changed_body(operation, "bad answer", head, body, writer, lambda content: (len(content), flip(content, self._chance())))

	async def _truncated(self, operation, head, body, writer):
		return await self._changed_body(operation, "truncated", head, body, writer,
			lambda content: (len(content), content[:int(len(content) * self._chance())]))

	async def _wrong_length(self, operation, head, body, writer):
		def change(content):
			by = 1 + int(self._chance() * 64)
			return (max(len(content) - by, 0) if len(content) and self._chance() < 0.5 else len(content) + by), content

		return await self._changed_body(operation, "wrong length", head, body, writer, change)

	async def _changed_body(self, operation, kind, head, body, writer, change):
		"""change gets the answer's body and returns the length to announce and the bytes to send."""
		answer = await self._exchange(head, body)
		if not answer:
			return reset(writer)
		content = await answer.rest()
		if http_wire.has_no_body(head.method, answer.head.status) or (not content and kind != "wrong length"):
			return await send_whole(answer.head, content, writer)
		length, sent = change(content)
		self._count(operation, kind)
		answer.head.set("content-length", length)
		await send_whole(answer.head, sent, writer)
		return length == len(sent)

	async def _trickle(self, operation, head, body, writer):
		answer = await self._exchange(head, body)
		if not answer:
			return reset(writer)
		content = await answer.rest()
		self._count(operation, "trickle")
		data = answer.head.bytes() + content
		pieces = min(len(data), 10)
		for index in range(pieces):
			writer.write(data[len(data) * index // pieces:len(data) * (index + 1) // pieces])
			await writer.drain()
			await asyncio.sleep(self.trickle_s / pieces)
		return True


class Answer:
	"""What the server says to one request: head, and the body piece by piece."""

	def __init__(self, method, reader, writer):
		self.method, self.reader, self.writer = method, reader, writer
		self.head = self.left = None
		self.whole = None  # the body, where it had to be gathered first

	async def begin(self, request):
		"""Sends the request while listening: a server that refuses may do so before it has taken all."""
		sending = asyncio.ensure_future(self._send(request))
		try:
			while True:
				self.head = await http_wire.read_head(self.reader)
				if self.head is None:
					return False
				if self.head.status >= 200:
					break
			if "chunked" in self.head.get("transfer-encoding").lower() and not http_wire.has_no_body(self.method, self.head.status):
				self.whole = await http_wire.read_chunked(self.reader)
				self.head.set("transfer-encoding", None)
				self.head.set("content-length", len(self.whole))
				self.left = 0
			elif http_wire.has_no_body(self.method, self.head.status):
				self.left = 0
			else:
				self.left = int(self.head.get("content-length", "0"))
			self.head.set("connection", None)
			return True
		except (ConnectionError, asyncio.IncompleteReadError):
			return False
		finally:
			sending.cancel()
			if self.head is None or not self.left:
				self.writer.close()

	async def _send(self, request):
		try:
			self.writer.write(request)
			await self.writer.drain()
		except ConnectionError:
			pass

	async def block(self):
		"""The next piece of the body, b"" at the end."""
		if self.whole:
			block, self.whole = self.whole, None
			return block
		if not self.left:
			return b""
		block = await self.reader.read(min(self.left, http_wire.BLOCK))
		if not block:
			self.writer.close()
			raise ConnectionResetError("the server went away")
		self.left -= len(block)
		if not self.left:
			self.writer.close()
		return block

	async def rest(self):
		blocks = []
		while block := await self.block():
			blocks.append(block)
		return b"".join(blocks)


async def send(answer, writer):
	writer.write(answer.head.bytes())
	try:
		while block := await answer.block():
			writer.write(block)
			await writer.drain()
	finally:
		answer.writer.close()
	await writer.drain()
	return True


async def send_whole(head, content, writer):
	writer.write(head.bytes() + content)
	await writer.drain()
	return True


def reset(writer):
	"""Ends a connection as a crash or a firewall does. Returns False: it does not go on."""
	own = writer.get_extra_info("socket")
	if own is not None:
		own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
	writer.transport.abort()
	return False


def flip(data, where):
	index = int(len(data) * where)
	return data[:index] + bytes([data[index] ^ 1 << index % 8]) + data[index + 1:]


def chunk(body):
	return (f"{len(body):x}\r\n".encode() + body + b"\r\n" if body else b"") + b"0\r\n\r\n"


def table(counts, requests, kinds=tuple(KINDS), spare=()):
	rows = [("operation", "requests", *kinds)]
	for name in OPERATIONS:
		if requests.get(name):
			rows.append((name, str(requests[name]), *(str(counts[name, kind]) if applies(name, kind) and (name, kind) not in spare else "-"
				for kind in kinds)))
	widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
	return "\n".join("  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
		for column, (cell, width) in enumerate(zip(row, widths))) for row in rows)


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("upstream")
	parser.add_argument("--port", type=int, default=0)
	parser.add_argument("--rate", type=float, default=0.1)
	parser.add_argument("--seed", type=int, default=0)
	options = parser.parse_args()
	proxy = FaultProxy(options.upstream, options.seed, options.rate, port=options.port).start()
	print(proxy.url, flush=True)
	try:
		threading.Event().wait()
	except KeyboardInterrupt:
		proxy.stop()
		print(proxy.table())


if __name__ == "__main__":
	main()

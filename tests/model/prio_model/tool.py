"""Whole files, as `prio verify1`, `verify2`, `aggregate` treat them: every line is counted, refused ones by reason.

Where this is stricter or kinder than the original command-line tool, it is so on purpose: repeated ids and copied shares,
one bad line that does not end the run, numeric ids.
"""

import collections
import dataclasses

from . import lines, server
from .pack import Refused
from .prg import QueryPoints
from .seal import KEY


@dataclasses.dataclass
class Output:
	"""A stage's result: the text of its file, how many lines it read, and which of these it refused: number -> reason."""

	text: str
	total: int
	refused: dict
	fields: list = None  # aggregate: the sums

	@property
	def by_reason(self):
		return collections.Counter(self.refused.values())


def repeated(opened):
	"""Which of (id, sealed share) are not to be counted: index -> reason. Order matters only for which equal copy stays."""
	reasons = {}
	by_id = collections.defaultdict(list)
	for i, (name, _) in enumerate(opened):
		by_id[name].append(i)
	by_key = collections.defaultdict(list)
	for name, copies in by_id.items():
		if len({opened[i][1] for i in copies}) > 1:
			reasons.update((i, "conflicting-id") for i in copies)
			continue
		reasons.update((i, "duplicate") for i in copies[1:])
		by_key[opened[copies[0]][1][:KEY]].append(name)
	for names in by_key.values():
		for name in sorted(names)[1:]:
			reasons[by_id[name][0]] = "copied-share"
	return reasons


def packets(text, n):
	"""id -> packet, or the reason why there is none."""
	found = collections.defaultdict(set)
	for line in lines.split(text):
		try:
			_, name, payload = lines.parse(line)
		except Refused:
			continue
		found[name].add(payload)
	index = {}
	for name, payloads in found.items():
		try:
			if len(payloads) > 1:
				raise Refused("partner-conflict")
			index[name] = server.read_packet(payloads.pop(), n)
		except Refused as verdict:
			index[name] = verdict
	return index


class Tool:
	"""One server's tool over one batch."""

	def __init__(self, params, number, private, secret, order="batch"):
		self.params, self.number, self.private, self.secret, self.order = params, number, private, secret, order

	def _points(self):
		return QueryPoints(self.secret, self.params.batch_id, self.params.n_data, self.params.rule, self.order)

	def _work(self, raw, see, use):
		"""Opens what see(id) lets pass, calls use(share, *seen) for what opened, drops repeated ids.

		Returns [(line number, record, result)] of what is left, the number of lines, and the refused."""
		refused = {}
		opened, results = [], []
		all_lines = lines.split(raw)
		for number, line in enumerate(all_lines, 1):
			try:
				record, name, sealed = lines.parse(line)
				seen = see(name)
				one = server.open_share(sealed, self.params, self.number, self.private)
			except Refused as verdict:
				refused[number] = verdict.word
				continue
			opened.append((name, sealed))
			results.append((number, record, use(one, *seen)))
		dropped = repeated(opened)
		refused.update((results[i][0], word) for i, word in dropped.items())
		return [result for i, result in enumerate(results) if i not in dropped], len(all_lines), refused

	def verify1(self, raw):
		points = self._points()
		kept, total, refused = self._work(raw, lambda name: (), lambda one: server.verify1(one, points.next()))
		return Output("".join(lines.row(record, server.pack_packet(packet)) for _, record, packet in kept), total, refused)

	@staticmethod
	def _both(internal, external, n):
		"""see() for _work: own and partner's packet. Without both, a record is not opened, and draws nothing."""
		own, partner = packets(internal, n), packets(external, n)

		def see(name):
			if name not in own:
				raise Refused("refused-earlier")
			if name not in partner:
				raise Refused("unmatched")
			for packet in (partner[name], own[name]):
				if isinstance(packet, Refused):
					raise packet
			return own[name], partner[name]

		return see

	def verify2(self, raw, internal, external):
		points = self._points()
		kept, total, refused = self._work(
			raw,
			self._both(internal, external, 2),
			lambda one, own, partner: server.verify2(one, points.next(), own, partner),
		)
		return Output("".join(lines.row(record, server.pack_packet([out])) for _, record, out in kept), total, refused)

	def aggregate(self, raw, internal, external):
		kept, total, refused = self._work(
			raw,
			self._both(internal, external, 1),
			lambda one, own, partner: one.data if server.accept(own[0], partner[0]) else None,
		)
		fields = [0] * self.params.n_data
		for number, _, data in kept:
			if data is None:
				refused[number] = "proof-failed"
			else:
				fields = server.add(fields, data)
		return Output(lines.total(server.pack_total(self.number, fields), len(refused), total), total, refused, fields)

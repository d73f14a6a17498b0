"""Whole files, as `prio verify1`, `verify2`, `aggregate` treat them: every line is counted, refused ones by reason.

Where this is stricter or kinder than the original command-line tool, it is so on purpose: repeated ids and copied shares,
one bad line that does not end the run, numeric ids.
"""

import collections
import dataclasses

from . import lines, pack, seal, server, share
from .field import padded
from .pack import Refused
from .prg import QueryPoints


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
		by_key[opened[copies[0]][1][: seal.KEY]].append(name)
	for names in by_key.values():
		for name in sorted(names)[1:]:
			reasons[by_id[name][0]] = "copied-share"
	return reasons


def packets(text, n, conflict):
	"""id -> packet, or the verdict why it is of no use; conflict is that on different packets under one id."""
	found = collections.defaultdict(set)
	for line in lines.split(text):
		try:
			record = lines.parse_object(line)
			name = lines.id_of(record)
		except Refused:
			continue  # said, and left out
		try:
			found[name].add(server.read_packet(lines.decode(lines.payload_of(record)), n))
		except Refused:
			found[name].add(None)
	verdicts = {name: Refused(conflict) for name, some in found.items() if len(some) > 1}
	return {name: verdicts.get(name) or some.pop() or Refused("partner-packet") for name, some in found.items()}


class Tool:
	"""One server's tool over one batch."""

	def __init__(self, params, number, private, secret, order="batch"):
		self.params, self.number, self.private, self.secret, self.order = params, number, private, secret, order
		# A line of raw shares may be twice as long as the longest share in base64, and 16 kB more.
		share_bytes = 60 + len(pack.str_(params.batch_id)) + 6 * 12 + 1
		share_bytes += 17 if number == share.B else 2 * 5 + 12 * (params.n_data + padded(params.n_data))
		self.longest = 16384 + 2 * ((share_bytes + 2) // 3 * 4)

	def _points(self):
		return QueryPoints(self.secret, self.params.batch_id, self.params.n_data, self.params.rule, self.order)

	def _records(self, raw, refused):
		"""(line number, record, id, sealed share) of each line that is a record; the others go to refused."""
		for number, line in enumerate(lines.split(raw), 1):
			try:
				if len(line) > self.longest:
					raise Refused("line-too-long")
				record, name, payload = lines.parse(line)
				yield number, record, name, seal.whole(lines.decode(payload))
			except Refused as verdict:
				refused[number] = verdict.word

	def _open(self, sealed):
		return server.open_share(sealed, self.params, self.number, self.private)

	def verify1(self, raw):
		points, refused, opened = self._points(), {}, []
		for number, record, name, sealed in self._records(raw, refused):
			try:
				one = self._open(sealed)
				opened.append((number, record, name, sealed, server.verify1(one, points.next())))
			except Refused as verdict:
				refused[number] = verdict.word
		dropped = repeated([(name, sealed) for _, _, name, sealed, _ in opened])
		refused.update((opened[i][0], word) for i, word in dropped.items())
		kept = [(record, packet) for i, (_, record, _, _, packet) in enumerate(opened) if i not in dropped]
		return self._output(raw, refused, "".join(lines.row(record, server.pack_packet(packet)) for record, packet in kept))

	def verify2(self, raw, internal, external):
		"""Without both packets a record is not opened, and draws nothing; of copies the first that opens is the record."""
		points, refused, rows, done = self._points(), {}, [], set()
		own, partner = packets(internal, 2, "other-run"), packets(external, 2, "partner-conflict")
		for number, record, name, sealed in self._records(raw, refused):
			try:
				self._require(name, own, partner)
				one = self._open(sealed)
				r = points.next()
				if name in done:
					raise Refused("duplicate")
				mine = self._own(own[name])
				done.add(name)
				if self.order == "batch" and mine != server.verify1(one, r):
					raise Refused("other-run")
				rows.append(lines.row(record, server.pack_packet([server.verify2(one, r, mine, self._use(partner[name]))])))
			except Refused as verdict:
				refused[number] = verdict.word
		return self._output(raw, refused, "".join(rows))

	def aggregate(self, raw, internal, external):
		"""The packets alone decide what is opened here."""
		refused, fields, done = {}, [0] * self.params.n_data, set()
		own, partner = packets(internal, 1, "other-run"), packets(external, 1, "partner-conflict")
		for number, _, name, sealed in self._records(raw, refused):
			try:
				if name in done:
					raise Refused("duplicate")
				if name in own:
					self._own(own[name])
				self._require(name, own, partner)
				if not server.accept(*own[name], *self._use(partner[name])):
					raise Refused("proof-failed")
				fields = server.add(fields, self._open(sealed).data)
				done.add(name)
			except Refused as verdict:
				refused[number] = verdict.word
		total = len(lines.split(raw))
		text = lines.total(server.pack_total(self.number, fields), len(refused), total)
		return self._output(raw, refused, text, fields)

	@staticmethod
	def _require(name, own, partner):
		if name not in own:
			raise Refused("refused-earlier")
		if name not in partner:
			raise Refused("unmatched")

	@staticmethod
	def _use(packet):
		if isinstance(packet, Refused):
			raise packet
		return packet

	@staticmethod
	def _own(packet):
		"""This server's own packet: whatever is wrong with it, it is not what this share gave."""
		if isinstance(packet, Refused):
			raise Refused("other-run")
		return packet

	@staticmethod
	def _output(raw, refused, text, fields=None):
		return Output(text, len(lines.split(raw)), refused, fields)


class Unpublishable(Exception):
	"""The two totals cannot be over the same records."""


def publish(params, total_a, total_b):
	"""What both servers publish. Different numbers of accepted records, or a sum that so many cannot give, are errors."""
	accepted = {one.total - len(one.refused) for one in (total_a, total_b)}
	if len(accepted) != 1:
		raise Unpublishable("different numbers of records")
	try:
		sums = server.publish(total_a.fields, total_b.fields, params.precision)
	except OverflowError:
		raise Unpublishable("a sum does not fit 64 bits") from None
	if max(sums) > accepted.pop() * (2 ** (params.precision or 1) - 1):
		raise Unpublishable("a sum is too large for so many records")
	return sums

"""Counts what a check script found, and ends it with the line that scripts/run-suites and CI read."""

import sys


class Tally:
	def __init__(self):
		self.passed = 0
		self.failed = 0

	def check(self, name, faults):
		"""One thing was looked at: faults lists, in words, what is wrong with it (empty: nothing)."""
		if faults:
			self.failed += 1
			for fault in faults:
				print(f"{name}: {fault}")
		else:
			self.passed += 1

	def close(self):
		"""Prints the closing line and exits; having looked at nothing is a failure too."""
		print(f"{self.passed} passed, {self.failed} failed")
		sys.exit(0 if self.passed and not self.failed else 1)

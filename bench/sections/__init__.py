"""What `make bench` measures, one module a section, in this order. A module has

	TITLE            a heading
	measure(bench)   measure (harness.Bench) and check; returns what goes into the JSON file under the module's name, or None
	show(result)     print it for people

To add one, write the module and name it here; its targets, if it has any, are rows of targets.py.
"""

from . import kernels, records, curve, verify1, profile, runs, memory

SECTIONS = [kernels, records, curve, verify1, profile, runs, memory]


def name_of(section):
	return section.__name__.rsplit(".", 1)[-1]

"""docs/cli.md: a few words, and what the programs say about their own tables."""

import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PATH = "docs/cli.md"
PROGRAMS = {"prio": "PRIO_BIN", "prio-processor": "PRIO_PROCESSOR_BIN"}

HEAD = """# Commands

<!-- Made by scripts/update-cli-docs from the programs' own tables. Change the tables, not this file. -->

Every option can be given as `--name VALUE`, as `--name=VALUE`, or by its environment variable. An option wins over a variable, and an
empty variable counts as not given. A secret can also be read from a file (or `/dev/fd/N`), so that it stands neither in the list of
processes nor in the environment; where it is given on the command line, it is overwritten there. `COMMAND --help` shows the same as this
page; `completion bash` and `completion zsh` print completion scripts to be sourced.

`--version` also says which vector kernels run: the best that this machine has, or fewer where the variable `PRIO_CPU` is `portable`,
`avx2`, `avx512` or `avx512ifma`. All give the same results.

Data goes to files and to standard output, words go to standard error. Exit codes:

| code | meaning |
| --- | --- |
| 0 | done, whether or not records were refused; refused records are counted by reason, and named |
| 1 | failed; nothing half-written is left |
| 2 | the command line or a variable cannot be understood |
| 3 | a batch that had data was not published (`prio-processor process`) |

"""


def text():
	"""The whole page."""
	parts = [HEAD]
	for program, variable in PROGRAMS.items():
		path = os.environ.get(variable) or os.path.join(TOP, "build", "bin", program)
		parts.append(subprocess.run([path, "docs"], check=True, capture_output=True, text=True).stdout)
	return "".join(parts).rstrip("\n") + "\n"

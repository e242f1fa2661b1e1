"""Runs the command with these words; then the names of all modules that are loaded go to the standard error."""

import sys

from cnncli.cli.main import run

code = run(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)

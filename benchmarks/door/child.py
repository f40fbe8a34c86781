"""Runs one contender, a function of a module: `python -m benchmarks.door.child MODULE:FUNCTION RESULT.json`.

Its arguments come as JSON on stdin.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.door.figures import measure


def main(contender: str, result: str) -> None:
    module, _, function = contender.partition(":")
    arguments = json.load(sys.stdin)
    job = getattr(import_module(module), function)(**arguments)
    Path(result).write_text(json.dumps(measure(job)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Writes docs/measurements/faults.md from the rows that `make faults` left."""

import json
import sys
from pathlib import Path

HEAD = """# Faults

Each row is a night of 500 accounts in which something breaks in the middle of a stage, and the run after it: by then
all that consumers and the graph see equals, digest by digest, a night in which nothing broke. Made by `make faults`
(tests/faults/); -9 is the exit code of a process that was killed.

| Fault | Stage | Exit code | What is said |
|---|---|---|---|
"""
ELSEWHERE = """
Tested where they can be tried in less, or only there:

| Fault | Test |
|---|---|
| a task of Airflow is killed, or its worker lost | tests/dags/test_scheduler.py |
| jars that are damaged | tests/unit/server/test_damaged_jars.py |
| a load that breaks off before each of its statements | tests/integration/test_load_interrupted.py |
| every library on a full disk | tests/unit/test_full_disk.py |
| a server that goes away while somebody asks it | tests/integration/test_server_gone.py |
| clocks of two machines that differ, and leases that run out | tests/unit/review/test_lease.py |
"""


def main(results: Path, out: Path) -> None:
    rows = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    lines = [f"| {r['fault']} | {r['stage']} | {r['code']} | {r['sentence']} |" for r in rows]
    out.write_text(HEAD + "\n".join(lines) + "\n" + ELSEWHERE, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

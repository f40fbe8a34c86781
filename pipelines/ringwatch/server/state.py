"""What is remembered of the embedded server between commands: its process, ports and memory."""

import json
from dataclasses import asdict, dataclass

from ringwatch.server.conf import Memory
from ringwatch.server.home import Home
from ringwatch.server.ports import Ports


@dataclass(frozen=True)
class State:
    """The server that was started last (it may have ended since), and the ports the settings wanted then."""

    pid: int
    ports: Ports
    wanted: Ports
    memory: Memory


def read_state(home: Home) -> State | None:
    """Return the remembered server, or None when there is none or its file cannot be read."""
    try:
        raw = json.loads(home.state.read_text(encoding="utf-8"))
        return State(
            pid=int(raw["pid"]),
            ports=Ports(**raw["ports"]),
            wanted=Ports(**raw["wanted"]),
            memory=Memory(**raw["memory"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_state(home: Home, state: State) -> None:
    """Write the state so that a reader sees the old or the new one, never a part."""
    part = home.state.with_suffix(".part")
    part.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
    part.replace(home.state)

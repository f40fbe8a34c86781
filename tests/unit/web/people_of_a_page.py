"""Who looks at the page in tests, and when."""

from collections.abc import Callable
from datetime import datetime

from fastapi.testclient import TestClient

NOW = datetime(2026, 3, 4, 9)
ROLES = {"anna": "reviewer", "ben": "reviewer", "ada": "admin", "*": "reader"}
# Returns the browser of a person whom the proxy knows.
Client = Callable[[str], TestClient]

"""Forms of a page, filled in and sent as a browser does."""

import re
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response


def token(browser: TestClient) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', browser.get("/queue?status=all").text)
    assert found
    return found[1]


def send(browser: TestClient, path: str, **values: Any) -> Response:
    """Send a form with the token of the person's own page."""
    return browser.post(path, data={"token": token(browser), **values}, follow_redirects=False)

"""What a client says about sessions, with the grants of the test's autoscaler."""

from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from fakes.grants import autoscaler


def creation(payload: Mapping[str, Any], grant: Mapping[str, object] | None = None) -> bytes:
    """The body that creates one."""
    return autoscaler().envelope(orjson.dumps(payload), grant=grant)


async def create(client: httpx.AsyncClient, **payload: Any) -> tuple[str, Any]:
    """A session's id and its auth."""
    body = creation(payload)
    response = await client.post("/session/create", content=body)
    assert response.status_code == 201, response.text
    return response.json()["session_id"], orjson.loads(body)["auth_data"]


async def ask(client: httpx.AsyncClient, what: str, session_id: str, auth: Any) -> httpx.Response:
    """Get, health or end."""
    body = {"session_id": session_id, "session_auth": auth}
    return await client.post(f"/session/{what}", json=body)


def inner(session_id: str, payload: bytes = b"{}") -> bytes:
    """The body of a request of one."""
    return autoscaler().envelope(payload, session_id=session_id)

"""Reserve a worker by a session, keep it for some seconds, and give it back.

python -m workers.null.client --seconds 10
"""

import argparse
import sys
import time
from typing import Any

import httpx

# Between two signs of life; a session lives 60 s without one.
_PING_SECONDS = 5.0


def main() -> int:
    """Run the command; 0 when the machine was reserved."""
    parser = argparse.ArgumentParser(description="Reserve a null worker for some seconds.")
    parser.add_argument("--autoscaler", default="http://127.0.0.1:8080")
    parser.add_argument("--endpoint", default="local")
    parser.add_argument("--api-key", default="local-key")
    parser.add_argument("--seconds", type=float, default=10.0)
    asked = parser.parse_args()
    # A worker's certificate is signed by Vast.ai's own authority, for its address.
    with httpx.Client(timeout=30.0, verify=False) as http:  # noqa: S501
        grant = _grant(http, asked)
        url = str(grant["url"])
        created = http.post(f"{url}/session/create", json={"auth_data": grant, "payload": {}})
        if created.status_code != 201:
            sys.stderr.write(f"{created.status_code}: {created.text}\n")
            return 1
        session_id = created.json()["session_id"]
        sys.stdout.write(f"{url} is reserved\n")
        end = time.monotonic() + asked.seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _PING_SECONDS))
            ping = {"auth_data": grant, "session_id": session_id, "payload": {}}
            http.post(f"{url}/ping", json=ping).raise_for_status()
        named = {"session_id": session_id, "session_auth": grant}
        http.post(f"{url}/session/end", json=named).raise_for_status()
    sys.stdout.write("and free again\n")
    return 0


def _grant(http: httpx.Client, asked: argparse.Namespace) -> dict[str, Any]:
    """What the autoscaler signs; a worker may still be starting."""
    question = {
        "endpoint": asked.endpoint,
        "api_key": asked.api_key,
        "cost": 100,
        "request_idx": 0,
    }
    while True:
        answer = http.post(f"{asked.autoscaler}/route/", json=question).raise_for_status()
        grant: dict[str, Any] = answer.json()
        if "url" in grant:
            return grant
        question["request_idx"] = grant.get("request_idx", 0)
        sys.stderr.write(f"waiting for a worker: {grant.get('status')}\n")
        time.sleep(1.0)


if __name__ == "__main__":
    sys.exit(main())

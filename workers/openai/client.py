"""Ask for a completion through an autoscaler, and print it as it comes.

python -m workers.openai.client --endpoint local --api-key local-key "Tell a story about whales."
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator

import httpx


def main() -> int:
    """Run the command; 0 when the stream came to its end."""
    parser = argparse.ArgumentParser(description="Ask for a completion through an autoscaler.")
    parser.add_argument("prompt")
    parser.add_argument("--autoscaler", default="http://127.0.0.1:8080")
    parser.add_argument("--endpoint", default="local")
    parser.add_argument("--api-key", default="local-key")
    parser.add_argument("--model", default=None, help="default: the worker's MODEL_NAME")
    parser.add_argument("--max-tokens", type=int, default=200)
    asked = parser.parse_args()
    # A worker's certificate is signed by Vast.ai's own authority, for its address.
    with httpx.Client(timeout=None, verify=False) as http:  # noqa: S501, S113
        grant = _grant(http, asked)
        request = {
            "messages": [{"role": "user", "content": asked.prompt}],
            "max_tokens": asked.max_tokens,
            "stream": True,
        }
        if asked.model:
            request["model"] = asked.model
        body = {"auth_data": grant, "payload": request}
        with http.stream("POST", f"{grant['url']}/v1/chat/completions", json=body) as answer:
            if answer.status_code != 200:
                sys.stderr.write(f"{answer.status_code}: {answer.read().decode()}\n")
                return 1
            for text in _texts(answer.iter_lines()):
                sys.stdout.write(text)
                sys.stdout.flush()
    sys.stdout.write("\n")
    return 0


def _grant(http: httpx.Client, asked: argparse.Namespace) -> dict[str, object]:
    """What the autoscaler signs; a worker may still be starting."""
    question = {
        "endpoint": asked.endpoint,
        "api_key": asked.api_key,
        "cost": asked.max_tokens,
        "request_idx": 0,
    }
    while True:
        answer = http.post(f"{asked.autoscaler}/route/", json=question).raise_for_status()
        grant: dict[str, object] = answer.json()
        if "url" in grant:
            return grant
        question["request_idx"] = grant.get("request_idx", 0)
        sys.stderr.write(f"waiting for a worker: {grant.get('status')}\n")
        time.sleep(1.0)


def _texts(lines: Iterator[str]) -> Iterator[str]:
    """The texts of a stream of chat events."""
    for line in lines:
        data = line.removeprefix("data:").strip()
        if line.startswith("data:") and data != "[DONE]":
            for choice in json.loads(data).get("choices", []):
                yield choice["delta"].get("content") or ""


if __name__ == "__main__":
    sys.exit(main())

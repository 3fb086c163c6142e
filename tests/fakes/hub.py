"""The Hugging Face hub and the cache that its client keeps, as far as one file a model goes."""

import contextlib
import hashlib
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "3ba8a35d1f1d2c5e4b6a798877665544332211ff"


def cached(
    cache: Path, model: str, file: Path, *, commit: str = COMMIT, revision: str = "main"
) -> Path:
    """Put a tokenizer.json into a cache, as the hub's client lays it out; returns the snapshot."""
    folder = cache / f"models--{model.replace('/', '--')}"
    snapshot = folder / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (folder / "blobs").mkdir(exist_ok=True)
    blob = folder / "blobs" / f"of-{commit}"
    blob.write_bytes(file.read_bytes())
    (snapshot / "tokenizer.json").symlink_to(blob)
    ref = folder / "refs" / revision
    ref.parent.mkdir(parents=True, exist_ok=True)
    ref.write_text(commit)
    return snapshot


@contextlib.contextmanager
def hub(content: bytes, *, model: str) -> Generator[str]:
    """A hub that has one model, with a tokenizer.json at `main`; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(b"")

        def do_GET(self) -> None:
            self._answer(content)

        def _answer(self, body: bytes) -> None:
            known = self.path == f"/{model}/resolve/main/tokenizer.json"
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(content) if known else 0))
            if known:
                self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
                self.send_header("X-Repo-Commit", COMMIT)
            else:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.end_headers()
            if known:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()

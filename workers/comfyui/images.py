"""From the wrapper's answer to one with the images in it: files of the output folder, as data URIs.

The paths come from a server that runs workflows of strangers, so only regular files that really lie
in the output folder are read, and no more of them than an answer can hold.
"""

import logging
import os
import stat
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import orjson

from pyworker.errors import InvalidRequest, UpstreamUnavailable
from pyworker.reasons import reason_of
from pyworker.worker import Answer

log = logging.getLogger(__name__)

# A batch of 64 is the largest that anybody's GPU holds at once.
MAX_IMAGES = 64
# Of all images of an answer, before base64: it is in memory about four times while it is made.
MAX_BYTES = 128 * 1024 * 1024

# What the workers before this one said of every file.
_DEFAULT_TYPE = "image/png"
_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif"}


class Images:
    """Reads what workflows have put into one folder.

    Args:
        folder: ComfyUI's output folder; need not exist yet.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def answer(self, answer: Answer) -> Answer:
        """`{"images": ["data:image/png;base64,...", ...]}` for the wrapper's answer.

        A workflow that failed or made no image is the client's: 422. Blocks while it reads.

        Raises:
            InvalidRequest: There are too many images, or one lies outside of the folder. Another
                worker would have the same, so no client should repeat it.
            UpstreamUnavailable: The answer is none of the wrapper's, or an image cannot be read.
        """
        paths = _paths(answer)
        if paths is None:
            return _refused("there was an error in the workflow")
        if not paths:
            return _refused("workflow did not produce any images")
        if len(paths) > MAX_IMAGES:
            raise InvalidRequest(f"{len(paths)} images, and an answer has {MAX_IMAGES} at most")
        images: list[str] = []
        left = MAX_BYTES
        for path in paths:
            content = self._read(path, left)
            left -= len(content)
            kind = _TYPES.get(Path(path).suffix.lower(), _DEFAULT_TYPE)
            images.append(f"data:{kind};base64,{b64encode(content).decode()}")
        return Answer(body=orjson.dumps({"images": images}))

    def _read(self, path: str, limit: int) -> bytes:
        """The content of a file in the folder, of at most `limit` bytes."""
        try:
            # Resolved at each request: the folder may be a link that is made while ComfyUI starts.
            real = Path(path).resolve()
            if not real.is_relative_to(self._folder.resolve()):
                log.error("%s is not in COMFY_OUTPUT_DIR, %s", path, self._folder)
                raise InvalidRequest("an image lies outside of the output folder")
            # O_NONBLOCK: opening a named pipe would wait for its writer.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(real, flags)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise InvalidRequest("what should be an image is no file")
                with open(descriptor, "rb", closefd=False) as file:
                    content = file.read(limit + 1)
            finally:
                os.close(descriptor)
        except (OSError, ValueError, RuntimeError) as error:  # a NUL in it, a loop of links
            raise UpstreamUnavailable(
                f"an image of the answer cannot be read: {reason_of(error)}"
            ) from error
        if len(content) > limit:
            raise InvalidRequest(f"the images are larger than {MAX_BYTES} bytes")
        return content


def _refused(problem: str) -> Answer:
    return Answer(status=422, body=orjson.dumps({"error": problem}))


def _paths(answer: Answer) -> list[str] | None:
    """The `local_path` of every image; None when the workflow has failed.

    Older wrappers answer `{"output": {"images": [...]}}`, newer ones have a list as `output`.
    Previews are no results: ComfyUI keeps them in another folder, as `temp`.
    """
    try:
        parsed = answer.json()
    except ValueError as error:
        raise UpstreamUnavailable("the model server's answer is no JSON") from error
    output: Any = cast("Mapping[str, Any]", parsed).get("output") if _is_object(parsed) else None
    if output is None:
        return None
    listed = cast("Mapping[str, Any]", output).get("images", ()) if _is_object(output) else output
    files = cast("Sequence[Any]", listed) if isinstance(listed, list) else ()
    return [
        str(file["local_path"])
        for file in files
        if _is_object(file) and "local_path" in file and file.get("type") != "temp"
    ]


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)

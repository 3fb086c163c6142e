"""References to media elsewhere: http, https and data URLs, nothing else.

A model server opens what it is given: a path or a file: URL would read this machine's files out
to a client.
"""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from pyworker.worker import Payload, bad_payload
from workers.openai.uploads import Allowance, data_start


def check_url(field: str, value: Any, allowance: Allowance) -> None:
    """Let http, https and data URLs pass, the latter within the limits of uploads.

    Raises:
        InvalidRequest: It is anything else.
    """
    if isinstance(value, str):
        if start := data_start(field, value):
            allowance.take(field, value, start)
            return
        if _is_http(value):
            return
    raise bad_payload(field, "must be an http, https or data URL")


def _is_http(value: str) -> bool:
    # urlsplit forgives blanks and control signs, of which a server may make something else.
    if not value.isprintable() or not value[:8].lower().startswith(("http://", "https://")):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:  # a bracket without its other half
        return False
    return bool(parts.hostname)


def check_speech(payload: Payload) -> Payload | None:
    """Check all references of a request to speak; what it is without empty ones, if it has any.

    Raises:
        InvalidRequest: A reference is none that may be opened.
    """
    allowance = Allowance()
    dropped: set[str] = set()
    for name in ("ref_audio", "ref_audio_2"):
        if name in payload and not _check(name, payload[name], allowance):
            dropped.add(name)
    references = payload.get("references")
    if references is not None:
        if not isinstance(references, list):
            raise bad_payload("references", "must be a list of objects")
        for reference in cast("list[Any]", references):
            _check_path(reference, allowance)
    return _without(payload, dropped) if dropped else None


def check_speech_batch(payload: Payload) -> Payload | None:
    """As `check_speech`, for a batch: one reference, a text, for it or for each of its items.

    Raises:
        InvalidRequest: Likewise, or the batch has no list of objects.
    """
    allowance = Allowance()
    items = payload.get("items")
    if not isinstance(items, list):
        raise bad_payload("items", "must be a list of objects")
    kept: list[Any] = []
    changed = False
    for item in cast("list[Any]", items):
        if not isinstance(item, Mapping):
            raise bad_payload("items", "must be a list of objects")
        one = cast("Payload", item)
        empty = "ref_audio" in one and not _check_one("items", one["ref_audio"], allowance)
        kept.append(_without(one, {"ref_audio"}) if empty else one)
        changed = changed or empty
    shared = "ref_audio" in payload and not _check_one("ref_audio", payload["ref_audio"], allowance)
    if not (changed or shared):
        return None
    return {**_without(payload, {"ref_audio"} if shared else set()), "items": kept}


def check_reference(field: str, value: Any, allowance: Allowance) -> None:
    """Check the URLs of a reference object, or of a list of them.

    Raises:
        InvalidRequest: It is neither, or a URL in it is none that may be opened.
    """
    for one in cast("list[Any]", value) if isinstance(value, list) else [value]:
        if not isinstance(one, Mapping):
            raise bad_payload(field, "must be an object or a list of objects")
        for name, url in cast("Mapping[str, Any]", one).items():
            if name.endswith("url") and url is not None:
                check_url(field, _nested(url), allowance)


def _nested(url: Any) -> Any:
    """The URL within `{"url": ...}`, as chat messages have it."""
    return cast("Mapping[str, Any]", url).get("url") if isinstance(url, Mapping) else url


def _check(field: str, value: Any, allowance: Allowance) -> bool:
    """Whether there is a reference in a field that may have a list of them."""
    if not isinstance(value, list):
        return _check_one(field, value, allowance)
    for one in cast("list[Any]", value):
        check_url(field, one, allowance)
    return bool(cast("list[Any]", value))


def _check_one(field: str, value: Any, allowance: Allowance) -> bool:
    if value is None or value == "":
        return False
    check_url(field, value, allowance)
    return True


def _check_path(reference: Any, allowance: Allowance) -> None:
    if not isinstance(reference, Mapping):
        raise bad_payload("references", "must be a list of objects")
    path = cast("Mapping[str, Any]", reference).get("audio_path")
    if path is not None:
        check_url("references", path, allowance)


def _without(payload: Payload, names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in names}

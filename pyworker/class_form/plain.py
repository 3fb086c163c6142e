"""Hooks that are plain functions in every generation: what gives a coroutine there is refused.

The SDK does not await them either: it fails on the coroutine that it gets. Awaited here they would
run on Trio's loop, where nothing of asyncio's works.
"""

import inspect
from typing import Any

from pyworker.errors import SettingsError

_PAYLOAD_HOOKS = (
    "for_test",
    "from_json_msg",
    "count_workload",
    "generate_payload_json",
    "generate_payload_multipart",
)


def must_be_plain(of: str, **hooks: object) -> None:
    """Check hooks by their names; None is none.

    Raises:
        SettingsError: One is a coroutine function; says which, and that it is `of` that.
    """
    for name, hook in hooks.items():
        called = getattr(hook, "__call__", None)  # noqa: B004 - the method of an object is meant
        if inspect.iscoroutinefunction(hook) or inspect.iscoroutinefunction(called):
            raise SettingsError(
                f"{of}: {name} is a coroutine function, and is called as a plain one, as by the SDK"
            )


def payload_must_be_plain(kind: type) -> None:
    """Check the hooks of a payload class.

    Raises:
        SettingsError: As `must_be_plain`.
    """
    hooks = {name: getattr(kind, name, None) for name in _PAYLOAD_HOOKS}
    must_be_plain(kind.__name__, **hooks)


def plain(name: str, given: Any) -> Any:
    """What a hook gave.

    Raises:
        TypeError: A coroutine, of a function that is none by its looks.
    """
    if not inspect.isawaitable(given):
        return given
    if inspect.iscoroutine(given):
        given.close()
    raise TypeError(f"{name} gave a coroutine, and is called as a plain function")

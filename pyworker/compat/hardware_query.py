"""What deployments say about hardware: names and conditions for a search that is not made here."""

from typing import Any, Self


class Condition:
    """Any name, comparison or combination of them."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> Self:
        """As in `gpu_name.in_([...])`."""
        return self

    def __and__(self, _: Any) -> Self:
        return self

    __or__ = __lt__ = __le__ = __gt__ = __ge__ = __and__


def __getattr__(name: str) -> Condition:
    if name.startswith("__"):
        raise AttributeError(name)
    return Condition()

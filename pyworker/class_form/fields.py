"""Header fields and query parameters: names in any case, several values for one name."""

from collections.abc import Iterable, Iterator, MutableMapping


class Fields(MutableMapping[str, str]):
    """A mapping from names, whose case does not matter, to their first value."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = [(name, str(value)) for name, value in pairs]

    def pairs(self) -> Iterator[tuple[str, str]]:
        """All of them, in order."""
        return iter(self._pairs)

    def getall(self, name: str, default: list[str] | None = None) -> list[str]:
        """All values of a name."""
        values = [value for key, value in self._pairs if key.lower() == name.lower()]
        if not values and default is None:
            raise KeyError(name)
        return values or (default or [])

    def add(self, name: str, value: str) -> None:
        """One more value for a name."""
        self._pairs.append((name, value))

    def copy(self) -> "Fields":
        """The same fields, to be changed."""
        return Fields(self._pairs)

    def __getitem__(self, name: str) -> str:
        return self.getall(name)[0]

    def __setitem__(self, name: str, value: str) -> None:
        self._pairs = [pair for pair in self._pairs if pair[0].lower() != name.lower()]
        self._pairs.append((name, str(value)))

    def __delitem__(self, name: str) -> None:
        self.getall(name)
        self._pairs = [pair for pair in self._pairs if pair[0].lower() != name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for name, _ in self._pairs))

    def __len__(self) -> int:
        return len(dict.fromkeys(name for name, _ in self._pairs))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.getall(name, []))

    def __repr__(self) -> str:
        return f"Fields({self._pairs!r})"

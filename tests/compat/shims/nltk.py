"""Words for definitions that download theirs: enough for a benchmark's text, and no network."""

from types import SimpleNamespace

_WORDS = [
    "river",
    "stone",
    "window",
    "garden",
    "letter",
    "bread",
    "winter",
    "music",
    "paper",
    "harbour",
    "lantern",
    "meadow",
]


def download(*_: object, **__: object) -> bool:
    return True


corpus = SimpleNamespace(words=SimpleNamespace(words=lambda: list(_WORDS)))

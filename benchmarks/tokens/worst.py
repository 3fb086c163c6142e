"""Texts that cost most, in two sizes: the larger may cost ten times the smaller, not a hundred."""

import random
import string

SMALL, LARGE = "100 kB", "1 MB"
SIZES = {SMALL: 100_000, LARGE: 1_000_000}  # bytes of UTF-8
# What each kind is drawn from; the letters of a kind are equally long.
LETTERS = {
    "a": "a",
    "spaces": " ",
    "newlines": "\n",
    "random letters": string.ascii_lowercase,
    "CJK": "".join(map(chr, range(0x4E00, 0x9FA6))),
    "emoji": "🙂😀🎉👍🚀🔥💡🌍🎵🍕",
}


def worst_texts() -> dict[str, dict[str, str]]:
    """By kind, then by size: no spaces to split at, or nothing but them."""
    rng = random.Random(7)
    return {
        kind: {
            name: "".join(rng.choices(letters, k=size // len(letters[0].encode())))
            for name, size in SIZES.items()
        }
        for kind, letters in LETTERS.items()
    }

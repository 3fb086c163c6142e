"""Small tokenizers of every family and variant that is counted natively, made at test time.

`TRAINED` is all of them: each base of `bases()` as it is, and with added tokens, truncation and
padding. Made once in a process, in about a second.
"""

import json
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from tokenizers import Tokenizer

from tests.workload import pipelines as p
from tests.workload.bases import Base, bases
from tests.workload.pipelines import Part


@dataclass(frozen=True)
class Trained:
    """A tokenizer.json and what is expected of it."""

    name: str  # of the base, a dash and the variant: "qwen2-cut"
    family: str
    data: bytes
    native: bool  # counted natively; the others may be, or fall back to the reference
    words: tuple[str, ...]  # texts that mean something to it: its special and added tokens

    @cached_property
    def reference(self) -> Any:
        """The reference's tokenizer of the same file."""
        return Tokenizer.from_str(self.data.decode())


# Every flag alone and with others; contents that are words, contain spaces, or begin another.
MARKS = (
    p.added("<|im_start|>"),
    p.added("<|im_start|>user"),
    p.added("<|im"),
    p.added("<left>", lstrip=True),
    p.added("<right>", rstrip=True),
    p.added("<both>", lstrip=True, rstrip=True),
    p.added("alone", single_word=True),
    p.added("<spaced out>", special=False),
    p.added("東京", single_word=True, special=False),
    p.added("<|single|>", single_word=True, lstrip=True, rstrip=True),
)
# Looked for in the normalised text: it may change both the content and the text.
NORMALIZED = (
    p.added("the", normalized=True, special=False),
    p.added("Hello", normalized=True, special=False, single_word=True),
    p.added("Été", normalized=True, special=False),
    p.added("two words", normalized=True, special=False),
    p.added("  ", normalized=True, special=False),
    p.added("<n>", normalized=True),
    p.added("<nl>", normalized=True, lstrip=True),
    p.added("<nr>", normalized=True, rstrip=True, special=False),
    p.added("ﬁ", normalized=True, special=False),
    p.added("<plain>"),
)


def with_tokens(base: Base, tokens: tuple[Part, ...]) -> tuple[Part, tuple[str, ...]]:
    """The file of a base with added tokens, and the contents of all of them."""
    ids = entries(base.model)
    free = len(ids)
    first = [p.added(name) for name in dict.fromkeys((*base.before, *base.after, *_marks(ids)))]
    listed: list[Part] = []
    for token in (*first, *tokens):
        number = ids.setdefault(token["content"], free)
        free = max(free, number + 1)
        listed.append({"id": number, **token})
    listed.sort(key=lambda token: token["id"])
    posts = list(base.post)
    if base.before or base.after:
        posts.append(p.template([*base.before], [*base.after], ids))
    file: Part = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": listed,
        "normalizer": base.norm,
        "pre_tokenizer": base.pre,
        "post_processor": _joined(posts),
        "decoder": None,
        "model": base.model,
    }
    return file, tuple(token["content"] for token in listed)


def entries(model: Part) -> dict[str, int]:
    """The vocabulary of any family as pieces and their numbers, to add to."""
    # Not by its type, which old files do not name.
    if isinstance(model["vocab"], dict):
        return {**model["vocab"]}
    scored: list[tuple[str, float]] = model["vocab"]
    return {piece: number for number, (piece, _) in enumerate(scored)}


def _joined(posts: list[Part]) -> Part | None:
    if len(posts) > 1:
        return p.sequence("processors", *posts)
    return posts[0] if posts else None


def _marks(ids: dict[str, int]) -> list[str]:
    """Entries that every published file lists as special tokens."""
    names = ("<unk>", "<s>", "</s>", "<pad>", "<|endoftext|>", "[PAD]", "[UNK]", "[MASK]")
    return [name for name in names if name in ids]


# What a file does to every text, beside its tokens.
LIMITS: dict[str, Part] = {
    "cut": {"truncation": p.truncation(16)},
    "cut_left": {"truncation": p.truncation(7, direction="Left", stride=2)},
    "filled": {"padding": p.padding(multiple=8)},
    "cut_filled": {"truncation": p.truncation(12), "padding": p.padding(20)},
}
TOKENS = {"plain": (), "marks": MARKS, "normalized": NORMALIZED}
VARIANTS = (*TOKENS, *LIMITS)


@cache
def trained(seed: int = 0) -> dict[str, Trained]:
    """All of them, by name, trained on the corpus of this seed."""
    made: dict[str, Trained] = {}
    for base_name, base in bases(seed).items():
        variants = {variant: with_tokens(base, tokens) for variant, tokens in TOKENS.items()}
        plain, words = variants["plain"]
        variants |= {variant: ({**plain, **limit}, words) for variant, limit in LIMITS.items()}
        for variant, (file, known) in variants.items():
            name = f"{base_name}-{variant}"
            data = json.dumps(file, ensure_ascii=False).encode()
            made[name] = Trained(name, base.family, data, base.native, known)
    return made

"""Writes native/src/tokens/unicode/folding.rs: what NFKD, StripAccents and Lowercase do.

Asked of the reference, a character at a time. That says all: a decomposition looks at its
neighbours only to put combining marks in order, and StripAccents takes all of those away (checked
here). Syllables of Hangul are left out: they are taken apart by arithmetic (checked here, too).
"""

import sys
from pathlib import Path

from tokenizers.normalizers import NFKD, Lowercase, Normalizer, Sequence, StripAccents

HANGUL = range(0xAC00, 0xD7A4)
# One of every combining class that reorders, before and after: 230, 220, 1, 9.
MARKS = "\u0301\u0323\u0334\u094d"


def characters() -> list[str]:
    """Every one but the one that separates them here."""
    return [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000 and code != 0x0A]


def changes(normalizer: Normalizer) -> dict[str, str]:
    """What each character that is changed becomes."""
    asked = characters()
    lines = normalizer.normalize_str("\n".join(asked)).split("\n")
    assert len(lines) == len(asked)
    return {c: line for c, line in zip(asked, lines, strict=True) if line != c}


def syllable(code: int) -> str:
    """A syllable of Hangul, taken apart."""
    index = code - HANGUL.start
    lead, vowel, trail = index // 588, index % 588 // 28, index % 28
    return chr(0x1100 + lead) + chr(0x1161 + vowel) + (chr(0x11A7 + trail) if trail else "")


def decomposed() -> dict[str, str]:
    """What each character becomes, wherever it stands."""
    normalizer = Sequence([NFKD(), StripAccents()])
    table = changes(normalizer)
    for code in HANGUL:
        assert table.pop(chr(code)) == syllable(code)
    everything = [c for c in characters() if ord(c) not in HANGUL]
    text = "".join(MARKS + c + MARKS for c in everything)
    assert normalizer.normalize_str(text) == "".join(table.get(c, c) for c in everything)
    return table


def literal(name: str, text: str, table: dict[str, str]) -> str:
    """A string constant: of each line the first character is from, the rest to."""
    lines: list[str] = []
    line = ""
    for c, becomes in table.items():
        entry = "".join(f"\\u{{{ord(x):x}}}" for x in c + becomes) + "\\n"
        if len(line) + len(entry) > 94:
            lines.append(line)
            line = ""
        line += entry
    body = "\n".join(f"    {line}\\" for line in [*lines, line])
    return f'/// {text}\n#[rustfmt::skip]\npub const {name}: &str = "\\\n{body}\n";\n'


def rust() -> str:
    """The module."""
    header = """\
//! What NFKD with `StripAccents`, and Lowercase, make of a character in the reference.
//!
//! Written by native/tables/folding.py from tokenizers itself; `make tables` writes it anew.
//! In every line the first character is what is replaced, the rest what it becomes, in the order of
//! the first; what is not listed stays, but syllables of Hangul, which NFKD takes apart.

"""
    return (
        header
        + literal("DECOMPOSED", "By NFKD and then `StripAccents`.", decomposed())
        + "\n"
        + literal("LOWERED", "By Lowercase.", changes(Lowercase()))
    )


if __name__ == "__main__":
    out = Path(__file__).parents[1] / "src/tokens/unicode/folding.rs"
    out.write_text(rust(), encoding="utf-8")
    sys.stdout.write(f"{out}\n")

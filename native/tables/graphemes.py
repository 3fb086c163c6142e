"""Writes native/src/tokens/unicode/graphemes.rs: how characters join, asked of the reference.

The reference cuts a text into grapheme clusters before it looks them up in a charsmap, by the
Unicode version of the crate it was built with, and shows none of that. But a cluster of less than 6
bytes is looked up as a whole, and any other one character by character. So a charsmap in which the
first byte of everything is a key, with X as its value, makes one X of a short cluster and an X of
every character of a long one: the number of X tells where clusters end.

What cannot be seen that way makes no difference to any text, either: flags, for example, are always
longer than 5 bytes, so Regional_Indicator is a character like any other here.
"""

import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tokenizers.normalizers import Normalizer, Precompiled

CODE_POINTS = 0x110000
BLOCK = 256

OTHER, CONTROL, CR, LF, EXTEND, EXTEND_INCB, LINKER, ZWJ, SPACING, PREPEND = range(10)
L, V, T, LV, LVT, PICTOGRAPH, CONSONANT = range(10, 17)

NAMES = {
    "OTHER": "Joins nothing before it and nothing after it.",
    "CONTROL": "Never joined to anything.",
    "CR": "Joined to LF.",
    "LF": "Never joined to anything but a CR before it.",
    "EXTEND": "Joined to what is before it; so the next three.",
    "EXTEND_INCB": "One that may stand between the consonants of a conjunct.",
    "LINKER": "One that joins two consonants.",
    "ZWJ": "One that joins two pictographs.",
    "SPACING": "Joined to what is before it, too; ends a chain of pictographs.",
    "PREPEND": "Joined to what is after it.",
    "L": "A leading consonant of Hangul.",
    "V": "A vowel of Hangul.",
    "T": "A trailing consonant of Hangul.",
    "LV": "A syllable of Hangul without trailing consonant.",
    "LVT": "A syllable of Hangul with one.",
    "PICTOGRAPH": "Joined to another by a ZWJ.",
    "CONSONANT": "Joined to another by a linker.",
}

ACUTE = "\u0301"  # 2 bytes: makes a cluster of any character of up to 3 bytes that is looked up
COPYRIGHT, REGISTERED = "\u00a9", "\u00ae"  # pictographs of 2 bytes
JOINER = "\u200d"
KA, VIRAMA = "\u0915", "\u094d"
GA, GAG, A_VOWEL, G_FINAL = "\uac00", "\uac01", "\u1160", "\u11a8"


def probe() -> Normalizer:
    """The charsmap in which every first byte is a key and X the value."""
    units = [0] * 0x300
    keys, values = 0x100, 0x200
    units[0] = keys << 10
    units[values] = 1 << 31
    first_bytes = [*range(0x01, 0x0A), *range(0x0B, 0x0D), *range(0x0E, 0x80), *range(0xC2, 0xF5)]
    for byte in first_bytes:
        at = keys ^ byte
        units[at] = byte | 1 << 8 | (at ^ values) << 10
    blob = struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + b"X\0"
    return Precompiled(blob)


def characters() -> Iterator[str]:
    """Every one that a text can hold."""
    for code in range(CODE_POINTS):
        if not 0xD800 <= code < 0xE000:
            yield chr(code)


def marks(normalizer: Normalizer, text_of: Callable[[str], str]) -> dict[str, int]:
    """How many X each character makes in its text."""
    asked = [c for c in characters() if c not in "\0\r\n"]
    lines = normalizer.normalize_str("\n".join(map(text_of, asked))).split("\n")
    assert len(lines) == len(asked)
    return {c: line.count("X") for c, line in zip(asked, lines, strict=True)}


def classes() -> list[int]:
    """The class of every code point."""
    normalizer = probe()

    def where(text_of: Callable[[str], str], joined: int) -> set[str]:
        return {c for c, count in marks(normalizer, text_of).items() if count == joined}

    after = where(lambda c: "a" + c, 1)
    prepend = where(lambda c: c + "a", 1)
    control = {c for c in where(lambda c: c + ACUTE, 2) if len(c.encode()) < 4}
    joiners = where(lambda c: COPYRIGHT + c + REGISTERED + ACUTE, 4) & after
    extend = where(lambda c: COPYRIGHT + c + JOINER + REGISTERED + ACUTE, 5) & after
    linkers = where(lambda c: KA + c + KA + ACUTE, 4) & after
    inside = where(lambda c: KA + c + VIRAMA + KA + ACUTE, 5) & after
    consonants = where(lambda c: c + VIRAMA + KA + ACUTE, 4)
    pictographs = where(lambda c: COPYRIGHT + JOINER + c + ACUTE, 4) - after
    before_syllable = where(lambda c: c + GA + ACUTE, 3) - prepend
    before_vowel = where(lambda c: c + A_VOWEL + ACUTE, 3) - prepend
    before_final = where(lambda c: c + G_FINAL + ACUTE, 3) - prepend
    short = {c for c in characters() if len(c.encode()) == 3}
    after_vowel = (where(lambda c: GA + c + ACUTE, 3) & short) - after
    after_final = (where(lambda c: GAG + c + ACUTE, 3) & short) - after

    assert joiners == {JOINER}
    assert joiners | linkers <= inside
    assert linkers <= extend, "a linker that ends a chain of pictographs"
    assert not inside - extend - joiners, "a spacing mark inside of conjuncts"
    groups = {
        CONTROL: control | {"\0"},
        CR: {"\r"},
        LF: {"\n"},
        EXTEND: extend - inside,
        EXTEND_INCB: inside - linkers - joiners,
        LINKER: linkers,
        ZWJ: joiners,
        SPACING: after - extend - joiners,
        PREPEND: prepend,
        L: before_syllable,
        V: (before_vowel & before_final & after_vowel)
        | {c for c in before_vowel & before_final if len(c.encode()) == 4},
        T: before_final & after_final,
        LV: (before_vowel & before_final & short) - after_vowel,
        LVT: before_final - before_vowel - after_final,
        PICTOGRAPH: pictographs,
        CONSONANT: consonants,
    }
    table = [OTHER] * CODE_POINTS
    for class_, members in groups.items():
        for c in members:
            assert table[ord(c)] == OTHER, f"U+{ord(c):04X} is of two classes"
            table[ord(c)] = class_
    return table


def rust(table: list[int]) -> str:
    """The table as Rust, in two stages: equal blocks are written once."""
    blocks: dict[tuple[int, ...], int] = {}
    index = [
        blocks.setdefault(tuple(table[start : start + BLOCK]), len(blocks))
        for start in range(0, CODE_POINTS, BLOCK)
    ]
    constants = "\n".join(
        f"/// {text}\npub const {name}: u8 = {value};"
        for value, (name, text) in enumerate(NAMES.items())
    )
    rows = "\n".join(f"    [\n{numbers(block, '        ')}\n    ]," for block in blocks)
    return f"""\
//! How characters join to grapheme clusters in the reference.
//!
//! Written by native/tables/graphemes.py from tokenizers itself; `make tables` writes it anew.

use super::Table;

{constants}

/// The class of every character.
pub static GRAPHEMES: Table = Table {{
    index: &INDEX,
    blocks: &BLOCKS,
}};

#[rustfmt::skip]
static INDEX: [u8; {len(index)}] = [
{numbers(index, "    ")}
];

#[rustfmt::skip]
static BLOCKS: [[u8; {BLOCK}]; {len(blocks)}] = [
{rows}
];
"""


def numbers(values: list[int] | tuple[int, ...], indent: str) -> str:
    """Twenty a line."""
    per_line = 20
    return "\n".join(
        indent + " ".join(f"{value}," for value in values[start : start + per_line])
        for start in range(0, len(values), per_line)
    )


if __name__ == "__main__":
    out = Path(__file__).parents[1] / "src/tokens/unicode/graphemes.rs"
    out.write_text(rust(classes()), encoding="utf-8")
    sys.stdout.write(f"{out}\n")

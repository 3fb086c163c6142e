"""Write src/tokens/unicode/nfc.rs: which characters NFC may change, by what the reference does."""

from pathlib import Path

import tokenizers
from tokenizers.normalizers import NFC, NFD

OUT = Path(__file__).parents[1] / "src/tokens/unicode/nfc.rs"
SURROGATES = range(0xD800, 0xE000)
BLOCK = 256

STARTER, MARK, ANY = 0, 1, 2
# Marks of the lowest class and of the highest, and a letter that nothing combines with.
LOWEST, HIGHEST, LETTER = "\u0334", "\u0345", "\u4e00"


def classes() -> list[int]:
    """Give the class of every code point."""
    nfc, nfd = NFC().normalize_str, NFD().normalize_str
    chars = [chr(point) for point in range(0x110000) if point not in SURROGATES]
    # What any character ends with may combine with what stands before it.
    combining = {part for char in chars if char > "\x7f" for part in nfd(char)[1:]}

    def is_mark(char: str) -> bool:
        """Whether it changes places with a mark of another class."""
        return any(nfd(both) != both for both in (LETTER + char + LOWEST, LETTER + HIGHEST + char))

    def of(char: str) -> int:
        decomposed = nfd(char)
        if nfc(char) != char or char in combining or decomposed[0] in combining:
            return ANY
        return MARK if decomposed == char and is_mark(char) else STARTER

    found = [STARTER] * 0x110000
    for at in range(0, len(chars), BLOCK):
        block = chars[at : at + BLOCK]
        # Most blocks have nothing to find, which one look at all of a block tells.
        spread = ("".join(LETTER + char + LOWEST for char in block),)
        spread += ("".join(LETTER + HIGHEST + char for char in block),)
        if combining.isdisjoint(block) and all(nfd(text) == text for text in spread):
            continue
        for char in block:
            found[ord(char)] = of(char)
    return found


def rust(found: list[int]) -> str:
    """Spell the two-stage table."""
    blocks: dict[tuple[int, ...], int] = {}
    index = [
        blocks.setdefault(tuple(found[at : at + BLOCK]), len(blocks))
        for at in range(0, len(found), BLOCK)
    ]

    def rows(numbers: list[int] | tuple[int, ...], indent: str, width: int) -> str:
        return "".join(
            indent + " ".join(f"{number}," for number in numbers[at : at + width]) + "\n"
            for at in range(0, len(numbers), width)
        )

    spelled = "".join(f"    [\n{rows(block, '        ', 32)}    ],\n" for block in blocks)
    return f"""\
//! Which characters NFC may change.
//! Written by native/tables/nfc.py from tokenizers {tokenizers.__version__}; `make tables`.

use super::Table;

/// A class for each character, one of those below.
pub static CLASSES: Table = Table {{
    index: &INDEX,
    blocks: &BLOCKS,
}};

/// Stays as it is and where it is, whatever stands beside it, unless something combines with it
/// that is [`ANY`].
pub const STARTER: u8 = {STARTER};
/// Combines with nothing, but changes places with another one of these or of [`ANY`].
pub const MARK: u8 = {MARK};
/// Is changed by itself or may combine with what stands before it.
pub const ANY: u8 = {ANY};

#[rustfmt::skip]
static INDEX: [u8; {len(index)}] = [
{rows(index, "    ", 16)}];

#[rustfmt::skip]
static BLOCKS: [[u8; {BLOCK}]; {len(blocks)}] = [
{spelled}];
"""


if __name__ == "__main__":
    OUT.write_text(rust(classes()))

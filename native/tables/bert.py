"""Writes native/src/tokens/unicode/bert.rs: what BERT's normaliser and splitting see in characters.

Every fact is asked of the reference, the `tokenizers` package, for every code point: its tables are
of other Unicode versions than anybody else's, and of three different ones among themselves. Facts
the Rust code relies on are asserted here, so that a new reference cannot change them unseen.
"""

import unicodedata
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from tokenizers.normalizers import NFD, BertNormalizer, Lowercase
from tokenizers.pre_tokenizers import BertPreTokenizer

REMOVED, SPACE, PUNCTUATION, MARK, CHINESE, REORDERED, DECOMPOSES, LOWERS = (
    1 << bit for bit in range(8)
)
CODE_POINTS = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
HANGUL = range(0xAC00, 0xAC00 + 11172)
PAGES = 0x110000 // 256
OUT = Path(__file__).parent.parent / "src/tokens/unicode/bert.rs"


def bert(*, clean: bool = False, chinese: bool = False, strip: bool = False) -> BertNormalizer:
    """One step of the normaliser alone."""
    return BertNormalizer(
        clean_text=clean, handle_chinese_chars=chinese, strip_accents=strip, lowercase=False
    )


NFD_, LOWER, PRE = NFD(), Lowercase(), BertPreTokenizer()
CLEAN, CHINESE_, STRIP = bert(clean=True), bert(chinese=True), bert(strip=True)


def swaps(first: str, second: str) -> bool:
    """NFD puts `second` before `first`: both are reordered, and the class of `second` is lower."""
    if first == second:
        return False
    return NFD_.normalize_str(f"a{first}{second}b") == f"a{second}{first}b"


def flags(char: str) -> int:
    """What the reference does with one character, a bit each."""
    found = 0
    cleaned = CLEAN.normalize_str(char)
    pieces = len(PRE.pre_tokenize_str(f"a{char}b"))
    if cleaned == "":
        found |= REMOVED
    if pieces == 2:
        found |= SPACE
    if pieces == 3:
        found |= PUNCTUATION
    # Clean text turns into a plain space what the splitting takes for one, unless removed.
    assert cleaned == ("" if found & REMOVED else " " if found & SPACE else char)
    padded = CHINESE_.normalize_str(char)
    if padded != char:
        assert padded == f" {char} "
        found |= CHINESE
    if NFD_.normalize_str(char) != char:
        found |= DECOMPOSES
    else:
        if STRIP.normalize_str(char) == "":
            found |= MARK
        # U+0345 has the highest class there is, 240; U+0334 the lowest, 1.
        if swaps("\u0345", char) or swaps(char, "\u0334"):
            found |= REORDERED
    if LOWER.normalize_str(char) != char:
        found |= LOWERS
    return found


def class_of(char: str, ladder: list[tuple[int, str]]) -> int:
    """The canonical combining class, found by its place among marks whose class is known."""
    [found] = [number for number, rung in ladder if not swaps(rung, char) and not swaps(char, rung)]
    return found


def rungs(reordered: list[str]) -> list[tuple[int, str]]:
    """A mark for every class there is. The order is the reference's; the numbers are only names."""
    found: dict[int, str] = {}
    for char in reordered:
        if unicodedata.combining(char):
            found.setdefault(unicodedata.combining(char), char)
    ladder = sorted(found.items())
    for (_, low), (_, high) in pairwise(ladder):
        assert swaps(high, low)
        assert not swaps(low, high)
    return ladder


def check(table: dict[str, int]) -> None:
    """What the Rust code takes for granted."""
    boundary = SPACE | PUNCTUATION
    for char, found in table.items():
        parts = NFD_.normalize_str(char)
        if found & CHINESE:  # stays one character that is a word
            assert not found & ~(CHINESE | DECOMPOSES)
            assert len(parts) == 1
            assert not table[parts] & ~CHINESE
        if ord(char) in HANGUL:
            assert found == DECOMPOSES
            assert parts == hangul(ord(char))
            assert not any(table[part] for part in parts)
        if found & DECOMPOSES:
            assert not found & (MARK | REORDERED | REMOVED)
            # Else the order of a decomposition would have to be looked at, too.
            assert table[parts[0]] & REORDERED == 0 or all(table[p] & REORDERED for p in parts)
            assert not any(table[part] & REMOVED for part in parts)
            if found & boundary:  # a boundary stays the same one, and nothing else
                assert len(parts) == 1
                assert table[parts] & boundary == found & boundary
        if found & LOWERS:
            lower = LOWER.normalize_str(char)
            assert not found & (boundary | MARK | REORDERED | REMOVED | CHINESE)
            assert char == "\u0130" or len(lower) == 1
            assert not any(table[low] & (boundary | REMOVED | CHINESE) for low in lower)
        if found & (boundary | REMOVED):  # never moved by a mark beside it
            assert not found & (MARK | REORDERED | CHINESE)


def hangul(code: int) -> str:
    """NFD of a syllable, as the Rust code computes it."""
    index = code - HANGUL.start
    lead, vowel, tail = index // 588, index % 588 // 28, index % 28
    return chr(0x1100 + lead) + chr(0x1161 + vowel) + (chr(0x11A7 + tail) if tail else "")


def two_stages(table: dict[str, int]) -> tuple[list[int], list[list[int]]]:
    """The block of every page, and the blocks."""
    blocks: dict[tuple[int, ...], int] = {}
    index: list[int] = []
    for page in range(PAGES):
        block = tuple(table.get(chr(page * 256 + low), 0) for low in range(256))
        index.append(blocks.setdefault(block, len(blocks)))
    assert len(blocks) <= 256
    return index, [list(block) for block in blocks]


def wrapped(entries: Iterable[str], indent: int) -> str:
    """As many entries a line as fit."""
    lines = [""]
    for entry in entries:
        if indent + len(lines[-1]) + len(entry) > 100:
            lines.append("")
        lines[-1] += f"{entry} "
    return "\n".join(" " * indent + line.rstrip() for line in lines)


def numbers(row: list[int], indent: int) -> str:
    """The elements of an array."""
    return wrapped((f"{number}," for number in row), indent)


def escaped(text: str) -> str:
    """Inside a Rust literal, every character by its number."""
    return "".join(f"\\u{{{ord(char):x}}}" for char in text)


def mapping(entries: dict[str, str]) -> str:
    """The elements of an array of characters and strings."""
    return wrapped((f"('{escaped(a)}', \"{escaped(b)}\")," for a, b in entries.items()), 4)


def main() -> None:
    """Asks, checks, writes."""
    table = {chr(code): flags(chr(code)) for code in CODE_POINTS}
    check(table)
    reordered = [char for char, found in table.items() if found & REORDERED]
    ladder = rungs(reordered)
    classes = [(char, class_of(char, ladder)) for char in reordered]
    index, blocks = two_stages(table)
    decomposed = {
        char: NFD_.normalize_str(char)
        for char, found in table.items()
        if found & DECOMPOSES and ord(char) not in HANGUL
    }
    lowered = {char: LOWER.normalize_str(char) for char, found in table.items() if found & LOWERS}
    block_rows = "\n".join(f"        [\n{numbers(block, 12)}\n        ]," for block in blocks)
    class_rows = wrapped((f"('{escaped(char)}', {number})," for char, number in classes), 4)
    OUT.write_text(f"""\
//! What BERT's normaliser and splitting see in a character. Written by native/tables/bert.py from
//! the reference; not to be edited.

use super::Table;

/// Bits of [`FLAGS`]: left out of clean text.
pub const REMOVED: u8 = {REMOVED};
/// White space to the splitting into words.
pub const SPACE: u8 = {SPACE};
/// A word of its own to the splitting into words.
pub const PUNCTUATION: u8 = {PUNCTUATION};
/// A nonspacing mark, which stripping accents takes away.
pub const MARK: u8 = {MARK};
/// A Chinese character, which is given spaces around it.
pub const CHINESE: u8 = {CHINESE};
/// Has a combining class other than 0: NFD may change its place.
pub const REORDERED: u8 = {REORDERED};
/// NFD makes something else of it.
pub const DECOMPOSES: u8 = {DECOMPOSES};
/// Has a lower case.
pub const LOWERS: u8 = {LOWERS};

/// The bits of every character.
#[rustfmt::skip]
pub static FLAGS: Table = Table {{
    index: &[
{numbers(index, 8)}
    ],
    blocks: &[
{block_rows}
    ],
}};

/// NFD of one character, Hangul syllables left out.
#[rustfmt::skip]
pub static DECOMPOSED: [(char, &str); {len(decomposed)}] = [
{mapping(decomposed)}
];

/// The lower case of one character.
#[rustfmt::skip]
pub static LOWERED: [(char, &str); {len(lowered)}] = [
{mapping(lowered)}
];

/// The combining class of the characters that have one.
#[rustfmt::skip]
pub static CLASSES: [(char, u8); {len(classes)}] = [
{class_rows}
];
""")


if __name__ == "__main__":
    main()

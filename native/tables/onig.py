"""Write src/tokens/unicode/onig.rs: what the reference's regex engine takes each code point for.

The engine inside the `tokenizers` wheel has Unicode tables of its own, older than Rust's and
Python's, so each class is asked of it. `make tables` runs this and formats what it writes.
"""

from pathlib import Path

import tokenizers
from tokenizers import Regex
from tokenizers.normalizers import Replace
from tokenizers.pre_tokenizers import Digits

OUT = Path(__file__).parents[1] / "src/tokens/unicode/onig.rs"
SURROGATES = range(0xD800, 0xE000)
BLOCK = 256

# A sign for each class and how the engine knows it. In Rust a class is the place of its sign here.
CLASSES = {
    "U": r"[\p{Lu}\p{Lt}]",
    "l": r"\p{Ll}",
    "o": r"[\p{Lm}\p{Lo}]",
    "m": r"\p{M}",
    "n": r"\p{N}",
    "s": r"\s",
    "p": r"\p{P}",
    "y": r"\p{S}",
}
# What must be true of every code point, for the scanners rely on it.
UNIONS = {"Ulo": r"\p{L}", "Ulomnpy.": r"\S", "mnspy.": r"[^\p{L}]"}
OTHER = "."
MARK = "\0"
ORDER = "".join(CLASSES) + OTHER


def signs() -> list[str]:
    """Give the sign of every code point; surrogates, which no text holds, have that of none."""
    text = "".join(chr(point) for point in range(0x110000) if point not in SURROGATES)
    found = [OTHER] * len(text)
    for sign, pattern in CLASSES.items():
        for at, char in enumerate(Replace(Regex(pattern), MARK).normalize_str(text)):
            # The mark itself is in no class of these.
            if char == MARK and at != ord(MARK):
                assert found[at] == OTHER, f"U+{ord(text[at]):04X}: {found[at]} and {sign}"
                found[at] = sign
    for union, pattern in UNIONS.items():
        marked = Replace(Regex(pattern), "\1").normalize_str(text)
        for at, char in enumerate(marked):
            if at != 1:
                assert (char == "\1") == (found[at] in union), f"U+{ord(text[at]):04X}: {pattern}"
    return found[: SURROGATES.start] + [OTHER] * len(SURROGATES) + found[SURROGATES.start :]


def later_numbers(found: list[str]) -> list[tuple[int, int]]:
    """Give the first and last of numbers that only `Digits` knows, which asks Rust's tables."""
    digits = Digits(individual_digits=True)
    points = [point for point in range(0x110000) if point not in SURROGATES]
    ranges: list[tuple[int, int]] = []
    for start in range(0, len(points), 4096):
        text = "a" + "a".join(map(chr, points[start : start + 4096])) + "a"
        for piece, _ in digits.pre_tokenize_str(text):
            if len(piece) > 1 or piece == "a" or found[ord(piece)] == "n":
                continue
            if ranges and ranges[-1][1] + 1 == ord(piece):
                ranges[-1] = (ranges[-1][0], ord(piece))
            else:
                ranges.append((ord(piece), ord(piece)))
    return ranges


def rust(found: list[str]) -> str:
    """Spell the two-stage table."""
    blocks: dict[str, int] = {}
    index = [
        blocks.setdefault("".join(found[at : at + BLOCK]), len(blocks))
        for at in range(0, len(found), BLOCK)
    ]
    lines = "".join(
        '    *b"' + "\\\n      ".join(block[at : at + 64] for at in range(0, BLOCK, 64)) + '",\n'
        for block in blocks
    )
    rows = "".join(
        "    " + " ".join(f"{number}," for number in index[at : at + 16]) + "\n"
        for at in range(0, len(index), 16)
    )
    later = later_numbers(found)
    spelled = "".join(f"    '\\u{{{a:x}}}'..='\\u{{{b:x}}}',\n" for a, b in later)
    return f"""\
//! What the reference's regex engine takes each character for.
//! Written by native/tables/onig.py from tokenizers {tokenizers.__version__}; `make tables`.

use super::Table;

/// The class of each character, a number below {len(ORDER)}, in the order of [`SIGNS`].
pub static CLASSES: Table = Table {{
    index: &INDEX,
    blocks: &BLOCKS,
}};

/// Upper and title case, lower case, other letters, marks, numbers, white space, punctuation,
/// symbols, and none of these.
pub const SIGNS: [u8; {len(ORDER)}] = *b"{ORDER}";

/// Numbers that the engine does not know yet, but the pre-tokeniser `Digits`.
pub const LATER_NUMBERS: [std::ops::RangeInclusive<char>; {len(later)}] = [
{spelled}];

static BLOCKS: [[u8; {BLOCK}]; {len(blocks)}] = numbered(SPELLED);

/// Signs to numbers.
#[allow(clippy::indexing_slicing, reason = "at compile time")]
#[allow(clippy::cast_possible_truncation, reason = "there are few signs")]
const fn numbered<const N: usize>(mut blocks: [[u8; {BLOCK}]; N]) -> [[u8; {BLOCK}]; N] {{
    let mut at = 0;
    while at < N * {BLOCK} {{
        let sign = &mut blocks[at / {BLOCK}][at % {BLOCK}];
        let mut class = 0;
        while SIGNS[class] != *sign {{
            class += 1;
        }}
        *sign = class as u8;
        at += 1;
    }}
    blocks
}}

#[rustfmt::skip]
static INDEX: [u8; {len(index)}] = [
{rows}];

#[rustfmt::skip]
#[allow(clippy::large_const_arrays, reason = "only the numbers are in the program")]
const SPELLED: [[u8; {BLOCK}]; {len(blocks)}] = [
{lines}];
"""


if __name__ == "__main__":
    OUT.write_text(rust(signs()))

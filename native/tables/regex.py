r"""Writes native/src/tokens/unicode/regex.rs: the characters that are \w in the reference's regex
crate, asked of the reference itself.

Its pre-tokeniser Whitespace takes runs of \w, and of what is neither \w nor \s, as pieces. So a
letter and the character after it are one piece if and only if that character is \w.
"""

import sys
from pathlib import Path

from tokenizers.pre_tokenizers import Whitespace

BLOCKS, BLOCK = 0x1100, 0x100

HEAD = r"""//! The characters that are `\w` in the regex crate of the reference.
//! Written by native/tables/regex.py; `make tables`.

use super::Table;

/// Whether a word goes on with `c`.
#[must_use]
pub fn is_word(c: char) -> bool {
    WORD.class(c) == 1
}
"""


def block(number: int) -> list[int]:
    """1 for each character of a block that goes on a word."""
    first = number * BLOCK
    text = "".join(
        f"a{chr(code)} " if not 0xD800 <= code < 0xE000 else "a. "
        for code in range(first, first + BLOCK)
    )
    pieces = {span for _, span in Whitespace().pre_tokenize_str(text)}
    return [int((at, at + 2) in pieces) for at in range(0, 3 * BLOCK, 3)]


def rows(values: list[int]) -> str:
    """Numbers as lines of Rust."""
    lines = (values[at : at + 32] for at in range(0, len(values), 32))
    return "".join(f"    {', '.join(map(str, line))},\n" for line in lines)


def main() -> None:
    """Asks for all characters, and writes the file."""
    every = [block(number) for number in range(BLOCKS)]
    blocks = [list(one) for one in dict.fromkeys(map(tuple, every))]
    places = {tuple(one): place for place, one in enumerate(blocks)}
    source = Path(__file__).parent.parent / "src" / "tokens" / "unicode" / "regex.rs"
    bodies = "".join(f"    [\n{rows(one)}    ],\n" for one in blocks)
    source.write_text(
        HEAD
        + "\nstatic WORD: Table = Table {\n    index: &INDEX,\n    blocks: &BLOCKS,\n};\n"
        + f"\n#[rustfmt::skip]\nstatic INDEX: [u8; {BLOCKS}] = [\n"
        + rows([places[tuple(one)] for one in every])
        + f"];\n\n#[rustfmt::skip]\nstatic BLOCKS: [[u8; {BLOCK}]; {len(blocks)}] = [\n{bodies}];\n"
    )
    sys.stdout.write(f"{source}: {len(blocks)} blocks\n")


if __name__ == "__main__":
    main()

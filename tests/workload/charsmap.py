"""A small `precompiled_charsmap`, as SentencePiece writes it, for Unigram tokenizers of tests.

The layout: the trie's size in bytes (u32, little endian), the trie (u32 units), then the
replacements, each ended by NUL. The trie is a double array as Darts-clone builds it: a unit holds
its label in bits 0-7, "has a leaf" in bit 8, the distance to its children in bits 10-31; a leaf
holds bit 31 and the position of its replacement.
"""

import base64
import struct
import unicodedata

LEAF = 1 << 31
HAS_LEAF = 1 << 8

# One character, a base with a mark, several characters at once, a removed one, one that grows.
SPECIAL = {
    "\t": " ",
    "\n": " ",
    "\r": " ",
    "\r\n": " ",
    "\u00a0": " ",
    "\u3000": " ",
    "\u200b": " ",
    "\u00ad": "",
    "\ufeff": "",
    "\x01": "",
    "\x7f": "",
    "~~~": "-",
    "ﷺ": "صلى الله عليه وسلم",
}


def charsmap() -> str:
    """What a tokenizer.json has as `precompiled_charsmap`: NFKC of many characters, and SPECIAL."""
    mapping = dict(SPECIAL)
    ranges = ((0xA0, 0x250), (0x1E00, 0x1F00), (0x2100, 0x2200), (0x2460, 0x2500), (0xFB00, 0xFB07))
    wide = ((0xFF01, 0xFF5F), (0xFF65, 0xFFA0), (0x3300, 0x3358))
    for first, end in (*ranges, *wide):
        for char in map(chr, range(first, end)):
            composed = unicodedata.normalize("NFKC", char)
            if composed != char:
                mapping.setdefault(char, composed)
            # The decomposed form is a key of two characters or more.
            decomposed = unicodedata.normalize("NFD", char)
            if decomposed != char:
                mapping.setdefault(decomposed, composed)
    return base64.b64encode(compile_charsmap(mapping)).decode()


def compile_charsmap(mapping: dict[str, str]) -> bytes:
    """The bytes for a mapping of non-empty texts without NUL to texts."""
    blob = b""
    keys: dict[bytes, int] = {}
    for key, value in mapping.items():
        keys[key.encode()] = len(blob)
        blob += value.encode() + b"\x00"
    units = double_array(keys)
    return struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + blob


def double_array(keys: dict[bytes, int]) -> list[int]:
    """The units of the trie that finds each key's position."""
    units = {0: 0}
    bases = {0}
    free = 1  # no base below it is tried again
    waiting = [(0, b"")]  # (place of a node, the bytes that lead to it)
    children: dict[bytes, set[int]] = {}
    for key in keys:
        for length in range(len(key)):
            children.setdefault(key[:length], set()).add(key[length])
    while waiting:
        place, prefix = waiting.pop()
        labels = children.get(prefix, set()) | ({0} if prefix in keys else set[int]())
        base = free
        while base in bases or any(base ^ label in units for label in labels):
            base += 1
        free = max(free, base - 64)
        bases.add(base)
        units[place] |= (place ^ base) << 10
        for label in labels:
            units[base ^ label] = label
            if label:
                waiting.append((base ^ label, prefix + bytes([label])))
        if prefix in keys:
            units[place] |= HAS_LEAF
            units[base] = LEAF | keys[prefix]
    # The reader takes any byte's unit without looking where the array ends.
    end = (max(*units, *bases) // 256 + 1) * 256
    return [units.get(place, 0) for place in range(end)]

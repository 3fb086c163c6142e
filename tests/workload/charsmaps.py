"""Small charsmaps in SentencePiece's format, made at test time."""

import struct
import unicodedata
from collections.abc import Mapping


def charsmap(replacements: Mapping[str, str]) -> bytes:
    """The format, as sparse as can be: every prefix of a key has 256 places of its own."""
    keys = {key.encode(): value for key, value in replacements.items()}
    bases = {b"": 256}
    for key in sorted(keys):
        for end in range(1, len(key) + 1):
            bases.setdefault(key[:end], 256 * (len(bases) + 1))
    units = [0] * (256 * (len(bases) + 1))
    values = bytearray(b"\0")
    for prefix, base in bases.items():
        at = bases[prefix[:-1]] ^ prefix[-1] if prefix else 0
        units[at] |= (at ^ base) << 10 | (prefix[-1] if prefix else 0)
        if prefix in keys:
            units[at] |= 1 << 8
            units[base] = 1 << 31 | len(values)
            values += keys[prefix].encode() + b"\0"
    return struct.pack(f"<{len(units) + 1}I", 4 * len(units), *units) + values


def compositions(codes: range) -> dict[str, str]:
    """What NFKC makes of these characters, and of their decompositions."""
    changed: dict[str, str] = {}
    for c in map(chr, codes):
        composed = unicodedata.normalize("NFKC", c)
        for spelled in (c, unicodedata.normalize("NFD", c)):
            if spelled != composed:
                changed[spelled] = composed
    return changed

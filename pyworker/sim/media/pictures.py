"""Which files are pictures, by their first bytes, and how large those are."""

import struct
from collections.abc import Callable

from pyworker.sim.media.png import SIGNATURE

Size = tuple[int, int]  # width and height, pixels

# Markers of JPEG that stand before a frame's size; 0xC4, 0xC8 and 0xCC among them are others.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture_size(data: bytes) -> Size | None:
    """The size of a PNG, JPEG, GIF, BMP or WebP; None for any other file, or one cut short."""
    for first, read in _KINDS:
        if data.startswith(first):
            try:
                return read(data)
            except struct.error:
                return None
    return None


def _pair(form: str, data: bytes, at: int) -> Size:
    first, second = struct.unpack_from(form, data, at)
    return first, second


def _png(data: bytes) -> Size | None:
    return _pair(">II", data, 16) if data[12:16] == b"IHDR" else None


def _gif(data: bytes) -> Size:
    return _pair("<HH", data, 6)


def _bmp(data: bytes) -> Size:
    width, height = _pair("<ii", data, 18)
    return width, abs(height)  # negative: the rows stand top down


def _jpeg(data: bytes) -> Size | None:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _FRAMES:
            height, width = _pair(">HH", data, at + 5)
            return width, height
        (length,) = struct.unpack_from(">H", data, at + 2)
        at += 2 + max(length, 2)  # a length counts its own two bytes
    return None


def _webp(data: bytes) -> Size | None:
    if data[8:12] != b"WEBP":
        return None
    match data[12:16]:
        case b"VP8 ":
            width, height = _pair("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
            return (width, height) if len(data) >= 30 else None
        case _:
            return None


_KINDS: tuple[tuple[bytes, Callable[[bytes], Size | None]], ...] = (
    (SIGNATURE, _png),
    (b"\xff\xd8", _jpeg),
    (b"GIF8", _gif),
    (b"BM", _bmp),
    (b"RIFF", _webp),
)

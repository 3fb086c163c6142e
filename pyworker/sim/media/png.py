"""Real pictures of one colour, of any size in a few hundred bytes: a palette, one bit a pixel."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIDE = 8
_PALETTE = 3  # the colour type


def png(red: int, green: int, blue: int, width: int = _SIDE, height: int = _SIDE) -> bytes:
    """A PNG of that colour; each part is 0 to 255, the sides are pixels from 1 on."""
    # A filter byte, then a bit for each pixel: all of them name the one colour there is.
    row = bytes(1 + (width + 7) // 8)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, _PALETTE, 0, 0, 0)),
        (b"PLTE", bytes((red, green, blue))),
        (b"IDAT", zlib.compress(row * height)),
        (b"IEND", b""),
    )
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

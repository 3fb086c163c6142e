"""Films of one colour: MP4 files (ISO/IEC 14496-12) whose frames are PNG pictures.

Players that decode PNG within MP4 (object type 0x6D of 14496-1, such as ffmpeg) can show them.
"""

import struct

from pyworker.sim.media.png import png

_PNG_OBJECT = 0x6D
_VISUAL_STREAM = 0x11  # stream type 4 of ISO/IEC 14496-1, with its reserved bit
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def mp4(colour: tuple[int, int, int], width: int, height: int, frames: int, fps: int) -> bytes:
    """A film of `frames` frames, `fps` of them a second.

    The sides are pixels, 65535 at most.
    """
    frame = png(*colour, width, height)
    kind = _box(b"ftyp", b"isom" + struct.pack(">I", 0x200) + b"isomiso2mp41")
    pictures = _box(b"mdat", frame * frames)
    # The index needs the place of the first frame, and is as long with any other number in it.
    length = len(_index(frame, width, height, frames, fps, first=0))
    first = len(kind) + length + 8
    return kind + _index(frame, width, height, frames, fps, first=first) + pictures


def _index(frame: bytes, width: int, height: int, frames: int, fps: int, *, first: int) -> bytes:
    """The `moov` box."""
    head = struct.pack(">IIIIIHH8x", 0, 0, fps, frames, 0x10000, 0x100, 0)
    movie = _full(b"mvhd", head + _MATRIX + bytes(24) + struct.pack(">I", 2))
    sides = struct.pack(">II", width << 16, height << 16)
    track = _full(
        b"tkhd",
        struct.pack(">IIIII8xHHHH", 0, 0, 1, 0, frames, 0, 0, 0, 0) + _MATRIX + sides,
        flags=3,
    )
    media = _box(
        b"mdia",
        _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, fps, frames, 0x55C4, 0)),  # "und"
        _full(b"hdlr", struct.pack(">I4s12x", 0, b"vide") + b"frames\0"),
        _box(
            b"minf",
            _full(b"vmhd", bytes(8), flags=1),
            _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1))),
            _box(
                b"stbl",
                _full(b"stsd", struct.pack(">I", 1), _sample_entry(width, height)),
                _full(b"stts", struct.pack(">III", 1, frames, 1)),
                _full(b"stsc", struct.pack(">IIII", 1, 1, frames, 1)),
                _full(b"stsz", struct.pack(">II", len(frame), frames)),
                _full(b"stco", struct.pack(">II", 1, first)),
            ),
        ),
    )
    return _box(b"moov", movie, _box(b"trak", track, media))


def _sample_entry(width: int, height: int) -> bytes:
    decoder = struct.pack(">BBBHII", _PNG_OBJECT, _VISUAL_STREAM, 0, 0, 0, 0)
    stream = struct.pack(">HB", 1, 0) + _descriptor(4, decoder) + _descriptor(6, b"\x02")
    looks = struct.pack(">6xH16xHHIIIH32xHh", 1, width, height, 72 << 16, 72 << 16, 0, 1, 24, -1)
    return _box(b"mp4v", looks, _full(b"esds", _descriptor(3, stream)))


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content


def _full(kind: bytes, *contents: bytes, flags: int = 0) -> bytes:
    """A box with a version, 0, and flags."""
    return _box(kind, struct.pack(">I", flags), *contents)


def _box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I", 8 + len(content)) + kind + content

"""Pictures, sounds and films of the simulators: what they are made of, and what is read in them."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyworker.sim.media.mp4 import mp4
from pyworker.sim.media.pictures import picture_size
from pyworker.sim.media.png import png
from pyworker.sim.media.sound import recording_seconds, tone, wav, wav_head


def chunks(picture: bytes) -> dict[bytes, bytes]:
    """The chunks of a PNG, their sums checked."""
    found: dict[bytes, bytes] = {}
    at = 8
    while at < len(picture):
        (size,) = struct.unpack_from(">I", picture, at)
        kind, data = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + size]
        (check,) = struct.unpack_from(">I", picture, at + 8 + size)
        assert check == zlib.crc32(kind + data)
        found[kind] = data
        at += 12 + size
    return found


@pytest.mark.parametrize(("width", "height"), [(8, 8), (1, 1), (9, 3), (1024, 1024)])
def test_a_picture_has_its_size_and_its_colour(width: int, height: int) -> None:
    picture = png(1, 2, 3, width, height)
    found = chunks(picture)
    assert list(found) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert found[b"PLTE"] == bytes((1, 2, 3))
    assert zlib.decompress(found[b"IDAT"]) == bytes((1 + (width + 7) // 8) * height)
    assert picture_size(picture) == (width, height)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"GIF89a" + struct.pack("<HH", 30, 20) + bytes(10), (30, 20)),
        (b"BM" + bytes(16) + struct.pack("<ii", 30, -20), (30, 20)),
        (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08" + struct.pack(">HH", 20, 30), (30, 20)),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x1d\0\0\x13\0\0", (30, 20)),
        (b"RIFF\0\0\0\0WEBPVP8L" + bytes(5) + struct.pack("<I", 29 | 19 << 14), (30, 20)),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(10) + struct.pack("<HH", 30, 20), (30, 20)),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"\xff\xd8\xff\xe0\0\0", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"GIF89a", None),
        (b"a picture", None),
        (b"", None),
    ],
)
def test_pictures_are_known_by_their_first_bytes(data: bytes, size: tuple[int, int] | None) -> None:
    assert picture_size(data) == size


@given(st.binary(max_size=64), st.sampled_from([b"", b"\xff\xd8\xff", b"RIFF", b"BM", b"GIF87a"]))
def test_no_bytes_break_the_readers(data: bytes, first: bytes) -> None:
    picture_size(first + data)
    recording_seconds(first + data)
    recording_seconds(b"RIFF\0\0\0\0WAVE" + data)


def test_a_sound_says_how_long_it_is() -> None:
    samples = tone(7, 24_000, 24_000)
    assert len(samples) == 48_000
    assert len(set(struct.unpack("<24000h", samples))) > 50
    assert tone(7, 100, 24_000) == samples[:200]
    file = wav(samples, 24_000)
    assert struct.unpack_from("<I", file, 4) == (len(file) - 8,)
    assert recording_seconds(file) == 1.0
    # Half of it has come, and a stream's head, which promises all there can be.
    assert recording_seconds(file[:24_044]) == 0.5
    assert recording_seconds(wav_head(0xFFFFFFFF, 24_000) + samples) == 1.0


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (b"fLaC" + bytes(15_996), 1.0),
        (b"\0\0\0\x18ftypM4A " + bytes(15_988), 1.0),
        (b"RIFF\x24\0\0\0WAVEfmt ", None),
        (wav(b"", 24_000), None),
        (b"no sound at all", None),
        (b"", None),
    ],
)
def test_other_recordings_are_as_long_as_their_size_says(
    data: bytes, seconds: float | None
) -> None:
    assert recording_seconds(data) == seconds


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        assert 8 <= size <= len(data) - at
        found.append((kind, data[at + 8 : at + size]))
        at += size
    return found


def test_a_film_has_its_frames_where_its_index_says() -> None:
    film = mp4((9, 8, 7), 832, 480, 33, 24)
    (first, brand), (second, index), (third, frames) = boxes(film)
    assert (first, second, third, brand[:4]) == (b"ftyp", b"moov", b"mdat", b"isom")
    kinds = [kind for kind, _ in boxes(index)]
    assert kinds == [b"mvhd", b"trak"]
    tables = index.index(b"stsz")
    size, count = struct.unpack_from(">II", index, tables + 8)
    (begin,) = struct.unpack_from(">I", index, index.index(b"stco") + 12)
    assert (count, size * count) == (33, len(frames))
    for number in range(count):
        frame = film[begin + number * size :][:size]
        assert frame == png(9, 8, 7, 832, 480)
    rate, frames_told = struct.unpack_from(">II", index, index.index(b"mvhd") + 16)
    assert (rate, frames_told) == (24, 33)

"""Sounds: tones as WAV files or bare samples, and how long an uploaded recording is.

Samples are 16 bits, one channel.
"""

import math
import struct
from array import array

SAMPLE_BYTES = 2
_LOUDNESS = 8000
# Of recordings whose containers are not read here: what speech in them usually has.
_BYTES_PER_SECOND = 16_000
# The first bytes of FLAC, Ogg, MP3 with and without tags, and WebM.
_OTHERS = (b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\x1a\x45\xdf\xa3")


def tone(seed: int, samples: int, rate: int) -> bytes:
    """The first `samples` of a tone between 110 and 365 Hz that follows from `seed`."""
    period = round(rate / (110 + seed % 256))
    wave = array(
        "h", (round(_LOUDNESS * math.sin(math.tau * at / period)) for at in range(period))
    ).tobytes()
    size = samples * SAMPLE_BYTES
    return (wave * (size // len(wave) + 1))[:size]


def wav_head(size: int, rate: int) -> bytes:
    """What stands before `size` bytes of samples in a WAV file."""
    head = struct.pack("<4sI4s4sI", b"RIFF", min(36 + size, 0xFFFFFFFF), b"WAVE", b"fmt ", 16)
    body = struct.pack("<HHIIHH", 1, 1, rate, rate * SAMPLE_BYTES, SAMPLE_BYTES, 16)
    return head + body + struct.pack("<4sI", b"data", size)


def wav(samples: bytes, rate: int) -> bytes:
    """A WAV file."""
    return wav_head(len(samples), rate) + samples


def recording_seconds(data: bytes) -> float | None:
    """How long a recording is: exact for WAV, else by its size; None if it is no sound.

    A WAV whose sizes promise more than is there is as long as what is there.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _wav_seconds(data)
    if data.startswith(_OTHERS) or data[4:8] == b"ftyp":
        return len(data) / _BYTES_PER_SECOND
    return None


def _wav_seconds(data: bytes) -> float | None:
    bytes_per_second = 0
    at = 12
    while at + 8 <= len(data):
        kind, (size,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        at += 8
        if kind == b"fmt " and at + 16 <= len(data):
            (bytes_per_second,) = struct.unpack_from("<I", data, at + 8)
        elif kind == b"data":
            there = min(size, len(data) - at)
            return there / bytes_per_second if bytes_per_second and there else None
        at += size + size % 2
    return None

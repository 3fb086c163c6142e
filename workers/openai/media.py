"""Sound and pictures: how long a recording is, and ones to be benchmarked with, made of nothing."""

import math
import random
import struct
import zlib
from array import array

from pyworker.multipart import FilePart

# Bytes a second of usual recordings, by extension.
_BYTES_PER_SECOND = {"wav": 32000, "flac": 12000, "ogg": 8000, "oga": 8000, "webm": 8000}
_USUAL_BYTES_PER_SECOND = 16000

_RATE = 16000  # samples a second, as speech models take them


def audio_seconds(file: FilePart) -> float:
    """Length of a recording: exact for WAV, else by its size."""
    extension = file.filename.rpartition(".")[2].lower()
    if extension == "wav" and (seconds := _wav_seconds(file.data)):
        return seconds
    return len(file.data) / _BYTES_PER_SECOND.get(extension, _USUAL_BYTES_PER_SECOND)


def _wav_seconds(data: bytes) -> float:
    """From the chunks of a RIFF file; 0.0 when it is none."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return 0.0
    byte_rate = 0
    at = 12
    while at + 8 <= len(data):
        kind, (size,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        at += 8
        if kind == b"fmt " and at + 12 <= len(data):
            (byte_rate,) = struct.unpack_from("<I", data, at + 8)
        elif kind == b"data":
            # A recorder that streams writes the largest size there is; what is here counts.
            return min(size, len(data) - at) / byte_rate if byte_rate else 0.0
        at += size + size % 2
    return 0.0


def noise_png(rng: random.Random, side: int) -> bytes:
    """A square picture of smooth coloured noise, never the same twice."""
    coarse = 16
    cells = [rng.randbytes(3) for _ in range(coarse * coarse)]
    each = side // coarse
    rows = [
        b"\0" + b"".join(cells[row * coarse + column] * each for column in range(coarse))
        for row in range(coarse)
    ]
    header = struct.pack(">IIBBBBB", each * coarse, each * coarse, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(row * each for row in rows), 1)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _png_chunk(b"IHDR", header)
        + _png_chunk(b"IDAT", pixels)
        + _png_chunk(b"IEND", b"")
    )


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# First two formants of vowels, Hz: what makes a buzz sound like a, e, i, o, u.
_VOWELS = ((730, 1090), (530, 1840), (270, 2290), (570, 840), (300, 870))
_SYLLABLE_SECONDS = 0.2
_SYLLABLES = 8  # different ones; each takes some milliseconds to make


def babble_wav(rng: random.Random, seconds: int) -> bytes:
    """A voice that says syllables without sense, 16 kHz mono; noise would be taken for silence."""
    syllable = round(_RATE * _SYLLABLE_SECONDS)
    spoken = [
        _syllable(rng.choice(_VOWELS), rng.uniform(95.0, 180.0), rng.random(), syllable)
        for _ in range(_SYLLABLES)
    ]
    count = round(seconds / _SYLLABLE_SECONDS)
    samples = b"".join(spoken[rng.randrange(len(spoken))] for _ in range(count))
    head = struct.pack(
        "<4sI4s4sIHHIIHH",
        b"RIFF",
        36 + len(samples),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        _RATE,
        _RATE * 2,
        2,
        16,
    )
    return head + struct.pack("<4sI", b"data", len(samples)) + samples


def _syllable(vowel: tuple[int, int], pitch: float, phase: float, length: int) -> bytes:
    """One vowel that rises and falls: harmonics of the pitch, loud near the formants."""
    harmonics = [number * pitch for number in range(1, int(4000 / pitch))]
    loudness = [
        sum(math.exp(-(((frequency - formant) / 120.0) ** 2)) for formant in vowel) + 0.02
        for frequency in harmonics
    ]
    # A period of the pitch is made once and repeated.
    period = round(_RATE / pitch)
    wave = [
        sum(
            loud * math.sin(math.tau * (number + 1) * at / period + phase)
            for number, loud in enumerate(loudness)
        )
        for at in range(period)
    ]
    most = max(abs(sample) for sample in wave)
    samples = array(
        "h",
        (
            round(20000 * math.sin(math.pi * at / length) ** 0.5 * wave[at % period] / most)
            for at in range(length)
        ),
    )
    return samples.tobytes()

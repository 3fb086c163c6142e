"""What pictures, films and sounds cost that come out of noise, step by step."""

import math

# With the usual 60 tokens a second, a step of a picture of 1024x1024 takes a twentieth of a second.
_TOKENS_PER_STEP = 3
_PIXELS = 1024 * 1024
# A second of sound is as much work as a picture of 256x256.
_PIXELS_PER_SECOND = 256 * 256
MOST_STEPS = 200


def picture_tokens(pixels: int, steps: int) -> int:
    """The engine's tokens for `pixels` in `steps` steps; of all pictures, or all frames."""
    return math.ceil(_TOKENS_PER_STEP * steps * pixels / _PIXELS)


def sound_tokens(seconds: float, steps: int) -> int:
    """The engine's tokens for a sound."""
    return math.ceil(_TOKENS_PER_STEP * steps * seconds * _PIXELS_PER_SECOND / _PIXELS)

"""Texts that trouble tokenizers: for Hypothesis, and drawn from a seed for runs of many thousands."""

import random
from collections.abc import Sequence

from hypothesis import strategies as st

# Everything that some table calls a space, and what looks like one and is none.
SPACES = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\u00a0\u1680\u180e\u2000\u2003\u2009\u200a\u200b\u200d"
    "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
# Letters that change their length, their number or their class when folded, composed or cut.
LETTERS = "İıſßẞŉǰΐΰŁłØøŒœǅǆﬁﬂﬀﬃΣσςΆάЁёЙйÅåÅK℃Ωⅷ①²ªº½ﷺ㍿각각가힣゙がﾞｶﾞเแำลาवकिक्षি"
MARKS = "\u0300\u0301\u0308\u0327\u0338\u0345\u05b0\u064b\u093c\u094d\u0e33\u0e4d\u1dc0\u20dd\u3099"
FORMAT = (
    "\u00ad\u0600\u061c\u070f\u200b\u200c\u200d\u200e\u202e\u2066\ufe0e\ufe0f\U000e0020\U000e0061"
)
# The ends of ranges: of the planes, beside the surrogates, of private use, of what is no character.
EDGES = (
    "\x00\x01\x1f\x7f\x80\x9f\xa0\xff\u0100\u07ff\u0800\ud7ff\ue000\uf8ff\ufdd0\ufdef\ufffc\ufffd"
    "\ufffe\uffff\U00010000\U0001f3fb\U0001ffff\U00020000\U0002fa1d\U000e0001\U000f0000\U0010ffff"
)
CJK = "一中文字東京日本語々〇㐀䶿丽𠀀𪛖豈龥ぁンー々〆한국어ㄱㆍ"
SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~¡§©®°±´·¿×÷‘’“”…‰€™←∀∞─■♥✓、。「」！？＋｜￥"
EMOJI = ("🙂", "👍🏽", "👨‍👩‍👧", "🇩🇪", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣")
WORDS = (
    *("the", "The", "THE", "Hello", "alone", "two words", "tokenization", "HTTPServer's", "don't"),
    *(
        "I'm",
        "WE'LL",
        "'s",
        "'S",
        "'\u017f",
        "'ll've",
        "o'clock",
        "``x''",
        "1234567",
        "3.14",
        "a1b2",
    ),
    *(
        "naïve",
        "ÉTÉ",
        "été",
        "Å",
        "привет",
        "ΟΔΥΣΣΕΥΣ",
        "你好世界",
        "こんにちは",
        "안녕하세요",
        "नमस्ते",
    ),
    *("مرحبا", "สวัสดี", "//path/to.file", "snake_case", "camelCaseWord", "<p>", "&amp;", "{}();\n"),
    *("▁", "▁the", "▁▁", "Ġ", "Ġthe", "##ing", "</w>", "<0x0A>", "<0xE3>", "[UNK]", "<unk>", "<s>"),
    *(
        "</s>",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "<pad>",
        "<|endoftext|>",
        "<|im_start|>user",
        "\r\n",
        "\n\n",
    ),
)
CHARS = SPACES + LETTERS + MARKS + FORMAT + EDGES + CJK + SIGNS + "".join(EMOJI)

# First and end of the blocks that random code points come from, the dense ones more often.
BLOCKS = (
    *((0x20, 0x7F), (0x00, 0x250), (0x250, 0x600), (0x590, 0x900), (0x900, 0xE80), (0xE00, 0x1400)),
    *((0x1E00, 0x2000), (0x2000, 0x2100), (0x2000, 0x2C00), (0x2E80, 0x3400), (0x3400, 0xA000)),
    *((0xA000, 0xAC00), (0xAC00, 0xD800), (0xE000, 0x10000), (0xFB00, 0xFFFE), (0x10000, 0x20000)),
    *((0x1F000, 0x1FB00), (0x20000, 0x32000), (0xE0000, 0xE0200), (0x10000, 0x110000)),
)


def texts(words: Sequence[str]) -> st.SearchStrategy[str]:
    """Texts of a few pieces, most of them trouble.

    Args:
        words: What means something to the tokenizer, as its added tokens.
    """
    known = st.sampled_from((*words, *WORDS))
    char = st.sampled_from(CHARS)
    run = st.builds(str.__mul__, st.sampled_from((*CHARS, *EMOJI)), st.integers(2, 40))
    spaces = st.text(SPACES, min_size=1, max_size=4)
    piece = st.one_of(known, char, spaces, run, st.text(max_size=6), st.text(CHARS, max_size=6))
    return st.lists(piece, max_size=12).map("".join)


class Drawn:
    """Texts from a seed, faster than Hypothesis makes them.

    Args:
        rng: Where they come from.
        sources: Long texts to cut slices out of.
        longest: Of a slice, in characters.
    """

    def __init__(self, rng: random.Random, sources: Sequence[str], *, longest: int = 120) -> None:
        self._rng = rng
        self._sources = sources
        self._longest = longest
        self._kinds = (self._mutated, self._mutated, self._pieces, self._random, self._repeated)

    def text(self, words: Sequence[str]) -> str:
        """The next text; `words` as for `texts`."""
        return self._rng.choice(self._kinds)(words)

    def _mutated(self, words: Sequence[str]) -> str:
        rng = self._rng
        source = rng.choice(self._sources)
        start = rng.randrange(max(1, len(source)))
        chars = list(source[start : start + rng.randint(1, self._longest)])
        for _ in range(rng.choice((0, 1, 2, 4, 10))):
            place = rng.randrange(len(chars) + 1)
            match rng.randrange(7):
                case 0 if len(chars) > 1:
                    place %= len(chars) - 1
                    chars[place], chars[place + 1] = chars[place + 1], chars[place]
                case 1:
                    chars[place : place + rng.randint(1, 3)] = ""
                case 2:
                    chars[place:place] = rng.choice(words or WORDS)
                case 3:
                    chars[place:place] = rng.choice(SPACES) * rng.choice((1, 1, 2, 3, 9))
                case 4:
                    chars[place:place] = rng.choice(MARKS + FORMAT)
                case 5:
                    chars[place : place + 8] = "".join(chars[place : place + 8]).swapcase()
                case _:
                    chars[place:place] = self._piece(words)
        return "".join(chars)

    def _pieces(self, words: Sequence[str]) -> str:
        return "".join(self._piece(words) for _ in range(self._rng.randint(1, 10)))

    def _piece(self, words: Sequence[str]) -> str:
        rng = self._rng
        match rng.randrange(6):
            case 0 | 1:
                return rng.choice(words or WORDS)
            case 2:
                return rng.choice(WORDS)
            case 3:
                return rng.choice(EMOJI)
            case 4:
                return rng.choice(" \n\t  ")
            case _:
                return rng.choice(CHARS)

    def _random(self, words: Sequence[str]) -> str:
        rng = self._rng
        first, end = rng.choice(BLOCKS)
        size = rng.randint(1, 24)
        text = "".join(chr(rng.randrange(first, end)) for _ in range(size))
        if rng.random() < 0.3:
            text = rng.choice((" ", "a", "\n")).join(text)
        return _without_surrogates(text) + (rng.choice(words) if words and size == 1 else "")

    def _repeated(self, words: Sequence[str]) -> str:
        rng = self._rng
        piece = self._piece(words) if rng.random() < 0.7 else self._random(())[:3]
        text = piece * rng.choice((2, 3, 5, 17, 64, 130))
        return text + self._piece(words) if rng.random() < 0.5 else text


def _without_surrogates(text: str) -> str:
    """They are no characters: the reference refuses a text that has one."""
    return "".join(char for char in text if not "\ud800" <= char <= "\udfff")

"""Words in many scripts, to train small tokenizers with. The same every time."""

import random

# One line a script or kind of text; the spaces in a line part what is drawn as one word.
LINES = (
    "the cat sat on the mat and the dogs were running after cats that had been sleeping there",
    "It's we're you'll I'd they've don't can't he's SHE'S I'M WE'LL THEY'VE o'clock rock'n'roll",
    "The Quick Brown Fox Jumped Over HTTPServer getHTTPResponse camelCase PascalCase XMLParser",
    "token tokens tokenizer tokenization tokenizing untokenized normalize normalized normalization",
    "def count(self, text: str) -> int: return len(self._encode(text).ids) if text else 0 # ok",
    "for (int i = 0; i < n; ++i) { a[i] += b[i] * 2; } /* end */ //path/to/file.txt <p></p> &amp;",
    "0 1 12 123 1234 12345 3.14159 1,000,000 2024-01-31 0x1F 1e-9 50% $99.99 #42 10:30 v1.2.3",
    "!!! ??? ... --- === *** ~~~ ___ ,,, ;;; ::: ((( ))) [[ ]] {{ }} << >> && || // \\\\ -> =>",
    "café naïve façade Ångström über straße señor crème brûlée ÉTÉ ÇA où noël Øresund łódź İstanbul",
    "привет мир как дела сегодня хорошая погода собака бежит быстро по улице ЁЖИК съешь ещё",
    "γεια σου κόσμε τι κάνεις σήμερα ΟΔΥΣΣΕΥΣ φως ἀρχή ὁ λόγος",
    "你好世界 今天天气很好 我们去公园 中文字符没有空格 的 是 不 了 一 在 人 有 我 他 这",
    "こんにちは世界 これはテストです カタカナ ﾊﾝｶｸ 日本語の文章 です ます の は が を に へ",
    "안녕하세요 세계 오늘은 날씨가 좋습니다 한국어 문장 입니다 그리고",
    "नमस्ते दुनिया यह एक परीक्षण है क्षत्रिय हिन्दी में लिखा",
    "مرحبا بالعالم هذا اختبار اللغة العربية في النص ١٢٣",
    "שלום עולם זה מבחן עברית שָׁלוֹם",
    "สวัสดีชาวโลก นี่คือการทดสอบ ภาษาไทย",
    "🙂 😀 🎉 👍🏽 👨‍👩‍👧 🇩🇪 ❤️ ☃ ♥ ✓ ∑ ∫ √ ≤ ≠ → « » “ ” ‘ ’ – — … € £ ¥ © ™",
    "ﬁ ﬂ ½ ² ① Ａ ｂ ｃ ㍿ ℃ Ⅷ ʼn ǆ ﷺ K Å",
)

# Enough for a thousand merges, and trained with in a few milliseconds.
TEXTS = 400


def corpus(seed: int = 0, texts: int = TEXTS) -> list[str]:
    """Texts of words drawn from LINES, mostly of one line in a text, a frequent few more often."""
    rng = random.Random(seed)
    lines = [line.split(" ") for line in LINES]
    drawn: list[str] = []
    for _ in range(texts):
        words = rng.choice(lines)
        count = rng.randint(2, 30)
        # The square makes the first words of a line the frequent ones, as in a language.
        picked = [words[int(len(words) * rng.random() ** 2)] for _ in range(count)]
        drawn.append(rng.choice((" ", " ", " ", "  ", "\n", "")).join(picked))
    return drawn

"""The bases of the trained tokenizers: every family and variant, as published files are made."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial

from tests.workload import pipelines as p
from tests.workload.charsmap import charsmap
from tests.workload.corpus import LINES
from tests.workload.models import bpe, sentencepiece_bpe, unigram, wordpiece
from tests.workload.pipelines import Part


@dataclass(frozen=True)
class Base:
    """A file without added tokens but its own special ones, without truncation and padding."""

    family: str
    model: Part
    pre: Part | None
    norm: Part | None = None
    before: tuple[str, ...] = ()  # special tokens in front of a text
    after: tuple[str, ...] = ()  # and behind it
    post: tuple[Part, ...] = ()  # post-processors before the one with these
    native: bool = True


def byte_level_bases(seed: int) -> Iterator[tuple[str, Base]]:
    """GPT-2 and its children: bytes as letters, a split by a pattern, merges."""
    gpt2 = p.byte_level(regex=True)
    post = (p.byte_level(regex=True, prefix_space=True),)
    end = ("<|endoftext|>",)
    model = bpe(gpt2, first=end, seed=seed)
    yield "gpt2", Base("byte_level", model, gpt2, post=post)
    # Ranks are the order of merges: with the numbers turned round nothing changes.
    turned = {piece: len(model["vocab"]) - 1 - n for piece, n in model["vocab"].items()}
    old = [" ".join(pair) for pair in model["merges"]]  # merges as files from before 2024 have them
    yield "gpt2_old", Base("byte_level", {**model, "vocab": turned, "merges": old}, gpt2, post=post)
    prefixed = p.byte_level(regex=True, prefix_space=True, trim=True)
    yield (
        "gpt2_prefix",
        Base("byte_level", bpe(prefixed, first=end, seed=seed), prefixed, post=post),
    )

    qwen2 = p.split(p.QWEN2)
    nfc = {"type": "NFC"}
    yield (
        "qwen2",
        Base("byte_level", bpe(qwen2, nfc, seed=seed), qwen2, nfc, post=(p.byte_level(),)),
    )

    cl100k = p.split(p.CL100K)
    yield (
        "cl100k",
        Base("byte_level", bpe(cl100k, seed=seed), cl100k, post=(p.byte_level(trim=True),)),
    )
    begin = ("<|begin_of_text|>",)
    llama3 = bpe(cl100k, first=begin, ignore_merges=True, seed=seed)
    for line in (" tokenization", "running", "Ġtoday", " weather", "!!!", "  "):
        # Words that no merges lead to: ignore_merges finds them as they are.
        llama3["vocab"].setdefault(line.replace(" ", "Ġ"), len(llama3["vocab"]))
    post = (p.byte_level(trim=True),)
    yield "llama3", Base("byte_level", llama3, cl100k, before=begin, post=post)

    o200k = p.split(p.O200K)
    yield "o200k", Base("byte_level", bpe(o200k, seed=seed), o200k, post=(p.byte_level(trim=True),))


def sentencepiece_bases(seed: int) -> Iterator[tuple[str, Base]]:
    """Llama 2 and its children: the whole text is one word, with U+2581 for spaces."""
    begin = ("<s>",)
    legacy = p.sequence("normalizers", {"type": "Prepend", "prepend": "▁"}, p.replace(" ", "▁"))
    model = sentencepiece_bpe(seed=seed)
    bare = sentencepiece_bpe(fallback=False, seed=seed)
    separate = {**bare, "fuse_unk": False}
    family = "sentencepiece"
    yield "llama2", Base(family, model, None, legacy, before=begin)
    yield "llama2_unk", Base(family, bare, None, legacy, before=begin)
    yield "llama2_unks", Base(family, separate, None, legacy, before=begin)
    for scheme in ("first", "always", "never"):
        whole = p.metaspace(scheme, cut=False)
        yield f"mistral_{scheme}", Base(family, model, whole, before=begin)
    yield "mistral_unk", Base(family, bare, p.metaspace("first", cut=False), before=begin)
    spaces = {
        "type": "Split",
        "pattern": {"String": " "},
        "behavior": "MergedWithPrevious",
        "invert": False,
    }
    yield "gemma", Base(family, model, spaces, p.replace(" ", "▁"), before=begin)
    yield "gemma_bare", Base(family, model, None, p.replace(" ", "▁"), before=begin)


def unigram_bases(seed: int) -> Iterator[tuple[str, Base]]:
    """T5, ALBERT, XLM-RoBERTa: the best way through a word by the pieces' scores."""
    family = "unigram"
    end = ("</s>",)
    model = unigram(("<pad>", "</s>", "<unk>"), unknown=2, seed=seed)
    precompiled = {"type": "Precompiled", "precompiled_charsmap": charsmap()}
    spaces = p.replace(" {2,}", " ", regex=True)
    yield "unigram_plain", Base(family, model, p.metaspace(), after=end)
    old = p.sequence("pretokenizers", p.WHITESPACE_SPLIT, p.OLD_METASPACE)
    yield "t5_old", Base(family, model, old, precompiled, after=end)
    new = p.sequence("pretokenizers", p.WHITESPACE_SPLIT, p.metaspace())
    yield "t5", Base(family, {**model, "byte_fallback": False}, new, precompiled, after=end)
    xlmr = p.sequence("normalizers", precompiled, spaces)
    named = unigram(("<s>", "<pad>", "</s>", "<unk>"), unknown=3, seed=seed)
    around = partial(Base, family, before=("<s>",), after=end)
    yield "xlmr", around(named, p.metaspace(), xlmr)
    quotes = (p.replace("``", '"'), p.replace("''", '"'))
    folded = ({"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"}, precompiled)
    albert = unigram(("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"), unknown=1, seed=seed)
    around = partial(Base, family, before=("[CLS]",), after=("[SEP]",))
    for name, parts in (("albert", (*quotes, *folded, spaces)), ("albert_old", (*quotes, *folded))):
        norm = p.sequence("normalizers", *parts)
        yield name, around(albert, p.metaspace(), norm)


def bert_bases(seed: int) -> Iterator[tuple[str, Base]]:
    """BERT, cased and not, and the first GPT behind the same normaliser."""
    first = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    around = partial(Base, "wordpiece", before=("[CLS]",), after=("[SEP]",))
    lower = wordpiece(first, lower=True, seed=seed)
    cased = wordpiece(first, lower=False, seed=seed)
    short = {**lower, "max_input_chars_per_word": 6}
    uncased = p.bert(lowercase=True)
    yield "bert_uncased", around(lower, p.BERT_PRE, uncased)
    yield "bert_short", around(short, p.BERT_PRE, uncased)
    norm = p.bert(lowercase=False)
    yield "bert_cased", around(cased, p.BERT_PRE, norm)
    norm = p.bert(lowercase=True, accents=False, chinese=False)
    yield "bert_accents", around(lower, p.BERT_PRE, norm)
    norm = p.bert(lowercase=False, accents=True)
    yield "bert_stripped", around(cased, p.BERT_PRE, norm)
    # Named first, since the trainer numbers them in no order of its own and breaks ties by number.
    ends = tuple(
        f"{char}</w>" for char in sorted({*unicodedata.normalize("NFD", "".join(LINES).lower())})
    )
    model = bpe(
        p.BERT_PRE,
        uncased,
        size=1500,
        first=("<unk>", *ends),
        alphabet=False,
        end_of_word_suffix="</w>",
        unk_token="<unk>",
        seed=seed,
    )
    yield "openai_gpt", Base("openai_gpt", model, p.BERT_PRE, uncased)


def odd_bases(seed: int) -> Iterator[tuple[str, Base]]:
    """What the reference reads and no native family need know: counted right all the same."""
    gpt2 = p.byte_level(regex=True)
    some = bpe(gpt2, alphabet=False, size=200, seed=seed + 1)
    yield "odd_alphabet", Base("byte_level", some, gpt2, native=False)
    gaps = p.split(p.CL100K, behavior="Removed", invert=True)
    yield "odd_removed", Base("byte_level", bpe(gaps, seed=seed), gaps, native=False)
    digits = p.sequence("pretokenizers", {"type": "Digits", "individual_digits": True}, gpt2)
    yield "odd_digits", Base("byte_level", bpe(digits, seed=seed), digits, native=False)
    nfkc = {"type": "NFKC"}
    yield "odd_nfkc", Base("byte_level", bpe(gpt2, nfkc, seed=seed), gpt2, nfkc, native=False)
    cut = p.metaspace("first", cut=True)
    yield "odd_cut", Base("sentencepiece", sentencepiece_bpe(seed=seed), cut, native=False)
    fallback = unigram(("<unk>", *(f"<0x{b:02X}>" for b in range(256))), unknown=0)
    fallback = {**fallback, "byte_fallback": True}
    yield "odd_bytes", Base("unigram", fallback, p.metaspace("first"), native=False)


@cache
def bases(seed: int = 0) -> dict[str, Base]:
    """By name, trained on the corpus of this seed."""
    families = (byte_level_bases, sentencepiece_bases, unigram_bases, bert_bases, odd_bases)
    return {name: base for family in families for name, base in family(seed)}

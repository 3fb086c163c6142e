"""The models of small tokenizers, trained on the corpus: vocabularies, merges and scores.

BPE is trained by the reference. Its trainers of Unigram and WordPiece give another model each time,
so those are made from counts of substrings here.
"""

import json
import math
from collections import Counter
from typing import Any

from tokenizers import Tokenizer, pre_tokenizers, trainers
from tokenizers.models import BPE

from tests.workload.corpus import LINES, corpus
from tests.workload.pipelines import Part, metaspace

# The longest piece of a Unigram or WordPiece vocabulary, in characters.
LONGEST_PIECE = 7


def bpe(
    pre: Part,
    norm: Part | None = None,
    *,
    size: int = 900,
    first: tuple[str, ...] = (),
    alphabet: bool = True,
    seed: int = 0,
    **keys: Any,
) -> Part:
    """A BPE model trained behind these parts.

    Args:
        pre: The pre-tokenizer, as in the file.
        norm: The normaliser, as in the file.
        size: Entries, `first` and the alphabet included.
        first: Entries in front, which no merge gives.
        alphabet: All bytes of the byte-level alphabet are entries.
        seed: Of the corpus.
        keys: Other keys of the model.
    """
    empty: Any = Tokenizer(BPE())
    skeleton = json.loads(empty.to_str())
    parts = {**skeleton, "normalizer": norm, "pre_tokenizer": pre}
    tokenizer: Any = Tokenizer.from_str(json.dumps(parts))
    make: Any = trainers.BpeTrainer
    trainer = make(
        vocab_size=size,
        show_progress=False,
        special_tokens=list(first),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet else [],
        # Not None, which it refuses to be told.
        **{key: value for key, value in keys.items() if key == "end_of_word_suffix"},
    )
    tokenizer.train_from_iterator(corpus(seed), trainer)
    model: Part = json.loads(tokenizer.to_str())["model"]
    return {**model, **keys}


def sentencepiece_bpe(*, fallback: bool = True, seed: int = 0, **keys: Any) -> Part:
    """As SentencePiece trains it: <unk> <s> </s>, the bytes when they stand in, then pieces.

    Trained on words: the files' own parts make one word of a whole text. So what crosses words is
    added: runs of spaces and newlines, as in the published vocabularies.
    """
    first = ("<unk>", "<s>", "</s>")
    if fallback:
        first += tuple(f"<0x{byte:02X}>" for byte in range(256))
    model = bpe(metaspace(), first=first, alphabet=False, seed=seed)
    model |= {"unk_token": "<unk>", "byte_fallback": fallback, "fuse_unk": True, **keys}
    for char in ("▁", "\n"):
        model["vocab"].setdefault(char, len(model["vocab"]))
        run = char
        for _ in range(3):
            model["merges"].append([run, run])
            run += run
            model["vocab"].setdefault(run, len(model["vocab"]))
    return model


def pieces(prefix: str, suffix_mark: str, *, lower: bool, seed: int = 0) -> list[tuple[str, int]]:
    """Substrings of words and how often they are there; single characters first, then by weight.

    Args:
        prefix: Put in front of every word, as Metaspace does.
        suffix_mark: Marks pieces that do not begin a word, as `##`.
        lower: Of words in lower case.
        seed: Of the corpus.
    """
    words = Counter(word for text in corpus(seed) for word in text.split())
    chars: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for word, count in words.items():
        marked = prefix + (word.lower() if lower else word)
        for start in range(len(marked)):
            mark = suffix_mark if start else ""
            chars[mark + marked[start]] += count
            for end in range(start + 2, min(start + LONGEST_PIECE, len(marked)) + 1):
                found[mark + marked[start:end]] += count
    heavy = sorted(found.items(), key=lambda item: (-item[1] * len(item[0]), item[0]))
    return [*sorted(chars.items()), *heavy]


def unigram(
    first: tuple[str, ...], *, unknown: int, size: int = 1500, seed: int = 0, **keys: Any
) -> Part:
    """A Unigram model: `first` without weight, then pieces scored by how often they are there."""
    found = pieces("▁", "", lower=False, seed=seed)[:size]
    total = sum(count for _, count in found)
    vocab: list[tuple[str, float]] = [(name, 0.0) for name in first]
    vocab += [(piece, math.log(count / total)) for piece, count in found if piece not in first]
    return {"type": "Unigram", "unk_id": unknown, "vocab": vocab, **keys}


def wordpiece(
    first: tuple[str, ...], *, lower: bool, size: int = 1500, seed: int = 0, **keys: Any
) -> Part:
    """A WordPiece model; a few characters of the corpus are left out, so words become unknown."""
    found = [
        piece for piece, _ in pieces("", "##", lower=lower, seed=seed) if piece[-1] not in "ř安"
    ]
    # Whole words keep the longest match honest: pieces alone are all short.
    words = [word.lower() if lower else word for line in LINES for word in line.split(" ")]
    vocab = dict.fromkeys((*first, *found[:size], *words))
    return {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": {piece: number for number, piece in enumerate(vocab)},
        **keys,
    }

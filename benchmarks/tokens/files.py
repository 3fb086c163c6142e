"""What the campaign compares: tokenizers trained in the run, and published ones, changed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, trainers
from tokenizers import models as reference_models

from benchmarks.tokens.goals import FAMILIES
from tests.workload.corpus import corpus
from tests.workload.pipelines import Part
from tests.workload.trained import LIMITS, MARKS, NORMALIZED, Trained, entries, trained

# Folder of a published file to the family as the trained ones are named.
FAMILY_NAMES = {
    "gpt2": "byte_level",
    "qwen2.5": "byte_level",
    "mistral-v1-metaspace": "sentencepiece",
    "bert-base-uncased": "wordpiece",
    "openai-gpt": "openai_gpt",
    "t5-small": "unigram",
}


def everything(folder: Path | None, seed: int) -> list[Trained]:
    """All of them: published files when the folder is there."""
    return [
        *trained(seed).values(),
        *by_reference(seed),
        *(published(folder) if folder else ()),
    ]


def by_reference(seed: int) -> Iterator[Trained]:
    """Unigram and WordPiece as the reference's own trainers make them: another one in each run."""
    texts = corpus(seed, 800)
    for name, size in (("t5", 800), ("xlmr", 1500), ("albert", 1000), ("unigram_plain", 2000)):
        base = trained(seed)[f"{name}-plain"]
        tokenizer: Any = Tokenizer.from_str(base.data.decode())
        make: Any = trainers.UnigramTrainer
        tokenizer.model = reference_models.Unigram()
        trainer = make(vocab_size=size, show_progress=False, unk_token="<unk>")
        trainer.special_tokens = ["<unk>"]
        tokenizer.train_from_iterator(texts, trainer)
        yield _with_model(base, json.loads(tokenizer.to_str())["model"], f"{name}_em{size}")
    for name, size in (("bert_uncased", 600), ("bert_cased", 2000)):
        base = trained(seed)[f"{name}-plain"]
        tokenizer = Tokenizer.from_str(base.data.decode())
        make = trainers.WordPieceTrainer
        trainer = make(vocab_size=size, show_progress=False)
        trainer.special_tokens = list(base.words)
        tokenizer.train_from_iterator(texts, trainer)
        model = json.loads(tokenizer.to_str())["model"]
        model["unk_token"] = "[UNK]"
        yield _with_model(base, model, f"{name}_wp{size}")


def _with_model(base: Trained, model: Part, name: str) -> Trained:
    """The same file around another model, its special tokens numbered anew."""
    file: Part = json.loads(base.data)
    ids = entries(model)
    tokens: list[Part] = file["added_tokens"]
    for token in tokens:
        token["id"] = ids.setdefault(token["content"], len(ids))
    special: dict[str, Part] = file["post_processor"]["special_tokens"]
    for content, token in special.items():
        token["ids"] = [ids[content]]
    file |= {"model": model, "added_tokens": sorted(tokens, key=_id)}
    return Trained(f"{name}-plain", base.family, json.dumps(file).encode(), True, base.words)


def published(folder: Path) -> Iterator[Trained]:
    """Published files as they are, with more added tokens, and with limits."""
    for name in FAMILIES:
        path = folder / name / "tokenizer.json"
        if not path.is_file():
            continue
        plain: Part = json.loads(path.read_bytes())
        variants: dict[str, Part] = {"plain": {}, **LIMITS}
        for variant, tokens in (("marks", MARKS), ("normalized", NORMALIZED)):
            variants[variant] = {"added_tokens": _numbered(plain, tokens)}
        for variant, part in variants.items():
            file: Part = {**plain, **part}
            words = tuple(token["content"] for token in file["added_tokens"][-20:])
            data = json.dumps(file, ensure_ascii=False).encode() if part else path.read_bytes()
            yield Trained(f"published_{name}-{variant}", FAMILY_NAMES[name], data, True, words)


def _numbered(file: Part, tokens: tuple[Part, ...]) -> list[Part]:
    """The file's added tokens and these; one that is an entry already keeps its number."""
    ids = entries(file["model"])
    listed: list[Part] = list(file["added_tokens"])
    known = {token["content"] for token in listed}
    free = max(*ids.values(), *(token["id"] for token in listed)) + 1
    for token in tokens:
        if token["content"] not in known:
            number = ids.get(token["content"], free)
            free = max(free, number + 1)
            listed.append({"id": number, **token})
    return sorted(listed, key=_id)


def _id(token: Part) -> int:
    return token["id"]

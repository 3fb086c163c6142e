"""Every family counts as the reference encodes: on tokenizers trained here, and on published ones.

`python -m benchmarks.tokens.exact` is the long form of this file.
"""

import json
import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyworker.workload.tokens import TokenCounter
from tests.workload.corpus import corpus
from tests.workload.texts import CHARS, EMOJI, WORDS, Drawn, texts
from tests.workload.trained import LIMITS, VARIANTS, Trained, trained

FAMILIES = ("byte_level", "sentencepiece", "unigram", "wordpiece", "openai_gpt")
PUBLISHED = (
    "bert-base-uncased",
    "gpt2",
    "mistral-v1-metaspace",
    "openai-gpt",
    "qwen2.5",
    "t5-small",
)
# For each trained tokenizer, beside one text for each of WORDS, and for those without limits of EMOJI
# and CHARS: a limit cuts and fills, and one character shows nothing of it. Here is little of each, so
# that all of it takes ten seconds; `benchmarks.tokens.exact` draws hundreds of thousands.
DRAWN_TEXTS = 40


@cache
def counter(name: str) -> TokenCounter:
    return TokenCounter.from_bytes(trained()[name].data)


def of_family(family: str, variant: str = "") -> list[Trained]:
    return [
        one
        for one in trained().values()
        if one.family == family and one.name.endswith(f"-{variant}" if variant else "")
    ]


def both(one: Trained, text: str, *, special: bool) -> tuple[int, int]:
    """Ours and the reference's."""
    ours = counter(one.name).count(text, special=special)
    return ours, len(one.reference.encode(text, add_special_tokens=special).ids)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_pipeline_of_the_family_is_counted_natively(family: str, variant: str) -> None:
    refused = {
        one.name: counter(one.name).reason
        for one in of_family(family, variant)
        if one.native and counter(one.name).backend != "native"
    }
    assert refused == {}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("family", FAMILIES)
def test_counts_are_the_references(family: str, variant: str) -> None:
    drawn = Drawn(random.Random(f"{family} {variant}"), corpus(1))
    wrong: list[tuple[str, str, bool, tuple[int, int]]] = []
    for one in of_family(family, variant):
        fixed = ["", *WORDS, *one.words]
        fixed += [] if variant in LIMITS else [*EMOJI, *CHARS]
        found = [*fixed, *(drawn.text(one.words) for _ in range(DRAWN_TEXTS))]
        for place, text in enumerate(found):
            # Turn by turn: every text is met both ways, by one tokenizer or another.
            special = (place + len(one.name)) % 2 == 0
            counts = both(one, text, special=special)
            if counts[0] != counts[1]:
                wrong.append((one.name, text, special, counts))
    assert wrong[:10] == []


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=60)
@given(data=st.data(), special=st.booleans())
def test_any_text_counts_as_the_reference_does(
    family: str, data: st.DataObject, special: bool
) -> None:
    one = data.draw(st.sampled_from(of_family(family)))
    text = data.draw(texts(one.words))
    ours, theirs = both(one, text, special=special)
    assert ours == theirs, one.name


@pytest.mark.parametrize("model", PUBLISHED)
def test_published_tokenizers_count_whole_files_as_the_reference_did(
    shared_dir: Path, model: str
) -> None:
    folder = shared_dir / "data" / "tokenizers"
    known: dict[str, list[int]] = json.loads((folder / "COUNTS.json").read_text())["counts"][model]
    exact = TokenCounter.from_file(folder / model / "tokenizer.json")
    counted: dict[str, list[int]] = {}
    for name in known:
        text = (shared_dir / "data" / "text" / name).read_bytes().decode()
        lines = sum(exact.count(line, special=False) for line in text.split("\n"))
        counted[name] = [exact.count(text, special=False), exact.count(text), lines]
    assert (exact.backend, counted) == ("native", known)

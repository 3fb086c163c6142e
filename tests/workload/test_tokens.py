"""Tokens are counted as the model's own tokenizer counts them, or estimated and said so."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from fakes.hub import cached
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from pyworker.errors import SettingsError
from pyworker.workload.fallback import BYTES_PER_TOKEN
from pyworker.workload.served import ServedTokens
from pyworker.workload.tokens import TokenCounter

TEXT = "the cat sat on the mat and the dog sat on the cat"


def trained() -> Tokenizer:
    """A small tokenizer that is one: byte-level BPE, with a special token at each end."""
    tokenizer: Any = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT] * 10, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    return tokenizer


@pytest.fixture
def tokenizer_file(tmp_path: Path) -> Path:
    file = tmp_path / "tokenizer.json"
    trained().save(str(file))
    return file


def counter(setting: str, **environ: str) -> TokenCounter:
    tokens = ServedTokens(setting, auto=["openai-gpt"], environ=environ)
    tokens.load()
    return tokens.counter


def test_a_path_counts_exactly_special_tokens_included(tokenizer_file: Path) -> None:
    exact = counter(str(tokenizer_file))
    assert exact.exact
    assert exact.source == str(tokenizer_file)
    for text in ("", "the", TEXT, "日本語 🎉", "\x00\n" * 10):
        assert exact.count(text) == len(trained().encode(text).ids)
    assert exact.count("") == 2


def test_a_folder_stands_for_the_file_in_it(tokenizer_file: Path) -> None:
    assert counter(str(tokenizer_file.parent)).count(TEXT) == len(trained().encode(TEXT).ids)


def test_the_length_of_its_training_is_no_limit(tmp_path: Path) -> None:
    tokenizer: Any = trained()
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=512)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    exact = counter(str(tmp_path))
    assert exact.count(TEXT) == len(trained().encode(TEXT).ids) > 8
    assert exact.count("the") == len(trained().encode("the").ids) < 512


@pytest.mark.parametrize("model", ["openai-gpt", "mistralai/Mistral-7B-Instruct-v0.3"])
@pytest.mark.parametrize("variable", ["HF_HUB_CACHE", "HF_HOME"])
def test_a_model_id_is_found_in_the_local_cache(
    tmp_path: Path, tokenizer_file: Path, model: str, variable: str
) -> None:
    home = tmp_path / "home"
    snapshot = cached(home if variable == "HF_HUB_CACHE" else home / "hub", model, tokenizer_file)
    found = counter(model, **{variable: str(home)})
    assert found.exact
    assert found.source == str(snapshot / "tokenizer.json")


def test_the_cache_is_in_the_home_directory_by_default(
    tmp_path: Path, tokenizer_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    cached(tmp_path / ".cache" / "huggingface" / "hub", "a/b", tokenizer_file)
    assert counter("a/b").exact


def test_the_variable_for_the_cache_wins_over_the_one_for_all(
    tmp_path: Path, tokenizer_file: Path
) -> None:
    cached(tmp_path / "cache", "a/b", tokenizer_file)
    found = counter("a/b", HF_HUB_CACHE=str(tmp_path / "cache"), HF_HOME=str(tmp_path / "none"))
    assert found.exact


def test_of_several_revisions_the_main_one_is_taken(tmp_path: Path, tokenizer_file: Path) -> None:
    cached(tmp_path / "cache", "a/b", tokenizer_file, commit="0" * 40)
    main = cached(tmp_path / "cache", "a/b", tokenizer_file, commit="f" * 40)
    (tmp_path / "cache" / "models--a--b" / "snapshots" / ("9" * 40)).mkdir()
    found = counter("a/b", HF_HUB_CACHE=str(tmp_path / "cache"))
    assert found.source == str(main / "tokenizer.json")


def test_auto_is_the_workers_own_model(tmp_path: Path, tokenizer_file: Path) -> None:
    cached(tmp_path / "cache", "openai-gpt", tokenizer_file)
    assert counter("auto", HF_HUB_CACHE=str(tmp_path / "cache")).exact


def test_auto_estimates_when_there_is_none_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    estimate = counter("auto", HF_HUB_CACHE=str(tmp_path))
    assert not estimate.exact
    for _ in range(100):
        estimate.count(TEXT)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (
            logging.WARNING,
            (
                "token counts are estimated, 4 bytes a token:"
                " openai-gpt is not in the local Hugging Face cache"
            ),
        )
    ]


def test_auto_estimates_when_what_it_finds_is_damaged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = tmp_path / "damaged"
    damaged.write_text("{")
    cached(tmp_path / "cache", "openai-gpt", damaged)
    assert not counter("auto", HF_HUB_CACHE=str(tmp_path / "cache")).exact
    assert "tokenizer.json cannot be used" in caplog.text


@pytest.mark.parametrize("setting", ["none/such/model", "/none/tokenizer.json", "openai-gpt"])
def test_a_tokenizer_that_is_not_there_is_one_sentence(tmp_path: Path, setting: str) -> None:
    with pytest.raises(SettingsError) as bad:
        counter(setting, HF_HUB_CACHE=str(tmp_path))
    assert str(bad.value) == (
        "TOKENIZER must be a tokenizer.json, a folder with one, or a model id in the local"
        f" Hugging Face cache, not {setting!r}"
    )


@pytest.mark.parametrize("content", [b"", b"{}", b"{", b"\xff\xfe", b"<html>"])
def test_a_file_that_is_no_tokenizer_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"TOKENIZER .*tokenizer\.json cannot be used: ") as bad:
        counter(str(file))
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a" * 400, 100), ("日本語です" * 20, 75), ("\ud800" * 4, 1)]
)
def test_an_estimate_is_by_bytes(text: str, tokens: int) -> None:
    assert BYTES_PER_TOKEN == 4
    assert TokenCounter.estimate("a test").count(text) == tokens


def counts(shared_dir: Path, model: str) -> dict[str, int]:
    file = shared_dir / "data" / "tokenizers" / "COUNTS.json"
    if not file.is_file():
        pytest.skip(f"no {file}")
    known: dict[str, list[int]] = json.loads(file.read_text())["counts"][model]
    # Of the three numbers the second one has the special tokens of the model.
    return {text: numbers[1] for text, numbers in known.items()}


def check_counts(shared_dir: Path, model: str, texts: Any) -> None:
    exact = counter(str(shared_dir / "data" / "tokenizers" / model / "tokenizer.json"))
    known = counts(shared_dir, model)
    for name in texts or known:
        text = (shared_dir / "data" / "text" / name).read_bytes().decode()
        assert (name, exact.count(text)) == (name, known[name])


def test_openai_gpt_counts_as_its_reference_does(shared_dir: Path) -> None:
    check_counts(shared_dir, "openai-gpt", None)


@pytest.mark.parametrize(
    "model", ["bert-base-uncased", "gpt2", "mistral-v1-metaspace", "qwen2.5", "t5-small"]
)
def test_every_kind_of_tokenizer_counts_as_its_reference_does(shared_dir: Path, model: str) -> None:
    check_counts(shared_dir, model, ["blns.txt", "lipsum_emoji.txt"])


def test_the_estimate_is_near_for_english(shared_dir: Path) -> None:
    known = counts(shared_dir, "gpt2")["english_prose.txt"]
    text = (shared_dir / "data" / "text" / "english_prose.txt").read_text()
    assert TokenCounter.estimate("a test").count(text) == pytest.approx(known, rel=0.25)

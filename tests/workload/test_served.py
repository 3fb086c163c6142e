"""The tokens of the served model: estimated, then exact, by the setting or by what it says."""

import json
import logging
from pathlib import Path

import pytest
from fakes.tokenizers import COMMIT, cached, words_tokenizer

from pyworker.errors import SettingsError
from pyworker.workload.served import ServedTokens

TEXT = "a cat sat"  # 3 words, 9 bytes: 2 tokens by estimate
ESTIMATED = 2
OTHER = "f" * 40
INFO = {"model_id": "org/model", "model_sha": None, "max_total_tokens": 4096}


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return words_tokenizer(tmp_path / "words" / "tokenizer.json").read_bytes()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "hub"


@pytest.fixture
def environ(cache: Path) -> dict[str, str]:
    return {"HF_HUB_CACHE": str(cache)}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    told = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    # One token a word is not among what is counted natively, which is said too.
    return [message for message in told if "by the tokenizers package" not in message]


def estimates(tokens: ServedTokens) -> bool:
    counter = tokens.counter
    assert counter.exact == (counter.count(TEXT) == 3) == (counter.count(TEXT) != ESTIMATED)
    return not counter.exact


def test_what_is_named_is_found_at_once_and_counts_when_it_is_loaded(
    tmp_path: Path, content: bytes
) -> None:
    assert content
    tokens = ServedTokens(str(tmp_path / "words"), auto=["org/other"], ask=("/info",))
    assert tokens.ask == ()
    assert estimates(tokens)
    assert tokens.as_json() == {"exact": False, "source": "estimate", "reason": "not loaded yet"}
    tokens.load()
    assert not estimates(tokens)
    file = str(tmp_path / "words" / "tokenizer.json")
    assert (tokens.as_json()["exact"], tokens.as_json()["source"]) == (True, file)


def test_what_is_named_and_not_there_is_one_sentence(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as bad:
        ServedTokens("no/such", auto=[], environ=environ)
    assert str(bad.value) == (
        "TOKENIZER must be a tokenizer.json, a folder with one, or a model id in the local"
        " Hugging Face cache, not 'no/such'"
    )


@pytest.mark.parametrize("damaged", [b"", b"{}", b"\xff\xfe", b"<html>"])
def test_what_is_named_and_damaged_is_one_sentence(tmp_path: Path, damaged: bytes) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_bytes(damaged)
    tokens = ServedTokens(str(file), auto=[])
    with pytest.raises(
        SettingsError, match=r"^TOKENIZER .*tokenizer\.json cannot be used: "
    ) as bad:
        tokens.load()
    assert "\n" not in str(bad.value)


def test_what_is_named_and_gone_when_it_is_loaded_is_one_sentence(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_bytes(content)
    tokens = ServedTokens(str(file), auto=[])
    file.unlink()
    with pytest.raises(SettingsError, match=r"^TOKENIZER .*No such file"):
        tokens.load()


def test_auto_is_the_first_name_that_is_here(
    cache: Path, environ: dict[str, str], content: bytes
) -> None:
    file = cached(cache, "org/model", content)
    tokens = ServedTokens("auto", auto=["", "none/such", "org/model", "later"], environ=environ)
    tokens.load()
    assert not estimates(tokens)
    assert tokens.counter.source == str(file)


def test_auto_with_nobody_to_ask_estimates_and_says_why_once(
    cache: Path, environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    cached(cache, "damaged", b"{")
    tokens = ServedTokens("auto", auto=["none/such", "damaged"], environ=environ)
    tokens.load()
    for _ in range(100):
        tokens.counter.count(TEXT)
    assert estimates(tokens)
    [told] = warnings(caplog)
    assert told.startswith(
        "token counts are estimated, 4 bytes a token:"
        " none/such is not in the local Hugging Face cache; "
    )
    assert "damaged" in told
    assert told.endswith(str(tokens.as_json()["reason"]))


def asked(environ: dict[str, str], *names: str) -> ServedTokens:
    tokens = ServedTokens("auto", auto=names, ask=("/info",), environ=environ)
    tokens.load()
    assert tokens.ask == ("/info",)
    return tokens


def test_what_the_model_server_serves_is_taken_at_its_commit(
    cache: Path, environ: dict[str, str], content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    served = cached(cache, "org/model", content)
    cached(cache, "org/model", b"{", commit=OTHER)  # the main one now
    tokens = asked(environ)
    assert warnings(caplog) == []
    assert estimates(tokens)
    tokens.load_said([json.dumps({**INFO, "model_sha": COMMIT}).encode()])
    assert not estimates(tokens)
    assert tokens.counter.source == str(served)
    assert warnings(caplog) == []


def test_what_it_says_counts_more_than_a_name(
    cache: Path, environ: dict[str, str], content: bytes
) -> None:
    cached(cache, "named", content)
    served = cached(cache, "org/model", content)
    tokens = asked(environ, "named")
    assert tokens.counter.exact
    tokens.load_said([b"", json.dumps(INFO).encode()])
    assert tokens.counter.source == str(served)


def test_a_name_is_kept_when_what_it_says_is_not_here(
    cache: Path, environ: dict[str, str], content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    named = cached(cache, "named", content)
    tokens = asked(environ, "named")
    for _ in range(3):
        tokens.load_said([json.dumps({**INFO, "model_sha": OTHER}).encode()])
    assert tokens.counter.source == str(named)
    assert warnings(caplog) == [
        (
            f"counting with {named} all the same:"
            f" org/model at {OTHER} is not in the local Hugging Face cache"
        )
    ]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "the model server does not say which model it serves"),
        (b"{}", "the model server does not say which model it serves"),
        (json.dumps(INFO).encode(), "org/model is not in the local Hugging Face cache"),
    ],
)
def test_when_nothing_helps_it_estimates_and_says_why_once(
    answer: bytes, why: str, environ: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    tokens = asked(environ, "named")
    for _ in range(3):
        tokens.load_said([answer])
    assert estimates(tokens)
    assert warnings(caplog) == [f"token counts are estimated, 4 bytes a token: {why}"]


def test_a_model_server_may_be_asked_again(
    cache: Path, environ: dict[str, str], content: bytes
) -> None:
    tokens = asked(environ)
    tokens.load_said([b""])
    assert estimates(tokens)
    cached(cache, "org/model", content)
    tokens.load_said([json.dumps(INFO).encode()])
    assert not estimates(tokens)


def test_what_is_loaded_is_not_loaded_again(
    cache: Path, environ: dict[str, str], content: bytes
) -> None:
    cached(cache, "org/model", content)
    tokens = asked(environ, "org/model")
    loaded = tokens.counter
    tokens.load_said([json.dumps(INFO).encode()])
    assert tokens.counter is loaded


def test_the_length_of_a_files_training_is_no_limit(tmp_path: Path, content: bytes) -> None:
    file = json.loads(content)
    file["truncation"] = {
        "direction": "Right", "max_length": 1, "strategy": "LongestFirst", "stride": 0
    }  # fmt: skip
    (tmp_path / "tokenizer.json").write_text(json.dumps(file))
    tokens = ServedTokens(str(tmp_path), auto=[])
    tokens.load()
    assert tokens.counter.count(TEXT) == 3


def test_long_payloads_are_counted_in_a_thread_by_what_counts_them(
    tmp_path: Path, content: bytes
) -> None:
    assert content
    tokens = ServedTokens(str(tmp_path / "words"), auto=[])
    assert not tokens.heavy(512 * 1024)  # an estimate
    tokens.load()
    assert tokens.counter.backend == "tokenizers"
    assert tokens.heavy(1024 * 1024)
    assert not tokens.heavy(1024)

"""A model's tokenizer.json is found where its client keeps it, and fetched only when asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.hub import COMMIT, cached, hub

from pyworker.workload import tokens
from pyworker.workload.find import find_tokenizer, hub_cache
from pyworker.workload.tokens import BadTokenizer, TokenCounter

MODELS = ["openai-gpt", "mistralai/Mistral-7B-Instruct-v0.3"]


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    file = tmp_path / "a" / "tokenizer.json"
    file.parent.mkdir()
    file.write_text("{}")
    return file


def test_a_file_and_its_folder_are_taken_as_they_are(file: Path) -> None:
    assert find_tokenizer(file, environ={}) == file
    assert find_tokenizer(str(file.parent), environ={}) == file


@pytest.mark.parametrize("model", MODELS)
def test_a_branch_and_a_tag_are_at_the_commit_that_their_ref_says(
    tmp_path: Path, file: Path, model: str
) -> None:
    cache = tmp_path / "cache"
    environ = {"HF_HUB_CACHE": str(cache)}
    main = cached(cache, model, file, commit="a" * 40)
    tag = cached(cache, model, file, commit="b" * 40, revision="v1.0")
    pull = cached(cache, model, file, commit="c" * 40, revision="refs/pr/1")
    assert find_tokenizer(model, environ=environ) == main / "tokenizer.json"
    assert find_tokenizer(model, revision="v1.0", environ=environ) == tag / "tokenizer.json"
    assert find_tokenizer(model, revision="refs/pr/1", environ=environ) == pull / "tokenizer.json"
    assert find_tokenizer(model, revision="v2.0", environ=environ) is None


def test_a_commit_needs_no_ref(tmp_path: Path, file: Path) -> None:
    snapshot = cached(tmp_path / "cache", "a/b", file)
    (tmp_path / "cache" / "models--a--b" / "refs" / "main").unlink()
    environ = {"HF_HUB_CACHE": str(tmp_path / "cache")}
    found = find_tokenizer("a/b", revision=COMMIT, environ=environ)
    assert found == snapshot / "tokenizer.json"
    assert find_tokenizer("a/b", environ=environ) is None


def test_a_models_folder_in_a_cache_may_be_named_itself(tmp_path: Path, file: Path) -> None:
    snapshot = cached(tmp_path / "cache", "a/b", file)
    for named in (tmp_path / "cache" / "models--a--b", snapshot):
        found = find_tokenizer(named, environ={})
        assert found == snapshot / "tokenizer.json"


def test_a_snapshot_without_the_file_is_none(tmp_path: Path, file: Path) -> None:
    snapshot = cached(tmp_path / "cache", "a/b", file)
    (snapshot / "tokenizer.json").unlink()
    assert find_tokenizer("a/b", environ={"HF_HUB_CACHE": str(tmp_path / "cache")}) is None


@pytest.mark.parametrize("revision", ["", "..", "../../secret", "/etc", "a/../../b"])
def test_a_revision_stays_within_its_model(tmp_path: Path, file: Path, revision: str) -> None:
    cached(tmp_path / "cache", "a/b", file)
    environ = {"HF_HUB_CACHE": str(tmp_path / "cache")}
    assert find_tokenizer("a/b", revision=revision, environ=environ) is None


def test_the_cache_is_where_its_client_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/root/of/me")
    default = Path("/root/of/me/.cache/huggingface/hub")
    assert hub_cache({}) == hub_cache({"HF_HOME": "", "HF_HUB_CACHE": ""}) == default
    assert hub_cache({"XDG_CACHE_HOME": "/x"}) == Path("/x/huggingface/hub")
    assert hub_cache({"XDG_CACHE_HOME": "/x", "HF_HOME": "~/h"}) == Path("/root/of/me/h/hub")
    assert hub_cache({"HF_HOME": "/h", "HUGGINGFACE_HUB_CACHE": "/o"}) == Path("/o")
    assert hub_cache({"HUGGINGFACE_HUB_CACHE": "/o", "HF_HUB_CACHE": "~/c"}) == (
        Path("/root/of/me/c")
    )


# Run by a Python of its own: the client reads its environment once, when it is imported.
DOWNLOAD = """
import sys
from pyworker.workload.find import TokenizerNotFound, download_tokenizer, find_tokenizer

try:
    path = download_tokenizer(sys.argv[1])
except TokenizerNotFound as error:
    sys.exit(f"not found: {error}")
assert find_tokenizer(sys.argv[1]) == path
print(path)
"""


def download(model: str, endpoint: str, cache: Path, **more: str) -> tuple[str, str]:
    environ = {"HF_ENDPOINT": endpoint, "HF_HUB_CACHE": str(cache), **more}
    done = subprocess.run(
        [sys.executable, "-c", DOWNLOAD, model],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip(), done.stderr.strip()


def test_it_is_fetched_into_the_cache(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    with hub(b'{"fetched": 1}', model="a/b") as url:
        path, _ = download("a/b", url, tmp_path)
        assert Path(path).read_bytes() == b'{"fetched": 1}'
        assert Path(path).parent.name == COMMIT
        path, error = download("a/none", url, tmp_path)
    assert path == ""
    assert error.startswith("not found: a/none at main cannot be downloaded: ")
    assert "\n" not in error


def test_where_its_client_may_not_connect_it_says_so(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    # Nobody listens there: the client itself gives up at that after 20 seconds of trying.
    path, error = download("a/b", "http://127.0.0.1:9", tmp_path, HF_HUB_OFFLINE="1")
    assert path == ""
    assert "not found: a/b at main cannot be downloaded: " in error


def test_without_the_client_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "huggingface_hub.py").write_text("raise ImportError")
    search = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "-c", DOWNLOAD, "a/b"],
        env={**os.environ, "PYTHONPATH": search, "HF_HUB_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == (
        "not found: a/b cannot be downloaded: the package huggingface_hub is not installed"
    )


def test_a_gguf_file_stands_for_its_folder(tmp_path: Path) -> None:
    weights = tmp_path / "model-q4.gguf"
    weights.write_bytes(b"GGUF")
    assert find_tokenizer(weights) is None
    file = tmp_path / "tokenizer.json"
    file.write_text("{}")
    assert find_tokenizer(weights) == file


def test_weights_are_not_read_for_a_tokenizer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MOST_BYTES", 1024 * 1024)
    file = tmp_path / "tokenizer.json"
    with file.open("wb") as sparse:
        sparse.truncate(1024 * 1024 + 1)
    with pytest.raises(BadTokenizer, match="larger than 1 MiB"):
        TokenCounter.from_file(file)

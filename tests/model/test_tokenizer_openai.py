"""`sim openai` says which model it serves and which server it is; then chats are counted exactly."""

import json
from pathlib import Path

import pytest
import trio
from fakes.tokenizers import cached

from pyworker.model.tokenizer import TokenizerLoading
from pyworker.sim.log import LogWriter
from pyworker.sim.openai.server import OpenAiServer
from pyworker.sim.openai.settings import OpenAiSettings, StyleName
from pyworker.worker import Estimate, WorkerConfig
from tests.workers.openai_family import defined
from tests.workload.trained import trained

pytest.importorskip("jinja2", reason="Jinja2 comes with the extra `chat`")

TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
CHAT = b'{"messages": [{"role": "user", "content": "a cat sat"}], "max_tokens": 5}'
FILE = trained()["qwen2-plain"]


async def settled(config: WorkerConfig, sim: OpenAiServer, nursery: trio.Nursery) -> None:
    """As in a worker: load by its name, then ask the model server that has loaded."""
    port = await nursery.start(sim.serve)
    config = WorkerConfig(
        name=config.name,
        model_server_url=f"http://127.0.0.1:{port}",
        model_log_file="",
        handlers=config.handlers,
        tokens=config.tokens,
    )
    loading = TokenizerLoading(config, connect_timeout=5.0)
    await loading.serve()
    await loading.settle()


@pytest.mark.parametrize(
    ("worker", "style", "exact"),
    [
        ("vllm", "vllm", True),
        ("openai", "vllm", True),
        ("openai", "llama", False),
        ("sglang", "sglang", True),
        ("openai", "sglang", True),
        ("llama", "llama", False),
    ],
)
async def test_what_the_server_says_counts(
    worker: str,
    style: StyleName,
    exact: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    nursery: trio.Nursery,
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    file = cached(tmp_path / "hub", "org/served", FILE.data)
    (file.parent / "tokenizer_config.json").write_text(json.dumps({"chat_template": TEMPLATE}))
    config = defined(worker, WORKLOAD="prompt+output")
    options = OpenAiSettings(port=0, load_seconds=0.0, model_id="org/served", style=style)
    with LogWriter(tmp_path / "log") as log:
        await settled(config, OpenAiServer(options, log, lambda _: None), nursery)
        nursery.cancel_scope.cancel()
    tokens = config.tokens
    assert tokens is not None
    assert tokens.counter.source == str(file)
    [chat] = [h for h in config.handlers if h.route == "/v1/chat/completions"]
    counted = chat.declared.of({"max_tokens": 5}, CHAT, (0, len(CHAT)))
    assert isinstance(counted, Estimate) is not exact
    expected = FILE.reference.encode("user: a cat sat\n", add_special_tokens=False)
    assert counted == len(expected) + 5


async def test_an_answer_without_end_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nursery: trio.Nursery
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    config = defined(WORKLOAD="prompt")
    options = OpenAiSettings(port=0, load_seconds=0.0, model_id="m" * 2_000_000)
    with LogWriter(tmp_path / "log") as log:
        await settled(config, OpenAiServer(options, log, lambda _: None), nursery)
        nursery.cancel_scope.cancel()
    assert config.tokens is not None
    assert config.tokens.counter.reason == "the model server does not say which model it serves"

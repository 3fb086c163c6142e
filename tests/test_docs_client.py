"""docs/client.md: its code runs, and its options are the program's."""

import re
from pathlib import Path
from types import ModuleType

import orjson
import pytest
import trio
from fakes.model import Call, FakeModel

from pyworker.client import script
from pyworker.load.command import parser

PAGE = (Path(__file__).parent.parent / "docs" / "client.md").read_text()


async def peer(call: Call) -> None:
    """An autoscaler and its one worker, which TGI is behind."""
    await call.body()
    if call.target == "/route/":
        url = f"http://{(call.header(b'host') or b'').decode()}"
        grant = {"url": url, "signature": "s", "cost": 1, "endpoint": "local", "reqnum": 1}
        await call.answer(body=orjson.dumps(grant))
    elif call.target == "/session/create":
        await call.answer(201, body=b'{"session_id": "s", "expiration": 1}')
    elif call.target == "/generate_stream":
        await call.answer(body=b'data:{"token": {"text": " the end"}}\n\n')
    else:
        await call.answer(body=b"once")


@pytest.fixture
async def page(nursery: trio.Nursery) -> ModuleType:
    """The functions of the page."""
    model = FakeModel()
    await nursery.start(model.serve)
    model.script(peer)
    module = ModuleType("page")
    vars(module).update(URL=model.url, KEY="local-key")
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    exec(compile("\n".join(blocks), "docs/client.md", "exec"), vars(module))
    return module


async def test_one_request_and_one_stream(page: ModuleType) -> None:
    assert await page.ask() == "once the end"


async def test_a_session(page: ModuleType) -> None:
    assert await page.stay() == [b"once"] * 3


def test_every_option_of_the_load_test_is_there() -> None:
    options = [each for action in parser()._actions for each in action.option_strings]
    missing = [each for each in options if f"`{each}" not in PAGE and f" {each}" not in PAGE]
    assert missing == ["-h", "--help", "--local", "--endpoint"]


def test_the_exit_codes_are_there() -> None:
    codes = (script.ANSWERED, script.NOT_ANSWERED, script.USAGE, script.INTERRUPTED)
    assert codes == (0, 1, 2, 130)
    assert "0 with an answer, 1 without, 2 for a wrong command line, 130 when interrupted" in PAGE

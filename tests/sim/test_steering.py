"""/sim/fault and /sim/state, which all simulators have: what is armed, and what is told when not."""

from pathlib import Path

import pytest
from fakes.sim_hello import running


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"", 400, "the body is no JSON: "),
        (b"{", 400, "the body is no JSON: "),
        (b'{"kind": "\xff"}', 400, "the body is no JSON: "),
        (b"[]", 422, "a fault is a JSON object with a `kind`"),
        (b"{}", 422, "`kind` must be none or one of error500, cut, hang, crash, slow, "),
        (b'{"kind": null}', 422, "unhealthy, refuse: null"),
        (b'{"kind": "explode"}', 422, "unhealthy, refuse: explode"),
        (b'{"kind": "cut", "count": 0}', 422, "`count` must be null or a whole number from 1: 0"),
        (b'{"kind": "cut", "count": true}', 422, "a whole number from 1: true"),
        (b'{"kind": "slow", "factor": "x"}', 422, "`factor` must be a number: x"),
        (b'{"kind": "cut", "after": 3}', 422, "and no after"),
        (b'{"kind": "%b"}' % (b"x" * 60_000), 422, ": " + "x" * 60 + "..."),
        (b'{"kind": "%b"}' % (b"x" * 70_000), 413, "the limit is 65536 bytes"),
    ],
)
async def test_a_fault_that_cannot_be_armed_is_told_why(
    tmp_path: Path, body: bytes, status: int, told: str
) -> None:
    async with running(tmp_path) as sim:
        answer = await sim.client.post("/sim/fault", content=body)
        assert answer.status_code == status
        assert told in answer.json()["error"]
        assert len(answer.content) < 300
        assert (await sim.state())["faults"] == []


async def test_what_is_armed_is_told_until_it_is_cleared(tmp_path: Path) -> None:
    async with running(tmp_path) as sim:
        armed = await sim.client.post("/sim/fault", json={"kind": "cut", "count": 2})
        cut = {"kind": "cut", "count": 2, "after_tokens": None}
        assert armed.json() == {"faults": [cut]}
        assert (await sim.state())["faults"] == [cut]
        assert (await sim.client.post("/sim/fault", json={"kind": "none"})).json() == {"faults": []}

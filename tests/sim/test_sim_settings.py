"""The command line."""

from pathlib import Path

import pytest

from pyworker.sim.command import parse_arguments
from pyworker.sim.faults import Fault, FaultKind
from pyworker.sim.tgi.settings import TgiSettings


def test_no_options_are_the_defaults() -> None:
    assert parse_arguments(["llm"]) == TgiSettings()


def test_all_options() -> None:
    line = (
        "llm --host 0.0.0.0 --port 0 --log x.log --model-id m --load-seconds 0 --prefill 1 "
        "--decode 2.5 --batch-decode 1e3 --max-concurrent 1 --max-queue 0 --max-total-tokens 9 "
        "--default-max-new-tokens auto --payload-limit 10 --grace-seconds 0 --seed -3 "
        "--fail-start bind --fault cut:after_tokens=2 --fault unhealthy:count=3"
    )
    assert parse_arguments(line.split()) == TgiSettings(
        host="0.0.0.0",
        port=0,
        log=Path("x.log"),
        model_id="m",
        load_seconds=0.0,
        prefill=1.0,
        decode=2.5,
        batch_decode=1000.0,
        max_concurrent=1,
        max_queue=0,
        max_total_tokens=9,
        default_max_new_tokens=None,
        payload_limit=10,
        grace_seconds=0.0,
        seed=-3,
        fail_start="bind",
        faults=(Fault(FaultKind.CUT, after_tokens=2), Fault(FaultKind.UNHEALTHY, count=3)),
    )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "required"),
        (["painter"], "invalid choice"),
        (["llm", "--port", "70000"], "from 0 to 65535"),
        (["llm", "--decode", "0"], "must be above 0: 0"),
        (["llm", "--decode", "nan"], "must be a finite number: nan"),
        (["llm", "--decode", "fast"], "must be a number: fast"),
        (["llm", "--load-seconds", "-1"], "must be 0 or above: -1"),
        (["llm", "--max-concurrent", "0"], "must be at least 1"),
        (["llm", "--max-queue", "many"], "must be a whole number: many"),
        (["llm", "--fault", "explode"], "`kind` must be"),
        (["llm", "--fail-start", "later"], "invalid choice"),
    ],
)
def test_a_wrong_line_ends_with_code_2_and_a_reason(
    words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_arguments(words)
    assert ended.value.code == 2
    assert reason in capsys.readouterr().err

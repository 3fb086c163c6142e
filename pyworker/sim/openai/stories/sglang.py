"""What SGLang 0.5 logs in its life: its source's own words, in the order in which they come."""

from pyworker.sim.log import Line
from pyworker.sim.openai.settings import OpenAiSettings
from pyworker.sim.openai.stories.steps import plain, steps
from pyworker.sim.openai.styles.sglang import SglangLine, prefill_batch
from pyworker.sim.story import Step, Story

# Of the load. uvicorn speaks, and the port opens, before the warm-up: only the last line is true.
_WARM_UP = 0.1
_CHILD_FAILED = "Received sigquit from a child process. It usually means the child failed."


def sglang(settings: OpenAiSettings) -> Story:
    """The life of SGLang."""
    fails = settings.fail_start == "engine"
    load = settings.load_seconds * (1 - _WARM_UP)
    return Story(
        boot=_loading(settings, load) + (_failing(load) if fails else _opening(settings, load)),
        warming=() if fails else _warming(settings.load_seconds * _WARM_UP),
        fails=fails,
        taken=_taken,
        crashing=_stamped(
            "Scheduler hit an exception: Traceback (most recent call last):",
            *_trace("torch.AcceleratorError: CUDA error: an illegal memory access"),
            _CHILD_FAILED,
        ),
        crashed=plain("Killed"),
        stopping=_stamped("INFO:     Shutting down", "INFO:     Waiting for application shutdown."),
        stopped=_stamped(
            "INFO:     Application shutdown complete.",
            "INFO:     Finished server process [412]",
        ),
    )


def _loading(settings: OpenAiSettings, seconds: float) -> list[Step]:
    model = settings.model_id
    arguments = f"model_path='{model}', host='{settings.host}', port={settings.port}"
    return _steps(
        seconds,
        (0.0, f"server_args=ServerArgs({arguments})"),
        (0.1, "Init torch distributed begin."),
        (0.2, "Load weight begin. avail mem=78.50 GB"),
        (
            0.6,
            "Load weight end. type=LlamaForCausalLM, dtype=torch.bfloat16, mem usage=15.40 GB.",
        ),
    )


def _opening(settings: OpenAiSettings, seconds: float) -> list[Step]:
    url = f"http://{settings.host}:{settings.port}"
    return _steps(
        seconds,
        (0.65, "KV Cache is allocated. #tokens: 425984, K size: 26.00 GB, V size: 26.00 GB"),
        (0.7, "Capture cuda graph begin. This can take up to several minutes."),
        (0.95, "Capture cuda graph end. Time elapsed: 12.30 s."),
        (1.0, "INFO:     Started server process [412]"),
        (1.0, "INFO:     Waiting for application startup."),
        (1.0, "INFO:     Application startup complete."),
        (1.0, f"INFO:     Uvicorn running on {url} (Press CTRL+C to quit)"),
    )


def _warming(seconds: float) -> list[Step]:
    return _steps(
        seconds,
        (0.0, 'INFO:     127.0.0.1:34396 - "GET /get_model_info HTTP/1.1" 200 OK'),
        (0.0, prefill_batch(new=7, running=0, queued=0)),
        (1.0, 'INFO:     127.0.0.1:34398 - "POST /generate HTTP/1.1" 200 OK'),
        (1.0, "The server is fired up and ready to roll!"),
    )


def _failing(seconds: float) -> list[Step]:
    reason = "RuntimeError: Not enough memory. Please try to increase --mem-fraction-static."
    return _steps(
        seconds,
        (0.7, "Scheduler hit an exception: Traceback (most recent call last):"),
        *((0.7, line) for line in _trace(reason)),
        (0.7, _CHILD_FAILED),
    )


def _trace(reason: str) -> tuple[str, ...]:
    return (
        '  File "/sgl-workspace/sglang/srt/managers/scheduler.py", line 2891, in run_scheduler',
        reason,
    )


def _taken(address: str, code: int, reason: str) -> list[Line]:
    host, _, port = address.rpartition(":")
    return _stamped(
        f"ERROR:    [Errno {code}] error while attempting to bind on address ('{host}', {port}):"
        f" {reason.lower()}",
        "INFO:     Waiting for application shutdown.",
        "Initialization failed. warmup error: Connection refused",
    )


def _stamped(*texts: str) -> list[Line]:
    return [SglangLine(text) for text in texts]


def _steps(seconds: float, *shares: tuple[float, str]) -> list[Step]:
    return steps(seconds, *shares, line=SglangLine)

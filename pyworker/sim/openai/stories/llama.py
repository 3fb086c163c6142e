"""What llama-server logs in its life; the lines are those of captured logs."""

from pyworker.sim.log import Line
from pyworker.sim.openai.settings import OpenAiSettings
from pyworker.sim.openai.stories.steps import plain, steps
from pyworker.sim.story import Story


def llama(settings: OpenAiSettings) -> Story:
    """The life of llama-server."""
    total, model = settings.load_seconds, settings.model_id
    fails = settings.fail_start == "engine"
    clock = _Clock(total)
    start = steps(
        total,
        (0.0, clock.at(0.0, "I srv  llama_server: initializing ...")),
        (0.0, clock.at(0.0, "W srv  llama_server: security: no API key is set")),
        (0.1, clock.at(0.1, f"I srv    load_model: loading model '{model}'")),
    )
    cleaning = "I srv    operator(): operator(): cleaning up before exit..."
    if fails:
        start += steps(
            total,
            (
                0.5,
                clock.at(
                    0.5,
                    "E llama_model_load: error loading model: tensor"
                    " 'token_embd.weight' data is not within the file bounds",
                ),
            ),
            (0.5, clock.at(0.5, "E llama_model_load_from_file_impl: failed to load model")),
            (0.5, clock.at(0.5, f"E srv    load_model: failed to load model, '{model}'")),
            (0.5, clock.at(0.5, cleaning)),
            (0.5, clock.at(0.5, "E srv  llama_server: exiting due to model loading error")),
        )
    else:
        listening = f"http://{settings.host}:{settings.port}"
        start += steps(
            total,
            (
                0.9,
                clock.at(
                    0.9,
                    "I srv    load_model: initializing, n_slots ="
                    f" {settings.max_concurrent}, n_ctx_slot = {settings.max_model_len}",
                ),
            ),
            (1.0, clock.at(1.0, "I srv  llama_server: model loaded")),
            (1.0, clock.at(1.0, f"I srv  llama_server: listening on {listening}")),
        )
    return Story(
        boot=(),
        warming=start,
        fails=fails,
        taken=_llama_taken,
        crashing=plain("ggml_cuda_compute_forward: MUL_MAT failed", "CUDA error: out of memory"),
        crashed=[],
        stopping=plain(clock.at(1.0, cleaning)),
        stopped=[],
    )


def _llama_taken(address: str, _code: int, _reason: str) -> list[Line]:
    host, _, port = address.rpartition(":")
    return plain(
        "0.00.002.306 E srv         start: couldn't bind HTTP server socket, hostname:"
        f" {host}, port: {port}",
        "0.00.002.417 E srv  llama_server: exiting due to HTTP server error",
    )


class _Clock:
    """llama.cpp's time since its start: minutes, seconds, milliseconds, microseconds."""

    def __init__(self, total: float) -> None:
        self._total = total

    def at(self, share: float, text: str) -> str:
        """A line of the time that is `share` of the load."""
        micros = round(self._total * share * 1e6)
        minutes, micros = divmod(micros, 60_000_000)
        seconds, micros = divmod(micros, 1_000_000)
        return f"{minutes}.{seconds:02}.{micros // 1000:03}.{micros % 1000:03} {text}"

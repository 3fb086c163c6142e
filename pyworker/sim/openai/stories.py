"""What vLLM 0.33 and llama-server log in their lives; the lines are those of captured logs."""

from pyworker.sim.life import Step, Story
from pyworker.sim.log import Line, PlainLine
from pyworker.sim.openai.settings import OpenAiSettings


def story_of(settings: OpenAiSettings) -> Story:
    """The life of the server that is asked for."""
    return _vllm(settings) if settings.style == "vllm" else _llama(settings)


def _lines(*texts: str) -> list[Line]:
    return [PlainLine(text) for text in texts]


def _steps(total: float, *shares: tuple[float, str]) -> list[Step]:
    return [Step(total * share, PlainLine(text)) for share, text in shares]


def _api(place: str, text: str, level: str = "INFO") -> str:
    return f"(APIServer pid=1229) {level} 11-23 09:13:01 [{place}] {text}"


def _core(place: str, text: str, level: str = "INFO") -> str:
    return f"(EngineCore pid=1251) {level} 11-23 09:13:04 [{place}] {text}"


def _vllm(settings: OpenAiSettings) -> Story:
    total, model = settings.load_seconds, settings.model_id
    fails = settings.fail_start == "engine"
    loading = _steps(
        total,
        (0.0, "W1123 09:13:00.109000 1229 torch/_library/triton.py:53] Triton not available"),
        (0.0, _api("startup.py:96", f"non-default args: {{'model_tag': '{model}'}}")),
        (0.1, _api("model.py:744", "Resolved architecture: LlamaForCausalLM")),
        (0.2, _core("core.py:139", f"Initializing a V1 LLM engine with config: model='{model}'")),
        (
            0.25,
            _core(
                "config.py:35",
                "Failed to import Triton kernels. Please make sure your triton"
                " version is compatible.",
                "ERROR",
            ),
        ),
        (
            0.3,
            f"(Worker pid=1271) INFO 11-23 09:13:05 [runner.py:68] Starting to load {model}...",
        ),
        (
            0.6,
            "Loading safetensors checkpoint shards: 100% Completed | 1/1 [00:00<00:00, 385.54it/s]",
        ),
        (
            0.6,
            "(Worker pid=1271) INFO 11-23 09:13:09 [load.py:506] Loading weights took 0.5 seconds",
        ),
    )
    if fails:
        loading += _steps(
            total,
            (0.7, _core("core.py:1584", "EngineCore failed to start.", "ERROR")),
            (0.7, _core("core.py:1584", "Traceback (most recent call last):", "ERROR")),
            (0.7, _core("core.py:1584", "torch.OutOfMemoryError: CUDA out of memory.", "ERROR")),
            (
                0.75,
                (
                    "RuntimeError: Engine core initialization failed. See root cause above."
                    " Failed core proc(s): {'EngineCore': 1}"
                ),
            ),
        )
    else:
        loading += _steps(
            total,
            (0.8, _core("kv_cache_utils.py:1147", "GPU KV cache size: 2,097,152 tokens")),
            (
                0.9,
                _core(
                    "core.py:412",
                    "init engine (profile, create kv cache, warmup model)"
                    f" took {total * 0.1:.2f} s",
                ),
            ),
            (
                0.95,
                _api(
                    "entry.py:139",
                    f"Starting vLLM server on http://{settings.host}:{settings.port}",
                ),
            ),
            (0.97, _api("launcher.py:188", "Available routes are:")),
            (0.97, _api("launcher.py:197", "Route: /v1/chat/completions, Methods: POST")),
            (0.97, _api("launcher.py:197", "Route: /v1/completions, Methods: POST")),
            (0.98, "INFO:     Started server process [1229]"),
            (0.98, "INFO:     Waiting for application startup."),
            (1.0, "INFO:     Application startup complete."),
        )
    stopping = _lines("INFO:     Shutting down", "INFO:     Waiting for application shutdown.")
    return Story(
        boot=loading,
        fails=fails,
        binds_first=True,
        taken=_vllm_taken,
        crashing=_lines(
            _core("core.py:1600", "EngineCore encountered a fatal error.", "ERROR"),
            _core("core.py:1600", "Traceback (most recent call last):", "ERROR"),
            _core(
                "core.py:1600",
                "torch.AcceleratorError: CUDA error: an illegal memory access was encountered",
                "ERROR",
            ),
            _api("async_llm.py:780", "AsyncLLM output_handler failed.", "ERROR"),
        ),
        crashed=_lines("INFO:     Finished server process [1229]"),
        stopping=stopping,
        stopped=_lines(
            "INFO:     Application shutdown complete.", "INFO:     Finished server process [1229]"
        ),
    )


def _vllm_taken(_: str, code: int, reason: str) -> list[Line]:
    return _lines(
        "Traceback (most recent call last):",
        '  File "/opt/venv/bin/vllm", line 8, in <module>',
        "    sys.exit(main())",
        f"OSError: [Errno {code}] {reason}",
    )


def _llama(settings: OpenAiSettings) -> Story:
    total, model = settings.load_seconds, settings.model_id
    fails = settings.fail_start == "engine"
    clock = _Clock(total)
    start = _steps(
        total,
        (0.0, clock.at(0.0, "I srv  llama_server: initializing ...")),
        (0.0, clock.at(0.0, "W srv  llama_server: security: no API key is set")),
        (0.1, clock.at(0.1, f"I srv    load_model: loading model '{model}'")),
    )
    cleaning = "I srv    operator(): operator(): cleaning up before exit..."
    if fails:
        start += _steps(
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
        start += _steps(
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
        boot=start,
        fails=fails,
        opens_first=True,
        taken=_llama_taken,
        crashing=_lines("ggml_cuda_compute_forward: MUL_MAT failed", "CUDA error: out of memory"),
        crashed=[],
        stopping=_lines(clock.at(1.0, cleaning)),
        stopped=[],
    )


def _llama_taken(address: str, _code: int, _reason: str) -> list[Line]:
    host, _, port = address.rpartition(":")
    return _lines(
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

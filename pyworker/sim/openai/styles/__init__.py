"""The servers that are simulated: how each speaks, and which routes it has."""

from collections.abc import Mapping

from pyworker.sim.openai.settings import StyleName
from pyworker.sim.openai.styles.llama import Llama
from pyworker.sim.openai.styles.sglang import Sglang
from pyworker.sim.openai.styles.style import Style
from pyworker.sim.openai.styles.vllm import Vllm

STYLES: Mapping[StyleName, Style] = {"vllm": Vllm(), "sglang": Sglang(), "llama": Llama()}

_ALL = frozenset(
    {"/health", "/v1/models", "/v1/completions", "/v1/chat/completions", "/v1/embeddings"}
)
# What each has, as far as it is simulated; anything else is a 404.
ROUTES: Mapping[StyleName, frozenset[str]] = {
    "vllm": _ALL
    | {
        "/v1/rerank",
        "/v1/score",
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
        "/v1/chat/completions/batch",
        # vLLM-Omni's:
        "/v1/audio/speech",
        "/v1/audio/speech/batch",
        "/v1/audio/generate",
        "/v1/images/generations",
        "/v1/images/edits",
        "/v1/videos/sync",
    },
    "sglang": _ALL
    | {
        "/health_generate",
        "/model_info",
        "/get_model_info",
        "/v1/rerank",
        "/v1/score",
        "/v1/audio/transcriptions",
    },
    "llama": _ALL | {"/props", "/v1/rerank", "/v1/reranking", "/v1/audio/transcriptions"},
}

"""What each of the simulated servers logs in its life, from its start to its end."""

from collections.abc import Callable, Mapping

from pyworker.sim.openai.settings import OpenAiSettings, StyleName
from pyworker.sim.openai.stories.llama import llama
from pyworker.sim.openai.stories.sglang import sglang
from pyworker.sim.openai.stories.vllm import vllm
from pyworker.sim.story import Story

_STORIES: Mapping[StyleName, Callable[[OpenAiSettings], Story]] = {
    "vllm": vllm,
    "sglang": sglang,
    "llama": llama,
}


def story_of(settings: OpenAiSettings) -> Story:
    """The life of the server that is asked for."""
    return _STORIES[settings.style](settings)

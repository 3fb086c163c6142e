"""Counting what a request costs. Usable alone, with nothing else of this package running."""

from pyworker._native import JsonError, UnsupportedTokenizer
from pyworker.workload.chat import ChatTemplate, NoChatTemplate, TemplateFailed
from pyworker.workload.expressions import WorkloadExpression
from pyworker.workload.find import TokenizerNotFound, find_tokenizer
from pyworker.workload.image import CALIBRATIONS, ImageCalibration, image_cost, image_costs
from pyworker.workload.json_count import JsonCount
from pyworker.workload.selector import Selector, messages, prompt
from pyworker.workload.tokens import BadTokenizer, TokenCounter

__all__ = [
    "CALIBRATIONS",
    "BadTokenizer",
    "ChatTemplate",
    "ImageCalibration",
    "JsonCount",
    "JsonError",
    "NoChatTemplate",
    "Selector",
    "TemplateFailed",
    "TokenCounter",
    "TokenizerNotFound",
    "UnsupportedTokenizer",
    "WorkloadExpression",
    "find_tokenizer",
    "image_cost",
    "image_costs",
    "messages",
    "prompt",
]

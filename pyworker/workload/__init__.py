"""Counting what a request costs. Usable alone, with nothing else of this package running."""

from pyworker._native import UnsupportedTokenizer
from pyworker.workload.expressions import WorkloadExpression
from pyworker.workload.find import TokenizerNotFound, find_tokenizer
from pyworker.workload.image import CALIBRATIONS, ImageCalibration, image_cost, image_costs
from pyworker.workload.tokens import BadTokenizer, TokenCounter

__all__ = [
    "CALIBRATIONS",
    "BadTokenizer",
    "ImageCalibration",
    "TokenCounter",
    "TokenizerNotFound",
    "UnsupportedTokenizer",
    "WorkloadExpression",
    "find_tokenizer",
    "image_cost",
    "image_costs",
]

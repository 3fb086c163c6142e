"""What the project asks of the counter, and whether a figure meets it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A bound: a figure may not be under it, or not over it."""

    bound: float
    at_least: bool = False

    def met(self, figure: float) -> bool:
        """Whether the figure is on the good side."""
        return figure >= self.bound if self.at_least else figure <= self.bound

    def verdict(self, figure: float) -> str:
        """As the table shows it."""
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.bound:g} {'met' if self.met(figure) else 'MISSED'}"


@dataclass(frozen=True)
class Family:
    """What is asked of a family's throughput, as multiples of the reference's."""

    title: str
    cold: Goal
    warm: Goal | None = None
    beats_peers: bool = False  # at least the fastest exact peer, cold and warm


def _at_least(bound: float) -> Goal:
    return Goal(bound, at_least=True)


BYTE_LEVEL = Family("byte-level BPE", _at_least(50), _at_least(200), beats_peers=True)
# By the name of the folder with the tokenizer.json.
FAMILIES = {
    "gpt2": BYTE_LEVEL,
    "qwen2.5": BYTE_LEVEL,
    "mistral-v1-metaspace": Family("SentencePiece-BPE", _at_least(15)),
    "bert-base-uncased": Family("WordPiece", _at_least(18)),
    "openai-gpt": Family("openai-gpt", _at_least(18)),
    "t5-small": Family("Unigram", _at_least(15)),
}

SHORT_MICROSECONDS = Goal(2.0)  # one call with a prompt of 100 tokens, warm
JSON_RATIO = Goal(1.10)  # count_json of a body to count of the text in it
WORST_RATIO = Goal(12.0)  # 1 MB to 100 kB
WORST_MS = Goal(15.0)  # 100 kB
LOAD_MS = Goal(250.0)
MEMORY_MIB = Goal(60.0)
EQUAL = Goal(1.0, at_least=True)  # throughput to the fastest exact peer's

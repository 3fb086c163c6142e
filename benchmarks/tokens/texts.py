"""What is counted: real texts of many languages, program text, and the prompts cut from them."""

import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Program text: modules that every Python has, about 1.2 MB of them.
MODULES = (
    *("_pydecimal", "argparse", "ast", "calendar", "codecs", "configparser", "csv", "dataclasses"),
    *("datetime", "difflib", "doctest", "enum", "fractions", "ftplib", "functools", "gettext"),
    *("heapq", "inspect", "ipaddress", "locale", "mailbox", "optparse", "pathlib", "pdb", "pickle"),
    *("platform", "random", "shutil", "smtplib", "socket", "statistics", "string", "subprocess"),
    *("tarfile", "tempfile", "textwrap", "threading", "tokenize", "traceback", "typing", "zipfile"),
)
# Sizes of prompts, in tokens of the tokenizer that is measured.
SIZES = (100, 2_000, 32_000)
# Of each text one part in so many warms a counter up and is no prompt.
WARM_UP_SHARE = 10


def read_texts(folder: Path | None) -> dict[str, str]:
    """By name; those of the folder when there is one, then program text."""
    texts: dict[str, str] = {}
    if folder:
        for file in sorted(folder.iterdir()):
            if file.suffix in {".txt", ".md"} and file.name != "SOURCE.txt":
                # Line ends as they are: a request's are not translated either.
                texts[file.name] = file.read_bytes().decode()
    library = Path(sysconfig.get_paths()["stdlib"])
    sources = [library / f"{name}.py" for name in MODULES]
    texts["python"] = "".join(file.read_text() for file in sources if file.is_file())
    return texts


@dataclass(frozen=True)
class Prompts:
    """All texts cut up for one tokenizer. Keys: size as text, then name of the text."""

    warm_up: dict[str, list[str]]
    prompts: dict[str, dict[str, list[str]]]

    def size_bytes(self, size: str, name: str) -> int:
        """UTF-8 bytes of these prompts."""
        return sum(len(text.encode()) for text in self.prompts[size][name])


def cut(texts: dict[str, str], count: Callable[[str], int]) -> Prompts:
    """Prompts of about SIZES tokens, every character in one of them; none is there twice."""
    warm_up: dict[str, list[str]] = {}
    prompts: dict[str, dict[str, list[str]]] = {}
    tokens = {name: max(1, count(text)) for name, text in texts.items()}
    for size in SIZES:
        warm_up[str(size)] = []
        prompts[str(size)] = {}
        seen: set[str] = set()
        for name, text in texts.items():
            # By the text's mean; one of many tokens a character is cut at least that coarsely.
            length = max(20, round(size * len(text) / tokens[name]))
            start = len(text) // WARM_UP_SHARE
            warm_up[str(size)] += _pieces(text[:start], length)
            pieces = [piece for piece in _pieces(text[start:], length) if piece not in seen]
            prompts[str(size)][name] = list(dict.fromkeys(pieces))
            seen.update(pieces)
    return Prompts(warm_up, prompts)


def _pieces(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]

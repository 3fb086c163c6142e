"""The chat template of a tokenizer on this disk, and how close counting with it comes."""

from pathlib import Path
from typing import NamedTuple

from pyworker.reasons import reason_of
from pyworker.workload.chat import ChatTemplate, NoChatTemplate
from pyworker.workload.chat_request import Engine

# Servers whose chats may be exact; of the others nobody knows what they make of a template.
_INEXACT: dict[Engine, str] = {
    "llama": "llama-server uses the chat template in its model file, which may be another",
    "unknown": "which model server it is is not known, and each reads chats its own way",
}


class Chats(NamedTuple):
    """What counts chats.

    Attributes:
        template: Renders them; None leaves their texts and an overhead.
        reason: Why all of them are estimates, for people; empty when they are not.
    """

    template: ChatTemplate | None
    reason: str


def chats_beside(tokenizer: Path, engine: Engine) -> Chats:
    """The template in the folder of a tokenizer.json, compiled.

    Reads files and compiles: 10 to 100 ms.
    """
    try:
        template = ChatTemplate.from_folder(tokenizer.parent, engine=engine)
        template.prepare()
    except ImportError:
        return Chats(None, "Jinja2 is not installed; it comes with the extra `chat`")
    except NoChatTemplate as error:
        return Chats(None, f"{tokenizer.parent}: {error}")
    except OSError as error:
        return Chats(
            None, f"{error.filename or tokenizer.parent} cannot be read: {reason_of(error)}"
        )
    return Chats(template, _INEXACT.get(engine, ""))

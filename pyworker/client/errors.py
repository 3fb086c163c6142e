"""What a request of a client can end with, other than an answer."""

from pyworker.errors import PyworkerError


class ClientError(PyworkerError):
    """A request that got no good answer; `str()` is one sentence."""


class NoWorker(ClientError):
    """The autoscaler had no worker in time, or refused to look for one."""


class Refused(ClientError):
    """The worker or the model server answered that it will not, with a status that is final.

    Attributes:
        status: HTTP status.
        body: The answer's body, at most MAX_SHOWN bytes of it in the sentence.
    """

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"answered {status}: {body[:MAX_SHOWN].decode(errors='replace')}")
        self.status = status
        self.body = body


class SessionEnded(Refused):
    """The session is not open: it was not used for a lifetime, or it was ended at its worker."""


class Unavailable(ClientError):
    """Every attempt failed in a way that another one might not have; the last one is told.

    Attributes:
        status: HTTP status of the last attempt; 0 when it got no answer.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AnswerBroken(ClientError):
    """The answer broke off after it had begun; asked again, the work would be done twice."""


MAX_SHOWN = 500  # bytes of a body within a sentence

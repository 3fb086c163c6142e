"""What a request of a client can end with, other than an answer."""

from pyworker.errors import PyworkerError
from pyworker.reasons import said_by


class ClientError(PyworkerError):
    """A request that got no good answer; `str()` is one sentence."""


class NoWorker(ClientError):
    """The autoscaler had no worker in time, or refused to look for one."""


class Refused(ClientError):
    """The worker or the model server answered that it will not, with a status that is final.

    Attributes:
        status: HTTP status.
        body: The answer's body, as it came.
    """

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"answered {status}: {said_by(body)}")
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


class AnswerTooLarge(AnswerBroken):
    """More came than is kept in memory; the rest was not waited for."""

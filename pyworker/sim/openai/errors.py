"""What a simulated server tells a client whose request it refuses or cannot finish."""


class ApiError(Exception):
    """A request that is refused, or that failed.

    Args:
        status: Of the answer.
        text: What the client is told.
        param: The field it is about.
        kind: What the server calls it, where that does not follow from the status.
    """

    def __init__(self, status: int, text: str, *, param: str | None = None, kind: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.param = param
        self.kind = kind


class NoRoute(Exception):
    """The server has no such path (404), or not with this method (405)."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

"""The memory that request bodies hold together, with a limit. No I/O."""

from pyworker.errors import BodyMemoryFull

# Bodies up to this size are neither counted nor refused: each connection has as much in its buffers
# anyway, and small requests get through while large ones fill the memory.
FREE_BYTES = 64 * 1024
# Seconds, for Retry-After: room comes when an answer ends; elsewhere there may be some at once.
_RETRY_AFTER = 5


class BodyMemory:
    """Counts the bodies of one process.

    Who finds no room is refused and does not wait: waiting bodies that hold a part each would wait
    for each other, and a queue before the grant is one that nobody counts. docs/decisions/0005.

    Args:
        limit: Bytes.

    Attributes:
        held: Bytes of bodies that are being read or served.
    """

    def __init__(self, limit: int) -> None:
        self.held = 0
        self._limit = limit

    def check(self, size: int) -> None:
        """Look for room for a body whose size is known, before it is read.

        Raises:
            BodyMemoryFull: There is none now.
        """
        if size > FREE_BYTES:
            self._find_room(size)

    def hold(self, size: int, held: int) -> int:
        """A body has grown to `size` bytes; `held` of them are held. Returns what is held now.

        Raises:
            BodyMemoryFull: There is no room for the rest.
        """
        if size <= FREE_BYTES:
            return held
        self._find_room(size - held)
        self.held += size - held
        return size

    def _find_room(self, size: int) -> None:
        if self.held + size > self._limit:
            raise BodyMemoryFull(
                f"the bodies of other requests are {self.held} bytes; the limit is {self._limit}",
                detail={"limit": self._limit},
                retry_after=_RETRY_AFTER,
            )

    def give_back(self, held: int) -> None:
        """A body is gone."""
        self.held -= held

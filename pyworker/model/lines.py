"""From chunks of a byte stream to blocks of whole lines. No I/O and no clock."""

# A longer line is a dump or not text at all; what waits for its end must be bounded. The longest
# lines seen in logs of model servers are settings dumps of 3.4 kB and JSON tracebacks of 20 kB.
MAX_LINE_BYTES = 64 * 1024


class LineBuffer:
    r"""Keeps the beginning of a line until its end has come.

    A line ends with `\n` or with `\r`: progress bars end theirs with `\r` alone. Bytes pass
    unchanged, with two exceptions. A line of more than `limit` bytes is cut into pieces of `limit`
    bytes, each ended with an added `\n`; where it is cut does not depend on the chunks. And NUL
    bytes are dropped: they are the hole at the head of a file that was truncated under a writer
    which keeps its own offset, and the line behind the hole must be read as it was written.

    Attributes:
        cuts: How many times a line was cut.
    """

    def __init__(self, limit: int = MAX_LINE_BYTES) -> None:
        self.cuts = 0
        self._limit = limit
        self._rest = bytearray()

    @property
    def rest(self) -> bytes:
        """The unfinished last line, at most `limit` bytes."""
        return bytes(self._rest)

    def feed(self, chunk: bytes) -> bytes:
        """Add a chunk.

        Returns:
            Every line that is complete now, as one block that ends with a line end; or nothing.
        """
        if b"\0" in chunk:
            chunk = chunk.replace(b"\0", b"")
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
        if end:
            block = bytes(self._rest) + chunk[:end] if self._rest else chunk[:end]
            self._rest[:] = chunk[end:]
        else:
            block = b""
            self._rest += chunk
        if len(block) > self._limit:
            block = self._cut_long_lines(block)
        if len(self._rest) > self._limit:
            block += self._cut_rest()
        return block

    def finish(self) -> bytes:
        """The unfinished line as a finished one, or nothing; the buffer is empty then."""
        if not self._rest:
            return b""
        line = bytes(self._rest) + b"\n"
        self._rest.clear()
        return line

    def _cut_long_lines(self, block: bytes) -> bytes:
        # Steps from window to window, not from line to line: one window holds every short line
        # up to its last line end, so the cost follows the bytes and not the number of lines.
        pieces: list[bytes] = []
        start = kept = 0
        while start < len(block):
            window = start + self._limit + 1
            end = max(block.rfind(b"\n", start, window), block.rfind(b"\r", start, window)) + 1
            if end:
                start = end
                continue
            start += self._limit
            pieces.append(block[kept:start] + b"\n")
            kept = start
        if not pieces:
            return block
        self.cuts += len(pieces)
        pieces.append(block[kept:])
        return b"".join(pieces)

    def _cut_rest(self) -> bytes:
        pieces: list[bytes] = []
        while len(self._rest) > self._limit:
            pieces.append(bytes(self._rest[: self._limit]) + b"\n")
            del self._rest[: self._limit]
        self.cuts += len(pieces)
        return b"".join(pieces)


def whole_lines(text: bytes) -> bytes:
    """All of a finished text as lines, as a `LineBuffer` would give them."""
    lines = LineBuffer()
    return lines.feed(text) + lines.finish()

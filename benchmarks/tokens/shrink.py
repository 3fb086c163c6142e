"""From a text that shows a difference to a small one that still does."""

from collections.abc import Callable

# More would take longer than anybody waits; a text that is still large is shown as it is.
MOST_TRIES = 4000


def smallest(text: str, differs: Callable[[str], bool]) -> str:
    """Parts are left out, then characters made plain, as long as `differs` holds."""
    tries = 0

    def still(candidate: str) -> bool:
        nonlocal tries
        tries += 1
        return tries <= MOST_TRIES and differs(candidate)

    size = max(1, len(text) // 2)
    while True:
        start, shorter = 0, False
        while start < len(text):
            candidate = text[:start] + text[start + size :]
            if still(candidate):
                text, shorter = candidate, True
            else:
                start += size
        if size == 1 and not shorter:
            break
        size = max(1, size // 2)
    for place, char in enumerate(text):
        for plain in ("a", " ", "b", "é", "\u4e00"):
            if char in (plain, "a"):
                break
            candidate = text[:place] + plain + text[place + 1 :]
            if still(candidate):
                text = candidate
                break
    return text

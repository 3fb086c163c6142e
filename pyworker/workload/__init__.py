"""Counting what a request costs. Usable alone, with nothing else of this package running."""

"""Measures workers and a plain proxy in front of the same model stand-in, side by side."""

"""Counting tokens beside the reference and the fastest packages. See README.md."""

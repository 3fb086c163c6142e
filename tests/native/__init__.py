"""Tests of the compiled extension."""

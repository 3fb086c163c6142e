"""Tests of pyworker/proxy; a package, so that its module names need not be unique in tests/."""

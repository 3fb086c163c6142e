//! Token counters from Python.

"""No model: a machine that is reserved."""

"""A simulated text-generation-inference (TGI 3.3)."""

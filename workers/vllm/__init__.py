"""vLLM and vLLM-Omni."""

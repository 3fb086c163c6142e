"""Any workflow, by ComfyUI behind its API wrapper."""

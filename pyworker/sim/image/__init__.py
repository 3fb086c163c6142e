"""The ComfyUI API wrapper with ComfyUI behind it, simulated: `python -m pyworker sim image`."""

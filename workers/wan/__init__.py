"""Video by Wan 2.2 in ComfyUI."""

"""Songs by ACE-Step in ComfyUI."""

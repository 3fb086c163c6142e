"""Images by ComfyUI, from a prompt or from a workflow of the client's own."""

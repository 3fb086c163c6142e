"""The smallest worker that is one, for a model server with a prompt and a token limit."""

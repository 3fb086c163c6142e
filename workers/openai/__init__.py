"""Servers with the API of OpenAI: what the workers openai, vllm, sglang and llama share."""

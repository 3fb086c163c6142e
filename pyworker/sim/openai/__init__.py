"""A simulated server with the API of OpenAI, in the manner of vLLM, SGLang or llama.cpp."""

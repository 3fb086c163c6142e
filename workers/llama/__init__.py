"""llama.cpp: llama-server and llama-cpp-python."""

"""Hugging Face Text Generation Inference."""

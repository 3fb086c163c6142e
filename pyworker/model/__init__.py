"""Watching the model server: its log, its health, its speed."""

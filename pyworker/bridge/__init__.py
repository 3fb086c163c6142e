"""An asyncio loop beside Trio: calls across, and the thread that the loop runs in."""

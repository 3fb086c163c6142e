"""One exchange, from bytes to bytes."""

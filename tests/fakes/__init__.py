"""Real peers for tests: each speaks over real sockets and does what a test's script says."""

"""Definitions written for other generations of PyWorker, run as they are: `pyworker run FILE`."""

"""The workers that come with pyworker, one folder each: a definition, a README, a sample log."""

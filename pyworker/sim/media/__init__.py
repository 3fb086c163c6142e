"""Pictures, sounds and films that simulators answer with, and what they check in uploads."""

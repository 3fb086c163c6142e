"""The autoscaler: what we tell it, what it signs for us, and a local one to run against."""

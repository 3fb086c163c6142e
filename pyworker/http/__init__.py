"""HTTP as every server of this package speaks it: Hypercorn per connection, Trio around it."""

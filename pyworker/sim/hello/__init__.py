"""The model server of the hello_world worker, simulated: `python -m pyworker sim hello`."""

"""`python -m workers.vllm.test_load -n N -rps R -k KEY -e ENDPOINT [-l]`: a load test."""

import sys

from pyworker.load import main_of

if __name__ == "__main__":
    sys.exit(main_of("vllm"))

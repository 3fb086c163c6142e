"""`python -m workers.llama.client PROMPT`: a completion, through an autoscaler."""

import sys

from workers.openai.client import main

if __name__ == "__main__":
    sys.exit(main())

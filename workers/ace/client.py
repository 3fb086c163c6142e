"""Ask for a song through an autoscaler, and print where it is.

python -m workers.ace.client --endpoint local --api-key local-key [workflow.json]

Without a file it is the benchmark's workflow with random words.
"""

import sys

from workers.ace.worker import WORKFLOW, WORKLOAD
from workers.comfyui_json.client import main

if __name__ == "__main__":
    sys.exit(main(WORKFLOW, cost=WORKLOAD))

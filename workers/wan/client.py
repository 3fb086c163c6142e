"""Ask for a clip through an autoscaler, and print where it is.

python -m workers.wan.client --endpoint local --api-key local-key [workflow.json]

Without a file it is the benchmark's workflow with random words.
"""

import sys

from workers.comfyui_json.client import main
from workers.wan.worker import WORKFLOW, WORKLOAD

if __name__ == "__main__":
    sys.exit(main(WORKFLOW, cost=WORKLOAD))

"""`python -m workers.null.test_load -n N -rps R -k KEY -e ENDPOINT [-l]`: a load test.

A null worker has no benchmark; what is sent are reservations of half a second, by request. Sessions
hold a machine however fast it is: a load of them would only count the machines.
"""

import sys

from pyworker.load import main_of

RESERVATION = ("--route", "/reserve", "--payload", '{"duration": 0.5}')

if __name__ == "__main__":
    sys.exit(main_of("null", *RESERVATION))

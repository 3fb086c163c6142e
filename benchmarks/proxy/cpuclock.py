"""What a process has used: CPU seconds from its kernel clock, resident memory from /proc."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

KIB = 1024

# The kernel's number for "scheduler clock of a whole process" (CPUCLOCK_SCHED in
# include/linux/posix-timers.h); glibc's clock_getcpuclockid builds the same value.
_SCHEDULER_CLOCK = 2

_TICKS = os.sysconf("SC_CLK_TCK")  # of /proc/stat, per second


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system CPU seconds of these processes, ended threads included.

    The same account as utime + stime of /proc/PID/stat, but in nanoseconds where that file
    counts hundredths of a second.

    Raises:
        OSError: a process is gone.
    """
    return sum(time.clock_gettime((~pid << 3) | _SCHEDULER_CLOCK) for pid in pids)


def machine_seconds() -> float:
    """CPU seconds that everybody on the machine has used, in steps of a hundredth."""
    with Path("/proc/stat").open() as file:
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(
            int, file.readline().split()[1:9]
        )
    return (user + nice + system + irq + softirq + steal) / _TICKS


def process_tree(pid: int) -> list[int]:
    """The process and its living descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(int(child) for child in task.read_text().split())
    return found


def resident_bytes(pid: int) -> int:
    """VmRSS of one process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * KIB
    return 0  # a zombie has no memory left

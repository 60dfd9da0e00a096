#!/usr/bin/env python3
"""Runs a command and bounds the most memory it had resident, mapped files
included: peak-memory.py LIMIT_MIB COMMAND..."""

import resource
import subprocess
import sys

limit = float(sys.argv[1])
status = subprocess.run(sys.argv[2:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print("status %d, peak %.1f MiB" % (status, peak))
if peak > limit:
    sys.exit("expected at most %g MiB, got %.1f" % (limit, peak))
sys.exit(status)

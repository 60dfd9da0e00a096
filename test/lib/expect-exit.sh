#!/bin/sh
# Runs a command and checks its exit status: expect-exit.sh STATUS COMMAND...
# `not` accepts every failure; the exit codes of ccq are an interface.
expected=$1
shift
status=0
"$@" || status=$?
[ "$status" -eq "$expected" ] && exit 0
echo "expected exit status $expected, got $status from: $*" >&2
exit 1

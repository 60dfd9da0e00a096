#!/bin/sh
# Runs a command, sends it SIGTERM once its standard error holds a text, and
# exits with its status: end-after.sh TEXT COMMAND...
text=$1
shift
"$@" 2> end-after.err &
process=$!
until grep -q "$text" end-after.err || ! kill -0 $process 2> /dev/null; do
  sleep 0.01
done
kill -TERM $process
status=0
wait $process || status=$?
cat end-after.err >&2
exit $status

#!/usr/bin/env bash
# Builds everything with warnings as errors, checks the formatting, and runs all tests.
# The last line is "N passed, N failed, N skipped"; the exit code is 0 only if nothing failed.
#   ./test.sh --soak DURATION    runs the soak scenarios only, each for so long: 90s, 30m, 2h
set -euo pipefail
verbosity=normal hang=1800
if [ "${1:-}" = --soak ]; then
  if ! [[ "${2:-}" =~ ^[1-9][0-9]{0,5}[smh]$ ]]; then
    echo "--soak is '${2:-}': give a duration such as 90s, 30m or 2h" >&2
    exit 2
  fi
  export CLUSTER_TRAIN_SOAK=$2
  case $2 in *s) unit=1 ;; *m) unit=60 ;; *h) unit=3600 ;; esac
  verbosity=detailed hang=$((${2%?} * unit + 600))
  set -- --filter FullyQualifiedName~SoakScenarios "${@:3}"
fi
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root"
deploy/prerequisites.sh
dotnet build Cluster.Train.sln -c Release -nologo -v quiet -clp:ErrorsOnly
dotnet format Cluster.Train.sln --verify-no-changes --no-restore --severity warn

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0
dotnet test Cluster.Train.sln -c Release --no-build -nologo --logger "trx" --logger "console;verbosity=$verbosity" \
  --results-directory "$results" --blame-hang --blame-hang-timeout ${hang}s "$@" || status=$?

passed=0 failed=0 skipped=0
for file in "$results"/*.trx; do
  [ -e "$file" ] || continue
  counters=$(grep -o '<Counters [^>]*>' "$file")
  count() { printf '%s' "$counters" | sed -E "s/.* $1=\"([0-9]+)\".*/\1/"; }
  passed=$((passed + $(count passed)))
  failed=$((failed + $(count failed)))
  skipped=$((skipped + $(count total) - $(count executed)))
done
# What scenarios have measured.
grep -hoE '(chaos of seed [0-9]+|kill -9 of a [^<]*)' "$results"/*.trx || true
# Names and messages of an outcome, of which the console's log keeps too little where only its end is seen.
tell() {
  awk -v outcome="outcome=\"$1\"" '
    /<UnitTestResult / { told = index($0, outcome); if (told) { match($0, /testName="[^"]*"/); print "  " substr($0, RSTART + 10, RLENGTH - 11) } }
    told && /<Message>/ { inside = 1; lines = 0; sub(/.*<Message>/, "") }
    inside { last = sub(/<\/Message>.*/, ""); if (lines++ < 20) print "    " $0; if (last) inside = 0 }
  ' "$results"/*.trx | sed -e 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&#xD;//g; s/&amp;/\&/g'
}
if [ "$skipped" -ne 0 ]; then echo "skipped, and what they need:"; tell NotExecuted; fi
if [ "$failed" -ne 0 ]; then echo "failed:"; tell Failed; fi
if [ "$status" -eq 0 ] && [ "$passed" -eq 0 ]; then echo "no test was run" >&2; status=1; fi
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"

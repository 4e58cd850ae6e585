#!/usr/bin/env bash
# Trains: all arguments go to `cluster-train train`; without any, the XOR job on two local workers,
# portable: its hash is the one in the README on every machine.
# On a fresh machine this is the only command needed: it checks what is missing and installs it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$root/deploy/prerequisites.sh"
# The build's summary would be the first thing that everybody reads: its output is shown only where it fails.
echo "building" >&2
output=$(dotnet build "$root/src/Cluster.Train.Cli" -c Release -nologo -v quiet -clp:ErrorsOnly 2>&1) || { printf '%s\n' "$output" >&2; exit 1; }
if [ "$#" -eq 0 ]; then set -- xor --workers 2 --portable; fi
exec "$root/src/Cluster.Train.Cli/bin/Release/net10.0/cluster-train" train "$@"

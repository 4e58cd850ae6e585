#!/usr/bin/env bash
# From an empty folder with nothing but the packed packages: template, build, train, test under faults, a cluster of processes one
# of which is killed. Prints a transcript (docs/packages.md has it); ends with 0 only where every hash is the same.
#   tests/Packages/template.sh FOLDER       (made by feed.sh)
set -euo pipefail
folder=$(realpath "$1")
unset NUGET_PACKAGES
cd "$folder"
run() { printf '$ %s\n' "$*"; "$@"; }
hash() { grep -o 'SHA-256 [0-9a-f]*' "$1" | tail -n 1; }
job=(--workers 3 --epochs 2000 --portable)

run dotnet new install feed/Cluster.Train.Templates.*.nupkg --debug:custom-hive "$folder/hive" >/dev/null
run dotnet new cluster-train -o Trainer --debug:custom-hive "$folder/hive" --no-update-check
cd Trainer
run dotnet build -c Release -nologo -v quiet -clp:ErrorsOnly
trainer=src/bin/Release/net10.0/Trainer
run $trainer train --workers 2 --portable
run dotnet test -c Release --no-build -nologo -v quiet
run $trainer train "${job[@]}" >alone.log
hash alone.log

# Worker 2 is killed once the job runs.
for port in $(shuf -i 20000-32000 -n 50); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break; done
nodes=()
trap 'kill -9 "${nodes[@]}" 2>/dev/null || true' EXIT
seed=(--seed-node "127.0.0.1:$port")
printf '$ %s\n' "$trainer coordinator ${job[*]} --min-workers 1 --listen 127.0.0.1:$port ${seed[*]} &"
$trainer coordinator "${job[@]}" --min-workers 1 --listen "127.0.0.1:$port" "${seed[@]}" >coordinator.log 2>&1 &
nodes+=($!)
for number in 1 2 3; do
  printf '$ %s\n' "$trainer worker --name worker-$number --listen 127.0.0.1:0 ${seed[*]} &"
  $trainer worker --name "worker-$number" --listen 127.0.0.1:0 "${seed[@]}" >"worker-$number.log" 2>&1 &
  nodes+=($!)
done
for _ in $(seq 1 3000); do
  if grep -q '^epoch' coordinator.log || ! kill -0 "${nodes[0]}" 2>/dev/null; then break; fi
  sleep 0.1
done
echo "\$ kill -9 of worker-2"
kill -9 "${nodes[2]}"
wait "${nodes[0]}" || { cat coordinator.log; exit 1; }
grep '^generation' coordinator.log
hash coordinator.log
grep -q '^generation 2' coordinator.log || { echo "error: the job was over before the worker was killed" >&2; exit 1; }
[ "$(hash alone.log)" = "$(hash coordinator.log)" ] || { echo "error: the hashes differ" >&2; exit 1; }

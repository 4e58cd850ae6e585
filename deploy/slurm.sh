#!/usr/bin/env bash
# A job on the nodes that Slurm gives it: a coordinator on the first, one that stands by on the second, a worker for each task.
#
#   sbatch --nodes=4 --ntasks-per-node=2 --cpus-per-task=8 deploy/slurm.sh TASK [OPTIONS OF THE COORDINATOR]
#
# Before its time is over, or when it is pre-empted, it stops at a step boundary with a checkpoint; started again by Slurm it
# goes on from there. Settings, from the environment:
#   PROGRAM  cluster-train, or a program of your own, where all nodes see it
#   STATE    a folder that all nodes see, for checkpoints and certificates (cluster-train-JOBID, where sbatch was called)
#   DATA     what the workers get as --data (nothing)
#   PORT     the first port: PORT and the next one are the coordinators', then two for each worker of a node (by the job's number)
#   LISTEN   0.0.0.0, or "node": only the address of the node's own name
#SBATCH --job-name=cluster-train
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --no-kill
#SBATCH --signal=B:USR1@180
set -euo pipefail
fail() { printf 'slurm: error: %s\n' "$1" >&2; exit 2; }

[ "$#" -gt 0 ] || fail "give a task, for example: sbatch --nodes=2 deploy/slurm.sh xor --portable"
[ -n "${SLURM_JOB_ID:-}" ] || fail "there is no SLURM_JOB_ID: start this with sbatch"
export PROGRAM=${PROGRAM:-cluster-train} LISTEN=${LISTEN:-0.0.0.0} DATA=${DATA:-}
export STATE=${STATE:-${SLURM_SUBMIT_DIR:-$PWD}/cluster-train-$SLURM_JOB_ID}
export PORT=${PORT:-$((20000 + SLURM_JOB_ID % 200 * 50))}
command -v "$PROGRAM" >/dev/null || fail "there is no program '$PROGRAM': give PROGRAM=PATH"
tasks=${SLURM_NTASKS:-${SLURM_JOB_NUM_NODES:-1}} threads=${SLURM_CPUS_PER_TASK:-1}
hosts=$(scontrol show hostnames "$SLURM_JOB_NODELIST") || fail "scontrol does not say which nodes '$SLURM_JOB_NODELIST' are"
mapfile -t nodes <<<"$hosts"
seeds=("${nodes[@]:0:2}")
SEEDS=$(IFS=,; echo "${seeds[*]/%/:$PORT}")
export SEEDS
mkdir -p "$STATE"
"$PROGRAM" certificates --dir "$STATE/certificates" >/dev/null

# What runs on a node, where this file is not.
# shellcheck disable=SC2317  # called there
node() {
  local role=$1 port=$PORT listen=$LISTEN
  shift
  if [ "$role" = worker ]; then
    port=$((PORT + 2 + 2 * SLURM_LOCALID))
    set -- "$@" --name "worker-$SLURM_PROCID"
    [ -z "$DATA" ] || set -- "$@" --data "$DATA"
    # Pre-emption signals all tasks at once. The coordinator stops the job, and the workers, whose state its checkpoint needs, end with it.
    trap '' TERM
  fi
  if [ "$listen" = node ]; then listen=$SLURMD_NODENAME; fi
  exec "$PROGRAM" "$role" "$@" --listen "$listen:$port" --advertise "$SLURMD_NODENAME:$port" --seed-node "$SEEDS" \
    --tls-cert "$STATE/certificates/node.pem" --tls-key "$STATE/certificates/node.key" --tls-ca "$STATE/certificates/ca.pem"
}
step() { exec srun --overlap --kill-on-bad-exit=0 "${@:1:4}" bash -c "$(declare -f node); node \"\$@\"" node "${@:5}"; }

coordinators=()
for host in "${seeds[@]}"; do
  step --nodes=1 --ntasks=1 --cpus-per-task=1 --nodelist="$host" coordinator "$@" --workers "$tasks" --threads "$threads" \
    --checkpoint-dir "$STATE/checkpoints" --resume &
  coordinators+=($!)
done
step --nodes="${#nodes[@]}" --ntasks="$tasks" --cpus-per-task="$threads" --nodelist="$(IFS=,; echo "${nodes[*]}")" worker &
workers=$!

stopped=
# srun passes signals on to its tasks. Slurm may have sent SIGTERM to them as well, and a second one ends at once: SIGHUP never does.
# shellcheck disable=SC2317  # called by signals
stop() { stopped=$1; kill "-$2" "${coordinators[@]}" 2>/dev/null || true; }
trap 'stop requeue TERM' USR1
trap 'stop end HUP' TERM INT

# A signal ends a wait, and not what is waited for.
status_of() {
  local status=0
  while wait "$1" || status=$?; kill -0 "$1" 2>/dev/null; do status=0; done
  return "$status"
}

# Coordinators that stand by end as the job does; one that was lost does not decide.
result=1
for pid in "${coordinators[@]}"; do
  status=0
  status_of "$pid" || status=$?
  if [ "$status" -eq 0 ] || [ "$result" -ne 0 ]; then result=$status; fi
done
status_of "$workers" || true
# Slurm itself starts again what it has pre-empted; what runs out of time asks for it.
if [ "$stopped" = requeue ] && [ "$result" -ne 0 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$result"

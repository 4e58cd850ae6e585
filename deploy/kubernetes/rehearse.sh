#!/usr/bin/env bash
# What Kubernetes does to the pods of these manifests, done to containers: workers come first, pods are evicted, killed, and made
# anew under the same name at another address, coordinators too. The arguments are those of the manifests. Needs docker alone.
#
#   docker build -f deploy/Dockerfile -t cluster-train . && deploy/kubernetes/rehearse.sh
#
# Settings, from the environment: IMAGE (cluster-train), EPOCHS of the job that is disturbed (6000).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
image=${IMAGE:-cluster-train} epochs=${EPOCHS:-6000}
set_name=cluster-train network=ct-rehearsal token=0123456789abcdef0123456789abcdef
patience=180 last_address=9 pods=()

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }
say() { printf '== %s\n' "$*"; }
fail() { printf 'rehearse: error: %s\n' "$1" >&2; exit "${2:-1}"; }
case ${1:-} in
  "") ;;
  -h | --help) usage; exit 0 ;;
  *) fail "there is no option '$1': --help says how this is called" 2 ;;
esac
docker image inspect "$image" >/dev/null 2>&1 || fail "there is no image '$image': docker build -f deploy/Dockerfile -t $image ." 2

sweep() {
  docker ps -aq --filter "network=$network" | xargs -r docker rm -f >/dev/null
  docker volume rm -f ct-rehearsal-certificates ct-rehearsal-checkpoints >/dev/null
  docker network rm "$network" >/dev/null 2>&1 || true
}
trap sweep EXIT
sweep
docker network create --subnet 10.99.0.0/24 "$network" >/dev/null

# The Secret: what `cluster-train certificates` makes, under the names that cert-manager uses.
docker run --rm --network none --entrypoint sh -u 0 -v ct-rehearsal-certificates:/state/certificates "$image" -c \
  "/program/cluster-train certificates --dir /tmp/c >/dev/null && cd /tmp/c && cp node.pem /state/certificates/tls.crt && cp node.key /state/certificates/tls.key \
   && cp ca.pem /state/certificates/ca.crt && chown 0:1654 /state/certificates/* && chmod 440 /state/certificates/*"

# The list below a key of a manifest's container, and a number.
arguments() { awk '/^          args:/ { on = 1; next } on && /^            - / { sub(/^            - /, ""); gsub(/^"|"$/, ""); print; next } on { exit }' "$here/$1.yaml"; }
grace() { awk '/terminationGracePeriodSeconds:/ { print $2 }' "$here/$1.yaml"; }

# A pod that a StatefulSet makes: always under its name, each time at another address.
pod() {
  local role=$1 name="$set_name-$1-$2" args=()
  shift 2
  last_address=$((last_address + 1))
  mapfile -t args < <(arguments "$role" | sed "s/\$(POD_NAME)/$name/")
  docker rm -f "$name" >/dev/null 2>&1 || true
  local limits=(--memory 1g)
  if [ "$role" = worker ]; then limits+=(--cpus 1 --shm-size 256m); else limits+=(-v ct-rehearsal-checkpoints:/state/checkpoints); fi
  # What ends with a failure is started again, as by the kubelet; what is evicted or killed here is not.
  docker run -d --restart on-failure --name "$name" --hostname "$name" --network "$network" --ip "10.99.0.$last_address" --network-alias "$name.$set_name-$role" \
    --user 1654:1654 --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges "${limits[@]}" \
    -e "POD_NAME=$name" -e "CLUSTER_TRAIN_HTTP_TOKEN=$token" -v ct-rehearsal-certificates:/state/certificates:ro "$image" "${args[@]}" "$@" >/dev/null
  case " ${pods[*]} " in *" $name "*) ;; *) pods+=("$name") ;; esac
}

# Waits for a line that comes after so many others.
lines() { docker logs "$1" 2>&1 | wc -l; }
writes() {
  local name=$1 pattern=$2 after=${3:-0} until=$((SECONDS + patience))
  until docker logs "$name" 2>&1 | tail -n "+$((after + 1))" | grep -E -m 1 "$pattern"; do
    if [ "$SECONDS" -ge "$until" ]; then docker logs --tail 20 "$name" >&2; fail "waited $patience s for $name to write /$pattern/"; fi
    sleep 0.5
  done
}
# As the kubelet ends a container: SIGTERM, and the grace period of its manifest.
evict() {
  local name="$set_name-$1-$2"
  docker stop -t "$(grace "$1")" "$name" >/dev/null
  docker logs --tail 1 "$name" 2>&1
  ends "$name" "$3"
}
ends() {
  local code
  code=$(docker inspect -f '{{.State.ExitCode}}' "$1")
  [ "$code" = "$2" ] || { docker logs --tail 20 "$1" >&2; fail "$1 ended with $code, not with $2"; }
}
# As the kubelet probes: HTTPS, no certificate, no token.
probe() {
  if ! command -v curl >/dev/null; then return; fi
  local address
  address=$(docker inspect -f "{{(index .NetworkSettings.Networks \"$network\").IPAddress}}" "$1")
  [ "$(curl -sk --max-time 10 -o /dev/null -w '%{http_code}' "https://$address:9464$2")" = "$3" ] || fail "$1 does not answer $3 at $2"
}
finish() {
  local hash wanted=$1 name
  for name in "${pods[@]}"; do writes "$name" 'staying until it is stopped' >/dev/null; probe "$name" /healthz/ready 200; done
  hash=$(docker logs "$2" 2>&1 | grep -oE 'SHA-256 [0-9a-f]{64}' | tail -n 1 | cut -d' ' -f2)
  say "$2: SHA-256 $hash"
  [ "$hash" = "$wanted" ] || fail "the hash should be $wanted"
  for name in "${pods[@]}"; do docker stop -t 60 "$name" >/dev/null; ends "$name" 0; docker rm "$name" >/dev/null; done
  docker run --rm --entrypoint sh -v ct-rehearsal-checkpoints:/state/checkpoints "$image" -c 'rm -rf /state/checkpoints/*'
  pods=()
}
alone() { docker run --rm --network none --read-only --tmpfs /tmp "$image" train xor --shards 3 --portable "$@" | grep -oE 'SHA-256 [0-9a-f]{64}' | cut -d' ' -f2; }

say "workers are there first, and their coordinators have no names yet"
for number in 0 1 2; do pod worker $number; done
writes "$set_name-worker-0" 'resolves yet'
probe "$set_name-worker-0" /healthz/live 200
probe "$set_name-worker-0" /healthz/ready 503
pod coordinator 0
pod coordinator 1
writes "$set_name-coordinator-1" 'standing by|the job is done'
finish "$(alone)" "$set_name-coordinator-0"

say "the same with $epochs epochs, disturbed"
more=(--epochs "$epochs")
pod coordinator 0 "${more[@]}"
writes "$set_name-coordinator-0" 'waiting for'
pod coordinator 1 "${more[@]}"
writes "$set_name-coordinator-1" 'standing by'
for number in 0 1 2; do pod worker $number; done
writes "$set_name-coordinator-0" 'epoch 5/'

say "a worker is evicted, and comes back at another address"
seen=$(lines "$set_name-coordinator-0")
evict worker 1 143
pod worker 1
writes "$set_name-coordinator-0" 'generation [0-9]+: 3 workers' "$seen"

say "a worker is killed, and comes back at another address"
seen=$(lines "$set_name-coordinator-0")
docker kill "$set_name-worker-2" >/dev/null
writes "$set_name-coordinator-0" 'generation [0-9]+: 2 workers' "$seen"
pod worker 2
writes "$set_name-coordinator-0" 'generation [0-9]+: 3 workers' "$seen"

say "the active coordinator is evicted, and stands by at another address"
evict coordinator 0 143
writes "$set_name-coordinator-1" 'taking over'
writes "$set_name-coordinator-1" 'generation [0-9]+: 3 workers'
pod coordinator 0 "${more[@]}"
writes "$set_name-coordinator-0" 'standing by'

say "the active coordinator is killed, and stands by at another address"
docker kill "$set_name-coordinator-1" >/dev/null
writes "$set_name-coordinator-0" 'taking over'
writes "$set_name-coordinator-0" 'generation [0-9]+: 3 workers'
pod coordinator 1 "${more[@]}"
writes "$set_name-coordinator-1" 'standing by'

say "all workers at once"
seen=$(lines "$set_name-coordinator-0")
for number in 0 1 2; do docker kill "$set_name-worker-$number" >/dev/null; done
for number in 2 0 1; do pod worker $number; done
writes "$set_name-coordinator-0" 'generation [0-9]+: [1-3] worker' "$seen"
patience=900
finish "$(alone "${more[@]}")" "$set_name-coordinator-0"
say "done"

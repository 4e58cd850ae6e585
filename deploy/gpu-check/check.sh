#!/usr/bin/env bash
# Checks Cluster.Train on this machine's GPU: that it computes the same bits however it is run, how fast it is beside
# plain PyTorch, that it survives the loss of a worker, what it holds in memory, and what it says where CUDA is missing.
#
#   ./check.sh --data DIR [OPTIONS]
#
#   --data DIR       holds mnist-t10k/ (MNIST's t10k files, .gz or not) and tinyshakespeare/input.txt
#   --device DEVICE  cuda (default), or cpu: a rehearsal, whose speeds mean nothing
#   --libtorch DIR   the folder with libtorch.so; default: that of Python's torch
#   --out DIR        where results.json, results.tsv and each run's log go; default ./results
#   --parts LIST     only these, separated by commas: doctor,bits,speed,exchange,killed,memory,missing,ddp
#   --limit SECONDS  what has not begun by then is not run; default 400 on cuda, 3600 on cpu
#   --quick          fewer steps and shorter measurements
#   --help           this text
#
# Needs a python3 with torch (or name one: PYTHON=/path/to/python3 ./check.sh ...). Ends with one table, and with exit code
# 0 if all is well, 1 if anything failed, 2 if it was called wrongly.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }
fail() { printf 'check: error: %s\n' "$*" >&2; exit 2; }

device=cuda libtorch="" data="" out=results parts=doctor,bits,speed,exchange,killed,memory,missing,ddp limit="" quick=no
while [ "$#" -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --quick) quick=yes; shift; continue ;;
    --device | --libtorch | --data | --out | --parts | --limit) [ "$#" -ge 2 ] || fail "$1 needs a value; --help tells more" ;;
    *) fail "there is no option '$1'; --help lists them" ;;
  esac
  case $1 in
    --device) device=$2 ;; --libtorch) libtorch=$2 ;; --data) data=$2 ;;
    --out) out=$2 ;; --parts) parts=$2 ;; --limit) limit=$2 ;;
  esac
  shift 2
done

case $device in cuda | cpu) ;; *) fail "--device is '$device': give cuda or cpu" ;; esac
[ -n "$data" ] || fail "give --data DIR, a folder with mnist-t10k/ and tinyshakespeare/"
for part in mnist-t10k tinyshakespeare; do [ -d "$data/$part" ] || fail "--data is '$data', but there is no folder '$data/$part'"; done
if [ -z "$limit" ]; then case $device in cuda) limit=400 ;; *) limit=3600 ;; esac; fi
[[ $limit =~ ^[1-9][0-9]{0,5}$ ]] || fail "--limit is '$limit': give whole seconds"
for part in ${parts//,/ }; do
  case $part in
    doctor | bits | speed | exchange | killed | memory | missing | ddp) ;;
    *) fail "--parts has '$part'; there are doctor, bits, speed, exchange, killed, memory, missing, ddp" ;;
  esac
done
[ -x "$here/app/cluster-train" ] || fail "there is no program '$here/app/cluster-train': unpack the bundle that gpu-check.sh makes"
if ! mkdir -p "$out" 2>/dev/null || [ ! -w "$out" ]; then fail "--out is '$out', in which nothing can be written"; fi

python="" packages=""
for candidate in ${PYTHON:+"$PYTHON"} python3 /usr/bin/python3; do
  if packages=$("$candidate" -c 'import os, torch; print(os.path.dirname(os.path.dirname(torch.__file__)))' 2>/dev/null); then python=$candidate; break; fi
done
[ -n "$python" ] || fail "no python3 with torch found; name one: PYTHON=/path/to/python3 $0"

library_path=""
if [ -z "$libtorch" ]; then
  libtorch=$packages/torch/lib
  library_path=$libtorch
  for folder in "$packages"/nvidia/*/lib; do if [ -d "$folder" ]; then library_path=$library_path:$folder; fi; done
fi
[ -e "$libtorch/libtorch.so" ] || fail "there is no libtorch.so in '$libtorch'; give its folder as --libtorch DIR"
libtorch=$(cd "$libtorch" && pwd)

work=$(mktemp -d)
child=""
# shellcheck disable=SC2317  # the trap calls it
finish() {
  if [ -n "$child" ]; then kill "$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
# The program finds libtorch beside itself.
cp -a "$here/app" "$work/app"
for library in "$libtorch"/*.so*; do ln -s "$library" "$work/app/"; done

status=0
PYTHONDONTWRITEBYTECODE=1 "$python" "$here/main.py" --device "$device" --app "$work/app" --library-path "$library_path" --data "$data" \
  --work "$work" --out "$out" --parts "$parts" --limit "$limit" --quick "$quick" &
child=$!
wait "$child" || status=$?
child=""
exit "$status"

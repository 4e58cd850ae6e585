#!/usr/bin/env bash
# Checks the GPU path on a machine that has an NVIDIA GPU and a Python with PyTorch for CUDA, but no .NET and no network.
#
#   deploy/gpu-check.sh bundle FILE.tar.xz      here, with .NET: the program with its runtime and the check, without libtorch
#
# and there, in an empty folder:
#
#   tar xJf FILE.tar.xz && ./check.sh --data DIR      (./check.sh --help says the rest)
#
# libtorch is that of the Python there; what TorchSharp was built for and that version must get on with each other, which
# 2.10 and 2.11 do. Where another does not, TorchSharp's own C++ sources compile against it within a minute
# (g++ -std=c++17 -O2 -fPIC, include paths torch/include and torch/include/torch/csrc/api/include, linked with -ltorch
# -ltorch_cpu -lc10), and the libLibTorchSharp.so that comes out replaces the one in app/.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
most=$((50 * 1000 * 1000))

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }
fail() { printf 'gpu-check: error: %s\n' "$1" >&2; exit "${2:-2}"; }

case ${1:-} in
  -h | --help | help) usage; exit 0 ;;
  bundle) ;;
  "") fail "give a command: $0 bundle FILE.tar.xz, or --help" ;;
  *) fail "there is no command '$1'; there is: $0 bundle FILE.tar.xz, or --help" ;;
esac
if [ "$#" -ne 2 ]; then fail "give one file for the bundle: $0 bundle FILE.tar.xz"; fi
file=$2
case $file in *.tar.xz) ;; *) fail "'$file' does not end in .tar.xz" ;; esac
[ -d "$(dirname "$file")" ] || fail "there is no folder '$(dirname "$file")' for the bundle"
command -v xz >/dev/null || fail "no 'xz' found; install xz-utils"
"$root/deploy/prerequisites.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bundle"
echo "building" >&2
output=$(dotnet publish "$root/src/Cluster.Train.Cli" -c Release -r linux-x64 --self-contained true -p:DebugType=none \
  -nologo -v quiet -clp:ErrorsOnly -o "$work/bundle/app" 2>&1) || fail "the program does not build: ${output:0:500}" 1
# libtorch comes from the machine that is checked: these are 500 MB.
(cd "$work/bundle/app" && rm -f libtorch*.so libc10*.so libgomp* libnnapi* libbackend* libjit* libshm.so libaoti* ./*.pdb ./*.xml)
cp "$root"/deploy/gpu-check/*.py "$root/deploy/gpu-check/check.sh" "$work/bundle/"
tar -C "$work/bundle" -c . | xz -T0 -6 >"$work/bundle.tar.xz"
size=$(stat -c %s "$work/bundle.tar.xz")
if [ "$size" -gt "$most" ]; then fail "the bundle has $size bytes, more than $most" 1; fi
mv "$work/bundle.tar.xz" "$file"
echo "$file: $((size / 1000000)) MB"

#!/usr/bin/env bash
# Whether --portable gives the bits of this processor on others: runs a command of cluster-train on emulated ones, each with
# its own maker, instructions and caches as CPUID tells them, and compares what it prints of its bits.
#   tests/other-processors.sh                                   the class of numerics, about 20 s each
#   tests/other-processors.sh train xor --shards 2              a training, about two minutes each
# Needs QEMU 8 or later (qemu-user; earlier ones crash .NET programs now and then). QEMU computes AVX2, not AVX-512.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
qemu=${QEMU:-qemu-x86_64}
read -ra processors <<<"${PROCESSORS:-Haswell Skylake-Server SapphireRapids EPYC EPYC-Milan YongFeng}"
[ $# -gt 0 ] || set -- numerics

command -v "$qemu" >/dev/null || { echo "error: $qemu not found: install qemu-user, or give its path as QEMU" >&2; exit 2; }
dotnet build "$root/src/Cluster.Train.Cli" -c Release -nologo -v quiet -clp:ErrorsOnly
dotnet=$(readlink -f "$(command -v dotnet)")
program=$root/src/Cluster.Train.Cli/bin/Release/net10.0/cluster-train.dll
# A memory page that is writable here and executable there, and the collector's signals, are what QEMU is slow or wrong with.
export DOTNET_EnableWriteXorExecute=0 DOTNET_TieredCompilation=0 DOTNET_gcConcurrent=0 DOTNET_GCgen0size=0x100000000

bits() { grep -oE '[0-9a-f]{8}(-[0-9a-f]{8}){4,}|SHA-256 [0-9a-f]{64}' || true; }

own=$(dotnet "$program" "$@" --portable | bits)
echo "this processor: ${own:-nothing printed}"
failed=0
for processor in "${processors[@]}"; do
  theirs=$("$qemu" -cpu "$processor" "$dotnet" "$program" "$@" --portable 2>/dev/null | bits) || true
  if [ -n "$own" ] && [ "$theirs" = "$own" ]; then echo "$processor: the same"; else echo "$processor: ${theirs:-nothing printed}"; failed=1; fi
done
exit "$failed"

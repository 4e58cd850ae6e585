#!/usr/bin/env bash
# Makes what TLS between the nodes needs, for development and for a closed network: a certificate authority of your
# own, and one certificate with its key, which all nodes of one cluster share.
#
#   deploy/make-certificates.sh DIRECTORY
#
# DIRECTORY receives ca.pem, ca.key, node.pem, node.key (PEM, keys readable by the owner only). Existing files are kept:
# an authority that exists signs the new node certificate. Give the nodes --tls-cert node.pem --tls-key node.key
# --tls-ca ca.pem; keep ca.key off them. A certificate proves that a node belongs to the cluster, not at which address:
# nodes come and go under any.
# It is the program's own command `certificates`; compose uses that directly.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ "$#" -ne 1 ]; then echo "make-certificates: error: give the directory for the certificates: $0 DIRECTORY" >&2; exit 2; fi
"$root/deploy/prerequisites.sh"
dotnet build "$root/src/Cluster.Train.Cli" -c Release -nologo -v quiet -clp:ErrorsOnly >&2
exec "$root/src/Cluster.Train.Cli/bin/Release/net10.0/cluster-train" certificates --dir "$1"

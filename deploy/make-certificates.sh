#!/usr/bin/env bash
# Makes what TLS between the nodes needs, for development and for a closed network: a certificate authority of your
# own, and one certificate with its key, which all nodes of one cluster share.
#
#   deploy/make-certificates.sh DIRECTORY [NAME…]
#
# DIRECTORY receives ca.pem, ca.key, node.pem, node.key (PEM, keys readable by the owner only). NAMEs are further host
# names or addresses for which the node certificate is valid, besides localhost, the compose services' names and this
# host's. Existing files are kept: an authority that exists signs the new node certificate. Give the nodes
# --tls-cert node.pem --tls-key node.key --tls-ca ca.pem; keep ca.key off them.
set -euo pipefail

fail() { printf 'make-certificates: error: %s\n' "$*" >&2; exit 2; }

[ "$#" -ge 1 ] || fail "give the directory for the certificates: $0 DIRECTORY [NAME…]"
command -v openssl >/dev/null || fail "openssl is not installed"
directory=$1
shift
mkdir -p "$directory"
umask 077
days=825

if [ ! -e "$directory/ca.pem" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$days" \
    -subj "/CN=Cluster.Train development CA" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout "$directory/ca.key" -out "$directory/ca.pem" 2>/dev/null
  echo "made the authority $directory/ca.pem"
fi
if [ -e "$directory/node.pem" ]; then
  echo "kept $directory/node.pem"
  exit 0
fi
[ -e "$directory/ca.key" ] || fail "$directory/ca.pem exists without ca.key: its key is needed to sign a node certificate"

names="DNS:localhost,IP:127.0.0.1,IP:::1,DNS:cluster-train,DNS:coordinator-a,DNS:coordinator-b,DNS:worker,DNS:$(hostname)"
for name in "$@"; do
  case $name in
    *[!0-9.:a-fA-F]*) names="$names,DNS:$name" ;;
    *.*.*.* | *:*) names="$names,IP:$name" ;;
    *) names="$names,DNS:$name" ;;
  esac
done
request=$(mktemp)
extensions=$(mktemp)
trap 'rm -f "$request" "$extensions"' EXIT
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\nkeyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\n' "$names" >"$extensions"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=cluster-train" \
  -keyout "$directory/node.key" -out "$request" 2>/dev/null
openssl x509 -req -in "$request" -CA "$directory/ca.pem" -CAkey "$directory/ca.key" -CAcreateserial \
  -days "$days" -extfile "$extensions" -out "$directory/node.pem" 2>/dev/null
chmod 644 "$directory/ca.pem" "$directory/node.pem"
echo "made the node certificate $directory/node.pem for $names"

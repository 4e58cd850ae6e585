#!/usr/bin/env bash
# What this project needs of a machine, checked, and installed where it is missing:
#   - a .NET SDK of the version in global.json (never installed from here: the message says where to get it);
#   - a C++ runtime new enough for libtorch (GLIBCXX_3.4.32, GCC 13). Ubuntu 24.04 and Debian 13 have it;
#     on Debian 12 the package libstdc++6 (and libc6 with it) is taken from the next Debian release.
# Changes nothing on a machine that lacks nothing. Exit code 2 when something is missing and cannot be installed.
set -euo pipefail

need_glibcxx=GLIBCXX_3.4.32

say() { printf 'prerequisites: %s\n' "$*" >&2; }
fail() { printf 'prerequisites: error: %s\n' "$*" >&2; exit 2; }

check_sdk() {
  command -v dotnet >/dev/null || fail "no 'dotnet' found. Install the .NET SDK 10: https://dotnet.microsoft.com/download/dotnet/10.0"
  local root; root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  (cd "$root" && dotnet --version >/dev/null 2>&1) || fail "the .NET SDK found is not one that global.json accepts. Install the .NET SDK 10: https://dotnet.microsoft.com/download/dotnet/10.0"
}

runtime_path() {
  local path
  path=$(ldconfig -p 2>/dev/null | awk '/libstdc\+\+\.so\.6 .*x86-64/ { print $NF; exit }')
  printf '%s' "$path"
}

has_runtime() {
  local path; path=$(runtime_path)
  [ -n "$path" ] && grep -aq "$need_glibcxx" "$path"
}

# The first archive (not the security one) that apt itself uses on this machine.
debian_archive() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null \
    | grep -vE '^[[:space:]]*#' | grep -oE 'https?://[^[:space:]]+/debian/?([[:space:]]|$)' | head -n 1 | tr -d '[:space:]' || true
}

install_runtime() {
  local id=unknown version=unknown archive lists
  # shellcheck disable=SC1091  # written by the distribution
  if [ -r /etc/os-release ]; then id=$(. /etc/os-release; echo "${ID:-unknown}"); version=$(. /etc/os-release; echo "${VERSION_ID:-unknown}"); fi
  [ "$id:$version" = debian:12 ] || fail "libstdc++ is too old for libtorch (no $need_glibcxx; GCC 13 or newer is needed) and only Debian 12 is mended from here; this is $id $version. Install a newer libstdc++6, or use the Docker image."
  archive=$(debian_archive)
  [ -n "$archive" ] || fail "libstdc++ is too old for libtorch and no Debian archive stands in /etc/apt/sources.list*. Install libstdc++6 of Debian 13 by hand."
  [ "$(id -u)" = 0 ] || fail "libstdc++ is too old for libtorch (no $need_glibcxx). Run 'sudo deploy/prerequisites.sh' once: it installs libstdc++6 and libc6 of Debian 13."
  say "libstdc++ has no $need_glibcxx; installing libstdc++6 (with libc6) of Debian 13 from this machine's own Debian archive"
  lists=$(mktemp -d)
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' "$archive" >"$lists/sources.list"
  mkdir -p "$lists/lists/partial"
  local options=(-o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::Lists=$lists/lists")
  if ! { apt-get "${options[@]}" update -qq \
      && DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install -y -qq --no-install-recommends \
           -o Dpkg::Options::=--force-confold libstdc++6; } >"$lists/log" 2>&1; then
    tail -n 20 "$lists/log" >&2
    fail "apt-get could not install libstdc++6 (its last lines stand above)"
  fi
  rm -rf "$lists"
  has_runtime || fail "libstdc++6 was installed, but $(runtime_path) still lacks $need_glibcxx"
  say "done: $(runtime_path) has $need_glibcxx"
}

check_sdk
has_runtime || install_runtime

#!/usr/bin/env bash
# Packs what has been built into FOLDER/feed and has every project below FOLDER take it from there:
#   tests/Packages/feed.sh CONFIGURATION FOLDER
# Other packages come from this machine's folder of packages, where building has put them; what is unpacked stays in FOLDER.
set -euo pipefail
configuration=$1 folder=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")"
dotnet msbuild pack.proj -nologo -verbosity:quiet -p:Configuration="$configuration" -p:Feed="$folder/feed"
cat >"$folder/nuget.config" <<XML
<configuration>
  <config><add key="globalPackagesFolder" value="$folder/packages" /></config>
  <packageSources><add key="packed" value="$folder/feed" /></packageSources>
  <fallbackPackageFolders><add key="machine" value="${NUGET_PACKAGES:-$HOME/.nuget/packages}" /></fallbackPackageFolders>
</configuration>
XML
# No list of advisories is fetched, and nothing of this repository's settings holds in FOLDER.
cat >"$folder/Directory.Build.props" <<XML
<Project><PropertyGroup><NuGetAudit>false</NuGetAudit></PropertyGroup></Project>
XML
ls "$folder/feed"

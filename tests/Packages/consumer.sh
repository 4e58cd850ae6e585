#!/usr/bin/env bash
# A stranger's project against the packed files, outside the repository: builds it and trains.
#   tests/Packages/consumer.sh FOLDER       (made by feed.sh)
set -euo pipefail
folder=$(realpath "$1") root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
unset NUGET_PACKAGES
mkdir "$folder/consumer"
cp "$root"/tests/Cluster.Train.Consumer/{*.cs,*.csproj} "$folder/consumer"
package=$(basename "$folder"/feed/Cluster.Train.Hosting.*.nupkg .nupkg)
sed -i "s|<ProjectReference .*Cluster.Train.Hosting.csproj\" />|<PackageReference Include=\"Cluster.Train.Hosting\" Version=\"${package#Cluster.Train.Hosting.}\" />|" \
  "$folder/consumer/Cluster.Train.Consumer.csproj"
cd "$folder/consumer"
dotnet build -c Release -nologo -v quiet -clp:ErrorsOnly
bin/Release/net10.0/spiral-trainer train --workers 2 --epochs 5 --portable

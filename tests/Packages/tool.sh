#!/usr/bin/env bash
# The tool from the packed files: installs it below FOLDER and trains.
#   tests/Packages/tool.sh FOLDER       (made by feed.sh)
set -euo pipefail
folder=$(realpath "$1")
unset CLUSTER_TRAIN_LIBTORCH
package=$(basename "$folder"/feed/cluster-train.*.nupkg .nupkg)
cd "$folder"
dotnet tool install cluster-train --tool-path "$folder/tools" --version "${package#cluster-train.}" --configfile "$folder/nuget.config"
"$folder/tools/cluster-train" train xor --workers 2 --portable

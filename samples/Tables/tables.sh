#!/bin/sh
# Three tables, trained and then used for rows that have no target, by options alone:
#   tables.sh FOLDER OUT    with penguins.csv, auto-mpg.data and winequality-red.csv (named real-…) in FOLDER; OUT gets checkpoints and predictions
# Sources: allisonhorst/palmerpenguins; UCI Machine Learning Repository, "Auto MPG" and "Wine Quality".
set -eu
data=$1 out=$2
run=${CLUSTER_TRAIN:-"dotnet run -c Release --project $(dirname "$0")/../../src/Cluster.Train.Cli --"}
mkdir -p "$out"

# Classes; islands and sexes are categories, and some birds were not measured.
$run train table --data "$data/real-penguins.csv" --target species --categorical island,sex --missing median,category \
    --epochs 20 --workers 2 --portable --checkpoint-dir "$out/penguins"
cut -d, -f2- "$data/real-penguins.csv" > "$out/birds.csv"
$run predict table --checkpoint "$out/penguins" --data "$out/birds.csv" --output "$out/species.csv"

# A quantity, in a file without header; of the columns, the country of origin (1, 2 or 3) is a category.
$run train table --data "$data/real-auto-mpg.data" --columns mpg,cylinders,displacement,horsepower,weight,acceleration,year,origin,name \
    --target mpg --kind quantity --ignore name --categorical origin --missing median --workers 2 --portable --checkpoint-dir "$out/auto-mpg"
cut -d, -f2- "$data/real-auto-mpg.data" | grep . > "$out/cars.csv"
$run predict table --checkpoint "$out/auto-mpg" --data "$out/cars.csv" --output "$out/mpg.csv"

# A quantity; semicolons, and names of columns in quotes.
$run train table --data "$data/real-winequality-red.csv" --delimiter semicolon --target quality --kind quantity \
    --workers 2 --portable --checkpoint-dir "$out/wine"
cut -d';' -f1-11 "$data/real-winequality-red.csv" > "$out/wines.csv"
$run predict table --checkpoint "$out/wine" --data "$out/wines.csv" --output "$out/quality.csv"

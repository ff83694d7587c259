#!/usr/bin/env bash
# Runs the published flow command beside the one with a runtime; what they print and write must be the same:
#   test.sh FOLDER
# FOLDER is what publish.sh filled. The other command is that of the solution's build.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: test.sh FOLDER" >&2; exit 2; }
native=$(cd "$1" && pwd)/flow
managed=$(cd "$(dirname "$0")/../cli/bin/Release/net10.0" && pwd)/flow
data=$(cd "$(dirname "$0")/../../tests/FlowEngine.Tests/Data" && pwd)
FLOWENGINE_ONNXRUNTIME=$(echo "$data"/../bin/Release/net10.0/runtimes/*/native/libonnxruntime.so)
export FLOWENGINE_ONNXRUNTIME
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# An ONNX network: AveragePool of 8x8 pixels, from (1, 3, 32, 32) to (1, 3, 4, 4).
base64 --decode >network.onnx <<'END'
CAg6ewo8CgF4EgF5IgtBdmVyYWdlUG9vbCoVCgxrZXJuZWxfc2hhcGWgAQdACEAIKhAKB3N0cmlkZXOgAQdACEAIEgFnWhsKAXgSFgoUCAESEAoCCAEKAggDCgIIIAoC
CCBiGwoBeRIWChQIARIQCgIIAQoCCAMKAggECgIIBEIECgAQEQ==
END

# Commands that read and write each kind of file. What training prints has times in it and is not compared.
commands='
mkdir "$2" && cd "$2"
flow=$1
"$flow" train --data two-moons --model maf --blocks 2 --hidden 16 --epochs 1 --out moons >"$2.log"
"$flow" eval moons/checkpoint.safetensors --data two-moons --json | sed "s/,\"seconds\".*//" >eval.json
"$flow" score moons/checkpoint.safetensors --data two-moons --out scores.csv
"$flow" sample moons/checkpoint.safetensors --count 5 --out rows.csv
"$flow" train --data digits --steps 1 --hidden 8 --images 640 --out digits >>"$2.log"
"$flow" sample digits/checkpoint.safetensors --count 4 --out picture.png
"$flow" info digits/checkpoint.safetensors >info.txt
"$flow" prepare "$3/Pictures" prepared --size 8 --rgb >>"$2.log" 2>&1
"$flow" train --data "$3/Tables/rows.csv" --label kind --model maf --blocks 1 --hidden 8 --epochs 1 --out table >>"$2.log"
for table in rows-arrow-cpp-v1.parquet rows-polars-gzip.parquet rows-polars-lz4.arrow rows-js.arrows; do
    "$flow" score table --data "$3/Tables/$table" --out "$table.csv" >>"$2.log" 2>&1
done
"$flow" detect --data "$3/Pictures" --network ../network.onnx --positions --out detector >>"$2.log"
"$flow" score detector --data "$3/Pictures" --out pictures.csv --heat-maps maps
if "$flow" eval no-such-file --data digits 2>error.txt; then exit 1; fi
'
try() {
    bash -euo pipefail -c "$commands" try "$1" "$work/$2" "$data"
}

try "$managed" managed
for image in v3 v4; do
    if FLOWENGINE_IMAGE=$image "$native" --version >version.txt 2>&1; then
        FLOWENGINE_IMAGE=$image try "$native" "native-$image"
        if FLOWENGINE_IMAGE=$image "$native" export managed/digits digits.onnx 2>error.txt; then exit 1; fi
        grep --quiet "writes no ONNX files" error.txt
        diff --recursive --exclude metrics.jsonl --exclude report.html managed "native-$image"
        echo "the $image image does as the command with a runtime"
    else
        cat version.txt
        [ "$image" = v4 ] || exit 1
    fi
done

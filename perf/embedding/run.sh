#!/usr/bin/env bash
# What docs/embedding.md measures:
#   perf/embedding/run.sh LIBRARIES
# LIBRARIES is the folder that bindings/native/publish.sh filled.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: run.sh LIBRARIES" >&2; exit 2; }
libraries=$(cd "$1" && pwd)
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LD_LIBRARY_PATH="$libraries" FLOWENGINE_CUDA_LIBRARY=/nowhere FLOWENGINE_OPENCL_LIBRARY=/nowhere
warnings="-O2 -Wall -Wextra -Werror"
gcc -std=c11 $warnings startup.c -o "$work/startup" -ldl
g++ -std=c++17 $warnings -I../../bindings/c/include embedding.cpp -o "$work/embedding" -L"$libraries" -lflowengine -lpthread
for _ in 1 2 3 4 5 6 7; do
    "$work/startup" "$libraries/libflowengine.so"
done
"$work/embedding"

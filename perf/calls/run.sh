#!/usr/bin/env bash
# What a call of the C API costs beside the same call of the engine in C#:
#   perf/calls/run.sh LIBRARIES [CALLS]
# LIBRARIES is the folder that bindings/native/publish.sh filled. CALLS are made of each side in all; a million without it.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: run.sh LIBRARIES [CALLS]" >&2; exit 2; }
libraries=$(cd "$1" && pwd)
cd "$(dirname "$0")"
mkdir -p obj
gcc -std=c11 -O2 -Wall -Wextra -Werror -fPIC -shared -I../../bindings/c/include calls.c -o obj/libcalls.so
dotnet build --configuration Release --nologo --verbosity quiet
bin/Release/net10.0/calls "$libraries/libflowengine.so" "$PWD/obj/libcalls.so" "${2:-1000000}"

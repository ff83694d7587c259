#!/usr/bin/env bash
# Publishes the program and runs it twice: with the drivers of this machine, and with all of them hidden.
set -euo pipefail
cd "$(dirname "$0")"
out=bin/smoke
dotnet publish --configuration Release --runtime linux-x64 --output "$out" --nologo --verbosity quiet
"$out/FlowEngine.AotSmoke"
hidden=$(FLOWENGINE_CUDA_LIBRARY=/none FLOWENGINE_OPENCL_LIBRARY=/none "$out/FlowEngine.AotSmoke")
echo "$hidden"
grep -q '^no CUDA driver' <<<"$hidden"
grep -q '^no OpenCL' <<<"$hidden"
grep -q '^emulator: ' <<<"$hidden"

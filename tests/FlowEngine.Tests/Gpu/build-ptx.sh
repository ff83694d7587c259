#!/usr/bin/env bash
# Makes RunnerKernels.sm_80.ptx from RunnerKernels.c anew. Needs clang-19.
set -euo pipefail
cd "$(dirname "$0")"
{
    printf '// flowengine-sha256: %s\n' "$(sha256sum RunnerKernels.c | cut -d ' ' -f 1)"
    cat ../../../kernels/FlowEngine.KernelCompiler/Preludes/cuda.h RunnerKernels.c |
        clang-19 -x cuda --cuda-device-only -nocudainc -nocudalib -nostdinc -S -O3 --cuda-gpu-arch=sm_80 \
            --cuda-feature=+ptx75 -ffp-contract=off -fwrapv -Wall -Wdouble-promotion -o - -
} > RunnerKernels.sm_80.ptx.new
mv RunnerKernels.sm_80.ptx.new RunnerKernels.sm_80.ptx

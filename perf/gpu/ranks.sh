#!/usr/bin/env bash
# Shows on a machine with two GPUs or more what ranks do there, in a few minutes:
#   ranks.sh FLOW [--ranks 2] [--by mpirun] [--rehearse]
# That checkpoints of one process in shards and of ranks on a GPU each are equal to the bit, and images a second of the reference
# Glow: of one rank, and of the ranks by NCCL in the exact and the fast order, and with MPI through the host. --by names the launcher,
# torchrun or one of MPI; without it all this is done by mpirun and by torchrun, where they are. --rehearse runs the same at a small
# size on stand-ins for the driver and for NCCL, where rates mean nothing.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,7s/^# //p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
flow=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
ranks=2
launchers=()
is_rehearsal=false
while [ $# -gt 0 ]; do
    case "$1" in
        --ranks) ranks=$2; shift 2 ;;
        --by) launchers=("$2"); shift 2 ;;
        --rehearse) is_rehearsal=true; shift ;;
        *) echo "ranks.sh: $1 is not an option; expected --ranks, --by or --rehearse" >&2; exit 2 ;;
    esac
done

if [ ${#launchers[@]} -eq 0 ]; then
    if command -v mpirun > /dev/null; then launchers+=(mpirun); else echo "ranks.sh: left out: there is no mpirun" >&2; fi

    # Debian's, of PyTorch 1.13, starts nothing with Python 3.11.
    if torchrun --no_python --nproc_per_node 1 true > /dev/null 2>&1; then
        launchers+=(torchrun)
    else
        echo "ranks.sh: left out: there is no torchrun that starts a program" >&2
    fi
    [ ${#launchers[@]} -gt 0 ] || exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
large=(--preset rosinality --levels 3 --steps 32 --hidden 512)
size=32
channels=3
batch=256
updates=30
small=(--data digits --steps 2 --hidden 128 --batch 64 --samples 640)
if [ "$is_rehearsal" = true ]; then
    source="$root/tests/FlowEngine.Tests/Gpu"
    "${CC:-gcc}" -shared -fPIC -O3 -march=native -fno-math-errno -fno-trapping-math -fno-strict-aliasing -ffp-contract=off \
        -fvisibility=hidden -o libcuda.so.1 "$source"/fake_cuda*.c "$source"/ptx_interpreter*.c -lpthread -lm
    "${CC:-gcc}" -shared -fPIC -O2 -fvisibility=hidden -o libnccl.so.2 "$source"/fake_nccl.c -lpthread
    export LD_LIBRARY_PATH="$work${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" FAKE_CUDA_DEVICES=$ranks
    unset FLOWENGINE_NCCL
    large=(--levels 2 --steps 1 --hidden 8)
    size=8
    channels=1
    batch=4
    updates=2
    small=(--data digits --steps 1 --hidden 128 --batch 8 --samples 16)
fi
common=(--schedule constant --warmup-images 64 --seed 3 --json)

python3 - "$size" "$channels" << 'END'
import random, sys
size, channels = int(sys.argv[1]), int(sys.argv[2])
header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': (1024, {size}, {size}, {channels}), }}"
with open("noise.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + header.ljust(117).encode() + b"\n")
    file.write(random.Random(1).randbytes(1024 * size * size * channels))
END

# PyTorch brings NCCL where the system's linker does not look.
if [ "$is_rehearsal" = false ] && [ -z "${FLOWENGINE_NCCL:-}" ] && ! ldconfig -p | grep -q 'libnccl\.so\.2'; then
    packaged=$(python3 -c 'import nvidia.nccl; print(list(nvidia.nccl.__path__)[0] + "/lib/libnccl.so.2")' 2> /dev/null || true)
    if [ -n "$packaged" ]; then export FLOWENGINE_NCCL=$packaged; fi
fi

# on COUNT ARGUMENT...: flow train on so many ranks of a launcher, of which each has its GPU.
on() {
    local count=$1
    shift
    case $by in
        torchrun) torchrun --no_python --nproc_per_node "$count" "$flow" train --device cuda "${common[@]}" "$@" ;;
        *) "$by" -n "$count" "$flow" train --device cuda "${common[@]}" "$@" ;;
    esac
}

# figure FILE NAME: of the last line of a run.
figure() { sed -nE 's/.*"kind":"done".*"'"$2"'":([0-9.eE+-]+).*/\1/p' "$1" | tail -n 1; }

# speed NAME RANKS ARGUMENT...: images a second.
speed() {
    local name=$1 count=$2
    shift 2
    on "$count" --data noise.npy "${large[@]}" --batch $((batch * count)) --samples $((batch * count * updates)) --shards "$count" "$@" \
        --out "$by-$name" > "$name.lines"
    awk -v name="$by, $name" -v images="$(figure "$name.lines" samples)" -v seconds="$(figure "$name.lines" seconds)" \
        -v sent="$(figure "$name.lines" sent_bytes)" -v updates="$updates" \
        'BEGIN { printf "%-24s %10.2f images/s, %8.3f MB sent an update\n", name, images / seconds, sent / updates / 1e6 }'
}

"$flow" train --device cuda:0 "${common[@]}" "${small[@]}" --shards "$ranks" --out one > one.lines
for by in "${launchers[@]}"; do
    on "$ranks" "${small[@]}" --shards "$ranks" --out "$by-ranks" > ranks.lines
    cmp one/checkpoint.safetensors "$by-ranks/checkpoint.safetensors"
    cmp one/training.safetensors "$by-ranks/training.safetensors"
    grep -q '"hidden_share":null' ranks.lines || { echo "ranks.sh: gradients did not travel by NCCL" >&2; exit 1; }
    echo "$by: $ranks ranks give the bits of one process"
    speed single 1
    speed exact "$ranks"
    speed fast "$ranks" --reduce fast
    if [ "$by" != torchrun ]; then FLOWENGINE_NCCL=none speed host "$ranks"; fi
done

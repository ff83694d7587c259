#!/usr/bin/env bash
# Trains on several ranks with every MPI of this machine, and compares what they write with what one process does:
#   ranks.sh FLOW COUNTS [--full]
# FLOW is the command; COUNTS receives "passed failed skipped". --full adds a run of all digits on 4 ranks of each MPI.
set -uo pipefail
[ $# -ge 2 ] || { echo "usage: ranks.sh FLOW COUNTS [--full]" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
flow=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
counts=$2
full=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
. "$root/tests/counting.sh"

# Gradients of several messages, of which the first leave while the backward pass runs.
small=(--data digits --steps 1 --hidden 128 --batch 32 --schedule constant --warmup-images 64 --threads 1 --seed 3)
table=(--data two-moons --model maf --blocks 1 --hidden 16 --epochs 2 --patience 1 --threads 1)

# ranks MPI COUNT ARGUMENT...: flow train on ranks.
ranks() {
    local mpi=$1 count=$2
    shift 2
    case $mpi in
        openmpi) mpirun.openmpi --oversubscribe --bind-to none -n "$count" "$flow" train "$@" ;;
        mpich) mpirun.mpich -n "$count" "$flow" train "$@" ;;
    esac
}

# same A B: two runs ended with the same files to the bit.
same() {
    cmp "$1/checkpoint.safetensors" "$2/checkpoint.safetensors" && cmp "$1/training.safetensors" "$2/training.safetensors"
}

# tells MPI COUNT ARGUMENT...: its last line says what the ranks cost.
tells() {
    ranks "$@" --json > told.jsonl || return 1
    tail -n 1 told.jsonl
    tail -n 1 told.jsonl \
        | grep -qE '"ranks":\{"size":2,"updates":20,"sent_bytes":[0-9]+,"seconds":[0-9.eE-]+,"hidden_share":[0-9.eE-]+\}'
}

# refuses MESSAGE COMMAND...: it fails, and one rank says why.
refuses() {
    local message=$1
    shift
    if "$@" > refused.txt 2>&1; then
        return 1
    fi
    cat refused.txt
    [ "$(grep -c "flow: $message" refused.txt)" -eq 1 ]
}

# loses MPI: a rank of an endless run is killed; the others end, one of them or the launcher says so, and the last checkpoint is whole.
loses() {
    local mpi=$1 victim="" started=$SECONDS
    ranks "$mpi" 2 "${small[@]}" --minutes 5 --out "lost-$mpi" > lost.txt 2>&1 &
    local job=$!
    until [ -s "lost-$mpi/metrics.jsonl" ] || [ $((SECONDS - started)) -gt 60 ]; do sleep 0.1; done
    for process in $(pgrep -f "train .*--out lost-$mpi\$"); do
        tr '\0' '\n' < "/proc/$process/environ" 2>/dev/null | grep -qE '^(OMPI_COMM_WORLD_RANK|PMI_RANK)=1$' && victim=$process
    done
    if [ -z "$victim" ]; then
        kill "$job"
        return 1
    fi
    kill -KILL "$victim"
    started=$SECONDS
    if wait "$job"; then
        return 1
    fi
    cat lost.txt
    grep -qE "flow: rank 1 .process $victim. is gone|BAD TERMINATION" lost.txt && [ $((SECONDS - started)) -le 20 ] && "$flow" info "lost-$mpi" > /dev/null \
        && ranks "$mpi" 4 --resume "lost-$mpi" --samples 1000000 --minutes 0.01
}

check "one process in shards" "$flow" train "${small[@]}" --images 640 --shards 8 --out one
check "a table in shards" "$flow" train "${table[@]}" --shards 8 --out one-table
check "half of it" "$flow" train "${small[@]}" --images 320 --shards 8 --out half
first=""
for mpi in openmpi mpich; do
    if ! command -v "mpirun.$mpi" > /dev/null; then
        skip "ranks by $mpi" "it is not installed"
        continue
    fi
    for count in 2 4; do
        check "$mpi: $count ranks" ranks "$mpi" "$count" "${small[@]}" --images 640 --out "$mpi-$count"
        check "$mpi: $count ranks give the bits of one process" same one "$mpi-$count"
    done
    if [ -z "$first" ]; then
        first=$mpi
        check "$mpi: early stopping on 2 ranks" ranks "$mpi" 2 "${table[@]}" --out "$mpi-table"
        check "$mpi: early stopping gives the bits of one process" same one-table "$mpi-table"
        cp -r half "$mpi-half"
        check "$mpi: 4 ranks go on with a run of one process" ranks "$mpi" 4 --resume "$mpi-half" --images 640
        check "$mpi: and end with its bits" cmp one/training.safetensors "$mpi-half/training.safetensors"
        check "$mpi: the fast order" tells "$mpi" 2 "${small[@]}" --images 640 --reduce fast --out "$mpi-fast"
    fi
    check "$mpi: bad input is told once" refuses "4 ranks cannot share 2 shards" \
        ranks "$mpi" 4 "${small[@]}" --images 640 --shards 2 --out refused
    check "$mpi: a killed rank" loses "$mpi"
    if [ "$full" = --full ]; then
        check "$mpi: GPUs on stand-ins" "$root/perf/gpu/ranks.sh" "$flow" --by "mpirun.$mpi" --rehearse
        check "$mpi: all digits on 4 ranks" ranks "$mpi" 4 --data digits --epochs 2 --threads 1 --out "$mpi-digits"
        [ -d digits ] || check "all digits" "$flow" train --data digits --epochs 2 --shards 8 --out digits
        check "$mpi: all digits to the bit" same digits "$mpi-digits"
    fi
done

# Debian's mpi4py is of Open MPI.
if [ ! -f "${FLOWENGINE_LIBRARY:-}" ]; then
    skip "mpi4py" "FLOWENGINE_LIBRARY names no library"
elif ! command -v mpirun.openmpi > /dev/null || ! /usr/bin/python3 -c 'import mpi4py, numpy' 2> /dev/null; then
    skip "mpi4py" "it is not installed with Open MPI"
else
    cat > fit.py << 'END'
import sys

import numpy

import flowengine

rows = numpy.random.default_rng(1).normal(size=(400, 3)).astype(numpy.float32)
ranks = None
if sys.argv[1] == "ranks":
    from mpi4py import MPI
    ranks = MPI.COMM_WORLD
flow = flowengine.MAF(blocks=1, hidden=16).fit(rows, epochs=2, batch_size=64, shards=8, communicator=ranks)
flow.save(f"{sys.argv[1]}-{ranks.Get_rank() if ranks else 0}.safetensors")
END
    export PYTHONPATH=$root/bindings/python
    check "mpi4py: one process" /usr/bin/python3 fit.py alone
    check "mpi4py: fit on 2 ranks" mpirun.openmpi --oversubscribe --bind-to none -n 2 /usr/bin/python3 fit.py ranks
    check "mpi4py: rank 0 has the bits of one process" cmp alone-0.safetensors ranks-0.safetensors
    check "mpi4py: rank 1 has them, too" cmp alone-0.safetensors ranks-1.safetensors
fi

echo "$passed $failed $skipped" > "$counts"
printf 'ranks: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]

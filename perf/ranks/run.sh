#!/usr/bin/env bash
# Measures weak scaling on this machine: one rank of one thread, against two that each have as many images, and against two that
# know nothing of each other, which is what the machine itself allows. In turns; medians are printed:
#   run.sh FLOW [--mpi openmpi|mpich] [--rounds 7] [--updates 60] [--reduce exact|fast]
# FLOW is the command, best the native one. The model is a small cousin of the reference Glow, on images of noise.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
flow=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
mpi=openmpi
rounds=7
updates=60
reduce=exact
while [ $# -gt 0 ]; do
    case "$1" in
        --mpi) mpi=$2 ;;
        --rounds) rounds=$2 ;;
        --updates) updates=$2 ;;
        --reduce) reduce=$2 ;;
        *) echo "run.sh: $1 is not an option; expected --mpi, --rounds, --updates or --reduce" >&2; exit 2 ;;
    esac
    shift 2
done
case "$mpi" in
    openmpi) two=(mpirun.openmpi --oversubscribe --bind-to core -n 2) ;;
    mpich) two=(mpirun.mpich -bind-to core -n 2) ;;
    *) echo "run.sh: --mpi is $mpi, expected openmpi or mpich" >&2; exit 2 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
batch=16
python3 - << 'END'
import random
header = "{'descr': '|u1', 'fortran_order': False, 'shape': (512, 32, 32, 3), }"
with open("noise.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + header.ljust(117).encode() + b"\n")
    file.write(random.Random(1).randbytes(512 * 32 * 32 * 3))
END
model=(--data noise.npy --levels 3 --steps 8 --hidden 128 --schedule constant --warmup-images 64 --threads 1 --seed 1)

# train NAME RANKS COMMAND...: its images a second, the median of its updates but the first quarter, go to NAME.rates.
train() {
    local name=$1 ranks=$2
    shift 2
    rm -rf "$name"
    "$@" "$flow" train "${model[@]}" --batch $((batch * ranks)) --images $((batch * ranks * updates)) --shards "$ranks" \
        --reduce "$reduce" --out "$name" --json > "$name.lines"
    sed -nE 's/.*"kind":"train".*"samples_per_s":([0-9.eE+]+).*/\1/p' "$name/metrics.jsonl" | tail -n +$((updates / 4)) | median >> "$name.rates"
}

median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# figure NAME: of the ranks, as the last line of two ranks tells it.
figure() { sed -nE 's/.*"kind":"done".*"ranks":\{[^}]*"'"$1"'":([0-9.eE+-]+).*/\1/p' two.lines | tail -n 1; }

: > hidden
: > seconds
for ((round = 0; round < rounds; round++)); do
    train one 1 taskset -c 0
    train two 2 "${two[@]}"
    figure hidden_share >> hidden
    awk -v s="$(figure seconds)" -v n="$(figure updates)" 'BEGIN { print 1000 * s / n }' >> seconds
    train left 1 taskset -c 0 &
    train right 1 taskset -c 1
    wait $!
done

awk -v one="$(median < one.rates)" -v two="$(median < two.rates)" -v left="$(median < left.rates)" -v right="$(median < right.rates)" \
    -v sent="$(figure sent_bytes)" -v n="$(figure updates)" -v hidden="$(median < hidden)" -v seconds="$(median < seconds)" \
    -v mpi="$mpi" -v reduce="$reduce" 'BEGIN {
    printf "%s, --reduce %s\n", mpi, reduce
    printf "one rank               %8.2f images/s\n", one
    printf "two ranks              %8.2f images/s, %.1f%% of twice one\n", two, 50 * two / one
    printf "two that do not share  %8.2f images/s, %.1f%% of twice one\n", left + right, 50 * (left + right) / one
    printf "two ranks reach        %8.1f%% of two that do not share\n", 100 * two / (left + right)
    printf "sent an update         %8.3f MB by each rank\n", sent / n / 1e6
    printf "hidden                 %8.1f%% of the gradients were summed during the backward pass\n", 100 * hidden
    printf "sums                   %8.2f ms an update, of %.1f\n", seconds, 1000 * 32 / two
}'

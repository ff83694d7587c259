#!/usr/bin/env bash
# Runs what a GPU machine would run, on a stand-in for its driver that interprets PTX, so that a first run on a GPU can only
# fail by the GPU:
#   rehearse.sh FOLDER      (the folder of the flow command, as bindings/cli-native/publish.sh makes it)
# That is run.sh, compare run over cases-gpu.txt, and ranks.sh where there is a launcher, at sizes an interpreter can do. Rates and
# ratios mean nothing here. What needs the hardware or is not installed is left out by name; a part that fails ends this with 1.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
[ $# -eq 1 ] || { echo "usage: rehearse.sh FOLDER" >&2; exit 2; }
bin=$(cd "$1" && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

mkdir "$stage/driver" "$stage/ptx"
source="$root/tests/FlowEngine.Tests/Gpu"
"${CC:-gcc}" -shared -fPIC -O3 -march=native -fno-math-errno -fno-trapping-math -fno-strict-aliasing -ffp-contract=off \
    -fvisibility=hidden -o "$stage/driver/libcuda.so.1" "$source"/fake_cuda*.c "$source"/ptx_interpreter*.c -lpthread -lm
export LD_LIBRARY_PATH="$stage/driver${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

ln -s "$bin" "$stage/bin"
ln -s "$root"/kernels/ptx/FlowEngine.*/*.ptx "$stage/ptx/"
cp "$here/run.sh" "$root/perf/peers/torch_glow.py" "$stage/"
echo rehearsal > "$stage/revision"
"$stage/run.sh" --small --out "$stage/results"

status=0
if grep -E '^\| [^|]+ \| (FAILED|stopped|left out: the time)' "$stage/results/table.md"; then status=1; fi
for part in selftest train-digits eval-device eval-cpu bench-bf16 bench-tf32 bench-fp32 bench-nsf bench-bf16-invert; do
    grep -q "^| $part | passed " "$stage/results/table.md" || { echo "rehearse.sh: $part did not pass" >&2; status=1; }
done

sed -E 's/--levels [0-9]+/--levels 2/; s/--steps [0-9]+/--steps 1/; s/--hidden [0-9]+/--hidden 8/; s/--size [0-9]+/--size 8/
    s/--channels [0-9]+/--channels 1/; s/--batch [0-9]+/--batch 2/; s/--seconds [0-9]+/--seconds 0.001/' \
    "$root/perf/compare/cases-gpu.txt" > "$stage/cases.txt"
# One build for both, so a verdict is chance; what counts is that every case runs and is read.
compared=0
"$root/perf/compare/bin/Release/net10.0/compare" run --base "$bin" --head "$bin" --cases "$stage/cases.txt" --rounds 5 \
    --reports "$stage/reports" || compared=$?
[ "$compared" -le 1 ] || status=1
if command -v mpirun > /dev/null || command -v torchrun > /dev/null; then
    "$here/ranks.sh" "$bin/flow" --rehearse || status=1
else
    echo "ranks.sh: left out: there is neither mpirun nor torchrun" >&2
fi
exit "$status"

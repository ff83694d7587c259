#!/usr/bin/env bash
# Shows on a GPU machine what FlowEngine does there, within 8 minutes:
#   run.sh [--device cuda:0] [--seconds 480] [--out results] [--small]
# In this order: ptxas over the kernels, the conformance battery, training and its checkpoint on device and CPU,
# compute-sanitizer, then flow bench beside torch_glow.py. What is missing or fails is noted, and the rest goes on.
# --small takes sizes for rehearse.sh. Results: gpu.json (as perf/compare reads it), table.md (most important first), and the output of every part in log/.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
device=cuda:0
seconds=480
out=results
is_small=false
while [ $# -gt 0 ]; do
    case "$1" in
        --device) device=$2; shift 2 ;;
        --seconds) seconds=$2; shift 2 ;;
        --out) out=$2; shift 2 ;;
        --small) is_small=true; shift ;;
        *) echo "run.sh: $1 is not an option; expected --device, --seconds, --out or --small" >&2; exit 2 ;;
    esac
done

mkdir -p "$out/log"
out=$(cd "$out" && pwd)
log="$out/log"
flow="$here/bin/flow"
series="$out/.series"
notes="$out/.notes"
rates="$out/.rates"
: > "$series"
: > "$notes"
: > "$rates"

is_cuda=false
[ "${device%%:*}" = cuda ] && is_cuda=true

left() { echo $((seconds - SECONDS)); }

# A part of the run, with at most so many seconds: part NAME SECONDS COMMAND... ; its output goes to log/NAME.txt.
part() {
    local name=$1 most=$2 started=$SECONDS status
    shift 2
    local allowed
    allowed=$(left)
    if [ "$allowed" -lt 5 ]; then
        echo "| $name | left out: the time is over | |" >> "$notes"
        return 1
    fi
    [ "$most" -lt "$allowed" ] && allowed=$most
    timeout "$allowed" "$@" > "$log/$name.txt" 2> "$log/$name.err"
    status=$?
    case $status in
        0) status=passed ;;
        124) status="stopped after $allowed s" ;;
        *) status="FAILED ($status): $(tail -n 1 "$log/$name.err" | tr '|' '/' | cut -c1-160)" ;;
    esac
    echo "| $name | $status | $((SECONDS - started)) s |" >> "$notes"
    echo "$name: $status" >&2
    [ "$status" = passed ]
}

absent() {
    echo "| $1 | left out: $2 | |" >> "$notes"
    echo "$1: left out: $2" >&2
}

# The number behind a key in a file of JSON.
number() { sed -nE 's/.*"'"$2"'": *(-?[0-9.]+([eE][-+]?[0-9]+)?).*/\1/p' "$1" | tail -n 1; }

# A series of one value; what is not a positive number is none.
add() {
    awk -v v="$4" 'BEGIN { exit !(v + 0 > 0) }' || return 0
    [ -s "$series" ] && echo "," >> "$series"
    printf '  { "benchmark": "%s", "unit": "%s", "higherIsBetter": %s, "values": [%s] }' "$1" "$2" "$3" "$4" >> "$series"
}

# --- ptxas: syntax, registers, spills
if command -v ptxas > /dev/null; then
    ptxas_all() {
        local failed=0
        for ptx in "$here"/ptx/*.ptx; do
            architecture=$(sed -nE 's/^\.target (sm_[0-9a-z]+).*/\1/p' "$ptx" | head -n 1)
            echo "== $(basename "$ptx")"
            ptxas -v -arch="$architecture" "$ptx" -o /dev/null 2>&1 || failed=1
        done
        return $failed
    }
    export here
    export -f ptxas_all
    part ptxas 60 bash -c ptxas_all
    spills=$(grep -cE '[1-9][0-9]* bytes spill' "$log/ptxas.txt" || true)
    registers=$(sed -nE 's/.*Used ([0-9]+) registers.*/\1/p' "$log/ptxas.txt" | sort -n | tail -n 1)
    ptxas_line="most registers of a kernel: ${registers:-?}; kernels that spill: ${spills:-?}"
else
    absent ptxas "there is no ptxas"
    ptxas_line=""
fi

# --- correctness
part devices 20 "$flow" devices
runs=2
digits=(--epochs 2)
if [ "$is_small" = true ]; then
    runs=1
    digits=(--epochs 1 --samples 64 --steps 1 --hidden 8)
fi
part selftest 90 "$flow" selftest --device "$device" --runs "$runs" --json
passed=$(grep -c '"passed":true' "$log/selftest.txt" || true)
failed=$(grep -c '"passed":false' "$log/selftest.txt" || true)
add "selftest/cases passed" cases true "$passed"

part train-digits 60 "$flow" train --data digits --out "$out/digits" --device "$device" "${digits[@]}" --json
if [ -f "$out/digits/checkpoint.safetensors" ]; then
    part eval-device 30 "$flow" eval "$out/digits" --data digits --device "$device" --json
    part eval-cpu 30 "$flow" eval "$out/digits" --data digits --device cpu --json
    bits_device=$(number "$log/eval-device.txt" bits_per_dim)
    bits_cpu=$(number "$log/eval-cpu.txt" bits_per_dim)
    add "digits/bits per dimension" bits false "$bits_device"
fi
if [ -d "$here/cifar10" ]; then
    small=(--hidden 16 --samples 50)
    [ "$is_cuda" = true ] && small=(--hidden 128 --samples 2000)
    part train-cifar 45 "$flow" train --data "$here/cifar10" --out "$out/cifar" --device "$device" --levels 3 --steps 2 \
        --batch 25 "${small[@]}" --json
fi

# --- compute-sanitizer
if [ "$is_small" = true ]; then
    absent compute-sanitizer "it needs the hardware"
elif [ "$is_cuda" = true ] && command -v compute-sanitizer > /dev/null; then
    # The image itself: the chooser becomes another program.
    image=v3
    FLOWENGINE_IMAGE=v4 "$flow" devices > /dev/null 2>&1 && image=v4
    for tool in memcheck racecheck; do
        part "sanitizer-$tool" 40 compute-sanitizer --tool "$tool" --error-exitcode 9 \
            "$here/bin/flow-$image" selftest --device "$device" --runs 1
    done
else
    absent compute-sanitizer "$([ "$is_cuda" = true ] && echo 'there is none' || echo 'it is for CUDA')"
fi

# --- speed
if [ "$is_small" = true ]; then
    shape=(--levels 2 --steps 1 --hidden 8 --size 8 --channels 1 --batch 2)
    table=(--blocks 1 --hidden 8 --batch 2)
    pace=0.001
    precisions="bf16 tf32 fp32"
    peer_device=cpu
    peers=""
    name="glow K=1 L=2 hidden 8 8x8x1 batch 2"
elif [ "$is_cuda" = true ]; then
    shape=(--levels 3 --steps 32 --hidden 512 --size 32 --channels 3 --batch 256)
    table=(--blocks 5 --hidden 50 --batch 10000)
    pace=2
    precisions="bf16 tf32 fp32"
    peer_device=cuda
    peers="bf16:eager bf16:graph tf32:eager tf32:graph fp32:eager fp32:graph bf16:compile tf32:compile fp32:compile"
    name="glow K=32 L=3 hidden 512 32x32x3 batch 256"
else
    shape=(--levels 2 --steps 2 --hidden 16 --size 8 --channels 1 --batch 8)
    table=(--blocks 5 --hidden 50 --batch 64)
    pace=0.2
    precisions="bf16 tf32 fp32"
    peer_device=cpu
    peers="fp32:eager"
    name="glow K=2 L=2 hidden 16 8x8x1 batch 8"
fi

# Rates of a bench: measure LABEL FILE.
measure() {
    for what in train log_prob sample; do
        rate=$(number "$2" "${what}_images_per_s")
        if [ -n "$rate" ]; then
            echo "$1 $what $rate" >> "$rates"
            add "$1/$what" images/s true "$rate"
        fi
    done
}

for precision in $precisions; do
    if part "bench-$precision" 75 "$flow" bench "${shape[@]}" --preset rosinality --device "$device" \
        --precision "$precision" --seconds "$pace" --json; then
        measure "flow-$precision" "$log/bench-$precision.txt"
        latency=$(number "$log/bench-$precision.txt" log_prob_latency_b1_s)
        echo "flow-$precision one $latency" >> "$rates"
        add "flow-$precision/log-prob of one" s false "$latency"
        add "flow-$precision/memory" bytes false "$(number "$log/bench-$precision.txt" device_memory_used_bytes)"
    fi
done

# Rows of a table by splines: their launches are what takes time.
if part bench-nsf 40 "$flow" bench --model nsf --size 1 --channels 6 --spline-bins 10 --permutation reverse "${table[@]}" \
    --device "$device" --seconds "$pace" --json; then
    measure flow-nsf "$log/bench-nsf.txt"
    add "flow-nsf/log-prob of one" s false "$(number "$log/bench-nsf.txt" log_prob_latency_b1_s)"
fi

python=""
for candidate in python3 /usr/bin/python3 python; do
    if "$candidate" -c 'import torch' > /dev/null 2>&1; then
        python=$candidate
        break
    fi
done
if [ -z "$peers" ]; then
    absent torch "it has no part in a rehearsal"
elif [ -n "$python" ]; then
    for peer in $peers; do
        dtype=${peer%%:*}
        mode=${peer##*:}
        if part "torch-$dtype-$mode" 60 "$python" "$here/torch_glow.py" bench --device "$peer_device" "${shape[@]}" \
            --dtype "$dtype" --mode "$mode" --warmup 2 --repeats 5; then
            measure "torch-$dtype-$mode" "$log/torch-$dtype-$mode.txt"
        fi
        if [ "$mode" != compile ] && part "torch-$dtype-$mode-one" 30 "$python" "$here/torch_glow.py" bench \
            --device "$peer_device" "${shape[@]}" --batch 1 --dtype "$dtype" --mode "$mode" --what log_prob --repeats 20; then
            latency=$(number "$log/torch-$dtype-$mode-one.txt" log_prob_s)
            echo "torch-$dtype-$mode one $latency" >> "$rates"
            add "torch-$dtype-$mode/log-prob of one" s false "$latency"
        fi
    done
else
    absent torch "no python3 has torch"
fi
if [ "$is_cuda" = true ]; then
    if part bench-bf16-invert 60 "$flow" bench "${shape[@]}" --preset rosinality --device "$device" --precision bf16 \
        --memory invert --seconds "$pace" --json; then
        measure flow-bf16-invert "$log/bench-bf16-invert.txt"
        add "flow-bf16-invert/memory" bytes false "$(number "$log/bench-bf16-invert.txt" device_memory_used_bytes)"
    fi
fi

# --- what came of it
rate() { awk -v l="$1" -v w="$2" '$1 == l && $2 == w { print $3 }' "$rates" | tail -n 1; }

# The best of the peers of a precision: the highest rate, or the lowest time for one image.
best() {
    awk -v d="torch-$1-" -v w="$2" 'index($1, d) == 1 && $2 == w {
        if (b == "" || (w == "one" ? $3 < b : $3 > b)) { b = $3; n = $1 } } END { if (b != "") print b, n }' "$rates"
}

{
    echo "[" && cat "$series" && echo && echo "]"
} > "$out/gpu.json"
{
    echo "# FlowEngine on $device"
    echo
    echo "$(date -u +%Y-%m-%dT%H:%MZ), revision $(cat "$here/revision")"
    command -v nvidia-smi > /dev/null && nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
    echo
    echo "Conformance: $passed cases passed, $failed failed. ${ptxas_line}"
    if [ -n "${bits_device:-}" ]; then
        echo "Digits after training: $bits_device bits/dim on $device, ${bits_cpu:-?} from the same checkpoint on the CPU."
    fi
    echo
    echo "$name"
    echo
    echo "| | precision | FlowEngine | best of PyTorch | which | ratio |"
    echo "|---|---|---|---|---|---|"
    for what in train log_prob sample one; do
        for precision in $precisions; do
            ours=$(rate "flow-$precision" "$what")
            read -r theirs which <<< "$(best "$precision" "$what")"
            [ -n "$ours" ] && awk -v w="$what" -v p="$precision" -v a="$ours" -v b="${theirs:-}" -v n="${which:-}" 'BEGIN {
                title = w == "one" ? "log-prob of one image, ms" : w ", images/s"
                scale = w == "one" ? 1000 : 1
                ratio = b == "" ? "" : sprintf("%.2f", w == "one" ? b / a : a / b)
                printf "| %s | %s | %.4g | %s | %s | %s |\n", title, p, a * scale, b == "" ? "" : sprintf("%.4g", b * scale), n, ratio
            }'
        done
    done
    invert=$(rate flow-bf16-invert train)
    [ -n "$invert" ] && echo "| train with --memory invert, images/s | bf16 | $invert | | | |"
    echo
    echo "| part | result | time |"
    echo "|---|---|---|"
    cat "$notes"
} > "$out/table.md"
rm -f "$series" "$notes" "$rates"
cat "$out/table.md"
echo "results: $out/gpu.json, $out/table.md, $out/log" >&2

#!/usr/bin/env bash
# Tries readers with inputs that afl-fuzz makes by coverage of the engine's code (SharpFuzz).
#   tests/FlowEngine.Fuzz/afl.sh SECONDS [READER...]     default: 60 s each of checkpoint, npz and png
# What went wrong is left in artifacts/afl/READER/default/crashes; the inputs that found new code in .../queue.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
readers=("${@:2}")
[ ${#readers[@]} -gt 0 ] || readers=(checkpoint npz png)
if ! command -v afl-fuzz >/dev/null; then
    echo "afl.sh: SKIPPED: there is no afl-fuzz (Debian: apt-get install afl++)"
    exit 0
fi

# A copy is instrumented, so that no test runs on it.
program=artifacts/afl/program
rm -rf "$program"
dotnet build tests/FlowEngine.Fuzz.Afl --configuration Release --nologo --verbosity quiet
mkdir -p artifacts/afl
cp -r tests/FlowEngine.Fuzz.Afl/bin/Release/net10.0 "$program"
dotnet "$program/FlowEngine.Fuzz.Afl.dll" instrument "$program/FlowEngine.dll"

# What runs is no binary of afl's own, and its faults are exceptions.
export AFL_SKIP_BIN_CHECK=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1
status=0
for reader in "${readers[@]}"; do
    folder=artifacts/afl/$reader
    rm -rf "$folder" && mkdir -p "$folder/in"
    dotnet tests/FlowEngine.Fuzz.Afl/bin/Release/net10.0/FlowEngine.Fuzz.Afl.dll seeds "$reader" "$folder/in" 24
    if [ -d "tests/FlowEngine.Fuzz/Corpus/$reader" ]; then
        cp "tests/FlowEngine.Fuzz/Corpus/$reader"/* "$folder/in"
    fi

    afl-fuzz -i "$folder/in" -o "$folder" -t 10000 -m none -V "$seconds" \
        dotnet "$program/FlowEngine.Fuzz.Afl.dll" run "$reader" >"$folder/log" 2>&1 || {
        tail -n 20 "$folder/log"
        status=1
        continue
    }
    stats=$folder/default/fuzzer_stats
    value() { sed -n "s/^$1 *: *//p" "$stats"; }
    crashes=$(value saved_crashes) hangs=$(value saved_hangs)
    printf '%-12s %s inputs, %s of interest, coverage %s, %s crashes, %s hangs\n' "$reader" "$(value execs_done)" \
        "$(value corpus_count)" "$(value bitmap_cvg)" "$crashes" "$hangs"
    [ "$crashes" = 0 ] && [ "$hangs" = 0 ] || status=1
done

exit "$status"

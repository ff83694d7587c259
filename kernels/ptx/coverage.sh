#!/usr/bin/env bash
# Keeps in coverage.txt how much of each kernel's PTX the tests execute: its instructions, those that ran on the stand-in
# for CUDA, their share. The counts are those of the last run of all .NET tests.
#   kernels/ptx/coverage.sh            writes coverage.txt
#   kernels/ptx/coverage.sh --check    ends with 1 where a kernel did not run, or leaves out more than coverage.txt says
# Ends with 3 where the tests had no stand-in, which gcc compiles.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C

counted=tests/FlowEngine.Tests/bin/Release/net10.0/ptx-coverage.txt
committed=kernels/ptx/coverage.txt

check=false
case "$#:${1:-}" in
    0:) ;;
    1:--check) check=true ;;
    *) echo "coverage.sh: expected no argument, or --check" >&2; exit 2 ;;
esac

if [ ! -f "$counted" ]; then
    echo "coverage.sh: there is no $counted" >&2
    exit 3
fi

temporary=$(mktemp)
trap 'rm -f "$temporary"' EXIT

# Other modules that ran, such as those of tests and of ILGPU, are passed over; and so is the kernel whose buffer is too
# large to be run.
{
    echo "# What the tests execute of each kernel's PTX: instructions, those that ran, their share."
    find kernels/ptx -name '*.ptx' ! -name 'WideIndices.*' -exec cat {} + | awk '
        FNR == NR { if (/^\.visible \.entry/) { split($3, parts, "("); wanted[parts[1]] = 1 } next }
        $1 in wanted { print $1, $2, $3; delete wanted[$1] }
        END { for (kernel in wanted) print kernel, 1, 0 }' - "$counted" | sort | awk '
        function line(kernel, of, ran) { printf "%-44s %6d %6d %6.1f %%\n", kernel, of, ran, 100 * ran / of }
        { line($1, $2, $3); of += $2; ran += $3 }
        END { line("total", of, ran) }'
} >"$temporary"

unexecuted=$(awk '$3 == 0 { print $1 }' "$temporary")
if [ -n "$unexecuted" ]; then
    echo "no test runs the PTX of" $unexecuted >&2
    exit 1
elif ! "$check"; then
    cp "$temporary" "$committed"
    exit
fi

tail -n 1 "$temporary"
less=$(awk '
    FNR == NR { left[$1] = $2 - $3; next }
    !/^#/ && $2 - $3 > left[$1] { print $1 ": " $2 - $3 " instructions do not run, expected at most " left[$1] + 0 }' \
    "$committed" "$temporary")
if [ -n "$less" ]; then
    echo "$less"
    echo "Tests that run them are missing. If this is on purpose: run all tests, then kernels/ptx/coverage.sh"
    exit 1
fi

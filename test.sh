#!/usr/bin/env bash
# The one test command: builds everything, checks its format, runs every test. Ends with a line of counts.
#   ./test.sh            everything that CI runs
#   ./test.sh --quick    only the .NET tests
#   ./test.sh --full     what takes an hour more: every package of a release, installed in a clean system; sixty kills of runs;
#                        a million inputs for every reader of files
# Tools that are missing are installed where that can be done (root on Debian); what still cannot run is skipped and
# counted.
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

quick=false full=false
for argument in "$@"; do
    case "$argument" in
        --quick) quick=true ;;
        --full) full=true ;;
        *) echo "test.sh: $argument is not an option; expected --quick or --full" >&2; exit 2 ;;
    esac
done

if ! command -v dotnet >/dev/null; then
    echo "test.sh: the .NET 10 SDK is needed: https://dotnet.microsoft.com/download" >&2
    exit 2
fi

started=$SECONDS
passed=0 failed=0 skipped=0
say() { printf '== %s (%d s)\n' "$*" "$((SECONDS - started))"; }

# A part of the tests that is one command: it passes, fails, or is skipped for a reason.
part() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "FAILED: $name"
        failed=$((failed + 1))
    fi
}

skip() {
    echo "SKIPPED: $1"
    skipped=$((skipped + 1))
}

# Debian packages, each named by a command or library that it brings: install_missing CHECK PACKAGE...
install_missing() {
    local check=$1
    shift
    sh -c "$check" >/dev/null 2>&1 && return
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq >/dev/null 2>&1 || true
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 || echo "test.sh: could not install $*"
    fi
}

if [ "$quick" = false ]; then
    say "tools"
    install_missing 'ls /etc/OpenCL/vendors/pocl.icd' pocl-opencl-icd ocl-icd-libopencl1
    install_missing 'command -v clang-19' clang-19
    install_missing 'command -v mpirun.openmpi && command -v mpirun.mpich' openmpi-bin mpich
    install_missing '/usr/bin/python3 -c "import mpi4py"' python3-mpi4py
    if [ "$full" = true ]; then
        install_missing 'command -v chromium' chromium
    fi
    if command -v npm >/dev/null && [ ! -d artifacts/onnxruntime-web/node_modules/onnxruntime-web ]; then
        npm install --prefix artifacts/onnxruntime-web --ignore-scripts --no-audit --no-fund --silent onnxruntime-web@1.30.0 \
            || echo "test.sh: could not install onnxruntime-web"
    fi
fi

say "build"
dotnet build FlowEngine.sln --configuration Release --nologo --verbosity quiet -p:Analyze=true

if [ "$quick" = false ]; then
    # Style and analyzers are errors of the build; what is left is white space.
    say "format"
    dotnet format whitespace FlowEngine.sln --verify-no-changes --no-restore

    say "the text and the PTX of the kernels"
    if command -v clang-19 >/dev/null; then
        part "kernels/ptx/build.sh --check" kernels/ptx/build.sh --check
    else
        skip "kernels/ptx/build.sh --check: there is no clang-19"
    fi
    assembled=0
    kernels/ptx/assemble.sh --check || assembled=$?
    if [ "$assembled" -eq 3 ]; then
        skip "kernels/ptx/assemble.sh --check: there is no ptxas"
    else
        part "kernels/ptx/assemble.sh --check" [ "$assembled" -eq 0 ]
    fi

    say "kernels in a NativeAOT program"
    part "tests/FlowEngine.AotSmoke" tests/FlowEngine.AotSmoke/run.sh
fi

temporary=$(mktemp -d)
report=$temporary/report
bindings=""
trap 'rm -rf "$temporary"; [ -z "$bindings" ] || kill "$bindings"' EXIT
if [ "$quick" = true ]; then
    missing="--quick leaves them out"
elif [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
    missing="test.sh knows only the library of Linux on x86-64"
elif ! command -v "${CC:-gcc}" >/dev/null; then
    missing="gcc is not installed"
else
    say "native library"
    bindings/native/publish.sh artifacts/native
    say "the flow command without a runtime"
    bindings/cli-native/publish.sh artifacts/cli
    part "bindings/cli-native/test.sh" bindings/cli-native/test.sh artifacts/cli
    export FLOWENGINE_LIBRARY="$PWD/artifacts/native/libflowengine.so"
    missing=""
fi

# The tests of the bindings mostly keep one core busy, so they run beside those of .NET.
if [ -z "$missing" ]; then
    say "tests of the bindings, in the background"
    # PoCL's cache is for one process at a time: two that compile the same kernels rename each other's files.
    POCL_CACHE_DIR=$temporary/pocl-bindings bindings/test.sh artifacts/native "$temporary/bindings" >"$temporary/bindings.log" 2>&1 &
    bindings=$!
fi

say "tests"
status=0
if [ "$full" = true ]; then
    export FLOWENGINE_FULL_TESTS=1
fi
rm -f tests/FlowEngine.Tests/bin/Release/net10.0/ptx-coverage.txt
export POCL_CACHE_DIR=$temporary/pocl
tests/FlowEngine.Tests/bin/Release/net10.0/FlowEngine.Tests -noColor | tee "$report" || status=$?

read -r total errors test_failed test_skipped not_run <<<"$(sed -nE \
    's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+), Not Run: ([0-9]+).*/\1 \2 \3 \4 \5/p' \
    "$report" | tail -n 1)"
if [ -z "${not_run:-}" ]; then
    echo "test.sh: the test program ended with $status and without a summary" >&2
    exit 1
fi

say "the share of the PTX that ran"
covered=0
kernels/ptx/coverage.sh --check || covered=$?
if [ "$covered" -eq 3 ]; then
    skip "kernels/ptx/coverage.sh --check: there is no stand-in for CUDA"
else
    part "kernels/ptx/coverage.sh --check" [ "$covered" -eq 0 ]
fi

passed=$((passed + total - test_failed - test_skipped - not_run))
failed=$((failed + test_failed + errors))
skipped=$((skipped + test_skipped))

# count FILE: adds the "passed failed skipped" of a suite; a suite that left none has failed.
count() {
    local more_passed=0 more_failed=1 more_skipped=0
    if [ -s "$1" ]; then
        read -r more_passed more_failed more_skipped <"$1"
    fi
    passed=$((passed + more_passed))
    failed=$((failed + more_failed))
    skipped=$((skipped + more_skipped))
}

if [ -n "$missing" ]; then
    skip "the bindings and the documents: $missing"
else
    say "bindings"
    wait "$bindings" || status=1
    bindings=""
    cat "$temporary/bindings.log"
    count "$temporary/bindings"
    say "documents"
    tests/documents/run.sh artifacts/native artifacts/cli "$temporary/documents" || status=1
    count "$temporary/documents"
    say "ranks"
    tests/ranks.sh artifacts/cli/flow "$temporary/ranks" "$([ "$full" = false ] || echo --full)" || status=1
    count "$temporary/ranks"
fi

if [ "$full" = true ]; then
    if [ -z "$missing" ]; then
        say "what a GPU machine would run, on the stand-in for its driver"
        part "perf/gpu/rehearse.sh" perf/gpu/rehearse.sh artifacts/cli
    fi

    say "the documents and the API reference as a site"
    install_missing 'command -v doxygen' doxygen
    part "docs/build.sh" docs/build.sh artifacts/site

    if [ -z "$missing" ]; then
        say "the packages of a release"
        rm -rf artifacts/release
        part "bindings/release.sh" bindings/release.sh artifacts/release
        tests/release/run.sh artifacts/release "$temporary/release" || status=1
        count "$temporary/release"
    fi

    say "sixty kills"
    part "tests/kills.sh" tests/kills.sh 60
    say "a million inputs for every reader"
    part "tests/FlowEngine.Fuzz" dotnet tests/FlowEngine.Fuzz/bin/Release/net10.0/FlowEngine.Fuzz.dll --inputs 1000000
    install_missing 'command -v afl-fuzz' afl++
    if command -v afl-fuzz >/dev/null; then
        part "tests/FlowEngine.Fuzz/afl.sh" tests/FlowEngine.Fuzz/afl.sh 300
    else
        skip "tests/FlowEngine.Fuzz/afl.sh: there is no afl-fuzz"
    fi
fi

say "done"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$status" -eq 0 ] && [ "$failed" -eq 0 ]

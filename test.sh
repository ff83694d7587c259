#!/usr/bin/env bash
# The one test command: builds everything, checks its format, runs every test. Ends with a line of counts.
#   ./test.sh            everything that CI runs
#   ./test.sh --quick    the tests alone, without the check of the format
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

quick=false
for argument in "$@"; do
    case "$argument" in
        --quick) quick=true ;;
        *) echo "test.sh: $argument is not an option; expected --quick" >&2; exit 2 ;;
    esac
done

if ! command -v dotnet >/dev/null; then
    echo "test.sh: the .NET 10 SDK is needed: https://dotnet.microsoft.com/download" >&2
    exit 2
fi

started=$SECONDS
say() { printf '== %s (%d s)\n' "$*" "$((SECONDS - started))"; }

say "build"
dotnet build FlowEngine.sln --configuration Release --nologo --verbosity quiet

if [ "$quick" = false ]; then
    say "format"
    dotnet format FlowEngine.sln --verify-no-changes --no-restore
fi

report=$(mktemp)
counts=$(mktemp)
trap 'rm -f "$report" "$counts"' EXIT
has_library=false
if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
    missing="test.sh knows the library of Linux on x86-64 alone"
elif ! command -v "${CC:-gcc}" >/dev/null; then
    missing="gcc is not installed"
else
    say "native library"
    bindings/native/publish.sh artifacts/native
    export FLOWENGINE_LIBRARY="$PWD/artifacts/native/libflowengine.so"
    has_library=true
fi

say "tests"
status=0
tests/FlowEngine.Tests/bin/Release/net10.0/FlowEngine.Tests -noColor | tee "$report" || status=$?

read -r total errors failed skipped <<<"$(sed -n \
    's/.*Total: \([0-9]*\), Errors: \([0-9]*\), Failed: \([0-9]*\), Skipped: \([0-9]*\).*/\1 \2 \3 \4/p' "$report" | tail -n 1)"
if [ -z "${total:-}" ]; then
    echo "test.sh: the test program ended with $status and without a summary" >&2
    exit 1
fi

echo "0 0 1" >"$counts"
if [ "$has_library" = true ]; then
    say "bindings"
    bindings/test.sh artifacts/native "$counts" || status=1
else
    echo "skipped the bindings: $missing"
fi

read -r more_passed more_failed more_skipped <"$counts"
say "done"
printf '%d passed, %d failed, %d skipped\n' \
    "$((total - failed - skipped + more_passed))" "$((failed + errors + more_failed))" "$((skipped + more_skipped))"
[ "$status" -eq 0 ] && [ "$((failed + errors + more_failed))" -eq 0 ]

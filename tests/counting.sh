# Sourced by suites of shell tests. Counts into passed, failed and skipped; $work is a folder of the suite.
# shellcheck shell=bash
passed=0 failed=0 skipped=0

# check NAME COMMAND...: counts it, and shows what it printed if it fails.
check() {
    local name=$1
    shift
    if "$@" > "$work/output" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$name"
        tail -n 40 "$work/output"
    fi
}

skip() {
    skipped=$((skipped + 1))
    printf 'skipped %s: %s\n' "$1" "$2"
}

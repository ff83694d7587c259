# Sourced by suites that run what pages show.
# shellcheck shell=bash

# blocks LANGUAGE PAGE TARGET: the blocks of a language into TARGET.1, TARGET.2, ...
blocks() {
    awk -v fence="\`\`\`$1" -v target="$3" '
        !inside && $0 == fence { inside = 1; count++; next }
        inside && /^```/ { inside = 0; next }
        inside { print > (target "." count) }' "$2"
}

#!/usr/bin/env bash
# Kills the flow command at random moments of training, sampling and scoring, COUNT times, and checks what is left:
#   kills.sh [COUNT]
# The tests must be built. CI makes six kills; this makes sixty unless told otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
FLOWENGINE_KILLS=${1:-60} exec tests/FlowEngine.Tests/bin/Release/net10.0/FlowEngine.Tests -noColor -class "*RandomKillTests"

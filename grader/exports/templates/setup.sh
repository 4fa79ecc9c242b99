#!/usr/bin/env bash
# Runs once, when Gradescope builds the image: the sandbox, Python, and the grader.
set -euo pipefail
ROOT="${AUTOGRADER_ROOT:-/autograder}"
export DEBIAN_FRONTEND=noninteractive

suitable() { # a Python of 3.11 or newer that can make virtual environments
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3; do
        if suitable "$name"; then
            command -v "$name"
            return
        fi
    done
}

if ! command -v bwrap >/dev/null; then
    apt-get update -q
    apt-get install -q -y bubblewrap
fi
if [ -z "$(find_python)" ]; then
    apt-get update -q
    apt-get install -q -y python3-venv
fi
if [ -z "$(find_python)" ]; then # Ubuntu 22.04 has Python 3.10
    apt-get install -q -y software-properties-common
    add-apt-repository -y ppa:deadsnakes/ppa
    apt-get install -q -y python3.12 python3.12-venv
fi

if [ ! -x "$ROOT/venv/bin/python" ]; then
    "$(find_python)" -m venv "$ROOT/venv"
fi
pip() { "$ROOT/venv/bin/python" -I -m pip --disable-pip-version-check "$@"; }
pip install -q -r "$ROOT/source/requirements.txt"
pip install -q --no-deps --force-reinstall "$ROOT/source/engine"

# Submissions may run as a user of their own, who needs Python and the engine and nothing else.
chmod a+rx "$ROOT"
chmod -R a+rX "$ROOT/venv"
chmod -R go= "$ROOT/source"

#!/usr/bin/env bash
# What `make demo` shows: real commands, real output, and no network but an index on loopback.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# An index on this machine alone, with the names of the real one and wheels of a few bytes; it ends with this script.
coproc INDEX { cd "$root" && exec python -m tests.support.serve; }
read -r where <&"${INDEX[0]}"
cd "$folder"
export ENVPLAN_CONFIG=$folder/config.toml ENVPLAN_STORE=$folder/store
python - "$where" >"$ENVPLAN_CONFIG" <<'PYTHON'
import json, sys

print("[mirrors]")
for prefix, address in json.loads(sys.argv[1])["mirrors"].items():
    print(f'"{prefix}" = "{address}"')
PYTHON
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL

run() {
    printf '\n\033[1m$'
    for word in "$@"; do
        case $word in
            *[[:space:]\>]*) printf ' "%s"' "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\033[0m\n'
    "$@" || printf '(exit %s)\n' "$?"
}

run envplan init "torch 2.2 on gpu" torchvision torchaudio "transformers>=4.40" --python 3.11 --name demo
run cat envplan.toml
run envplan plan --for workstation-rtx3090
run envplan plan --for workstation-rtx3090 --for old-k80 --for laptop-rtx3060 --for apple-m2 --for server-centos7-a100
run envplan plan --for workstation-rtx5090
run envplan explain EP203

run envplan lock --for workstation-rtx3090 --for old-k80
run head -n 24 pylock.toml
run envplan lock --for workstation-rtx3090
run envplan lock --check
run envplan why nvidia-cudnn-cu12
run envplan tree

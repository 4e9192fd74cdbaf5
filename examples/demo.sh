#!/usr/bin/env bash
# What `make demo` shows: real commands, real output, no network.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

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

#!/bin/sh
# What takes too long for every change: faults in number, long batches, bounds of memory. Installs what it needs, as the
# administrator where it mounts small file systems. Arguments go to the test run: scripts/nightly.sh signals
set -eu

repo=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/lib.sh
. "$repo/scripts/lib.sh"

want_video_tools
have strace || want strace "makes system calls fail"
use_rust
install_wanted

in_repo cargo xtask nightly "$@"

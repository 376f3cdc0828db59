#!/bin/sh
# From a fresh clone to a finished video: installs what is missing, builds, makes the video.
set -eu

usage() {
  cat <<'END'
Usage: scripts/quickstart.sh "TOPIC" [OPTIONS OF videogen generate]

  scripts/quickstart.sh "Why the sea is salt"
  scripts/quickstart.sh "Why the sea is salt" --genre nature --duration 30 --aspect 1:1

The video is written to ./videos unless --output-dir says otherwise.
END
}

case ${1-} in
  -h | --help)
    usage
    exit 0
    ;;
  '')
    usage >&2
    exit 2
    ;;
esac
topic=$1
shift

repo=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/lib.sh
. "$repo/scripts/lib.sh"

use_rust
want_video_tools
install_wanted

say "building videogen (some minutes the first time)"
# Cargo's own progress on a terminal only.
quiet=--quiet
if [ -t 2 ]; then quiet=''; fi
in_repo cargo build --release --locked ${quiet:+"$quiet"} -p videogen-cli ||
  die "failed to build videogen" "the compiler's message is above; without a network, build once with one"
videogen=$(target_directory)/release/videogen

# A human voice, where the network lets it. What has come stays, and what is here is not fetched again.
case " $* " in
  *" --offline "*) ;;
  *)
    say "fetching a human voice, if the network lets it"
    status=0
    "$videogen" setup --yes --only voice --first-byte-within 3 >&2 || status=$?
    case $status in
      0) ;;
      # Ctrl-C.
      130) exit 130 ;;
      *) say "no human voice was fetched, so a simpler one speaks; later: $videogen setup --only voice" ;;
    esac
    ;;
esac

# The video lands in the caller's directory. The program prints its path as the last line.
# `exec`: Ctrl-C and other signals reach the program itself.
exec "$videogen" generate "$@" -- "$topic"

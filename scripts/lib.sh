# shellcheck shell=sh
# What quickstart.sh and test.sh share: finding Rust, installing system packages.
# Sourced; `repo` must hold the repository's absolute path. POSIX sh.
: "${repo:?}"

# Exit codes as of `videogen`: 2 wrong use, 3 something is missing and nothing was made.
missing_exit=3

say() { printf '%s\n' "$*" >&2; }

die() {
  say "error: $1"
  shift
  for hint in "$@"; do say "hint: $hint"; done
  exit "$missing_exit"
}

have() { command -v "$1" >/dev/null 2>&1; }

# ---------------------------------------------------------------------------------------------
# Rust

# The home of the user's account, whatever HOME says.
account_home() {
  if have getent; then
    getent passwd "$(id -u)" | cut -d: -f6
  fi
}

# Whether the toolchain behind the cargo in directory $1 is new enough for this repository.
rust_is_new_enough() {
  if [ -x "$1/rustup" ] && ! "$1/rustup" toolchain list 2>/dev/null | grep -q "^$rust_channel"; then
    say "rustup fetches Rust $rust_channel if it can (rust-toolchain.toml asks for it)"
  fi
  version=$(cd "$repo" && PATH="$1:$PATH" "$1/rustc" --version 2>/dev/null) || return 1
  version=${version#rustc }
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  case $major$minor in *[!0-9]* | '') return 1 ;; esac
  [ "$major" -gt 1 ] || [ "$minor" -ge "$rust_minor" ]
}

# Puts cargo on PATH. It is looked for where rustup, distributions and images put it, because PATH
# and HOME may be those of a service or a container. With a foreign HOME, rustup and cargo are
# pointed at the directories that belong to the cargo that was found.
use_rust() {
  rust_minor=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*"/\1/p' "$repo/Cargo.toml")
  rust_channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' "$repo/rust-toolchain.toml")
  # Standard places of programs, among them cargo-nextest.
  case :$PATH: in *:/usr/local/bin:*) ;; *) PATH=$PATH:/usr/local/bin ;; esac
  export PATH
  given_rustup_home=${RUSTUP_HOME:-}
  given_cargo_home=${CARGO_HOME:-}
  too_old=''
  on_path=$(command -v cargo 2>/dev/null || true)
  for directory in \
    "${given_cargo_home:+$given_cargo_home/bin}" \
    "${on_path:+$(dirname "$on_path")}" \
    "${HOME:+$HOME/.cargo/bin}" \
    "$(account_home)/.cargo/bin" \
    /root/.cargo/bin /usr/local/cargo/bin /opt/cargo/bin /opt/rust/bin \
    /usr/local/bin /usr/bin /opt/homebrew/bin; do
    if [ ! -x "$directory/cargo" ] || [ ! -x "$directory/rustc" ]; then continue; fi
    cargo_home=${directory%/bin}
    if [ -z "$given_rustup_home" ]; then
      # rustup would look in $HOME/.rustup.
      unset RUSTUP_HOME
      if [ ! -d "${HOME:-/nonexistent}/.rustup/toolchains" ]; then
        for candidate in "${cargo_home%/*}/.rustup" "${cargo_home%/*}/rustup"; do
          if [ -d "$candidate/toolchains" ]; then
            RUSTUP_HOME=$candidate
            export RUSTUP_HOME
            break
          fi
        done
      fi
    fi
    if rust_is_new_enough "$directory"; then
      PATH=$directory:$PATH
      # Its own registry of downloaded crates, so that nothing is fetched twice.
      if [ -z "$given_cargo_home" ] && [ -d "$cargo_home/registry" ] && [ -w "$cargo_home" ]; then
        CARGO_HOME=$cargo_home
        export CARGO_HOME
      fi
      # Cargo itself wants a home even where it does not use it.
      HOME=${HOME:-/nonexistent}
      # A build for another machine could not run here.
      unset CARGO_BUILD_TARGET
      CARGO_NET_RETRY=${CARGO_NET_RETRY:-5}
      export PATH HOME CARGO_NET_RETRY
      return 0
    fi
    too_old="$directory/cargo"
  done
  if [ -n "$too_old" ]; then
    die "$too_old is older than Rust 1.$rust_minor, or has no toolchain of that version" \
      "rustup toolchain install $rust_channel --profile minimal -c rustfmt -c clippy"
  fi
  die "Rust is not installed" \
    "install it from https://rustup.rs and run this again:" \
    "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y"
}

# Runs cargo in the repository, whatever directory the caller is in.
in_repo() { (cd "$repo" && "$@"); }

# Where cargo puts what it builds: CARGO_TARGET_DIR, a configuration file, or target/.
target_directory() {
  in_repo cargo metadata --format-version 1 --no-deps --locked |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# ---------------------------------------------------------------------------------------------
# System packages

# One line for each missing thing: a key of `package_name`, a tab, what it is for.
wanted=''

want() { wanted="$wanted$1	$2
"; }

# Whether a font file matching $1 is installed for everybody or for this user.
have_font() {
  found=$(find /usr/share/fonts /usr/local/share/fonts \
    "${HOME:-/nonexistent}/.local/share/fonts" "${HOME:-/nonexistent}/.fonts" \
    -name "$1" 2>/dev/null | head -n 1)
  [ -n "$found" ]
}

# Notes what making a video needs and this machine lacks.
want_video_tools() {
  have cc || want compiler "links the program"
  { have ffmpeg && have ffprobe; } || want ffmpeg "renders the video"
  have espeak-ng || want espeak-ng "speaks, in a hundred languages"
  have flite || want flite "speaks English, with exact word times"
  # macOS has fonts for every script.
  if [ "$(uname -s)" != Darwin ]; then
    have_font 'NotoSans-*' || have_font 'NotoSans\[*' ||
      want fonts "captions in Latin, Cyrillic, Arabic, Devanagari and other scripts"
    have_font 'NotoSansCJK*' || want fonts-cjk "captions in Chinese, Japanese and Korean"
    have_font 'NotoColorEmoji*' || have_font 'Noto-COLRv1*' || want fonts-emoji "emoji in captions"
  fi
}

# The name of package key $2 for package manager $1.
package_name() {
  case $1:$2 in
    apt-get:compiler) echo gcc libc6-dev ;;
    apt-get:fonts) echo fonts-noto-core ;;
    apt-get:fonts-cjk) echo fonts-noto-cjk ;;
    apt-get:fonts-emoji) echo fonts-noto-color-emoji ;;
    apt-get:python) echo python3 python3-venv ;;
    dnf:fonts | zypper:fonts) echo google-noto-sans-fonts ;;
    dnf:fonts-cjk | zypper:fonts-cjk) echo google-noto-sans-cjk-fonts ;;
    dnf:fonts-emoji) echo google-noto-color-emoji-fonts ;;
    zypper:fonts-emoji) echo google-noto-coloremoji-fonts ;;
    pacman:fonts) echo noto-fonts ;;
    pacman:fonts-cjk) echo noto-fonts-cjk ;;
    pacman:fonts-emoji) echo noto-fonts-emoji ;;
    pacman:python) echo python ;;
    brew:fonts) echo font-noto-sans ;;
    brew:fonts-cjk) echo font-noto-sans-cjk ;;
    brew:fonts-emoji) echo font-noto-color-emoji ;;
    *:compiler) echo gcc ;;
    *:python) echo python3 ;;
    *) echo "$2" ;;
  esac
}

# The command that installs, for package manager $1.
install_command() {
  case $1 in
    apt-get) echo apt-get install -y --no-install-recommends ;;
    pacman) echo pacman -S --needed ;;
    *) echo "$1" install ;;
  esac
}

# Installs everything that was wanted: by apt-get on Debian and its relatives. On other systems it
# prints the command and ends with exit code 3, because their packages are not tested with this
# project. Does nothing, and touches no network, when nothing is missing.
install_wanted() {
  [ -n "$wanted" ] || return 0
  manager=''
  for candidate in apt-get dnf pacman zypper brew; do
    if have "$candidate"; then
      manager=$candidate
      break
    fi
  done
  packages=''
  while IFS='	' read -r key why; do
    [ -n "$key" ] || continue
    names=$(package_name "${manager:-none}" "$key")
    packages="$packages $names"
    if [ "$manager" = apt-get ]; then
      say "installing $names ($why)"
    else
      say "missing: $names ($why)"
    fi
  done <<END
$wanted
END
  packages=${packages# }
  if [ -z "$manager" ]; then
    die "no known package manager on this system" \
      "install by hand what is listed above (FFmpeg 5.1 or newer, with libx264 and libass), then run this again"
  fi
  if [ "$manager" != apt-get ]; then
    prefix='sudo '
    if [ "$manager" = brew ] || [ "$(id -u)" -eq 0 ]; then prefix=''; fi
    set -- "$prefix$(install_command "$manager") $packages"
    if [ "$manager" = dnf ]; then
      set -- "$@" "Fedora's own ffmpeg-free has no H.264 encoder: enable RPM Fusion (https://rpmfusion.org) first"
    fi
    die "some programs are missing; run this command, then run this script again" "$@"
  fi
  as_root=''
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || die "these packages need root, and there is no sudo" \
      "run as root: $(install_command apt-get) $packages"
    as_root='sudo'
    # Without a terminal nobody types a password.
    if [ ! -t 0 ] && ! sudo -n true 2>/dev/null; then
      die "these packages need root, and sudo asks for a password" \
        "run: sudo $(install_command apt-get) $packages"
    fi
  fi
  # shellcheck disable=SC2086 # a list of words
  if ! { apt_get update && apt_get install $packages; }; then
    say "trying again in 5 s"
    sleep 5
    apt_get update || true
    # shellcheck disable=SC2086 # a list of words
    apt_get install $packages ||
      die "failed to install $packages" \
        "run it by hand to see why: ${as_root:+sudo }$(install_command apt-get) $packages"
  fi
}

# apt-get without questions, waiting for another one to finish; quiet unless it fails.
apt_get() {
  log=$(mktemp)
  command=$1
  shift
  # shellcheck disable=SC2086 # as_root is empty or words
  if $as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH="$PATH:/usr/sbin:/sbin" \
    apt-get -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 "$command" "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    return 0
  fi
  tail -n 5 "$log" >&2
  rm -f "$log"
  return 1
}

//! Guesses what a process on a card is, from its name and its command line.

use std::fs::{self, File};
use std::io::Read;

use camino::Utf8Path;

use crate::ProcessKind;

/// The most bytes of a command line that are read.
const LONGEST: u64 = 4096;

const LANGUAGE_MODELS: &[&str] = &[
    "llama-server",
    "llama-cli",
    "llama-box",
    "llamafile",
    "koboldcpp",
    "lm studio",
    "lmstudio",
    "lms",
    "vllm",
    "text-generation-launcher",
    "text-generation-server",
    "sglang",
    "aphrodite",
];

const DISPLAYS: &[&str] = &[
    "xorg",
    "x",
    "xwayland",
    "gnome-shell",
    "mutter",
    "kwin_x11",
    "kwin_wayland",
    "plasmashell",
    "sway",
    "hyprland",
    "weston",
    "picom",
    "cinnamon",
    "xfwm4",
    "dwm",
    "explorer",
    "firefox",
    "firefox-bin",
    "chrome",
    "chromium",
    "brave",
    "msedge",
    "vlc",
    "mpv",
    "obs",
    "steamwebhelper",
];

/// What a process probably is. `name` is its program, with or without directories; `arguments` its command line, as far
/// as it is known. Only names of programs and paths are looked at.
pub fn guess_process_kind<'a>(
    name: &str,
    arguments: impl IntoIterator<Item = &'a str>,
) -> ProcessKind {
    let arguments: Vec<String> = arguments.into_iter().map(str::to_lowercase).collect();
    let path = name.to_lowercase().replace('\\', "/");
    let program = path.rsplit('/').next().unwrap_or_default();
    let program = program.strip_suffix(".exe").unwrap_or(program);
    let says = |what: &str| path.contains(what) || arguments.iter().any(|arg| arg.contains(what));
    // Ollama's runners are named after what they run on, but lie in its directory.
    if program.starts_with("ollama") || path.contains("/ollama/") {
        ProcessKind::Ollama
    } else if program.starts_with("comfy") || says("comfyui") {
        ProcessKind::ComfyUi
    } else if LANGUAGE_MODELS.contains(&program)
        || arguments.iter().take(4).any(|arg| {
            let arg = arg.rsplit('/').next().unwrap_or_default();
            LANGUAGE_MODELS.contains(&arg.split(['.', ' ']).next().unwrap_or_default())
        })
    {
        ProcessKind::LanguageModel
    } else if DISPLAYS.contains(&program) {
        ProcessKind::Display
    } else {
        ProcessKind::Other
    }
}

/// Name and kind of the process `pid`, from the directory `proc` of the kernel. `None` when it is gone, or another
/// user's, or there is no such directory.
pub(super) fn from_proc(proc: &Utf8Path, pid: u32) -> Option<(String, ProcessKind)> {
    let dir = proc.join(pid.to_string());
    let mut line = Vec::new();
    File::open(dir.join("cmdline"))
        .ok()?
        .take(LONGEST)
        .read_to_end(&mut line)
        .ok()?;
    let line = String::from_utf8_lossy(&line);
    let mut arguments: Vec<&str> = line.split('\0').filter(|arg| !arg.is_empty()).collect();
    // `python main.py` says what it is only by where it stands.
    let cwd = fs::read_link(dir.join("cwd")).unwrap_or_default();
    let cwd = cwd.to_string_lossy();
    let program = *arguments.first()?;
    let kind_is_in_cwd = arguments.iter().skip(1).any(|arg| *arg == "main.py");
    if kind_is_in_cwd {
        arguments.push(&cwd);
    }
    let kind = guess_process_kind(program, arguments.iter().skip(1).copied());
    let name = program.rsplit('/').next().unwrap_or(program);
    Some((name.to_owned(), kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_programs_are_told_apart() {
        use ProcessKind::{ComfyUi, Display, LanguageModel, Ollama, Other};
        for (name, arguments, kind) in [
            (
                "/usr/local/bin/ollama",
                &["runner", "--model", "/x"][..],
                Ollama,
            ),
            ("ollama_llama_server", &[], Ollama),
            ("/usr/lib/ollama/llama-server", &[], Ollama),
            (
                "C:\\Users\\x\\AppData\\Local\\Programs\\Ollama\\ollama.exe",
                &[],
                Ollama,
            ),
            (
                "/usr/bin/python3",
                &["/home/x/ComfyUI/main.py", "--listen"],
                ComfyUi,
            ),
            (
                "C:\\ComfyUI_windows_portable\\python_embeded\\python.exe",
                &["-s"],
                ComfyUi,
            ),
            (
                "python3",
                &["-m", "vllm.entrypoints.openai.api_server"],
                LanguageModel,
            ),
            ("/opt/llama-server", &["-m", "x.gguf"], LanguageModel),
            ("/usr/lib/xorg/Xorg", &["-core", ":0"], Display),
            ("dwm.exe", &[], Display),
            ("python3", &["train.py"], Other),
            ("python3", &["main.py"], Other),
            ("", &[], Other),
            ("[Not Found]", &[], Other),
        ] {
            assert_eq!(
                guess_process_kind(name, arguments.iter().copied()),
                kind,
                "{name} {arguments:?}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_process_is_known_by_its_command_line_and_place() {
        let root = camino_tempfile::tempdir().unwrap();
        let place = root.path().join("ComfyUI");
        fs::create_dir(&place).unwrap();
        for (pid, line, at) in [
            (7, &b"/venv/bin/python\0main.py\0--listen\0"[..], &place),
            (8, b"/venv/bin/python\0other.py\0", &place),
            (9, b"", &place),
            (10, b"\xff\xfe\0\xff", &place),
        ] {
            let dir = root.path().join(format!("{pid}"));
            fs::create_dir(&dir).unwrap();
            fs::write(dir.join("cmdline"), line).unwrap();
            std::os::unix::fs::symlink(at, dir.join("cwd")).unwrap();
        }
        let found = |pid| from_proc(root.path(), pid);
        assert_eq!(found(7), Some(("python".into(), ProcessKind::ComfyUi)));
        assert_eq!(found(8), Some(("python".into(), ProcessKind::Other)));
        assert_eq!(found(9), None);
        assert_eq!(found(10).unwrap().1, ProcessKind::Other);
        assert_eq!(found(11), None);
    }
}

//! Other programs with the same job: MoviePy as MoneyPrinterTurbo uses it, editly, and one FFmpeg command with `zoompan`.
//!
//! Each gets the same pictures, narration, music and words, at its own settings and at ours. None of them ducks the
//! music, sets a loudness or marks the spoken word.

mod task;

use std::time::Duration;

use task::Task;
use videogen_process::Command;

use crate::memory::{self, Peaks};
use crate::render;
use crate::studio::Studio;
use crate::usage::{self, Usage};
use crate::worker::Material;

/// What the others are asked to render.
pub(crate) const CASE: &str = "720x1280@30";
/// For one installation, on a slow line.
const INSTALL: Duration = Duration::from_mins(10);
/// What is installed. The versions that were looked at.
const MOVIEPY: &str = "moviepy==2.2.1";
const EDITLY: &str = "editly@0.14.2";

/// Whose settings x264 gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settings {
    /// The peer's own.
    Own,
    /// Ours.
    Equal,
}

impl Settings {
    /// As a table says it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Own => "its own",
            Self::Equal => "ours",
        }
    }
}

/// One peer at one setting, and a run of ours just before it.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) name: &'static str,
    pub(crate) settings: Settings,
    pub(crate) theirs: Usage,
    pub(crate) their_peaks: Peaks,
    pub(crate) ours: Usage,
}

impl Compared {
    /// Their CPU seconds to ours.
    pub(crate) fn ratio(&self) -> f64 {
        self.theirs.cpu / self.ours.cpu
    }
}

/// Peers that were measured, and those that are not installed, with what to do.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    pub(crate) compared: Vec<Compared>,
    pub(crate) missing: Vec<String>,
}

/// Installs what can be installed below the studio's directory. What fails is told and left out.
pub(crate) async fn install(studio: &Studio) {
    let venv = studio.dir.join("moviepy-venv");
    let editly = studio.dir.join("editly");
    let moviepy = vec![
        Command::new("python3", INSTALL).args(["-m", "venv", venv.as_str()]),
        Command::new(venv.join("bin/python").as_str(), INSTALL)
            .args(["-m", "pip", "install", "--quiet", MOVIEPY]),
    ];
    let npm = [
        "install",
        "--no-audit",
        "--no-fund",
        "--prefix",
        editly.as_str(),
        EDITLY,
    ];
    for (name, commands) in [
        (MOVIEPY, moviepy),
        (EDITLY, vec![Command::new("npm", INSTALL).args(npm)]),
    ] {
        eprintln!("installing {name}");
        let mut result = Ok(());
        for command in commands {
            if result.is_ok() {
                result = usage::measure(fetching(command)).await.map(|_| ());
            }
        }
        match result {
            Ok(()) => eprintln!("{name} is installed"),
            Err(error) => eprintln!("{name} is not installed: {error}"),
        }
    }
}

/// Passes on how packages are fetched here, proxies and certificates; children of ours do not get it otherwise.
fn fetching(command: Command) -> Command {
    let wanted = |name: &str| {
        let name = name.to_ascii_lowercase();
        let prefixes = ["pip_", "npm_", "node_extra_", "ssl_cert_"];
        prefixes.iter().any(|prefix| name.starts_with(prefix)) || name.ends_with("_proxy")
    };
    std::env::vars()
        .filter(|(name, _)| wanted(name))
        .fold(command, |command, (name, value)| command.env(name, value))
}

/// Runs every peer that is installed, once at each setting.
///
/// # Errors
/// What failed, in words: a peer that is there but fails is an error.
pub(crate) async fn run(studio: &Studio, seconds: f64) -> Result<Peers, String> {
    let case = &CASE.parse()?;
    let material = Material::of(&studio.dir, case, seconds);
    material.write(case, seconds)?;
    let work = studio.work.path();
    let task = Task {
        studio,
        case,
        seconds,
        material: &material,
    };
    task.write_lines()?;
    let mut peers = Peers::default();
    for settings in [Settings::Own, Settings::Equal] {
        let commands = [
            ("MoviePy 2, two encodes", task.moviepy(settings)?),
            ("editly", task.editly(settings)?),
            (
                "FFmpeg -loop 1, 4x, zoompan, drawtext",
                Ok(task.one_command(settings)),
            ),
        ];
        for (name, command) in commands {
            let command = match command {
                Ok(command) => command,
                Err(missing) => {
                    if settings == Settings::Own {
                        peers.missing.push(format!("{name}: {missing}"));
                    }
                    continue;
                }
            };
            let (ours, _) = render::whole(studio, case, seconds, &work.join("ours.mp4")).await?;
            eprintln!("{name}, {settings:?} settings");
            let (their_peaks, theirs) = memory::measure(command)
                .await
                .map_err(|error| format!("{name}: {error}"))?;
            peers.compared.push(Compared {
                name,
                settings,
                theirs,
                their_peaks,
                ours,
            });
        }
    }
    Ok(peers)
}

//! The programs that are compared, and one run of one of them.

use std::time::{Duration, Instant};

use camino::Utf8Path;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;
use videogen_process::{Child, Command, Error, Stdout, Supervisor};

use super::download::Fetched;
use super::mirrors::content;
use crate::usage;

/// What a run may take before it is called hopeless: aria2 waits 60 s for a frozen mirror, and some never leave one.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);
/// What a program may write to its standard output: ours writes one line.
const LINE: usize = 1 << 20;
/// The options that are told of aria2 in the tables.
const FAIR: [&str; 3] = ["-s5", "-x1", "-k1M"];

/// Who downloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Ours,
    /// With one connection a host, and parts as small as can be.
    Aria2Fair,
    /// At its defaults.
    Aria2,
    /// From the first mirror.
    Curl,
    /// As [`Program::Curl`], and then its digest, as ours has it.
    CurlChecked,
}

impl Program {
    /// As a table says it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Ours => "videogen-cdn",
            Self::Aria2Fair => "aria2 -s5 -x1 -k1M",
            Self::Aria2 => "aria2",
            Self::Curl => "curl, first mirror",
            Self::CurlChecked => "curl && openssl dgst",
        }
    }
}

/// What is installed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Programs {
    /// With ours, the first.
    pub(crate) all: Vec<Program>,
    /// What they call themselves, and what is missing.
    pub(crate) lines: Vec<String>,
}

impl Programs {
    /// Looks for the others, if they are wanted.
    ///
    /// # Errors
    /// The own revision cannot be told.
    pub(crate) async fn find(peers: bool) -> Result<Self, String> {
        let mut found = Self {
            all: vec![Program::Ours],
            lines: vec![crate::machine::plain().await],
        };
        if !peers {
            return Ok(found);
        }
        for (name, programs, package) in [
            ("aria2c", &[Program::Aria2Fair, Program::Aria2][..], "aria2"),
            ("curl", &[Program::Curl][..], "curl"),
        ] {
            let command = Command::new(name, LIMIT).arg("--version");
            match Supervisor::new()
                .run(command, &CancellationToken::new())
                .await
            {
                Ok(outcome) if outcome.success() => {
                    found.all.extend(programs);
                    let text = outcome.stdout_text().into_owned();
                    let first = text.lines().next().unwrap_or_default();
                    found
                        .lines
                        .push(first.split(" (").next().unwrap_or(first).to_owned());
                }
                _ => found.lines.push(format!(
                    "{name}: not installed, its rows are left out; `apt-get install {package}`"
                )),
            }
        }
        Ok(found)
    }
}

/// One download by one program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    /// Seconds of the whole process.
    pub(crate) wall: f64,
    /// CPU seconds of the whole process.
    pub(crate) cpu: f64,
    /// Why it failed, in a few words.
    pub(crate) error: Option<String>,
    /// Whether the file is there with the right digest.
    pub(crate) right: bool,
    /// What ours told of itself.
    pub(crate) fetched: Option<Fetched>,
}

/// What is to be fetched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) size: u64,
    pub(crate) urls: &'a [String],
    pub(crate) target: &'a Utf8Path,
    /// Where ours remembers mirrors between runs.
    pub(crate) health: Option<&'a Utf8Path>,
    /// Whether the others are told the digest, too.
    pub(crate) checked: bool,
    /// Whether what an earlier run left is to be used.
    pub(crate) resume: bool,
}

impl Job<'_> {
    /// The command, limited to [`LIMIT`].
    ///
    /// # Errors
    /// This program cannot be found.
    pub(crate) fn command(&self, program: Program) -> Result<Command, String> {
        let digest = digest(self.size);
        let (dir, name) = (
            self.target.parent().map_or(".", Utf8Path::as_str),
            self.target.file_name().unwrap_or_default(),
        );
        Ok(match program {
            Program::Ours => {
                let own = std::env::current_exe()
                    .map_err(|error| format!("finding this program: {error}"))?;
                let health = self.health.map(|path| format!("--health={path}"));
                Command::new(own, LIMIT)
                    .args(["fetch-one".to_owned(), format!("--sha256={digest}")])
                    .arg(format!("--size={}", self.size))
                    .arg(format!("--target={}", self.target))
                    .args(health)
                    .args(self.urls)
                    .stdout(Stdout::Capture { limit: LINE })
            }
            Program::Curl => Command::new("curl", LIMIT)
                .args(["--silent", "--show-error", "--fail", "--output"])
                .arg(self.target.as_str())
                .args(self.urls.first()),
            Program::CurlChecked => {
                let both = r#"curl --silent --show-error --fail --output "$1" "$2" && openssl dgst -sha256 -r "$1" | grep -q "^$3""#;
                Command::new("sh", LIMIT)
                    .args(["-c", both, "sh", self.target.as_str()])
                    .args(self.urls.first())
                    .arg(digest)
            }
            Program::Aria2 | Program::Aria2Fair => {
                let fair = if program == Program::Aria2Fair {
                    &FAIR[..]
                } else {
                    &[]
                };
                let checksum = self.checked.then(|| format!("--checksum=sha-256={digest}"));
                let resume = self.resume.then_some("--continue=true");
                Command::new("aria2c", LIMIT)
                    .args(["--no-conf", "--quiet", "--auto-file-renaming=false"])
                    .arg(format!("--dir={dir}"))
                    .arg(format!("--out={name}"))
                    .args(fair)
                    .args(checksum)
                    .args(resume)
                    .args(self.urls)
            }
        })
    }

    /// Runs it to its end, or to the limit, and looks at the file, which stays.
    ///
    /// # Errors
    /// It could not be started.
    pub(crate) async fn run(&self, program: Program) -> Result<Run, String> {
        // It takes the digest of all that is served, which is nobody's time.
        let command = self.command(program)?;
        let before = usage::children_cpu()?;
        let begun = Instant::now();
        let child = start(command)?;
        let outcome = child.wait(&CancellationToken::new()).await;
        let mut run = Run {
            wall: begun.elapsed().as_secs_f64(),
            cpu: usage::children_cpu()? - before,
            ..Run::default()
        };
        match outcome {
            Ok(outcome) => {
                run.fetched = Fetched::parse(&outcome.stdout_text());
                run.error = match &run.fetched {
                    Some(fetched) => fetched.error.clone(),
                    None if outcome.success() => None,
                    None => Some(outcome.exit.to_string()),
                };
            }
            Err(Error::Deadline { .. }) => {
                run.error = Some(format!("killed after {} s", LIMIT.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
        run.right = run.error.is_none() && is_right(self.target, self.size);
        Ok(run)
    }

    /// Starts it.
    ///
    /// # Errors
    /// It could not be started.
    pub(crate) fn spawn(&self, program: Program) -> Result<Child, String> {
        start(self.command(program)?)
    }

    /// Removes what was fetched, and what programs leave beside it.
    pub(crate) fn clean(&self) {
        let dir = self.target.parent().unwrap_or(Utf8Path::new("."));
        let name = self.target.file_name().unwrap_or_default();
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().contains(name) {
                std::fs::remove_file(entry.path()).ok();
            }
        }
    }
}

fn start(command: Command) -> Result<Child, String> {
    Supervisor::new()
        .spawn(command)
        .map_err(|error| error.to_string())
}

/// The SHA-256 of what the mirrors serve at this size, in hexadecimal digits.
pub(crate) fn digest(size: u64) -> String {
    let content = content(size);
    let mut hasher = Sha256::new();
    let mut at = 0;
    while at < size {
        let piece = content.range(at, 1 << 20);
        hasher.update(&piece);
        at += piece.len() as u64;
    }
    hex(&hasher.finalize())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether the file is what the mirrors serve.
fn is_right(path: &Utf8Path, size: u64) -> bool {
    use std::io::Read as _;
    let Ok(mut file) = std::fs::File::open(path) else {
        return false;
    };
    let content = content(size);
    let mut piece = vec![0; 1 << 20];
    let mut at = 0;
    loop {
        match file.read(&mut piece) {
            Ok(0) => return at == size,
            Ok(read) if content.range(at, read as u64) == piece[..read] => at += read as u64,
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_one_other_byte_is_not_right() {
        let dir = camino_tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let mut bytes = content(3 << 20).bytes().to_vec();
        std::fs::write(&path, &bytes).unwrap();
        assert!(is_right(&path, 3 << 20));
        assert!(!is_right(&path, 2 << 20));
        assert!(!is_right(&path, 4 << 20));
        bytes[2 << 20] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(!is_right(&path, 3 << 20));
        assert!(!is_right(&dir.path().join("none"), 0));
    }

    #[test]
    fn digests_are_those_of_the_content() {
        let whole = hex(&Sha256::digest(content(3_000_000).bytes()));
        assert_eq!(digest(3_000_000), whole);
    }
}

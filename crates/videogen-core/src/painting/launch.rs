//! Starts a ComfyUI on this machine where none answers, waits for it, and ends it when the run is over.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use videogen_comfy::{ComfyClient, Error as ComfyError};
use videogen_process::{Child, Command, Orphan, Outcome, Supervisor, Tails, chain};

use super::command_line::CommandLine;
use super::options::ServerUrl;
use crate::card::Place;
use crate::text;

/// How long it may take until it answers: extensions are loaded, and on a slow disk also PyTorch takes a minute.
const ANSWERS_WITHIN: Duration = Duration::from_mins(3);
/// For one question whether it is there.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
/// Between two questions.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// The longest it lives: every child has a deadline. A batch of weeks has its ComfyUI started by hand.
const LIVES: Duration = Duration::from_hours(24 * 14);
/// Between the request to end and the end, of the 15 s that a program may take after Ctrl-C.
const GRACE: Duration = Duration::from_secs(5);
/// Between two writings of its output to a file.
const LOG_EVERY: Duration = Duration::from_secs(10);
/// Lines of its output in a reason.
const LAST_LINES: usize = 4;
/// Characters of such a line.
const LONGEST_LINE: usize = 200;

/// Who hears what is done meanwhile; nobody unless set.
#[derive(Clone, Default)]
pub struct Told(Option<Arc<Hear>>);

type Hear = dyn Fn(&str) + Send + Sync;

impl Told {
    /// Calls `hear` with each sentence.
    pub fn new(hear: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hear)))
    }

    fn tell(&self, what: &str) {
        if let Some(hear) = &self.0 {
            hear(what);
        }
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

/// How a ComfyUI is started.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program. A relative path is below the directory, where one is set.
    pub command: CommandLine,
    /// Where it works; where this program does unless set.
    pub directory: Option<Utf8PathBuf>,
    /// The directory for what it writes; the last 64 KiB of each of its streams are kept there.
    pub logs: Option<Utf8PathBuf>,
    /// Whether it is really started. Otherwise it is only said that it would be.
    pub really: bool,
    /// How long it may take until it answers.
    pub patience: Duration,
    /// Who hears that it is started.
    pub told: Told,
}

impl Launch {
    /// `command`, in this program's directory, with three minutes until it answers; not really started.
    pub fn new(command: CommandLine) -> Self {
        Self {
            command,
            directory: None,
            logs: None,
            really: false,
            patience: ANSWERS_WITHIN,
            told: Told::default(),
        }
    }

    /// The program as it can be started in another directory.
    fn program(&self) -> String {
        let program = Utf8Path::new(self.command.program());
        match &self.directory {
            Some(directory) if program.components().count() > 1 => directory.join(program).into(),
            _ => program.as_str().to_owned(),
        }
    }
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Launched {
    /// Nothing was to be done: a server answers, or is none of ours.
    No,
    /// It would be started.
    Would(String),
    /// It was started and answers.
    Running(Running),
    /// It could not be started, and why.
    Failed(String),
}

/// A ComfyUI that is ours. It ends with this.
#[derive(Debug)]
pub(super) struct Running {
    stop: CancellationToken,
    _guard: DropGuard,
    living: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Running {
    /// Ends it: a request, some seconds, a signal that cannot be refused. Its whole process group ends with it.
    pub(super) async fn stop(&self) {
        self.stop.cancel();
        if let Some(living) = self.living.lock().await.take() {
            // It has panicked, or the runtime ends, and then the child is dead as well.
            let _ = living.await;
        }
    }
}

/// Starts the ComfyUI of `launch` if `url` is on this machine and nobody is there. Dropping the future ends what it has
/// started.
pub(super) async fn launch(url: &ServerUrl, launch: &Launch) -> Launched {
    if Place::of(url.expose()) != Some(Place::Here) {
        return Launched::No;
    }
    let client = match ComfyClient::connect(url.expose()) {
        Ok(client) => client,
        Err(error) => return Launched::Failed(chain(&error)),
    };
    if launch.really {
        end_what_an_earlier_run_left(&launch.told).await;
    }
    match answer(&client).await {
        Answer::ComfyUi => return Launched::No,
        Answer::Nobody => {}
        Answer::Other(why) => {
            return Launched::Failed(format!(
                "ComfyUI is not started at {url}, because something else answers there: {why}"
            ));
        }
    }
    let command = &launch.command;
    if !launch.really {
        return Launched::Would(format!(
            "{url} does not answer; it would be started: {command}"
        ));
    }
    launch.told.tell(&format!("starting ComfyUI: {command}"));
    let failed = |why: String| Launched::Failed(format!("ComfyUI was not started: {why}"));
    let child = Command::new(launch.program(), LIVES)
        .args(command.arguments().iter().cloned())
        .grace(GRACE);
    let child = match &launch.directory {
        Some(directory) => child.current_dir(directory),
        None => child,
    };
    let child = match Supervisor::new().spawn(child) {
        Ok(child) => child,
        Err(error) => return failed(chain(&error)),
    };
    let log = launch.logs.as_ref().map(|logs| logs.join(log_name(url)));
    let stop = CancellationToken::new();
    let guard = stop.clone().drop_guard();
    let tails = child.tails();
    let mut living = tokio::spawn(live(child, stop.clone(), log.clone()));
    let until = Instant::now() + launch.patience;
    let why = loop {
        tokio::select! {
            biased;
            _ = &mut living => break "it ended before it answered".to_owned(),
            answer = answer(&client) => if matches!(answer, Answer::ComfyUi) {
                launch.told.tell("ComfyUI answers");
                return Launched::Running(Running {
                    stop,
                    _guard: guard,
                    living: tokio::sync::Mutex::new(Some(living)),
                });
            }
        }
        if Instant::now() >= until {
            let seconds = launch.patience.as_secs();
            stop.cancel();
            let _ = living.await;
            break format!("it has not answered within {seconds} s");
        }
        tokio::time::sleep(ASK_EVERY).await;
    };
    let said = last_lines(&tails);
    let log = log.map_or_else(String::new, |log| format!(" ({log} has more)"));
    failed(if said.is_empty() {
        format!("{why}; it said nothing")
    } else {
        format!("{why}; the last it said: {said}{log}")
    })
}

/// Ends what children of a run that was killed have left, so that its ComfyUI is not taken for somebody else's, port and
/// memory with it. One that lives on by the will of somebody else is not touched: it has no mark of a run that is dead.
async fn end_what_an_earlier_run_left(told: &Told) {
    // The closure does not panic; a runtime that shuts down is the one way to lose it.
    let ended = tokio::task::spawn_blocking(videogen_process::end_orphans).await;
    for orphan in ended.unwrap_or_default() {
        let Orphan {
            pid, name, owner, ..
        } = orphan;
        told.tell(&format!(
            "ended {name} (process {pid}), which an earlier run (process {owner}) that was killed had left behind"
        ));
    }
}

/// Who answers at an address.
enum Answer {
    ComfyUi,
    Nobody,
    Other(String),
}

async fn answer(client: &ComfyClient) -> Answer {
    match tokio::time::timeout(ASKED_WITHIN, client.system_stats()).await {
        Ok(Ok(_)) => Answer::ComfyUi,
        Ok(Err(error)) if is_nobody(&error) => Answer::Nobody,
        Ok(Err(error)) => Answer::Other(chain(&error)),
        Err(_) => Answer::Other("it takes connections, but does not answer".to_owned()),
    }
}

/// Whether the connection was refused.
fn is_nobody(error: &ComfyError) -> bool {
    match error {
        ComfyError::Net { source, .. } => source.blame() == videogen_net::Blame::Down,
        _ => false,
    }
}

/// Waits for the end of the child, and keeps what it writes in a file meanwhile.
async fn live(child: Child, stop: CancellationToken, log: Option<Utf8PathBuf>) {
    let tails = child.tails();
    let mut written = String::new();
    let mut waiting = std::pin::pin!(child.wait(&stop));
    loop {
        let ended = tokio::select! {
            biased;
            ended = &mut waiting => Some(ended),
            () = tokio::time::sleep(LOG_EVERY) => None,
        };
        if let Some(log) = &log {
            let text = format!("{}\n{}\n", tails.stdout(), tails.stderr());
            if text != written {
                keep(log.clone(), text.clone()).await;
                written = text;
            }
        }
        if let Some(ended) = ended {
            let how = ended.map(|Outcome { exit, .. }| exit.to_string());
            let how = how.unwrap_or_else(|error| error.to_string());
            tracing::info!(%how, "the ComfyUI that was started has ended");
            return;
        }
    }
}

/// For people, so that it cannot be kept changes nothing.
async fn keep(log: Utf8PathBuf, text: String) {
    let writing = tokio::task::spawn_blocking(move || {
        if let Some(directory) = log.parent() {
            videogen_durable::create_missing_dirs(directory)?;
        }
        videogen_durable::write_private(&log, text.as_bytes())
    });
    if let Ok(Err(error)) = writing.await {
        tracing::debug!(%error, "what ComfyUI says is not kept");
    }
}

/// `comfyui-8188.log`: servers of several runs have several ports.
fn log_name(url: &ServerUrl) -> String {
    let port = url.port();
    format!("comfyui-{port}.log")
}

/// The end of what it said, in one line.
fn last_lines(tails: &Tails) -> String {
    let (errors, output) = (tails.stderr(), tails.stdout());
    let said = if errors.last_line().is_some() {
        errors
    } else {
        output
    };
    let lines: Vec<String> = said
        .as_str()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| text::shown(line, LONGEST_LINE).into_owned())
        .collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join(" / ")
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;

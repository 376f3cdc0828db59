//! The mirrors of the bench, in a process of their own, and the lines it is spoken to in.
//!
//! `start SIZE MIRROR…` is answered by `at URL…`, `counts` by `counts SENT:REQUESTS:ACCEPTED…`, `again SIZE MIRROR` puts
//! new mirrors beside the old ones. A mirror is `SPEED` or `SPEED,FAULT`; speed 0 is none.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use testkit::mirror::{Content, MirrorFault, MockMirror};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use videogen_process::{Child, ChildStdin, ChildStdout, Command, Stdin, Stdout, Supervisor};

use crate::studio::DEADLINE;

/// What the file is called.
pub(crate) const FILE: &str = "file.bin";
/// Of the pattern that is served: any number, the same for all mirrors.
const SEED: u64 = 23;

/// What the mirrors serve.
pub(crate) fn content(size: u64) -> Content {
    Content::pattern(size, SEED)
}

/// A mirror to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setup {
    /// Bytes a second of each connection; 0: as fast as it can.
    pub(crate) speed: u64,
    pub(crate) fault: Option<Trouble>,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Sends so many bytes in all.
    Freeze(u64),
    /// After so many bytes in all falls to so many a second.
    Slow(u64, u64),
    /// One wrong byte in each MiB.
    Wrong,
    Status(u16),
    /// Closes without an answer.
    Mute,
    /// A page for people.
    Html,
}

impl Setup {
    pub(crate) fn at(speed: u64) -> Self {
        Self { speed, fault: None }
    }

    pub(crate) fn with(self, fault: Trouble) -> Self {
        Self {
            fault: Some(fault),
            ..self
        }
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.speed)?;
        match self.fault {
            None => Ok(()),
            Some(Trouble::Freeze(bytes)) => write!(f, ",freeze,{bytes}"),
            Some(Trouble::Slow(bytes, speed)) => write!(f, ",slow,{bytes},{speed}"),
            Some(Trouble::Wrong) => f.write_str(",wrong"),
            Some(Trouble::Status(status)) => write!(f, ",status,{status}"),
            Some(Trouble::Mute) => f.write_str(",mute"),
            Some(Trouble::Html) => f.write_str(",html"),
        }
    }
}

impl FromStr for Setup {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words: Vec<&str> = text.split(',').collect();
        let number = |at: usize| {
            words
                .get(at)
                .and_then(|word| word.parse::<u64>().ok())
                .ok_or_else(|| format!("{text:?} is no mirror"))
        };
        let fault = match words.get(1).copied() {
            None => None,
            Some("freeze") => Some(Trouble::Freeze(number(2)?)),
            Some("slow") => Some(Trouble::Slow(number(2)?, number(3)?)),
            Some("wrong") => Some(Trouble::Wrong),
            Some("status") => Some(Trouble::Status(number(2)? as u16)),
            Some("mute") => Some(Trouble::Mute),
            Some("html") => Some(Trouble::Html),
            Some(_) => return Err(format!("{text:?} is no mirror")),
        };
        Ok(Self {
            speed: number(0)?,
            fault,
        })
    }
}

/// Serves until its standard input ends.
///
/// # Errors
/// A line that it does not understand, or a closed standard output.
pub(crate) async fn serve() -> Result<(), String> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut output = tokio::io::stdout();
    let mut running: Vec<MockMirror> = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut words = line.split_ascii_whitespace();
        let answer = match words.next() {
            Some("start") => {
                running.clear();
                let size = words.next().and_then(|word| word.parse().ok());
                let content = content(size.ok_or("a size is missing")?);
                for (number, word) in (2..).zip(words) {
                    running.push(start(word.parse()?, number, content.clone()).await);
                }
                let urls: Vec<String> = running.iter().map(|mirror| mirror.url(FILE)).collect();
                urls.join(" ")
            }
            Some("counts") => {
                let counts = running.iter().map(|mirror| {
                    let [sent, accepted] = [mirror.bytes_sent(), mirror.accepted()];
                    format!("{sent}:{}:{accepted}", mirror.requests().len())
                });
                counts.collect::<Vec<String>>().join(" ")
            }
            _ => return Err(format!("{line:?} is no order")),
        };
        let written = output.write_all(format!("{answer}\n").as_bytes()).await;
        written.map_err(|error| format!("writing an answer: {error}"))?;
        output
            .flush()
            .await
            .map_err(|error| format!("writing an answer: {error}"))?;
    }
    Ok(())
}

async fn start(setup: Setup, number: u8, content: Content) -> MockMirror {
    let mut builder = MockMirror::builder()
        .address(Ipv4Addr::new(127, 0, 0, number))
        .file(FILE, content);
    if setup.speed > 0 {
        builder = builder.speed(setup.speed);
    }
    if let Some(fault) = setup.fault {
        builder = builder.fault(match fault {
            Trouble::Freeze(bytes) => MirrorFault::FreezeAfterTotal(bytes),
            Trouble::Slow(bytes, speed) => MirrorFault::SlowAfterTotal(bytes, speed),
            Trouble::Wrong => MirrorFault::FlipByteEachMib(1),
            Trouble::Status(status) => MirrorFault::Status(status),
            Trouble::Mute => MirrorFault::CloseWithoutAnswer,
            Trouble::Html => MirrorFault::HtmlPage,
        });
    }
    builder.start().await
}

/// What a mirror did since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Bytes of bodies.
    pub(crate) sent: u64,
    pub(crate) requests: u64,
    /// Connections.
    pub(crate) accepted: u64,
}

/// The process of the mirrors, which ends with this one.
#[derive(Debug)]
pub(crate) struct Mirrors {
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    _server: Child,
}

impl Mirrors {
    /// Starts the process.
    ///
    /// # Errors
    /// What failed, in words.
    pub(crate) fn open() -> Result<Self, String> {
        let own =
            std::env::current_exe().map_err(|error| format!("finding this program: {error}"))?;
        let command = Command::new(own, DEADLINE)
            .arg("mock-mirrors")
            .stdin(Stdin::Pipe)
            .stdout(Stdout::Pipe);
        let mut server = Supervisor::new()
            .spawn(command)
            .map_err(|error| error.to_string())?;
        let orders = server.take_stdin().expect("stdin is a pipe as asked for");
        let output = server.take_stdout().expect("stdout is a pipe as asked for");
        Ok(Self {
            orders,
            answers: BufReader::new(output),
            _server: server,
        })
    }

    /// Ends the mirrors of before and starts these; returns where the file lies on each.
    ///
    /// # Errors
    /// The process is gone.
    pub(crate) async fn start(
        &mut self,
        size: u64,
        setups: &[Setup],
    ) -> Result<Vec<String>, String> {
        let words: Vec<String> = setups.iter().map(Setup::to_string).collect();
        let answer = self
            .order(&format!("start {size} {}", words.join(" ")))
            .await?;
        Ok(answer.split_ascii_whitespace().map(str::to_owned).collect())
    }

    /// What each did so far.
    ///
    /// # Errors
    /// The process is gone.
    pub(crate) async fn counts(&mut self) -> Result<Vec<Count>, String> {
        let answer = self.order("counts").await?;
        let count = |word: &str| {
            let mut numbers = word
                .split(':')
                .map(|number| number.parse().unwrap_or_default());
            let mut next = || numbers.next().unwrap_or_default();
            Count {
                sent: next(),
                requests: next(),
                accepted: next(),
            }
        };
        Ok(answer.split_ascii_whitespace().map(count).collect())
    }

    /// Bytes of bodies that all of them sent.
    ///
    /// # Errors
    /// The process is gone.
    pub(crate) async fn sent(&mut self) -> Result<u64, String> {
        Ok(self.counts().await?.iter().map(|count| count.sent).sum())
    }

    async fn order(&mut self, line: &str) -> Result<String, String> {
        let gone = |error: std::io::Error| format!("asking the mirrors: {error}");
        let line = format!("{line}\n");
        self.orders.write_all(line.as_bytes()).await.map_err(gone)?;
        self.orders.flush().await.map_err(gone)?;
        let mut answer = String::new();
        match self.answers.read_line(&mut answer).await.map_err(gone)? {
            0 => Err("the mirrors have ended".to_owned()),
            _ => Ok(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_the_same_when_it_was_written_and_read() {
        for fault in [
            Trouble::Freeze(5),
            Trouble::Slow(7, 1_000),
            Trouble::Wrong,
            Trouble::Status(404),
            Trouble::Mute,
            Trouble::Html,
        ] {
            let setup = Setup::at(500_000).with(fault);
            assert_eq!(setup.to_string().parse(), Ok(setup));
        }
        assert_eq!("0".parse(), Ok(Setup::at(0)));
        assert!("0,what".parse::<Setup>().is_err());
        assert!("fast".parse::<Setup>().is_err());
    }
}

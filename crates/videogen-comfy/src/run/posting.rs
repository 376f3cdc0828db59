//! Gets a prompt to the server once, and a socket to hear of it.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use videogen_net::Blame;

use super::RunEvent;
use super::driver::Driver;
use super::link::Link;
use super::state::Look;
use crate::Error;

/// For a socket to open; the picture does not wait longer for its progress.
const SOCKET_WAIT: Duration = Duration::from_secs(5);
/// Between two attempts at opening a socket again.
const SOCKET_PAUSE: Duration = Duration::from_secs(5);
/// How often a prompt is posted when it stays unknown whether the server got it, as often as anything else is asked.
const POSTS: u32 = 8;
/// Between two of them.
const POST_PAUSE: Duration = Duration::from_millis(250);

impl Driver {
    /// Whether the server has the prompt: none when it knows nothing of it.
    pub(super) async fn find(&mut self) -> Result<Option<Look>, Error> {
        match self.look().await? {
            Look::Gone(None) => Ok(None),
            look => Ok(Some(look)),
        }
    }

    /// Goes on with a prompt that is in the queue.
    pub(super) async fn found(&mut self, look: Look) {
        self.emit(RunEvent::Found);
        self.posts += 1;
        self.open_link().await;
        let now = self.now();
        self.track.posted(now);
        let mut events = Vec::new();
        // Only a queued prompt comes here, of which looking never ends a run.
        self.track.looked(look, now, &mut events);
        self.emit_all(events);
    }

    /// The name under which the socket listens. Of the prompt's id, so that a run which finds the prompt after a crash
    /// hears of it again; another one for each further post, as the server confuses sockets of one name (the end of an
    /// old connection unregisters the new one).
    pub(super) fn client_id(&self) -> String {
        match self.posts {
            0 | 1 => self.submission.prompt_id.to_string(),
            posts => format!("{}-{posts}", self.submission.prompt_id),
        }
    }

    pub(super) async fn open_link(&mut self) {
        // The old one first: see `client_id`.
        self.link = None;
        match timeout(
            SOCKET_WAIT,
            Link::open(&self.client, &self.client_id(), self.submission.previews),
        )
        .await
        {
            Ok(Ok(link)) => {
                if self.next_link.is_some() {
                    self.emit(RunEvent::SocketBack);
                }
                self.link = Some(link);
                self.next_link = None;
            }
            Ok(Err(error)) => self.no_link(crate::error::chain(&error)),
            Err(_) => self.no_link(format!(
                "it did not open within {} s",
                SOCKET_WAIT.as_secs()
            )),
        }
    }

    pub(super) fn no_link(&mut self, reason: String) {
        self.link = None;
        if self.next_link.is_none() {
            self.emit(RunEvent::SocketLost { reason });
        }
        self.next_link = Some(Instant::now() + SOCKET_PAUSE);
    }

    /// Posts the prompt. `patient` waits for a server that is starting again; a first post does not, since another server
    /// may be there at once.
    pub(super) async fn post(&mut self, patient: bool) -> Result<(), Error> {
        let limits = self.submission.limits;
        let begun = Instant::now();
        let mut unsure = 0;
        let events = self.events.clone();
        // Nobody need be there to hear it.
        let waits = || drop(events.try_send(RunEvent::RateLimited));
        self.client.turn(waits).await;
        loop {
            self.posts += 1;
            self.open_link().await;
            let (workflow, id) = (&self.submission.workflow, &self.submission.prompt_id);
            let posted = self
                .client
                .post(
                    workflow,
                    id,
                    Some(&self.client_id()),
                    self.submission.previews,
                )
                .await;
            let error = match posted {
                Ok(accepted) => {
                    let now = self.now();
                    self.track.posted(now);
                    self.emit(RunEvent::Posted {
                        left_out: accepted.problems,
                    });
                    return Ok(());
                }
                Err(error) => error,
            };
            let blame = match &error {
                Error::Net { source, .. } => source.blame(),
                // Something in between answered; what the server got is unknown.
                Error::BadAnswer { .. } => Blame::Fault,
                _ => return Err(error),
            };
            match blame {
                // It never got there.
                Blame::Down if patient && begun.elapsed() < limits.unreachable => {
                    self.emit(RunEvent::Unreachable {
                        reason: crate::error::chain(&error),
                    });
                    tokio::time::sleep(limits.poll).await;
                }
                // It may have got there, and a second post of the same id would paint twice.
                Blame::Fault => {
                    unsure += 1;
                    if let Some(look) = self.find().await? {
                        let now = self.now();
                        self.track.posted(now);
                        let mut events = vec![RunEvent::Found];
                        if let look @ Look::Queued { .. } = look {
                            self.track.looked(look, now, &mut events);
                        }
                        self.emit_all(events);
                        return Ok(());
                    }
                    if unsure >= POSTS {
                        return Err(error);
                    }
                    tokio::time::sleep(POST_PAUSE).await;
                }
                _ => return Err(error),
            }
        }
    }
}

//! One connection: requests are read, answers written no faster than they may be.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::pace::Pace;
use super::plan::{Framing, Plan, Turn};
use super::request::MirrorRequest;
use super::shared::Shared;

/// Of a request: more than any client of ours sends.
const LARGEST_HEAD: usize = 64 << 10;
/// What was written reaches the other side before the reset does, which overtakes what the system still holds.
const BEFORE_RESET: Duration = Duration::from_millis(30);

pub(crate) struct Connection {
    stream: TcpStream,
    /// Read and not yet understood.
    unread: BytesMut,
    number: u64,
    shared: Arc<Shared>,
}

/// The connection is over, in order or not.
struct Over;

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        // The other side went away.
        Self
    }
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, number: u64, shared: Arc<Shared>) -> Self {
        stream.set_nodelay(true).ok();
        Self {
            stream,
            unread: BytesMut::new(),
            number,
            shared,
        }
    }

    /// Serves until one of the two ends it.
    pub(crate) async fn serve(mut self) {
        while let Ok(request) = self.read().await {
            let plan = self.shared.answer(request);
            if self.answer(&plan).await.is_err() {
                break;
            }
            if !plan.keeps_connection() || plan.raw.is_some() {
                self.stream.shutdown().await.ok();
                break;
            }
        }
    }

    async fn read(&mut self) -> Result<MirrorRequest, Over> {
        loop {
            let end = self.unread.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                let head = self.unread.split_to(end);
                self.unread.advance(4);
                return MirrorRequest::parse(&head, self.number).ok_or(Over);
            }
            if self.unread.len() > LARGEST_HEAD
                || self.stream.read_buf(&mut self.unread).await? == 0
            {
                return Err(Over);
            }
        }
    }

    async fn answer(&mut self, plan: &Plan) -> Result<(), Over> {
        self.wait(plan.head_after).await?;
        if plan.silent {
            return Err(Over);
        }
        if self.frozen_in_all(plan) {
            return self.freeze().await;
        }
        let mut pace = Pace::new(plan.slow_head, Instant::now());
        let mut head = plan.raw.clone().unwrap_or_else(|| plan.head());
        while !head.is_empty() {
            let chunk = head.split_to((pace.chunk() as usize).min(head.len()));
            let due = pace.due(chunk.len() as u64, Instant::now(), Duration::ZERO);
            self.until(due).await?;
            self.stream.write_all(&chunk).await?;
        }
        if plan.no_body || plan.raw.is_some() {
            return Ok(());
        }
        self.wait(plan.body_after).await?;
        self.body(plan).await
    }

    fn frozen_in_all(&self, plan: &Plan) -> bool {
        let sent = self.shared.sent();
        plan.turns_total
            .iter()
            .any(|(at, turn)| *turn == Turn::Freeze && sent >= *at)
    }

    async fn body(&mut self, plan: &Plan) -> Result<(), Over> {
        let mut pace = Pace::new(plan.speed, Instant::now());
        let (mut turns, mut turns_total) = (plan.turns.as_slice(), plan.turns_total.as_slice());
        let size = plan.body.size();
        let (mut at, mut blocked) = (0, Duration::ZERO);
        loop {
            while let [(when, turn), rest @ ..] = turns
                && at >= *when
            {
                turns = rest;
                self.take(*turn, &mut pace).await?;
            }
            while let [(when, turn), rest @ ..] = turns_total
                && self.shared.sent() >= *when
            {
                turns_total = rest;
                self.take(*turn, &mut pace).await?;
            }
            if at >= size {
                break;
            }
            let before_turn = turns.first().map_or(size, |(when, _)| *when).min(size) - at;
            let mut chunk = plan.body.chunk(at, pace.chunk().min(before_turn));
            let due = pace.due(chunk.len() as u64, Instant::now(), blocked);
            self.until(due).await?;
            let limit = turns_total.first().map(|(when, _)| *when);
            let claimed = self.shared.claim(chunk.len() as u64, limit);
            chunk.truncate(claimed as usize);
            let begun = Instant::now();
            let written = self.write(plan.framing, chunk).await;
            blocked = begun.elapsed();
            if let Err(error) = written {
                self.shared.give_back(claimed);
                return Err(error.into());
            }
            at += claimed;
        }
        if plan.framing == Framing::Chunked {
            self.stream.write_all(b"0\r\n\r\n").await?;
        }
        Ok(())
    }

    async fn write(&mut self, framing: Framing, chunk: Bytes) -> io::Result<()> {
        if chunk.is_empty() {
            return Ok(());
        }
        if framing != Framing::Chunked {
            return self.stream.write_all(&chunk).await;
        }
        let size = format!("{:x}\r\n", chunk.len());
        self.stream.write_all(size.as_bytes()).await?;
        self.stream.write_all(&chunk).await?;
        self.stream.write_all(b"\r\n").await
    }

    async fn take(&mut self, turn: Turn, pace: &mut Pace) -> Result<(), Over> {
        match turn {
            Turn::Freeze => self.freeze().await,
            Turn::Speed(speed) => {
                *pace = Pace::new(Some(speed), Instant::now());
                Ok(())
            }
            Turn::Close => {
                self.stream.shutdown().await?;
                Err(Over)
            }
            Turn::Reset => {
                self.wait(BEFORE_RESET).await?;
                self.stream.set_zero_linger()?;
                Err(Over)
            }
        }
    }

    /// Sends nothing any more and keeps the connection until the other side closes it.
    async fn freeze(&mut self) -> Result<(), Over> {
        self.until(Instant::now() + Duration::from_secs(1 << 30))
            .await
    }

    async fn wait(&mut self, time: Duration) -> Result<(), Over> {
        if time.is_zero() {
            return Ok(());
        }
        self.until(Instant::now() + time).await
    }

    /// Waits, and sees at once when the other side closes. What it sends is kept.
    async fn until(&mut self, due: Instant) -> Result<(), Over> {
        let due = tokio::time::Instant::from_std(due);
        if due <= tokio::time::Instant::now() {
            return Ok(());
        }
        loop {
            if self.unread.len() > LARGEST_HEAD {
                return Err(Over);
            }
            tokio::select! {
                () = tokio::time::sleep_until(due) => return Ok(()),
                read = self.stream.read_buf(&mut self.unread) => {
                    if read? == 0 {
                        return Err(Over);
                    }
                }
            }
        }
    }
}

//! What can go wrong, and when.

use std::fmt;
use std::time::Duration;

/// A part of running a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Reading a model file.
    Load,
    /// Encoding the words.
    Text,
    /// Sampling.
    Sample,
    /// Decoding latents in one piece.
    Decode,
    /// Decoding in tiles, also when the server fell back to it silently.
    DecodeTiled,
    /// Encoding pixels.
    Encode,
    /// An upscale model.
    Upscale,
    /// Writing the picture.
    Save,
}

/// The words of an out-of-memory error, which differ by allocator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OomText {
    /// PyTorch's own allocator, with numbers.
    Native,
    /// `cudaMallocAsync`: "Allocation on device" and nothing else.
    CudaMallocAsync,
    /// `torch.AcceleratorError`; 0.3.64 does not know it as out of memory.
    Accelerator,
    /// The host's memory, by the C++ allocator.
    HostAllocator,
    /// The host's memory, by Python: an empty message.
    HostPython,
}

/// One thing that goes wrong. [`Fault::rule`] says when.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The answer comes late.
    Slow(Duration),
    /// An answer with this status and ComfyUI's plain text.
    Status(u16),
    /// 429 or 503 with `Retry-After` in seconds.
    RetryAfter(u16, u64),
    /// The connection closes without an answer.
    Reset,
    /// 200 with an HTML page, as from a login proxy.
    HtmlPage,
    /// A redirect to this address.
    Redirect(String),
    /// The right answer under this content type.
    ContentType(String),
    /// 200 with this many bytes of `x`.
    HugeBody(u64),
    /// The right answer with a header of this many bytes.
    HugeHeader(usize),
    /// 200 with bytes that are not UTF-8.
    InvalidUtf8,
    /// 200 with JSON nested this deep.
    DeepJson(usize),
    /// The right answer, cut after this many bytes with the connection closed.
    CutBody(usize),

    /// `/view` gives the first half of the picture as if it were all.
    TruncatedPng,
    /// `/view` gives the picture with a byte in its middle changed, as where another process has written over a part of it.
    DamagedPng,
    /// `/view` gives a PNG that says it is this large.
    PngBomb(u32, u32),
    /// `/view` gives a picture that is black all over, as half precision makes of numbers that overflow.
    BlackPicture,
    /// `/view` gives random bytes as a picture.
    NoisePicture,
    /// `/view` gives a picture of one grey.
    FlatPicture,
    /// `/view` gives the picture of another prompt, as where another server has written over it, or where one with
    /// `--cache-lru` answers with the name of a file that is another's by now.
    OtherPicture,
    /// `/view` gives these bytes.
    Bytes(Vec<u8>),
    /// The history names this file instead of the real one; `/view` serves it.
    FileName(String),

    /// Memory runs out in this phase.
    OutOfMemory(Phase, OomText),
    /// A node fails in this phase with this message.
    NodeError(Phase, String),
    /// The prompt hangs in this phase, also against interrupts, until the server stops.
    Stall(Phase),
    /// The worker dies in this phase; HTTP lives on.
    WorkerDies(Phase),
    /// The server goes down in this phase, for this long, and comes back with nothing but files.
    Restart(Phase, Duration),

    /// The WebSocket upgrade is answered with 503.
    SocketRefused,
    /// The socket breaks after this many messages.
    SocketDropped(usize),
    /// Every message comes twice.
    SocketDuplicates,
    /// Every n-th message is lost.
    SocketLoses(usize),
    /// The socket opens and stays silent.
    SocketSilent,
    /// Messages that are no JSON, or JSON of no known shape, come before the right ones.
    SocketGarbage,
    /// A binary frame of this many bytes comes first.
    SocketHugeFrame(usize),
    /// A text frame that is not UTF-8 comes after the first message.
    SocketInvalidUtf8,
}

impl Fault {
    /// A rule that fires each time, wherever the fault makes sense.
    pub fn rule(self) -> Rule {
        Rule {
            fault: self,
            route: None,
            skip: 0,
            times: None,
            pixels: 0,
            prompt: None,
        }
    }

    /// A rule that fires once.
    pub fn once(self) -> Rule {
        self.rule().times(1)
    }

    /// Its name, as the counters have it.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        let end = text.find(['(', ' ']).unwrap_or(text.len());
        text[..end].to_owned()
    }

    pub(crate) fn phase(&self) -> Option<Phase> {
        match self {
            Self::OutOfMemory(phase, _)
            | Self::NodeError(phase, _)
            | Self::Stall(phase)
            | Self::WorkerDies(phase)
            | Self::Restart(phase, _) => Some(*phase),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Slow(_)
            | Self::Status(_)
            | Self::RetryAfter(..)
            | Self::Reset
            | Self::HtmlPage
            | Self::Redirect(_)
            | Self::ContentType(_)
            | Self::HugeBody(_)
            | Self::HugeHeader(_)
            | Self::InvalidUtf8
            | Self::DeepJson(_)
            | Self::CutBody(_) => Place::Answer,
            Self::TruncatedPng
            | Self::DamagedPng
            | Self::PngBomb(..)
            | Self::BlackPicture
            | Self::NoisePicture
            | Self::FlatPicture
            | Self::OtherPicture
            | Self::Bytes(_) => Place::Picture,
            Self::FileName(_) => Place::Name,
            Self::OutOfMemory(..)
            | Self::NodeError(..)
            | Self::Stall(_)
            | Self::WorkerDies(_)
            | Self::Restart(..) => Place::Prompt,
            Self::SocketRefused
            | Self::SocketDropped(_)
            | Self::SocketDuplicates
            | Self::SocketLoses(_)
            | Self::SocketSilent
            | Self::SocketGarbage
            | Self::SocketHugeFrame(_)
            | Self::SocketInvalidUtf8 => Place::Socket,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Answer,
    Picture,
    Name,
    Prompt,
    Socket,
}

/// A fault with its conditions.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    fault: Fault,
    route: Option<String>,
    skip: u64,
    times: Option<u64>,
    pixels: u64,
    prompt: Option<u64>,
}

impl Rule {
    /// Only answers of this route, such as `GET /view` (as [`Counters`](super::Counters) spells it).
    #[must_use]
    pub fn on(mut self, route: &str) -> Self {
        self.route = Some(route.to_owned());
        self
    }

    /// Lets the first `n` occasions pass.
    #[must_use]
    pub fn skip(mut self, n: u64) -> Self {
        self.skip = n;
        self
    }

    /// At most `n` times.
    #[must_use]
    pub fn times(mut self, n: u64) -> Self {
        self.times = Some(n);
        self
    }

    /// Only where the picture (not the latent) has at least this many pixels.
    #[must_use]
    pub fn from_pixels(mut self, pixels: u64) -> Self {
        self.pixels = pixels;
        self
    }

    /// Only in the n-th prompt that runs, counted from 1.
    #[must_use]
    pub fn in_prompt(mut self, n: u64) -> Self {
        self.prompt = Some(n);
        self
    }

    /// The fault.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl From<Fault> for Rule {
    fn from(fault: Fault) -> Self {
        fault.rule()
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.fault)?;
        if let Some(route) = &self.route {
            write!(f, " on {route}")?;
        }
        if self.skip > 0 {
            write!(f, " after {}", self.skip)?;
        }
        if let Some(times) = self.times {
            write!(f, " ×{times}")?;
        }
        if self.pixels > 0 {
            write!(f, " from {} pixels", self.pixels)?;
        }
        if let Some(prompt) = self.prompt {
            write!(f, " in prompt {prompt}")?;
        }
        Ok(())
    }
}

/// The rules of one server, with what is left of each.
#[derive(Debug, Default)]
pub(crate) struct Rules(pub(crate) Vec<Rule>);

impl Rules {
    /// The faults of an answer of this route; each fires by its own count.
    pub(crate) fn answer(&mut self, route: &str) -> Vec<Fault> {
        self.take_all(Place::Answer, |rule| {
            rule.route.as_deref().is_none_or(|wanted| wanted == route)
        })
    }

    pub(crate) fn picture(&mut self) -> Option<Fault> {
        self.take(Place::Picture, |_| true)
    }

    pub(crate) fn file_name(&mut self) -> Option<String> {
        match self.take(Place::Name, |_| true) {
            Some(Fault::FileName(name)) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn prompt(&mut self, phase: Phase, pixels: u64, prompt: u64) -> Option<Fault> {
        self.take(Place::Prompt, |rule| {
            rule.fault.phase() == Some(phase)
                && pixels >= rule.pixels
                && rule.prompt.is_none_or(|wanted| wanted == prompt)
        })
    }

    pub(crate) fn socket(&mut self) -> Vec<Fault> {
        self.take_all(Place::Socket, |_| true)
    }

    fn take(&mut self, place: Place, matches: impl Fn(&Rule) -> bool) -> Option<Fault> {
        self.0
            .iter_mut()
            .find_map(|rule| rule.fires(place, &matches))
    }

    fn take_all(&mut self, place: Place, matches: impl Fn(&Rule) -> bool) -> Vec<Fault> {
        self.0
            .iter_mut()
            .filter_map(|rule| rule.fires(place, &matches))
            .collect()
    }
}

impl Rule {
    fn fires(&mut self, place: Place, matches: &impl Fn(&Self) -> bool) -> Option<Fault> {
        if self.fault.place() != place || !matches(self) {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        match &mut self.times {
            Some(0) => return None,
            Some(times) => *times -= 1,
            None => {}
        }
        Some(self.fault.clone())
    }
}

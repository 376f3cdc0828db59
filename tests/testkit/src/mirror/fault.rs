//! What can be wrong with a mirror.

use std::time::{Duration, SystemTime};

/// One way to misbehave. Several at once are applied in the order in which they were given.
///
/// “Body” is that of each answer, a range's too; “in all” counts the bytes of all bodies since the mirror started.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MirrorFault {
    /// Sends this part of each body, 0 to 1, and then nothing; the connection stays open.
    FreezeAfter(f64),
    /// Sends so many bytes of each body and then nothing; the connection stays open.
    FreezeAfterBytes(u64),
    /// Sends so many bytes of bodies in all; then no connection gets a byte of an answer, nor a head.
    FreezeAfterTotal(u64),
    /// Sends this part of each body and falls to so many bytes a second.
    SlowAfter(f64, u64),
    /// Sends so many bytes of bodies in all; then each connection falls to so many bytes a second.
    SlowAfterTotal(u64, u64),
    /// Resets the connection after so many bytes of each body.
    ResetEvery(u64),
    /// Closes the connection in order after this part of each body.
    EndEarly(f64),
    /// Sends right sizes with one byte flipped in the middle of the first MiB of the file and of each so many-th after it.
    FlipByteEachMib(u64),
    /// Sends other content of the right size: every byte inverted.
    OtherContent,
    /// Answers 200 with the whole file, whatever range was asked for, and says that it accepts ranges.
    IgnoreRange,
    /// Answers 200 with the whole file and says `Accept-Ranges: none`.
    NoRanges,
    /// Answers a range with 206 and another range, so many bytes further on, and says so.
    OtherOffset(u64),
    /// Answers a range with 206, names the right range, and sends the bytes that lie so many bytes further on.
    ShiftedBytes(u64),
    /// Says a total in Content-Range that is so many bytes too large.
    WrongTotal(i64),
    /// Sends so many bytes more than Content-Range names, and says so in Content-Length.
    LongerThanRange(u64),
    /// Sends so many bytes fewer than Content-Range names, and says so in Content-Length.
    ShorterThanRange(u64),
    /// Sends so many bytes after the end that Content-Length names.
    GarbageAfter(u64),
    /// Sends bodies in gzip though nobody asked for it, 206 too.
    Gzip,
    /// Says no length: chunked.
    Chunked,
    /// Says no length: the body ends with the connection.
    NoLength,
    /// Answers 200 with a page for people, `text/html`.
    HtmlPage,
    /// Answers 200 with a page for people that says it is `application/octet-stream`.
    HtmlPageUnlabelled,
    /// Answers with this status and a short page: 404, 410, 451, 416, 500.
    Status(u16),
    /// Answers with this status, 503 or 429, and a Retry-After.
    Busy(u16, RetryAfter),
    /// Answers HEAD with 405; GET is served.
    NoHead,
    /// Sends heads and bodies at so many bytes a second.
    Slowloris(u64),
    /// Sends a head that is so many bytes longer, in fields of 8 KB.
    HugeHead(usize),
    /// Sends a head with one field of so many bytes.
    HugeField(usize),
    /// Waits so long before the head.
    HeadAfter(Duration),
    /// Sends the head at once and the first byte of the body after so long.
    BodyAfter(Duration),
    /// Redirects with 302 to this Location, verbatim: another mirror, a literal of 127.0.0.1, `http://a@b`.
    Redirect(String),
    /// Redirects to `moved/NAME`, relative to the request; there it serves.
    RedirectRelative,
    /// Redirects so many times, each to a path of its own, and serves then.
    RedirectHops(u32),
    /// Redirects to itself, for ever.
    RedirectLoop,
    /// Redirects with 302 and no Location.
    RedirectNowhere,
    /// Answers 200 with an empty body.
    ZeroBytes,
    /// Reads the request and closes without an answer.
    CloseWithoutAnswer,
    /// Answers with something that is not HTTP.
    NotHttp,
    /// Serves so many connections, counted from when the fault was set, and refuses all after them.
    RefuseAfter(u64),
}

impl MirrorFault {
    /// Happens to the first so many requests it fits; then the mirror is healed of it.
    pub fn first(self, requests: u64) -> FaultRule {
        FaultRule::from(self).first(requests)
    }

    /// Happens only after so many requests it fits.
    pub fn after(self, requests: u64) -> FaultRule {
        FaultRule::from(self).after(requests)
    }

    /// Happens only to the file of this name.
    pub fn on(self, name: &str) -> FaultRule {
        FaultRule::from(self).on(name)
    }
}

/// When a fault happens.
#[derive(Debug, Clone)]
pub struct FaultRule {
    pub(crate) fault: MirrorFault,
    name: Option<String>,
    /// Requests that are let alone, and then those that are not.
    skip: u64,
    left: Option<u64>,
}

impl From<MirrorFault> for FaultRule {
    fn from(fault: MirrorFault) -> Self {
        Self {
            fault,
            name: None,
            skip: 0,
            left: None,
        }
    }
}

impl FaultRule {
    /// Happens so many times only.
    #[must_use]
    pub fn first(mut self, requests: u64) -> Self {
        self.left = Some(requests);
        self
    }

    /// Lets so many requests alone before it happens.
    #[must_use]
    pub fn after(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Happens only to the file of this name.
    #[must_use]
    pub fn on(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Whether it happens to this request; counts it.
    pub(crate) fn strikes(&mut self, name: &str) -> bool {
        if self.name.as_deref().is_some_and(|own| own != name) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        match &mut self.left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

/// The field that says when to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryAfter {
    /// In so many seconds.
    Seconds(u64),
    /// At a date, as HTTP writes it.
    At(SystemTime),
    /// Anything.
    Text(String),
}

impl RetryAfter {
    pub(crate) fn value(&self) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::At(time) => httpdate::fmt_http_date(*time),
            Self::Text(text) => text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_skips_strikes_and_heals() {
        let mut rule = MirrorFault::ZeroBytes.after(1).first(2).on("a");
        let struck: Vec<bool> = ["a", "b", "a", "b", "a", "a"]
            .map(|name| rule.strikes(name))
            .into();
        assert_eq!(struck, [false, false, true, false, true, false]);
    }
}

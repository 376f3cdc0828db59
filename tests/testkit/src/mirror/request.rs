//! What a mirror was asked.

/// One request, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorRequest {
    /// `GET`, `HEAD`.
    pub method: String,
    /// With its query, as in the first line.
    pub path: String,
    /// The first byte asked for and the last one, if a Range was sent that has a first one.
    pub range: Option<(u64, Option<u64>)>,
    /// In the order of the head; names as they were written.
    pub headers: Vec<(String, String)>,
    /// Which connection it came on: 1 is the first.
    pub connection: u64,
}

impl MirrorRequest {
    /// Returns the value of a field, whatever case its name has.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        fields
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// A head without its empty line; `None` when it is none.
    pub(crate) fn parse(head: &[u8], connection: u64) -> Option<Self> {
        let head = std::str::from_utf8(head).ok()?;
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
        first.next()?.strip_prefix("HTTP/1.")?;
        let headers = lines
            .map(|line| {
                let (name, value) = line.split_once(':')?;
                Some((name.to_owned(), value.trim().to_owned()))
            })
            .collect::<Option<_>>()?;
        let mut request = Self {
            method,
            path,
            range: None,
            headers,
            connection,
        };
        if let Some(ByteRange::From(first, last)) = request.byte_range() {
            request.range = Some((first, last));
        }
        Some(request)
    }

    /// The range it asks for, if it asks for one that can be understood; others are ignored, as RFC 9110 14.2 wants.
    pub(crate) fn byte_range(&self) -> Option<ByteRange> {
        let (first, last) = self
            .header("range")?
            .strip_prefix("bytes=")?
            .split_once('-')?;
        let number = |text: &str| text.trim().parse::<u64>().ok();
        match (first.trim(), last.trim()) {
            ("", last) => number(last).map(ByteRange::Last),
            (first, "") => Some(ByteRange::From(number(first)?, None)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(ByteRange::From(first, Some(last)))
            }
        }
    }

    /// The path without its slash, query and what redirects put before it.
    pub(crate) fn name(&self) -> &str {
        let path = self.path.split(['?', '#']).next().unwrap_or_default();
        let mut name = path.trim_start_matches('/');
        while let Some((_, rest)) = name.split_once('/').filter(|(first, _)| {
            *first == "moved"
                || first
                    .strip_prefix("hop-")
                    .is_some_and(|n| n.parse::<u32>().is_ok())
        }) {
            name = rest;
        }
        name
    }

    /// How many hops of [`MirrorFault::RedirectHops`](super::MirrorFault::RedirectHops) lie behind it.
    pub(crate) fn hops(&self) -> u32 {
        let first = self.path.trim_start_matches('/').split('/').next();
        let number = first.and_then(|first| first.strip_prefix("hop-")?.parse().ok());
        number.unwrap_or_default()
    }

    pub(crate) fn was_moved(&self) -> bool {
        self.path.starts_with("/moved/")
    }
}

/// A range of bytes as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteRange {
    From(u64, Option<u64>),
    Last(u64),
}

impl ByteRange {
    /// The first byte and the one after the last, of a file of this size; `None`: 416.
    pub(crate) fn within(self, size: u64) -> Option<(u64, u64)> {
        let (start, end) = match self {
            Self::From(first, last) => (
                first,
                last.map_or(size, |last| last.saturating_add(1).min(size)),
            ),
            Self::Last(count) => (size.saturating_sub(count), size),
        };
        (start < end).then_some((start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str) -> MirrorRequest {
        let head =
            format!("GET /moved/hop-3/a/b.bin?token=1 HTTP/1.1\r\nHost: x\r\nRANGE:  {range} ");
        MirrorRequest::parse(head.as_bytes(), 1).unwrap()
    }

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        let within = |text: &str| asked(text).byte_range().map(|range| range.within(100));
        assert_eq!(within("bytes=0-0"), Some(Some((0, 1))));
        assert_eq!(within("bytes=90-"), Some(Some((90, 100))));
        assert_eq!(within("bytes=90-1000"), Some(Some((90, 100))));
        assert_eq!(within("bytes=-10"), Some(Some((90, 100))));
        assert_eq!(within("bytes=-1000"), Some(Some((0, 100))));
        assert_eq!(within("bytes=100-"), Some(None));
        assert_eq!(within("bytes=-0"), Some(None));
        for ignored in [
            "bytes=5-4",
            "bytes=a-b",
            "lines=1-2",
            "bytes=0-1,5-6",
            "bytes=-",
        ] {
            assert_eq!(within(ignored), None, "{ignored}");
        }
        assert_eq!(asked("bytes=7-").range, Some((7, None)));
    }

    #[test]
    fn names_come_without_what_redirects_add() {
        assert_eq!(asked("").name(), "a/b.bin");
        assert!(asked("").was_moved());
        let hop = MirrorRequest::parse(b"GET /hop-7/x HTTP/1.1", 1).unwrap();
        assert_eq!((hop.name(), hop.hops()), ("x", 7));
        assert_eq!(MirrorRequest::parse(b"nonsense", 1), None);
    }
}

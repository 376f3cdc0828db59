//! What a redirect leads to; pure. The address policy judges the result, on every hop, before it is contacted.

use url::Url;

use crate::error::Error;
use crate::redact::RedactedUrl;
use crate::request::{HeaderText, Method, Redirects, Request};

/// One hop of a request.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) with_body: bool,
    /// Whether it has left the origin the caller named.
    away: bool,
}

/// Headers that say what is wanted and nothing about who wants it.
const HARMLESS: &[&str] = &[
    "accept",
    "accept-language",
    "range",
    "if-range",
    "if-none-match",
];

impl Step {
    pub(crate) fn first(request: &Request) -> Self {
        Self {
            method: request.method,
            url: request.url.clone(),
            with_body: true,
            away: false,
        }
    }

    /// Whether a header is sent on this hop: to a stranger only what tells nothing about the caller.
    pub(crate) fn goes_along(&self, name: &str, value: &HeaderText) -> bool {
        !self.away
            || (matches!(value, HeaderText::Plain(_))
                && HARMLESS
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(name)))
    }
}

/// What is done with an answer.
#[derive(Debug)]
pub(crate) enum Next {
    Answer,
    Follow(Step),
    Refuse(Error),
}

/// Decides on an answer with this status and `Location`.
pub(crate) fn next(request: &Request, step: &Step, status: u16, location: Option<&[u8]>) -> Next {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Next::Answer;
    }
    let refuse = |to: RedactedUrl, problem| {
        Next::Refuse(Error::Redirect {
            url: RedactedUrl::new(&step.url),
            to,
            problem,
        })
    };
    let Some(location) = location else {
        return refuse(RedactedUrl::of_text(""), "it does not say where to");
    };
    let text = String::from_utf8_lossy(location);
    // A `Location` may be relative: what is judged is what comes of it.
    let Ok(mut url) = step.url.join(&text) else {
        return refuse(RedactedUrl::of_text(&text), "that is not a URL");
    };
    if url.fragment().is_none() {
        url.set_fragment(step.url.fragment());
    }
    let to = RedactedUrl::new(&url);
    let same_host = url.host() == step.url.host();
    match request.redirects {
        Redirects::None => return refuse(to, "redirects are not followed here"),
        Redirects::SameHost if !same_host => return refuse(to, "that is another host"),
        Redirects::SameHost | Redirects::AnyHost => {}
    }
    if step.url.scheme() == "https" && url.scheme() != "https" {
        return refuse(to, "that is not encrypted any more");
    }
    let method = match (status, step.method) {
        (303, method) if method != Method::Head => Method::Get,
        (301 | 302, Method::Post) => Method::Get,
        (_, method) => method,
    };
    Next::Follow(Step {
        method,
        with_body: step.with_body && method == step.method,
        away: step.away || url.origin() != request.url.origin(),
        url,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Secret;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn go(request: &Request, status: u16, to: &str) -> Next {
        next(request, &Step::first(request), status, Some(to.as_bytes()))
    }

    #[test]
    fn a_relative_location_is_resolved_against_its_sender() {
        let request = Request::get(url("https://host/a/b?c=d"));
        let Next::Follow(step) = go(&request, 307, "/api/resolve-cache/x.json") else {
            panic!("not followed");
        };
        assert_eq!(step.url.as_str(), "https://host/api/resolve-cache/x.json");
        let Next::Follow(step) = go(&request, 302, "../e") else {
            panic!("not followed");
        };
        assert_eq!(step.url.as_str(), "https://host/e");
    }

    #[test]
    fn other_hosts_and_plain_http_are_refused() {
        let request = Request::get(url("https://host/a"));
        for to in [
            "https://other/",
            "//other/x",
            "http://host/a",
            "https://host@other/",
        ] {
            assert!(matches!(go(&request, 302, to), Next::Refuse(_)), "{to}");
        }
        let any = request.redirects(Redirects::AnyHost);
        assert!(matches!(go(&any, 302, "https://other/"), Next::Follow(_)));
        assert!(matches!(go(&any, 302, "http://other/"), Next::Refuse(_)));
        assert!(matches!(
            next(&any, &Step::first(&any), 302, None),
            Next::Refuse(_)
        ));
    }

    #[test]
    fn secrets_stay_at_home_and_do_not_come_back() {
        let request = Request::get(url("https://host/a")).redirects(Redirects::AnyHost);
        let Next::Follow(away) = go(&request, 302, "https://other/") else {
            panic!("not followed");
        };
        let secret = HeaderText::Secret(Secret::new("k"));
        let plain = HeaderText::Plain("v".to_owned());
        assert!(
            !away.goes_along("authorization", &secret) && !away.goes_along("x-api-key", &plain)
        );
        assert!(!away.goes_along("cookie", &plain) && away.goes_along("Range", &plain));
        let Next::Follow(back) = next(&request, &away, 302, Some(b"https://host/b")) else {
            panic!("not followed");
        };
        assert!(
            !back.goes_along("authorization", &secret),
            "what a stranger sends us to is not ours"
        );
    }

    #[test]
    fn only_307_and_308_repeat_a_post() {
        let request = Request::post(url("http://host/a")).body("text/plain", "x");
        for (status, method, body) in [
            (301, Method::Get, false),
            (302, Method::Get, false),
            (303, Method::Get, false),
            (307, Method::Post, true),
            (308, Method::Post, true),
        ] {
            let Next::Follow(step) = go(&request, status, "/b") else {
                panic!("not followed");
            };
            assert_eq!((step.method, step.with_body), (method, body), "{status}");
        }
        assert!(matches!(go(&request, 200, "/b"), Next::Answer));
        assert!(matches!(go(&request, 304, "/b"), Next::Answer));
    }
}

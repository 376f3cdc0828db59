//! A question to one server and its answer, bounded in time and bytes.

use std::time::Duration;

use serde_json::Value;
use videogen_net::{Deadlines, Endpoint, HttpClient, Request, SERVICES_WITHIN};

use super::sound::{self, Flaw};
use crate::Error;
use crate::audio::clip::Clip;
use crate::audio::wav;

/// The most bytes of a list of voices or of a description of an API: fifty times what they have.
const LIST_BYTES: u64 = 8 << 20;
/// The most bytes of sound in JSON: base64 makes four of three.
const JSON_BYTES: u64 = wav::MAX_BYTES / 3 * 4 + LIST_BYTES;

/// A server, and the way to it.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    http: HttpClient,
    endpoint: Endpoint,
    /// What leads from its address to its root: `../` for `http://host/v1`.
    root: String,
}

/// Sound with its type as the server told it.
#[derive(Debug)]
pub(super) struct Answer {
    bytes: Vec<u8>,
    content_type: String,
}

/// What a question about a path brought to light, whatever the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Looked {
    /// 100..=999.
    pub(super) status: u16,
    /// The program that serves, in its own words.
    pub(super) server: String,
}

impl Looked {
    /// Whether something is there that only takes another kind of request.
    pub(super) fn takes_posts(&self) -> bool {
        self.status == 405
    }

    /// Whether it wants a key, or another one.
    pub(super) fn wants_key(&self) -> bool {
        matches!(self.status, 401 | 403)
    }
}

impl Exchange {
    /// The way to `endpoint`, which may be named with the `/v1` of OpenAI's API or with what follows it.
    pub(super) fn new(http: HttpClient, endpoint: Endpoint) -> Self {
        let path = endpoint.url().path().to_owned();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let ups = parts
            .iter()
            .position(|part| *part == "v1")
            .map_or(0, |at| parts.len() - at);
        Self {
            http,
            endpoint,
            root: "../".repeat(ups),
        }
    }

    /// The server's address without a password, for messages.
    pub(super) fn server(&self) -> String {
        self.endpoint
            .shown()
            .to_string()
            .trim_end_matches('/')
            .to_owned()
    }

    /// The endpoint as it was named.
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The client that asks.
    pub(super) fn http(&self) -> &HttpClient {
        &self.http
    }

    fn request(
        &self,
        path: &str,
        make: impl FnOnce(url::Url) -> Request,
    ) -> Result<Request, videogen_net::Error> {
        let url = self.endpoint.join(&format!("{}{path}", self.root))?;
        Ok(self.endpoint.authorize(make(url)))
    }

    /// The JSON at `path`, a path below the server's root.
    ///
    /// # Errors
    /// As those of [`videogen_net`]; it is not JSON.
    pub(super) async fn json(&self, path: &str) -> Result<Value, videogen_net::Error> {
        let request = self.request(path, Request::get)?.max_body(LIST_BYTES);
        let request = request.deadlines(Deadlines::within(SERVICES_WITHIN));
        self.http.send(request).await?.json().await
    }

    /// What a `GET` of `path` is answered with; its body is not read.
    ///
    /// # Errors
    /// As those of [`videogen_net`], but for a status.
    pub(super) async fn look(&self, path: &str) -> Result<Looked, videogen_net::Error> {
        let request = self.request(path, Request::get)?.any_status();
        let request = request.deadlines(Deadlines::within(SERVICES_WITHIN));
        let answer = self.http.send(request).await?;
        Ok(Looked {
            status: answer.status(),
            server: answer.header("server").unwrap_or_default().to_owned(),
        })
    }

    /// Asks for sound with `body` as JSON, for at most `limit`.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub(super) async fn sound(
        &self,
        path: &str,
        body: &Value,
        limit: Duration,
    ) -> Result<Answer, Error> {
        let request = self.request(path, Request::post)?.json(body);
        self.answer(request, limit).await
    }

    /// Asks for sound with `text` as it is.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub(super) async fn sound_of_text(
        &self,
        path: &str,
        text: &str,
        limit: Duration,
    ) -> Result<Answer, Error> {
        let request = self.request(path, Request::post)?;
        let request = request.body("text/plain; charset=utf-8", text.as_bytes().to_vec());
        self.answer(request, limit).await
    }

    async fn answer(&self, request: Request, limit: Duration) -> Result<Answer, Error> {
        let request = request
            .max_body(wav::MAX_BYTES)
            .deadlines(Deadlines::within(limit));
        let response = self.http.send(request).await?;
        let content_type = response.header("content-type").unwrap_or_default();
        let content_type = content_type.to_owned();
        Ok(Answer {
            bytes: response.bytes().await?.to_vec(),
            content_type,
        })
    }

    /// Asks for JSON that has sound in it.
    ///
    /// # Errors
    /// [`Error::Net`], also where the answer is not JSON.
    pub(super) async fn sound_in_json(
        &self,
        path: &str,
        body: &Value,
        limit: Duration,
    ) -> Result<Value, Error> {
        let request = self.request(path, Request::post)?.json(body);
        let request = request
            .max_body(JSON_BYTES)
            .deadlines(Deadlines::within(limit));
        Ok(self.http.send(request).await?.json().await?)
    }

    /// The sound of an answer; `None` where it is a WAV file without a sample.
    ///
    /// # Errors
    /// [`Error::NotSound`].
    pub(super) fn clip(&self, answer: Answer) -> Result<Option<Clip>, Error> {
        self.read(answer.bytes, &answer.content_type)
    }

    /// The sound of `bytes`, which are called `content_type`.
    ///
    /// # Errors
    /// As [`Exchange::clip`].
    pub(super) fn read(&self, bytes: Vec<u8>, content_type: &str) -> Result<Option<Clip>, Error> {
        sound::read(bytes, content_type).map_err(|flaw| Error::NotSound {
            server: self.server(),
            found: match flaw {
                Flaw::Other(what) => what,
                Flaw::Broken(why) => format!("a broken WAV file ({why})"),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use videogen_net::{AddressPolicy, ClientOptions};

    use super::*;

    #[test]
    fn the_root_is_found_from_an_address_of_the_api() {
        let http = HttpClient::new(ClientOptions::new(AddressPolicy::local())).unwrap();
        for (named, url) in [
            ("http://h:1", "http://h:1/v1/audio/speech"),
            ("http://h:1/v1", "http://h:1/v1/audio/speech"),
            ("http://h:1/v1/audio/speech", "http://h:1/v1/audio/speech"),
            ("https://h/tts/v1/", "https://h/tts/v1/audio/speech"),
            ("https://h/tts", "https://h/tts/v1/audio/speech"),
        ] {
            let exchange = Exchange::new(http.clone(), Endpoint::parse(named).unwrap());
            let request = exchange.request("v1/audio/speech", Request::post).unwrap();
            assert_eq!(request.url().as_str(), url, "{named}");
        }
        let exchange = Exchange::new(http, Endpoint::parse("http://me:secret@h:1/v1").unwrap());
        assert_eq!(exchange.server(), "http://***@h:1/v1");
    }
}

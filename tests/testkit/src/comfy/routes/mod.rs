//! From a request to its answer.

mod files;
mod history;
pub(crate) mod info;
mod jobs;
mod prompt;
mod upload;

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HOST, HeaderValue, ORIGIN, UPGRADE};
use hyper::{HeaderMap, Method, Request, StatusCode};
use tokio::sync::watch;

use super::answer::{self, Answer};
use super::counters::Counters;
use super::fault::Fault;
use super::shared::Shared;
use super::socket::{self, Flaws};

/// The parts of a request that handlers look at.
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Without `/api`.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Answers one request, with the faults that are due. An error closes the connection.
pub(crate) async fn handle(
    shared: Arc<Shared>,
    life: watch::Receiver<bool>,
    mut request: Request<Incoming>,
) -> io::Result<Answer> {
    let prefixed = request.uri().path().starts_with("/api/");
    let path = segments(request.uri().path());
    let query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
        .into_owned()
        .collect();
    let route = name(request.method(), &path);
    Counters::add(&mut shared.counters().requests, &route);
    let gateway = shared.gateway();
    let bad_gateway = || answer::text(StatusCode::BAD_GATEWAY, "error code: 502");
    if gateway.is_some() {
        shared.note_fault(&Fault::Status(502));
    }
    if gateway == Some(false) {
        return Ok(bad_gateway());
    }
    let faults = shared.rules().answer(&route);
    for fault in &faults {
        shared.note_fault(fault);
        if let Fault::Slow(wait) = fault {
            tokio::time::sleep(*wait).await;
        }
    }

    let mut answer = if let Some(refused) = refuse_origin(&shared, request.headers()) {
        refused
    } else if path.first().is_some_and(|first| first == "ws") {
        upgrade(&shared, life, &mut request, query)
    } else {
        let (parts, incoming) = request.into_parts();
        match read(incoming, shared.options.max_upload).await? {
            None => answer::text(
                StatusCode::PAYLOAD_TOO_LARGE,
                &format!(
                    "Maximum request body size {} exceeded.",
                    shared.options.max_upload
                ),
            ),
            Some(body) => {
                let asked = Asked {
                    method: parts.method,
                    path,
                    query,
                    headers: parts.headers,
                    body,
                };
                dispatch(&shared, &asked, prefixed)
            }
        }
    };
    for fault in &faults {
        answer =
            answer::bend(fault, answer).ok_or_else(|| io::Error::other("closed on purpose"))?;
    }
    if gateway.is_some() {
        return Ok(bad_gateway());
    }
    Ok(answer)
}

fn dispatch(shared: &Shared, asked: &Asked, prefixed: bool) -> Answer {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let get = asked.method == Method::GET || asked.method == Method::HEAD;
    let post = asked.method == Method::POST;
    match path.as_slice() {
        ["system_stats"] if get => info::system_stats(shared),
        ["features"] if get => answer::json(&info::features(shared)),
        ["object_info", rest @ ..] if get => info::object_info(shared, rest.first().copied()),
        ["models", rest @ ..] if get => info::models(shared, rest),
        ["embeddings"] if get => answer::json(&serde_json::json!([])),
        ["view_metadata", folder] if get => info::metadata(shared, folder, asked),
        ["experiment", "models"] if get => info::experiment_models(shared),
        ["users"] if get => {
            answer::json(&serde_json::json!({"storage": "server", "migrated": true}))
        }
        ["settings" | "i18n"] if get => answer::json(&serde_json::json!({})),
        ["userdata"] if get => answer::text(StatusCode::NOT_FOUND, "Directory not found"),
        ["prompt"] if get => prompt::remaining(shared),
        ["prompt"] if post => prompt::post(shared, &asked.body),
        ["queue"] if get => prompt::queue(shared),
        ["queue"] if post => prompt::change_queue(shared, &asked.body),
        ["interrupt"] if post => prompt::interrupt(shared, &asked.body),
        ["free"] if post => prompt::free(shared, &asked.body),
        ["history"] if get => history::all(shared, asked),
        ["history", id] if get => history::one(shared, id),
        ["history"] if post => history::change(shared, &asked.body),
        ["jobs", rest @ ..] if prefixed => jobs::handle(shared, asked, rest),
        ["view"] if get => files::view(shared, asked),
        ["upload", "image"] if post => upload::image(shared, asked),
        _ if get => answer::not_found(),
        _ => {
            let mut answer =
                answer::text(StatusCode::METHOD_NOT_ALLOWED, "405: Method Not Allowed");
            answer
                .headers_mut()
                .insert(hyper::header::ALLOW, HeaderValue::from_static("GET,HEAD"));
            answer
        }
    }
}

fn segments(path: &str) -> Vec<String> {
    let path = path
        .strip_prefix("/api")
        .filter(|rest| rest.starts_with('/'))
        .unwrap_or(path);
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(percent_decoded)
        .collect()
}

fn percent_decoded(segment: &str) -> String {
    // The form decoder reads `+` as a space, which a path does not.
    let protected = segment.replace('+', "%2B");
    form_urlencoded::parse(protected.as_bytes())
        .next()
        .map_or_else(String::new, |(key, _)| key.into_owned())
}

/// How counters and rules call the route.
fn name(method: &Method, path: &[String]) -> String {
    let first = path.first().map_or("", String::as_str);
    let method = if method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    match first {
        "jobs" | "upload" if path.len() > 1 => {
            format!("{method} /{first}/{}", path[path.len() - 1]).replace(
                &format!("/jobs/{}", path[1]),
                if path.len() == 2 { "/jobs" } else { "/jobs/*" },
            )
        }
        _ => format!("{method} /{first}"),
    }
}

/// Pages of other origins may not use a server on this machine.
fn refuse_origin(shared: &Shared, headers: &HeaderMap) -> Option<Answer> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let cross_site = shared.version().is_new() && header("sec-fetch-site") == Some("cross-site");
    let foreign = match (header(ORIGIN.as_str()), header(HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split("://").nth(1) != Some(host),
        _ => false,
    };
    (cross_site || foreign).then(|| answer::empty(StatusCode::FORBIDDEN))
}

async fn read(mut incoming: Incoming, limit: u64) -> io::Result<Option<Bytes>> {
    let mut fits = incoming
        .size_hint()
        .exact()
        .is_none_or(|length| length <= limit);
    let mut body = BytesMut::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(io::Error::other)?;
        if let Ok(data) = frame.into_data() {
            fits &= body.len() as u64 + data.len() as u64 <= limit;
            // What is too much is read all the same, so that the client hears the answer.
            if fits {
                body.extend_from_slice(&data);
            }
        }
    }
    Ok(fits.then(|| body.freeze()))
}

fn upgrade(
    shared: &Arc<Shared>,
    mut life: watch::Receiver<bool>,
    request: &mut Request<Incoming>,
    query: Vec<(String, String)>,
) -> Answer {
    let faults = shared.rules().socket();
    for fault in &faults {
        shared.note_fault(fault);
    }
    if faults.contains(&Fault::SocketRefused) {
        return answer::text(StatusCode::SERVICE_UNAVAILABLE, "no sockets today");
    }
    let Some(key) = request.headers().get("sec-websocket-key") else {
        return answer::text(StatusCode::BAD_REQUEST, "No WebSocket UPGRADE hdr: None");
    };
    let accept = tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.as_bytes());
    let client = query
        .into_iter()
        .find(|(name, value)| name == "clientId" && !value.is_empty())
        .map(|(_, id)| id);
    let upgraded = hyper::upgrade::on(request);
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let flaws = Flaws(faults);
        tokio::select! {
            () = socket::serve(shared, upgraded, client, flaws) => {}
            _ = life.wait_for(|over| *over) => {}
        }
    });
    let mut answer = answer::empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = answer.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        headers.insert("sec-websocket-accept", accept);
    }
    answer
}

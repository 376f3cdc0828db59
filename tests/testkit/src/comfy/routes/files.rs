//! `/view`: the files the server made or was given.

use std::time::UNIX_EPOCH;

use bytes::Bytes;
use camino::Utf8Path;
use hyper::StatusCode;
use hyper::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE,
};

use serde_json::{Value, json};

use super::Asked;
use crate::Chance;
use crate::comfy::answer::{self, Answer};
use crate::comfy::fault::Fault;
use crate::comfy::files::Kind;
use crate::comfy::picture;
use crate::comfy::shared::Shared;

const JPEG: &[u8] = include_bytes!("../../../../fixtures/comfyui/preview.jpg");
const WEBP: &[u8] = include_bytes!("../../../../fixtures/comfyui/preview.webp");

pub(super) fn view(shared: &Shared, asked: &Asked) -> Answer {
    let Some(asked_name) = asked.query("filename").filter(|name| !name.is_empty()) else {
        return answer::empty(StatusCode::NOT_FOUND);
    };
    let (name, annotated) = annotation(asked_name);
    let kind = annotated.or(asked.query("type")).unwrap_or("output");
    let mut subfolder = asked.query("subfolder").unwrap_or_default().to_owned();
    let mut name = name.to_owned();
    if let Some((folder, real)) = shared.real_name(&name) {
        (subfolder, name) = (folder, real);
    }
    if name.starts_with('/') || name.contains("..") {
        return answer::empty(StatusCode::BAD_REQUEST);
    }
    let Some(kind) = Kind::parse(kind) else {
        return answer::empty(StatusCode::BAD_REQUEST);
    };
    let file = Utf8Path::new(&name)
        .file_name()
        .unwrap_or_default()
        .to_owned();
    let Some(path) = shared.files().path(kind, &subfolder, &file) else {
        return answer::empty(StatusCode::FORBIDDEN);
    };
    let (Ok(body), Ok(about)) = (std::fs::read(&path), std::fs::metadata(&path)) else {
        return answer::empty(StatusCode::NOT_FOUND);
    };
    let disposition = format!("filename=\"{file}\"");
    if let Some(preview) = asked.query("preview") {
        let (media, bytes) = if preview.starts_with("jpeg") {
            ("image/jpeg", JPEG)
        } else {
            ("image/webp", WEBP)
        };
        return made(media, Bytes::from_static(bytes), &disposition);
    }
    match asked.query("channel") {
        Some("rgb") => return made("image/png", body, &disposition),
        Some("a") => {
            let (width, height) = picture::size(&body).unwrap_or((1, 1));
            let alpha = picture::paint(width, height, 0, None);
            return made("image/png", alpha, &disposition);
        }
        _ => {}
    }
    let modified = about.modified().unwrap_or(UNIX_EPOCH);
    let nanos = modified
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    let etag = format!("\"{nanos:x}-{:x}\"", body.len());
    let body = bent(shared, body);
    let mut answer = whole_or_part(&asked.headers, &etag, body.into());
    let headers = answer.headers_mut();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(CONTENT_TYPE, media_type(&file));
    set(CONTENT_DISPOSITION, &disposition);
    set(ETAG, &etag);
    set(LAST_MODIFIED, &httpdate::fmt_http_date(modified));
    set(ACCEPT_RANGES, "bytes");
    if shared.version().is_new() {
        headers.insert(
            "x-content-type-options",
            HeaderValue::from_static("nosniff"),
        );
    }
    answer
}

/// `name.png [output]` names the folder in the file name.
fn annotation(name: &str) -> (&str, Option<&str>) {
    for kind in ["output", "temp", "input"] {
        if let Some(plain) = name.strip_suffix(&format!("[{kind}]")) {
            return (plain.trim_end(), Some(kind));
        }
    }
    (name, None)
}

fn made(media: &str, body: impl Into<Bytes>, disposition: &str) -> Answer {
    let mut answer = answer::bytes(media, body);
    if let Ok(value) = HeaderValue::from_str(disposition) {
        answer.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    answer
}

fn bent(shared: &Shared, body: Vec<u8>) -> Vec<u8> {
    let Some(fault) = shared.rules().picture() else {
        return body;
    };
    shared.note_fault(&fault);
    let (width, height) = picture::size(&body).unwrap_or((64, 64));
    match fault {
        Fault::BlackPicture => picture::plain(width, height, |_| 0),
        Fault::FlatPicture => picture::plain(width, height, |_| 127),
        Fault::NoisePicture => {
            let mut random = Chance::new(1);
            picture::plain(width, height, |_| random.next().to_le_bytes()[3])
        }
        Fault::TruncatedPng => body[..body.len() / 2].to_vec(),
        Fault::DamagedPng => {
            let mut body = body;
            let middle = body.len() / 2;
            body[middle] ^= 0x55;
            body
        }
        Fault::PngBomb(width, height) => picture::bomb(width, height),
        Fault::OtherPicture => other_picture(shared, &body),
        Fault::Bytes(bytes) => bytes,
        _ => body,
    }
}

/// A picture of the same size whose workflow has other seeds and another prefix.
fn other_picture(shared: &Shared, body: &[u8]) -> Vec<u8> {
    let (width, height) = picture::size(body).unwrap_or((64, 64));
    let prompt = picture::prompt(body).map(|text| {
        let mut prompt: Value = serde_json::from_str(&text).unwrap_or_default();
        for node in prompt
            .as_object_mut()
            .into_iter()
            .flat_map(|nodes| nodes.values_mut())
        {
            for name in ["seed", "noise_seed"] {
                if let Some(seed) = node["inputs"][name].as_u64() {
                    node["inputs"][name] = json!(seed ^ 1);
                }
            }
            if node["inputs"]["filename_prefix"].is_string() {
                node["inputs"]["filename_prefix"] = json!(format!("videogen-{}", shared.uuid()));
            }
        }
        prompt.to_string()
    });
    picture::paint(width, height, shared.random(), prompt.as_deref())
}

fn whole_or_part(headers: &HeaderMap, etag: &str, body: Bytes) -> Answer {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if header(IF_NONE_MATCH) == Some(etag) {
        return answer::empty(StatusCode::NOT_MODIFIED);
    }
    let total = body.len();
    let same = header(IF_RANGE).is_none_or(|known| known == etag);
    let Some(asked) = header(RANGE).filter(|_| same) else {
        return answer::bytes("", body);
    };
    let Some((from, to)) = range(asked, total) else {
        let mut answer = answer::empty(StatusCode::RANGE_NOT_SATISFIABLE);
        if let Ok(value) = HeaderValue::from_str(&format!("bytes */{total}")) {
            answer.headers_mut().insert(CONTENT_RANGE, value);
        }
        return answer;
    };
    let mut answer = answer::bytes("", body.slice(from..=to));
    *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    if let Ok(value) = HeaderValue::from_str(&format!("bytes {from}-{to}/{total}")) {
        answer.headers_mut().insert(CONTENT_RANGE, value);
    }
    answer
}

/// First and last byte of `bytes=a-b`, `bytes=a-` or `bytes=-n`.
fn range(asked: &str, total: usize) -> Option<(usize, usize)> {
    let (from, to) = asked.strip_prefix("bytes=")?.split_once('-')?;
    let last = total.checked_sub(1)?;
    let (from, to) = match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), Ok(to)) => (from, to.min(last)),
        (Ok(from), Err(_)) => (from, last),
        (Err(_), Ok(count)) => (total.saturating_sub(count), last),
        (Err(_), Err(_)) => return None,
    };
    (from <= to).then_some((from, to))
}

fn media_type(file: &str) -> &'static str {
    match Utf8Path::new(file).extension() {
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        _ => "application/octet-stream",
    }
}

//! `/upload/image`: a multipart form with one file.

use camino::Utf8Path;
use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use serde_json::json;

use super::Asked;
use crate::comfy::answer::{self, Answer};
use crate::comfy::files::Kind;
use crate::comfy::shared::Shared;

struct Part<'a> {
    name: String,
    file: Option<String>,
    body: &'a [u8],
}

pub(super) fn image(shared: &Shared, asked: &Asked) -> Answer {
    let parts = parts(asked);
    let text = |name: &str| {
        parts
            .iter()
            .find(|part| part.name == name && part.file.is_none())
            .map(|part| String::from_utf8_lossy(part.body).into_owned())
    };
    let kind = text("type").unwrap_or_else(|| "input".to_owned());
    let subfolder = text("subfolder").unwrap_or_default();
    let overwrite = text("overwrite").is_some_and(|value| value == "true" || value == "1");
    let upload = parts
        .iter()
        .find(|part| part.name == "image")
        .and_then(|part| Some((part.file.as_deref()?, part.body)));
    let Some((file, bytes)) = upload.filter(|(file, _)| !file.is_empty()) else {
        return answer::empty(StatusCode::BAD_REQUEST);
    };
    let Some(kind) = Kind::parse(&kind) else {
        return answer::trouble();
    };
    let Some(path) = shared.files().path(kind, &subfolder, file) else {
        return answer::empty(StatusCode::BAD_REQUEST);
    };
    let Some(name) = store(&path, bytes, overwrite) else {
        return answer::trouble();
    };
    answer::json(&json!({"name": name, "subfolder": subfolder, "type": kind.name()}))
}

/// Writes the bytes under this name, or under `name (n)` when other bytes have it already.
fn store(path: &Utf8Path, bytes: &[u8], overwrite: bool) -> Option<String> {
    let folder = path.parent()?;
    std::fs::create_dir_all(folder).ok()?;
    let stem = path.file_stem()?;
    let extension = path
        .extension()
        .map_or_else(String::new, |kind| format!(".{kind}"));
    let mut name = path.file_name()?.to_owned();
    let mut number = 1;
    while !overwrite && folder.join(&name).exists() {
        if std::fs::read(folder.join(&name)).ok()? == bytes {
            return Some(name);
        }
        name = format!("{stem} ({number}){extension}");
        number += 1;
    }
    std::fs::write(folder.join(&name), bytes).ok()?;
    Some(name)
}

fn parts(asked: &Asked) -> Vec<Part<'_>> {
    let boundary = asked
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split("boundary=").nth(1))
        .map(|value| value.split(';').next().unwrap_or(value).trim_matches('"'));
    let Some(boundary) = boundary else {
        return Vec::new();
    };
    let marker = format!("--{boundary}");
    split(&asked.body, marker.as_bytes())
        .into_iter()
        .filter_map(part)
        .collect()
}

fn part(raw: &[u8]) -> Option<Part<'_>> {
    let raw = raw.strip_prefix(b"\r\n")?;
    let head = find(raw, b"\r\n\r\n")?;
    let body = &raw[head + 4..];
    let body = body.strip_suffix(b"\r\n").unwrap_or(body);
    let head = String::from_utf8_lossy(&raw[..head]).into_owned();
    let line = head
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("content-disposition"))?
        .to_owned();
    let value = |key: &str| {
        let start = line.find(&format!("{key}=\""))? + key.len() + 2;
        let end = line[start..].find('"')?;
        Some(line[start..start + end].to_owned())
    };
    Some(Part {
        name: value(" name")?,
        file: value("filename"),
        body,
    })
}

fn split<'a>(bytes: &'a [u8], marker: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while let Some(at) = find(rest, marker) {
        pieces.push(&rest[..at]);
        rest = &rest[at + marker.len()..];
    }
    pieces
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

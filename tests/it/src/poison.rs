//! Stores as versions left them that kept what they had not looked at: whole entries, signed as they should be, whose
//! contents are no good.

use std::io::Cursor;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::{About, Key, RealEffects, Store, StoreLimits};

/// What the bad videos of [`poison`] are.
pub const BAD_VIDEO: &[u8] = b"BAD";

/// An entry of a store.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its key, as its files have it.
    pub key: String,
    /// The stage that made it.
    pub stage: String,
    /// The extension of its content.
    pub extension: String,
    /// Its content.
    pub content: Utf8PathBuf,
}

/// All entries of the store in `dir`, in the order of their names.
///
/// # Panics
/// When a sidecar is not as the store writes it.
pub fn entries(dir: &Utf8Path) -> Vec<Entry> {
    let list = |dir: &Utf8Path| -> Vec<Utf8PathBuf> {
        let entries = dir.read_dir_utf8().into_iter().flatten().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path().to_owned()).collect();
        paths.sort();
        paths
    };
    let mut all = Vec::new();
    for shard in list(dir) {
        if shard.file_name().is_none_or(|name| name.len() != 2) {
            continue;
        }
        for path in list(&shard) {
            let name = path.file_name().unwrap_or_default();
            let Some(key) = name.strip_suffix(".entry.json") else {
                continue;
            };
            let raw = std::fs::read(&path).expect("a sidecar");
            let sidecar: serde_json::Value = serde_json::from_slice(&raw).expect("JSON");
            let field = |field: &str| sidecar["entry"][field].as_str().expect("text").to_owned();
            let extension = field("extension");
            all.push(Entry {
                key: key.to_owned(),
                stage: field("stage"),
                content: shard.join(format!("{key}.{extension}")),
                extension,
            });
        }
    }
    all
}

/// A picture that is black all over.
///
/// # Panics
/// Never: memory takes every picture.
pub fn black_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::new(width, height)
        .write_to(&mut bytes, image::ImageFormat::Png)
        .expect("memory takes every picture");
    bytes.into_inner()
}

/// Puts a bad content in the place of each good one of these stages in the store in `dir`, and gives how many: black
/// pictures, silent speeches, videos that are none, notes that nobody can read.
///
/// # Panics
/// When the store cannot be opened or written.
pub fn poison(dir: &Utf8Path, stages: &[&str]) -> usize {
    let store = Store::open(dir, StoreLimits::default(), Arc::new(RealEffects)).expect("a store");
    let mut count = 0;
    for entry in entries(dir) {
        // The store of a batch that is finished may be half removed.
        let Ok(content) = std::fs::read(&entry.content) else {
            continue;
        };
        if !stages.contains(&entry.stage.as_str()) {
            continue;
        }
        let bad = match (entry.stage.as_str(), entry.extension.as_str()) {
            ("picture", "png") => black_png(64, 64),
            ("render", "mp4") => BAD_VIDEO.to_vec(),
            ("voice", "bin") => silent(content),
            _ => b"{".to_vec(),
        };
        let key: Key = entry.key.parse().expect("a key");
        store.remove(&key).expect("removed");
        let about = About::new(&entry.extension, &entry.stage);
        store
            .put_bytes(&key, &about, &bad)
            .expect("put")
            .expect("kept");
        count += 1;
    }
    count
}

/// The same speech with nothing to be heard in it: behind the first line are its samples.
fn silent(mut speech: Vec<u8>) -> Vec<u8> {
    if let Some(end) = speech.iter().position(|byte| *byte == b'\n') {
        speech[end + 1..].fill(0);
    }
    speech
}

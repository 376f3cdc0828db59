//! Tests of the store on real directories.

mod bad;
mod claims;
mod crash;
mod installing;
mod placing;
mod room;

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use sha2::{Digest, Sha256};

use super::{AssetStore, AssetStoreError, AssetStoreLimits, Begun, FileKey, InstalledAsset};
use crate::registry::{Asset, AssetFile, AssetId, AssetKind, Licence, Sha256Digest};

const KIB: usize = 1024;

fn tempdir() -> Utf8TempDir {
    camino_tempfile::tempdir().expect("a temporary directory")
}

fn open(dir: &Utf8Path) -> AssetStore {
    AssetStore::open(&dir.join("assets"), AssetStoreLimits::default()).expect("opened")
}

fn limited(dir: &Utf8Path, bytes: usize) -> AssetStore {
    let limits = AssetStoreLimits {
        bytes: bytes as u64,
    };
    AssetStore::open(&dir.join("assets"), limits).expect("opened")
}

fn id(text: &str) -> AssetId {
    AssetId::new(text).expect("an id")
}

fn digest(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::new(Sha256::digest(bytes).into())
}

/// A voice with these files.
fn voice(name: &str, files: &[&str]) -> Asset {
    Asset {
        id: id(name),
        kind: AssetKind::Voice,
        title: format!("the voice {name}"),
        licence: Licence::new("CC0-1.0"),
        attribution: None,
        tags: Vec::new(),
        explicit: false,
        files: files
            .iter()
            .map(|file| AssetFile {
                name: (*file).to_owned(),
                size: None,
                sha256: None,
                cross_check: None,
                mirrors: Vec::new(),
            })
            .collect(),
    }
}

/// Has the bytes come in as a download would.
fn fetch(store: &AssetStore, bytes: &[u8]) -> Result<Sha256Digest, AssetStoreError> {
    let digest = digest(bytes);
    match store.begin(&FileKey::Digest(&digest))? {
        Begun::Here(_) => {}
        Begun::Yours(incoming) => {
            fs::write(incoming.path(), bytes).expect("written");
            store.adopt(incoming.path(), &digest)?;
        }
        Begun::Busy { .. } => panic!("nobody else fetches"),
    }
    Ok(digest)
}

fn try_install(
    store: &AssetStore,
    name: &str,
    files: &[(&str, &[u8])],
) -> Result<InstalledAsset, AssetStoreError> {
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let digests: Result<Vec<_>, _> = files.iter().map(|(_, bytes)| fetch(store, bytes)).collect();
    store.install(&voice(name, &names), &digests?)
}

fn install(store: &AssetStore, name: &str, files: &[(&str, &[u8])]) -> InstalledAsset {
    try_install(store, name, files).expect("installed")
}

/// A voice of two files, small one first.
fn install_bryce(store: &AssetStore) -> InstalledAsset {
    install(store, "bryce", BRYCE)
}

const BRYCE: &[(&str, &[u8])] = &[("bryce.onnx.json", b"{}"), ("bryce.onnx", b"model")];

fn read(path: &Utf8Path) -> Vec<u8> {
    fs::read(path).expect("readable")
}

/// Writes to a file of the store as a program with a mistake would: in place, whatever its mode.
fn overwrite(path: &Utf8Path, bytes: &[u8]) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("set");
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(path)
        .expect("opened");
    std::io::Write::write_all(&mut file, bytes).expect("written");
}

/// Changes bytes and leaves the date, as a disk does that loses bits.
fn flip_bits(path: &Utf8Path) {
    let mut bytes = read(path);
    bytes[0] ^= 1;
    let date = fs::metadata(path)
        .expect("there")
        .modified()
        .expect("dated");
    overwrite(path, &bytes);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(path)
        .expect("opened");
    file.set_modified(date).expect("dated");
}

/// All files below a directory, as paths below it.
fn tree(dir: &Utf8Path) -> Vec<String> {
    fn walk(dir: &Utf8Path, root: &Utf8Path, found: &mut Vec<String>) {
        for entry in dir.read_dir_utf8().expect("readable").flatten() {
            let path = entry.path();
            if entry.file_type().expect("known").is_dir() {
                walk(path, root, found);
            } else {
                let below = path.strip_prefix(root).expect("below");
                found.push(below.to_string());
            }
        }
    }
    let mut found = Vec::new();
    walk(dir, dir, &mut found);
    found.sort();
    found
}

fn content(store: &AssetStore, bytes: &[u8]) -> Utf8PathBuf {
    let digest = digest(bytes).to_string();
    store
        .dir()
        .join(format!("sha256/{}/{digest}", &digest[..2]))
}

//! A directory that batches are made in, what a process did there, and the promises that hold for both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Files of a video, by extension.
pub(crate) const EXTENSIONS: [&str; 5] = ["srt", "jpg", "credits.txt", "json", "mp4"];

/// `(what, request)` of a fake's work.
pub(crate) type Work = (String, String);

/// The exit status that says that there is no batch.
pub(crate) const NO_BATCH: i32 = 3;

/// Removed when dropped.
#[derive(Debug)]
pub(crate) struct Place(Utf8TempDir);

/// A process that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) id: u32,
    /// Nothing after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    /// Null after a signal.
    pub(crate) report: Value,
    pub(crate) errors: String,
}

/// A line of `calls.log`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    process: u32,
    work: Work,
    /// The digest of the output, at the end of the work.
    output: Option<String>,
}

/// What an uninterrupted run made.
#[derive(Debug)]
pub(crate) struct Reference {
    /// By name; manifests without what differs between runs.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// All work, and the digests of the outputs.
    pub(crate) work: BTreeMap<Work, String>,
    pub(crate) effects: u64,
}

pub(crate) fn hex16(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash[..8].iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn names(dir: &Utf8Path) -> Vec<String> {
    let Ok(entries) = dir.read_dir_utf8() else {
        return Vec::new();
    };
    let name = |entry: Result<camino::Utf8DirEntry, _>| entry.unwrap().file_name().to_owned();
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// Waits for a process and reads what it said.
pub(crate) fn ended(child: Child) -> Ran {
    let id = child.id();
    let output = child.wait_with_output().unwrap();
    Ran {
        id,
        code: output.status.code(),
        signal: output.status.signal(),
        report: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(camino_tempfile::tempdir().unwrap())
    }

    pub(crate) fn dir(&self) -> &Utf8Path {
        self.0.path()
    }

    pub(crate) fn at(&self, name: &str) -> Utf8PathBuf {
        self.dir().join(name)
    }

    /// Starts `fake-batch` here, in a process group of its own.
    #[expect(
        clippy::disallowed_methods,
        reason = "it is killed from outside, which a supervisor is there to prevent"
    )]
    pub(crate) fn start(&self, videos: usize, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_fake-batch"))
            .arg(self.dir())
            .arg(videos.to_string())
            .args(arguments)
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap()
    }

    pub(crate) fn run(&self, videos: usize, arguments: &[&str]) -> Ran {
        ended(self.start(videos, arguments))
    }

    /// The effect that was struck.
    pub(crate) fn struck(&self) -> String {
        let text = fs::read_to_string(self.at("struck")).unwrap_or_default();
        text.replace(self.dir().as_str(), "DIR")
    }

    fn lines(&self) -> Vec<Line> {
        let log = fs::read_to_string(self.at("calls.log")).unwrap_or_default();
        let line = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            let mut next = || words.next().expect("lines are whole");
            let (process, _, what, request) = (next(), next(), next(), next());
            Line {
                process: process.parse().unwrap(),
                work: (what, request),
                output: words.next(),
            }
        };
        log.lines().map(line).collect()
    }

    /// What fakes were asked for, in order: by process `id`, or by all.
    pub(crate) fn calls(&self, id: Option<u32>) -> Vec<Work> {
        let begun = self
            .lines()
            .into_iter()
            .filter(|line| line.output.is_none() && id.is_none_or(|id| line.process == id));
        begun.map(|line| line.work).collect()
    }

    /// The work whose output is in the store of a batch.
    pub(crate) fn kept(&self, reference: &Reference) -> BTreeSet<Work> {
        let made: BTreeMap<(&str, &str), &Work> = reference
            .work
            .iter()
            .map(|(work, output)| ((&*work.0, &**output), work))
            .collect();
        let mut kept = BTreeSet::new();
        for batch in names(&self.at("work")) {
            let batch = self.at("work").join(batch);
            for shard in names(&batch).iter().filter(|name| name.len() == 2) {
                let shard = batch.join(shard);
                for name in names(&shard) {
                    let Some(key) = name.strip_suffix(".entry.json") else {
                        continue;
                    };
                    let sidecar = fs::read(shard.join(&name)).unwrap();
                    let sidecar: Value = serde_json::from_slice(&sidecar).unwrap();
                    let entry = |field: &str| sidecar["entry"][field].as_str().unwrap();
                    let (stage, extension) = (entry("stage"), entry("extension"));
                    let content = shard.join(format!("{key}.{extension}"));
                    // The store of a finished batch may be half removed.
                    let Ok(content) = fs::read(content) else {
                        continue;
                    };
                    if stage == "voice" {
                        kept.insert((stage.to_owned(), hex16(spoken(&content).as_bytes())));
                    } else if extension != "bin" {
                        // The note beside a render is a small file of ours and no work.
                        let output = hex16(&content);
                        let work = made.get(&(stage, &*output));
                        kept.insert((*work.expect("only the reference's work is kept")).clone());
                    }
                }
            }
        }
        kept
    }

    /// Files under final names; manifests without what differs between runs.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let visible = names(&self.at("out"))
            .into_iter()
            .filter(|name| !name.starts_with('.'));
        visible
            .map(|name| {
                let mut bytes = fs::read(self.at("out").join(&name)).unwrap();
                if Utf8Path::new(&name).extension() == Some("json") {
                    bytes = comparable(&bytes);
                }
                (name, bytes)
            })
            .collect()
    }

    /// What an uninterrupted run makes.
    pub(crate) fn reference(videos: usize) -> Reference {
        let place = Self::new();
        let ran = place.run(videos, &[]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let mut work = BTreeMap::new();
        for line in place.lines() {
            if let Some(output) = line.output {
                let twice = work.insert(line.work, output);
                assert_eq!(twice, None, "the reference made something twice");
            }
        }
        let reference = Reference {
            files: place.files(),
            work,
            effects: ran.report["effects"].as_u64().unwrap(),
        };
        assert_eq!(reference.files.len(), videos * EXTENSIONS.len());
        let mut broken = Vec::new();
        place.check_end(&reference, &mut broken);
        assert!(broken.is_empty(), "the reference: {broken:?}");
        reference
    }

    /// Right after a process was ended: what has the name of a video is whole, with all that belongs to it.
    pub(crate) fn check_middle(&self, reference: &Reference, broken: &mut Vec<String>) {
        let files = self.files();
        for (name, bytes) in &files {
            if reference.files.get(name) != Some(bytes) {
                broken.push(format!("{name} is not what the uninterrupted run made"));
            }
            if let Some(stem) = name.strip_suffix(".mp4") {
                for extension in EXTENSIONS {
                    if !files.contains_key(&format!("{stem}.{extension}")) {
                        broken.push(format!("{name} is there without its {extension}"));
                    }
                }
            }
        }
    }

    /// Of one process: it made nothing that was `kept` when it began, and nothing twice.
    pub(crate) fn check_calls(&self, id: u32, kept: &BTreeSet<Work>, broken: &mut Vec<String>) {
        let mut seen = BTreeSet::new();
        for work in self.calls(Some(id)) {
            if kept.contains(&work) {
                broken.push(format!("{work:?} was in the store and made again"));
            }
            if !seen.insert(work.clone()) {
                broken.push(format!("{work:?} was made twice by one process"));
            }
        }
    }

    /// When all is delivered: the results of the uninterrupted run, and nothing else.
    pub(crate) fn check_end(&self, reference: &Reference, broken: &mut Vec<String>) {
        self.check_delivered(reference, broken);
        for name in names(&self.at("out")) {
            if name.starts_with('.') {
                let inside = names(&self.at("out").join(&name));
                broken.push(format!("out/{name} is left, with {inside:?}"));
            }
        }
        for name in names(&self.at("work")) {
            broken.push(format!("work/{name} is left"));
        }
        // The one that was made; what never came to be is swept.
        let mut batches = names(&self.at("batches"));
        batches.retain(|name| self.at("batches").join(name).is_dir());
        if batches.len() != 1 {
            broken.push(format!("there are the batches {batches:?}"));
        }
    }

    /// The results of the uninterrupted run, once.
    pub(crate) fn check_delivered(&self, reference: &Reference, broken: &mut Vec<String>) {
        let files = self.files();
        for (name, bytes) in &reference.files {
            match files.get(name) {
                None => broken.push(format!("{name} is lost")),
                Some(made) if made != bytes => broken.push(format!("{name} differs")),
                Some(_) => {}
            }
        }
        for name in files
            .keys()
            .filter(|name| !reference.files.contains_key(*name))
        {
            broken.push(format!("{name} is too much"));
        }
        let asked: BTreeSet<Work> = self.calls(None).into_iter().collect();
        if !asked.iter().eq(reference.work.keys()) {
            broken.push("other things were made than in the uninterrupted run".into());
        }
    }
}

/// The text of a kept speech.
fn spoken(content: &[u8]) -> String {
    let head = content.split(|byte| *byte == b'\n').next().unwrap();
    let head: Value = serde_json::from_slice(head).unwrap();
    let words = head["words"].as_array().unwrap().iter();
    let words: Vec<&str> = words.map(|word| word["text"].as_str().unwrap()).collect();
    words.join(" ")
}

/// A manifest without its times, its memory and its directory.
fn comparable(manifest: &[u8]) -> Vec<u8> {
    let mut manifest: Value = serde_json::from_slice(manifest).unwrap();
    for field in ["timings", "created", "resources"] {
        manifest[field] = Value::Null;
    }
    manifest["brief"]["output_dir"] = Value::Null;
    serde_json::to_vec(&manifest).unwrap()
}

//! A home with a batch of two small videos in it, and what has to hold there after any fault.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use testkit::{Finished, Run, processes};

/// Files of a video, by extension.
const EXTENSIONS: [&str; 5] = ["credits.txt", "jpg", "json", "mp4", "srt"];

/// The names of the videos.
const VIDEOS: [&str; 2] = ["x", "x-2"];

/// The home. Removed when dropped.
#[derive(Debug)]
pub(crate) struct Subject(Utf8TempDir);

impl Subject {
    pub(crate) fn new() -> Self {
        let subject = Self(Utf8TempDir::with_prefix("videogen-nightly-").unwrap());
        subject.make_places();
        subject
    }

    /// Makes the directories that a user would have.
    pub(crate) fn make_places(&self) {
        for place in ["home", "out", "tmp"] {
            std::fs::create_dir_all(self.at(place)).unwrap();
        }
    }

    pub(crate) fn dir(&self) -> &Utf8Path {
        self.0.path()
    }

    pub(crate) fn at(&self, name: &str) -> Utf8PathBuf {
        self.dir().join(name)
    }

    /// A run of `program` at home.
    pub(crate) fn run(&self, program: impl Into<Utf8PathBuf>) -> Run {
        Run::new(program)
            .env("HOME", self.at("home").as_str())
            .env("TMPDIR", self.at("tmp").as_str())
            .env("RUST_BACKTRACE", "0")
    }

    /// The command that makes the two videos.
    pub(crate) fn generate(&self) -> Vec<String> {
        let out = self.at("out");
        let words = [
            "generate",
            "--quality",
            "draft",
            "--seed",
            "3",
            "--duration",
            "3",
            "--scenes",
            "1",
            "--count",
            "2",
            "--name",
            VIDEOS[0],
            "--output-dir",
            out.as_str(),
            "old ruins",
        ];
        words.map(str::to_owned).to_vec()
    }

    /// `videogen` with these arguments, to its end.
    pub(crate) fn videogen(&self, arguments: &[String]) -> Finished {
        self.run(testkit::videogen_bin())
            .args(arguments.iter().cloned())
            .finish()
    }

    /// What must hold after a run with a fault in it: appends what does not. `killed`: it may have ended by a signal that
    /// nobody can handle.
    pub(crate) fn judge(&self, ran: &Finished, killed: bool, broken: &mut Vec<String>) {
        let errors = ran.stderr();
        if ran.timed_out() {
            broken.push(format!("it hangs: {errors}"));
        }
        // 0 delivered, 2 configuration, 3 preflight, 4 some videos failed, 130 interrupted. 1 is a bug.
        let documented = matches!(ran.code(), Some(0 | 2 | 3 | 4 | 130));
        if !(documented || killed && ran.signal().is_some()) {
            broken.push(format!(
                "it ended with {:?} and signal {:?}: {errors}",
                ran.code(),
                ran.signal()
            ));
        }
        for word in ["panicked", "has a bug", "report this"] {
            if errors.contains(word) {
                broken.push(format!("it says `{word}`: {errors}"));
            }
        }
        let limit = Duration::from_secs(10);
        let ours = || processes::mentioning(self.dir().as_str());
        let left = processes::wait_until_gone(limit, ours);
        if !left.is_empty() {
            broken.push(format!("processes are left: {left:?}"));
        }
        for (name, extensions) in self.names() {
            let is_whole = extensions == EXTENSIONS;
            // What is killed between two names is put right by the next run; the MP4 is the last.
            let is_begun = killed && !extensions.contains(&"mp4".to_owned());
            if !is_whole && !is_begun {
                broken.push(format!("half a video: {name} has {extensions:?}"));
            }
        }
        if !killed {
            self.check_tidy(broken);
        }
    }

    /// Without a fault, everything comes right: by `resume`, and by a new run where there is nothing to resume.
    pub(crate) fn recover(&self, broken: &mut Vec<String>) {
        let mut told = String::new();
        if !self.is_delivered() {
            let resumed = self.videogen(&["resume".to_owned()]);
            told = format!("resume: {:?}: {}", resumed.code(), resumed.stderr());
            // One that finds nothing to go on with makes nothing, and so sweeps nothing.
            self.judge(&resumed, resumed.code() != Some(0), broken);
        }
        if !self.is_delivered() {
            let again = self.videogen(&self.generate());
            told = format!("{told}\ngenerate: {:?}: {}", again.code(), again.stderr());
            self.judge(&again, false, broken);
        }
        if !self.is_delivered() {
            let names = self.names();
            broken.push(format!("it does not recover: {names:?}: {told}"));
        }
        for name in VIDEOS {
            let probed = self
                .run(testkit::find_program("ffprobe").expect("ffprobe is installed"))
                .args(["-v", "error", "-show_entries", "format=duration"])
                .arg(self.at("out").join(format!("{name}.mp4")).as_str())
                .finish();
            if probed.code() != Some(0) || !probed.stderr().is_empty() {
                broken.push(format!("{name} is damaged: {}", probed.stderr()));
            }
        }
        if !self.left_over().is_empty() {
            // What a fault kept from being removed is swept by the next run, whatever it makes.
            let mut next = self.generate();
            for (flag, value) in [("--count", "1"), ("--name", "next")] {
                let at = next.iter().position(|word| word == flag).unwrap();
                value.clone_into(&mut next[at + 1]);
            }
            let swept = self.videogen(&next);
            self.judge(&swept, false, broken);
        }
        self.check_tidy(broken);
    }

    /// Whether both videos are there, whole.
    pub(crate) fn is_delivered(&self) -> bool {
        let names = self.names();
        VIDEOS
            .iter()
            .all(|&name| names.get(name).is_some_and(|found| *found == EXTENSIONS))
    }

    /// What is in the output directory, by name of a video. Whatever is hidden is not counted here.
    fn names(&self) -> BTreeMap<String, Vec<String>> {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in entries(&self.at("out")) {
            if let Some((name, extension)) = file.split_once('.')
                && !name.is_empty()
            {
                names
                    .entry(name.to_owned())
                    .or_default()
                    .push(extension.to_owned());
            }
        }
        for found in names.values_mut() {
            found.sort();
        }
        names
    }

    /// What is left in the places that are shared with others.
    fn left_over(&self) -> Vec<String> {
        let mut left = Vec::new();
        for place in ["out", "tmp"] {
            let hidden = entries(&self.at(place)).into_iter();
            let hidden = hidden.filter(|name| place == "tmp" || name.starts_with('.'));
            left.extend(hidden.map(|name| format!("{place}/{name}")));
        }
        left
    }

    fn check_tidy(&self, broken: &mut Vec<String>) {
        let left = self.left_over();
        if !left.is_empty() {
            broken.push(format!("left in {left:?}"));
        }
    }
}

fn entries(dir: &Utf8Path) -> Vec<String> {
    let entries = dir.read_dir_utf8().into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_owned()).collect()
}

/// Says how many faults were tried, and fails with all that did not hold.
pub(crate) fn report(what: &str, tried: usize, broken: &[String]) {
    println!("{tried} {what}: {} violations", broken.len());
    assert!(
        broken.is_empty(),
        "{} violations:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

//! Music and voices where people kept them for the predecessor: below `VIDEO_DIR`.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_types::MusicChoice;

use super::Settings;
use super::layer::{Given, Origin, Value};

/// The most entries of a folder of voices that are looked at.
const MOST_ENTRIES: usize = 10_000;
/// Whose voice is taken where there are several, by the beginnings of their names: those the predecessor had, best first.
const PREFERRED: [&str; 3] = ["en_US-bryce", "en_US-ryan", "en_US-amy"];

impl Settings {
    /// Takes `music/` and a voice of `voices/` in the directory of videos, where nothing is said of music or of a voice's
    /// files. Blocks while they are looked for.
    pub(super) fn look_beside_videos(&mut self, videos: &Utf8Path) {
        let music = videos.join("music");
        if music.is_dir() {
            if self.required::<MusicChoice>("music") == MusicChoice::Auto {
                self.found
                    .push(format!("music is taken from {music}, which was found"));
                self.find("music", &music);
            }
            self.music_library = Some(music);
        }
        if self.origin("piper.model").is_none() {
            let wished = self.get::<String>("voice");
            if let Some(voice) = voice_in(&videos.join("voices"), wished.as_deref()) {
                self.found
                    .push(format!("the voice {voice} is used, which was found"));
                self.find("piper.model", &voice);
            }
        }
    }

    fn find(&mut self, name: &'static str, path: &Utf8Path) {
        let (value, origin) = (Value::One(path.to_string()), Origin::Found);
        self.set(name, Given { value, origin });
    }

    /// What was found where people keep it, each a sentence without a period.
    pub(crate) fn found(&self) -> &[String] {
        &self.found
    }
}

/// The Piper voice of a directory that is `wished`, or is preferred, or is the first by its name; `None` where there is
/// none with both of its files.
fn voice_in(directory: &Utf8Path, wished: Option<&str>) -> Option<Utf8PathBuf> {
    let entries = directory.read_dir_utf8().ok()?.take(MOST_ENTRIES);
    let is_voice = |path: &Utf8PathBuf| {
        path.extension() == Some("onnx")
            && path.is_file()
            && Utf8PathBuf::from(format!("{path}.json")).is_file()
    };
    let voices = entries.filter_map(Result::ok);
    let voices = voices.map(camino::Utf8DirEntry::into_path).filter(is_voice);
    let rank = |voice: &Utf8PathBuf| {
        let key = voice.file_stem().unwrap_or_default();
        let is_wished = wished.is_some_and(|wished| wished.eq_ignore_ascii_case(key));
        let place = PREFERRED.iter().position(|name| key.starts_with(name));
        (!is_wished, place.unwrap_or(PREFERRED.len()), key.to_owned())
    };
    voices.min_by_key(rank)
}

#[cfg(test)]
mod tests {
    use camino_tempfile::Utf8TempDir;

    use super::*;
    use crate::settings::tests::settings_of;

    /// A `VIDEO_DIR` with these files.
    fn videos(files: &[&str]) -> Utf8TempDir {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("made");
            std::fs::write(path, "x").expect("written");
        }
        dir
    }

    fn both(key: &str) -> [String; 2] {
        [
            format!("voices/{key}.onnx"),
            format!("voices/{key}.onnx.json"),
        ]
    }

    #[test]
    fn music_and_voices_below_the_older_directory_are_found() {
        let voices = [
            both("de_DE-thorsten-high"),
            both("en_US-amy-low"),
            both("en_US-ryan-high"),
        ];
        let files: Vec<&str> = voices.iter().flatten().map(String::as_str).collect();
        let dir = videos(
            &[
                files.as_slice(),
                &["voices/en_US-bryce-medium.onnx", "music/nature/a.mp3"],
            ]
            .concat(),
        );
        let of = |more: &[(&str, &str)]| {
            let older = [("VIDEO_DIR", dir.path().as_str())];
            settings_of(&[older.as_slice(), more].concat())
        };
        let settings = of(&[]);
        let music = dir.path().join("music");
        assert_eq!(settings.music(), MusicChoice::Library(music.clone()));
        assert_eq!(settings.origin("music"), Some(&Origin::Found));
        let piper = settings.tools().piper.expect("one was found");
        // Of bryce only one of two files is there.
        assert!(
            piper.model.ends_with("voices/en_US-ryan-high.onnx"),
            "{piper:?}"
        );
        assert!(piper.is_found);
        assert_eq!(settings.found().len(), 2);

        let wished = of(&[("VIDEOGEN_VOICE", "de_DE-THORSTEN-high")]);
        let piper = wished.tools().piper.expect("one was found");
        assert!(piper.model.ends_with("voices/de_DE-thorsten-high.onnx"));

        // What is said goes before what is found, and what was asked for as the best there is means what was found.
        let said = of(&[
            ("VIDEOGEN_MUSIC", "none"),
            ("VIDEOGEN_PIPER_MODEL", "/v/x.onnx"),
        ]);
        assert_eq!((said.music(), said.found()), (MusicChoice::None, &[][..]));
        assert!(!said.tools().piper.expect("it is said").is_found);
        let auto = of(&[("VIDEOGEN_MUSIC", "auto")]);
        assert_eq!(auto.music(), MusicChoice::Library(music));
    }

    #[test]
    fn where_nothing_lies_nothing_is_found() {
        let dir = videos(&["voices/readme.txt", "voices/x.onnx", "music"]);
        let nothing = settings_of(&[("VIDEO_DIR", dir.path().as_str())]);
        assert_eq!(
            (nothing.music(), nothing.found()),
            (MusicChoice::Auto, &[][..])
        );
        assert!(nothing.tools().piper.is_none());
        // The newer name of the directory is of no predecessor.
        let dir = videos(&["music/a.mp3"]);
        let newer = settings_of(&[("VIDEOGEN_OUTPUT_DIR", dir.path().as_str())]);
        assert_eq!(newer.music(), MusicChoice::Auto);
        let gone = settings_of(&[("VIDEO_DIR", "/nowhere/at/all")]);
        assert_eq!(gone.music(), MusicChoice::Auto);
    }
}

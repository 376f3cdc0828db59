//! Where the files are that a script names: beside it, unless it says otherwise.

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use videogen_text::{PathProblem, read_path};

use super::LoadedScript;
use super::fault::{ScriptFileError, ScriptFlaw};

/// Where the paths of a script begin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptPlace {
    /// The directory in which relative paths begin. `None` is that of the script's file; a script that lies nowhere, such as
    /// one from standard input, needs another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Utf8PathBuf>,
    /// The home directory, which is `~`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Utf8PathBuf>,
}

impl ScriptPlace {
    /// Whether nothing is said, so that relative paths begin in the directory of the script and `~` is nowhere.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Makes what `loaded`, which came from the file `origin`, names in its scenes paths of files of this machine: `~` and
    /// `file:///` are understood, and relative paths begin in the directory. Whether the files are there is not looked at.
    ///
    /// # Errors
    /// [`ScriptFileError`] with the number of the scene: an address, the home of somebody by name, or a home that there is
    /// not.
    pub fn locate(
        &self,
        mut loaded: LoadedScript,
        origin: &str,
    ) -> Result<LoadedScript, ScriptFileError> {
        for (number, scene) in (1..).zip(&mut loaded.script.scenes) {
            for path in &mut scene.media {
                let located = self.path(path.as_str(), origin).map_err(|problem| {
                    let reason = format!("scene {number}: {problem}");
                    ScriptFileError::new(origin, ScriptFlaw::Media, reason)
                })?;
                *path = located;
            }
        }
        Ok(loaded)
    }

    fn path(&self, text: &str, origin: &str) -> Result<Utf8PathBuf, PathProblem> {
        let path = read_path(text.trim(), self.home.as_deref().map(Utf8Path::as_str))?;
        let beside = || Utf8Path::new(origin).parent();
        let directory = self.directory.as_deref().or_else(beside);
        Ok(directory.unwrap_or(Utf8Path::new("")).join(&*path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_script;

    fn located(place: &ScriptPlace, path: &str) -> Result<String, ScriptFileError> {
        let scenes =
            serde_json::json!([{"narration": "One."}, {"narration": "Two.", "image": path}]);
        let loaded = parse_script(scenes.to_string(), "/s/x.json", None, None, None)?;
        let located = place.locate(loaded, "/s/x.json")?;
        Ok(located.script.scenes[1].media[0].to_string())
    }

    #[test]
    fn paths_begin_beside_the_script_unless_it_lies_nowhere() {
        let home = Some(Utf8PathBuf::from("/home/ada"));
        let beside = ScriptPlace {
            directory: None,
            home: home.clone(),
        };
        let elsewhere = ScriptPlace {
            directory: Some("/work".into()),
            home,
        };
        for (path, expected, other) in [
            ("a.png", "/s/a.png", "/work/a.png"),
            ("./b/a.png", "/s/./b/a.png", "/work/./b/a.png"),
            ("/a.png", "/a.png", "/a.png"),
            ("~/a.png", "/home/ada/a.png", "/home/ada/a.png"),
            ("file:///a%20b.png", "/a b.png", "/a b.png"),
        ] {
            assert_eq!(located(&beside, path).as_deref(), Ok(expected), "{path}");
            assert_eq!(located(&elsewhere, path).as_deref(), Ok(other), "{path}");
        }
        assert!(ScriptPlace::default().is_default() && !beside.is_default());
    }

    #[test]
    fn what_is_no_file_here_is_told_with_the_scene() {
        let nowhere = ScriptPlace::default();
        for (path, words) in [
            (
                "https://example.org/a.png",
                "scene 2: https://example.org/a.png is an address",
            ),
            ("~bob/a.png", "scene 2: ~bob/a.png begins with the home"),
            ("~/a.png", "there is no home directory"),
            ("file://server/a.png", "names no file of this machine"),
        ] {
            let error = located(&nowhere, path).expect_err(path);
            assert!(error.to_string().contains(words), "{error}");
            assert_eq!(error.flaw, ScriptFlaw::Media);
            assert!(error.help().to_string().contains("download"), "{error}");
        }
    }
}

//! Why a script that somebody brought cannot be used, and what to do about it.

use videogen_types::Hint;

/// Why a script that somebody brought cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the script {origin} cannot be used: {reason}")]
pub struct ScriptFileError {
    /// The file, or what else it came from.
    pub origin: String,
    /// What is wrong with it.
    pub reason: String,
    /// What kind of fault that is.
    pub flaw: ScriptFlaw,
}

/// The kinds of faults for which a script is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScriptFlaw {
    /// The file is not there, no file, or too large.
    Unreadable,
    /// It is a document of a word processor, or a page.
    Document,
    /// It is a picture, a sound, a video, an archive, or another file that has no text.
    Binary,
    /// It may be text, but in no encoding that can be told.
    Encoding,
    /// It is meant as JSON and is not valid, or is not of the form of a script.
    Json,
    /// The language that it says it is in is none.
    Language,
    /// What a scene shows is no path of a file of this machine.
    Media,
    /// A scene has nothing to say, in a script whose scenes name files.
    SilentScene,
    /// It has more scenes than a video, and they name files.
    TooManyScenes,
    /// Nothing of it can be said.
    NoWords,
}

impl ScriptFileError {
    pub(super) fn new(origin: &str, flaw: ScriptFlaw, reason: impl Into<String>) -> Self {
        Self {
            origin: origin.to_owned(),
            reason: reason.into(),
            flaw,
        }
    }

    /// Returns the next action.
    pub fn help(&self) -> Hint {
        Hint::from(match self.flaw {
            ScriptFlaw::Document => {
                "open it in the program that it was made with and save it as plain text (UTF-8), or copy its text into a text file"
            }
            ScriptFlaw::Binary | ScriptFlaw::Encoding => {
                "a script is text: save it as plain text in UTF-8, Markdown, HTML, subtitles (SRT, WebVTT) or JSON"
            }
            ScriptFlaw::Json => {
                "a JSON script is {\"title\": …, \"scenes\": [{\"narration\": …}]}, without comments and without a comma after the last value"
            }
            ScriptFlaw::Language => {
                "write a tag such as en, de, pt-BR or zh, or leave \"language\" out: then it is told by the words"
            }
            ScriptFlaw::Media => {
                "a scene shows the files of \"image\" or \"clip\", a path in quotes, or of \"images\" or \"clips\", a list of them: from \
                 the directory of the script, in full, or from ~/; what is at an address has to be downloaded first, with a \
                 browser or curl"
            }
            ScriptFlaw::SilentScene => {
                "give the scene a narration, which says how long it is seen, or move what it shows to another one"
            }
            ScriptFlaw::TooManyScenes => {
                "put what belongs together into one scene, which may show several files, or make two scripts of it"
            }
            ScriptFlaw::Unreadable | ScriptFlaw::NoWords => {
                "a script is plain text (a blank line starts a new scene, `# Title` in the first line), Markdown, HTML, subtitles (SRT, \
                 WebVTT) or JSON with a list of scenes"
            }
        })
    }
}

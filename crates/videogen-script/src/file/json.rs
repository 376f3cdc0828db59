//! Scripts in JSON, and whether a text is meant as JSON.

mod scene;
mod seen;

use serde::Deserialize;
use serde_json::Value;
use videogen_types::{Language, Scene, Script};

use self::scene::{JsonScene, MEMBERS};
use self::seen::Seen;
use super::fault::{ScriptFileError, ScriptFlaw};
use super::fence::{Fenced, bracketed};
use super::left_out::LeftOut;
use super::limits::MAX_SCENES;
use super::scenes::describe;
use super::text::Speech;

/// What a JSON script may hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonScript {
    title: Option<String>,
    language: Option<String>,
    scenes: Vec<JsonScene>,
    #[serde(default)]
    hashtags: Vec<String>,
}

/// Names of what a script holds beside the members of a scene, which people write without quotes too.
const NAMES: &[&str] = &["title", "language", "scenes", "hashtags", "description"];

/// Reads `text`, which came from `origin`, if it is JSON or is meant as such: an object, or a list of scenes or of narrations.
/// `language` (a BCP 47 tag) is that of its sentences, unless it says one.
///
/// # Errors
/// [`ScriptFileError`] with line and column: it is not valid, or of another form; with the number of a scene: what it shows is
/// no path, or it names files in vain.
pub(super) fn read(
    text: &str,
    origin: &str,
    language: Option<&str>,
    left_out: &mut LeftOut,
) -> Result<Option<Script>, ScriptFileError> {
    let bad = |reason: String| ScriptFileError::new(origin, ScriptFlaw::Json, reason);
    if !text.trim_start().starts_with(['{', '[']) {
        return Ok(None);
    }
    let read = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(_)) => serde_json::from_str(text),
        Ok(Value::Array(list)) if list.iter().any(Value::is_object) => serde_json::from_str(text)
            .map(|scenes| JsonScript {
                scenes,
                ..JsonScript::empty()
            }),
        Ok(Value::Array(list)) if !list.is_empty() && list.iter().all(Value::is_string) => {
            serde_json::from_str::<Vec<String>>(text).map(JsonScript::of_narrations)
        }
        Ok(_) => return Ok(None),
        Err(_) if !is_meant_as_json(text) => return Ok(None),
        Err(error) => {
            let comment = if is_at_comment(text, &error) {
                ", where a comment begins, which JSON does not have"
            } else {
                ""
            };
            return Err(bad(format!("it is not valid JSON: {error}{comment}")));
        }
    };
    let read: JsonScript =
        read.map_err(|error| bad(format!("it is JSON, but no script: {error}")))?;
    read.script(language, left_out)
        .map(Some)
        .map_err(|(flaw, reason)| ScriptFileError::new(origin, flaw, reason))
}

/// In how many bytes a script in JSON shows that it is one: comments and a name.
const LONGEST_BEGINNING: usize = 4096;

/// The script in JSON that stands within something else in `text`, valid or not: it has scenes, and narrations in them.
pub(super) fn within(text: &str) -> Option<Fenced> {
    let is_script = |text: &str| {
        let has = |name: &str, open: &str| {
            let mut found = text.match_indices(name);
            found.any(|(at, _)| {
                let behind = text[at + name.len()..].trim_start_matches(['"', '\'']);
                let value = behind.trim_start().strip_prefix(':');
                value.is_some_and(|value| value.trim_start().starts_with(open))
            })
        };
        has("narration", "") && (text.starts_with('[') || has("scenes", "["))
    };
    let begins =
        |text: &str| is_meant_as_json(&text[..text.floor_char_boundary(LONGEST_BEGINNING)]);
    bracketed(text, begins, is_script)
}

/// The text of a JSON string, if `text` is nothing else.
pub(super) fn one_string(text: &str) -> Option<String> {
    let is_string = text.trim_start().starts_with('"');
    is_string
        .then(|| serde_json::from_str(text.trim()).ok())
        .flatten()
}

/// Whether `text` is JSON with scenes.
pub(super) fn has_scenes(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value.get("scenes").is_some())
}

impl JsonScript {
    fn empty() -> Self {
        Self {
            title: None,
            language: None,
            scenes: Vec::new(),
            hashtags: Vec::new(),
        }
    }

    fn of_narrations(narrations: Vec<String>) -> Self {
        let scene = |narration| JsonScene {
            narration,
            negative: None,
            seen: Vec::new(),
        };
        Self {
            scenes: narrations.into_iter().map(scene).collect(),
            ..Self::empty()
        }
    }

    /// The script, or what is wrong with a scene of it, and what kind of fault that is.
    fn script(
        self,
        language: Option<&str>,
        left_out: &mut LeftOut,
    ) -> Result<Script, (ScriptFlaw, String)> {
        let own = own_language(self.language.as_deref())?;
        let language = language.unwrap_or(&own);
        let mut all = String::new();
        for scene in &self.scenes {
            all.push_str(&scene.narration);
            all.push('\n');
        }
        let speech = Speech::of(&all, language);
        let mut scenes = Vec::with_capacity(self.scenes.len());
        for (number, scene) in (1..).zip(self.scenes) {
            let narration = speech.line(&scene.narration, left_out);
            let is_said = narration.contains(char::is_alphanumeric);
            left_out.silent_scenes += usize::from(!is_said);
            let seen = Seen::of(scene.seen)
                .map_err(|reason| (ScriptFlaw::Media, format!("scene {number}: {reason}")))?;
            let picture = seen.words.map_or_else(
                || describe(&narration, language),
                |p| videogen_text::clean(&p),
            );
            scenes.push(Scene {
                narration,
                picture,
                negative: scene
                    .negative
                    .map(|negative| videogen_text::clean(&negative))
                    .filter(|negative| !negative.is_empty()),
                media: seen.files,
            });
        }
        check_media(&scenes)?;
        let title = self.title.unwrap_or_default();
        Ok(Script {
            title: speech.line(&title, &mut LeftOut::default()),
            scenes,
            hashtags: self
                .hashtags
                .iter()
                .map(|tag| videogen_text::clean(tag.trim_start_matches('#')))
                .collect(),
            language: own,
        })
    }
}

/// The language that a script says it is in, as a tag; nothing where it says none.
fn own_language(stated: Option<&str>) -> Result<String, (ScriptFlaw, String)> {
    let stated = stated.unwrap_or_default().trim();
    if stated.is_empty() {
        return Ok(String::new());
    }
    let tag = stated.parse::<Language>();
    tag.map(|tag| tag.as_str().to_owned())
        .map_err(|error| (ScriptFlaw::Language, format!("\"language\": {error}")))
}

/// Checks that scenes which name files stay what they are: none without words is left out, and none are joined. Which file
/// belongs to which scene would change with them.
fn check_media(scenes: &[Scene]) -> Result<(), (ScriptFlaw, String)> {
    if scenes.iter().all(|scene| scene.media.is_empty()) {
        return Ok(());
    }
    if scenes.len() > MAX_SCENES {
        let count = scenes.len();
        let reason = format!(
            "it has {count} scenes, and a script whose scenes name files has {MAX_SCENES} at most"
        );
        return Err((ScriptFlaw::TooManyScenes, reason));
    }
    let has_words = |scene: &Scene| scene.narration.chars().any(char::is_alphanumeric);
    match (1..).zip(scenes).find(|(_, scene)| !has_words(scene)) {
        None => Ok(()),
        Some((number, scene)) => {
            let files = scene.media.iter().map(|path| path.as_str());
            let files = files.collect::<Vec<_>>().join(", ");
            let reason = if files.is_empty() {
                format!("scene {number} has no words to say")
            } else {
                format!("scene {number} has no words to say while {files} is shown")
            };
            Err((ScriptFlaw::SilentScene, reason))
        }
    }
}

/// Whether a text that is not valid JSON was meant to be: what follows its first bracket is a name with a colon, or another
/// bracket before one.
fn is_meant_as_json(text: &str) -> bool {
    let mut rest = text.trim_start();
    // As deep as the scenes of a list.
    for _ in 0..2 {
        let Some(inner) = rest.strip_prefix(['{', '[']) else {
            return false;
        };
        let is_object = rest.starts_with('{');
        rest = without_comments(inner);
        if is_object {
            return is_name(rest);
        }
        if let Some(inner) = rest.strip_prefix('"') {
            // A list of narrations.
            let behind = inner
                .find('"')
                .map_or("", |end| inner[end + 1..].trim_start());
            return behind.starts_with(',') && text.trim_end().ends_with(']');
        }
    }
    false
}

/// Whether a text begins with a name and a colon.
fn is_name(text: &str) -> bool {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            let end = inner.char_indices().take(80).find(|(_, c)| *c == quote);
            return end.is_some_and(|(end, _)| inner[end + 1..].trim_start().starts_with(':'));
        }
    }
    NAMES.iter().chain(MEMBERS).any(|name| {
        let behind = text.strip_prefix(name);
        behind.is_some_and(|behind| behind.trim_start().starts_with(':'))
    })
}

/// A text without the comments and the white space with which it begins.
fn without_comments(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let behind = if rest.starts_with("//") || rest.starts_with('#') {
            rest.split_once('\n').map(|(_, behind)| behind)
        } else if let Some(inner) = rest.strip_prefix("/*") {
            inner.split_once("*/").map(|(_, behind)| behind)
        } else {
            return rest;
        };
        rest = behind.unwrap_or_default().trim_start();
    }
}

/// Whether the fault is where a comment begins.
fn is_at_comment(text: &str, error: &serde_json::Error) -> bool {
    let line = error
        .line()
        .checked_sub(1)
        .and_then(|n| text.lines().nth(n))
        .unwrap_or_default();
    let bytes = line.as_bytes();
    // The column is that of the byte at which the reader stopped, or the one behind it.
    let around = bytes
        .get(error.column().saturating_sub(1)..)
        .unwrap_or_default();
    around.starts_with(b"/") || around.starts_with(b"#")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Result<Option<Script>, ScriptFileError> {
        read(text, "x", None, &mut LeftOut::default())
    }

    #[test]
    fn lists_of_scenes_and_of_narrations_are_scripts() {
        let narrations = |text: &str| -> Vec<String> {
            let script = script(text).expect("valid").expect("JSON");
            script
                .scenes
                .into_iter()
                .map(|scene| scene.narration)
                .collect()
        };
        assert_eq!(
            narrations(r#"[{"narration": "One."}, {"narration": "Two."}]"#),
            ["One.", "Two."]
        );
        assert_eq!(narrations(r#"["One.", "Two."]"#), ["One.", "Two."]);
        assert_eq!(
            narrations(
                r#"{"scenes":[{"narration":"NARRATOR: **One** here."},{"narration":"[MUSIC] Two &amp; more."}]}"#
            ),
            ["One here.", "Two & more."]
        );
    }

    #[test]
    fn the_language_of_a_script_is_a_tag() {
        for (stated, want) in [
            ("\"pt_BR\"", "pt-BR"),
            ("\" de \"", "de"),
            ("\"\"", ""),
            ("null", ""),
        ] {
            let text = format!(r#"{{"language": {stated}, "scenes": [{{"narration": "x"}}]}}"#);
            let script = script(&text).expect("valid").expect("JSON");
            assert_eq!(script.language, want);
        }
        for stated in ["klingon!!", "German", "../x", "d"] {
            let text = format!(r#"{{"scenes": [{{"narration": "x"}}], "language": "{stated}"}}"#);
            let error = script(&text).expect_err(stated);
            assert_eq!(error.flaw, ScriptFlaw::Language);
            assert!(
                error.reason.starts_with("\"language\": ") && error.reason.contains(stated),
                "{error}"
            );
            assert!(error.help().to_string().contains("pt-BR"));
        }
    }

    #[test]
    fn scenes_without_words_are_counted() {
        let mut left_out = LeftOut::default();
        let text = r#"[{"narration": ""}, {"narration": "[MUSIC]"}, {"narration": "Hi."}, {"narration": "…"}]"#;
        read(text, "x", None, &mut left_out).expect("valid");
        assert_eq!((left_out.silent_scenes, left_out.directions), (3, 1));
        assert_eq!(
            left_out.phrase().as_deref(),
            Some("1 stage direction and 3 scenes without words")
        );
    }

    #[test]
    fn a_string_is_the_text_in_it() {
        assert_eq!(
            one_string(" \"Deep.\\n\\nCold.\" "),
            Some("Deep.\n\nCold.".to_owned())
        );
        for text in ["\"Deep,\" he said.", "Deep.", "\"Deep", "5", ""] {
            assert_eq!(one_string(text), None, "{text}");
        }
    }

    #[test]
    fn texts_in_brackets_are_no_json() {
        for text in [
            "{Hello} there friend.",
            "[Scene 1]\nText.",
            "{\"Hello\"} he said.",
            "[1990] was a year.",
            "[1990]",
            "{",
            "[\"Hello\" he said]",
            "{title}: a story",
        ] {
            assert_eq!(script(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn json_that_is_not_valid_is_told_with_its_place() {
        for (text, words) in [
            (
                "{\"scenes\": [\n{\"narration\": \"x\"},\n]}",
                "line 3 column 1",
            ),
            (
                "{\n// a comment\n\"scenes\": []}",
                "line 2 column 1, where a comment begins",
            ),
            ("{\"title\": \"x\", /* y */ \"scenes\": []}", "comment"),
            ("{'scenes': []}", "line 1 column 2"),
            ("{scenes: []}", "line 1 column 2"),
            ("{\"scenes\": [{\"narration\": \"x\"", "line 1"),
            ("[{\"narration\": \"x\"},]", "line 1"),
            ("[\"One.\", \"Two.\",]", "line 1"),
            ("{\"scenes\": [{\"text\": \"x\"}]}", "unknown field `text`"),
            ("{\"scene\": []}", "unknown field `scene`"),
            ("[{\"narration\": \"x\"}, 5]", "a scene in braces"),
            ("[{\"image\": \"x\"}]", "missing field `narration`"),
            (
                "[{\"narration\": \"x\", \"clip\": \"a\", \"clip\": \"b\"}]",
                "duplicate field `clip`",
            ),
            ("{clips: [], \"narration\": \"x\"}", "line 1 column 2"),
        ] {
            let error = script(text).expect_err(text);
            assert!(error.reason.contains(words), "{error}");
            assert_eq!(error.flaw, ScriptFlaw::Json);
        }
    }

    #[test]
    fn scenes_name_what_they_show_in_their_order() {
        let text = r#"{"scenes": [
            {"narration": "One.", "images": ["b.png", "a.png"], "picture": "a fox", "clip": "z.mp4"},
            {"picture": "photos/a.jpg", "narration": "Two."},
            {"narration": "Three.", "picture": "a lamp", "negative": "people"},
            {"narration": "Four.", "picture": null, "media": []}
        ]}"#;
        let script = script(text).expect("valid").expect("JSON");
        let scenes = &script.scenes;
        assert_eq!(scenes[0].media, ["b.png", "a.png", "z.mp4"]);
        assert_eq!(scenes[0].picture, "a fox");
        assert_eq!(scenes[1].media, ["photos/a.jpg"]);
        assert_eq!(scenes[1].picture, "Two.", "what is said, and no path");
        assert!(scenes[2].media.is_empty() && scenes[3].media.is_empty());
        assert_eq!(scenes[2].negative.as_deref(), Some("people"));
        // What is written is read as the same.
        let written = serde_json::to_string(&script).expect("text");
        assert_eq!(self::script(&written), Ok(Some(script)));
    }

    #[test]
    fn scenes_that_name_files_in_vain_are_refused_by_number() {
        let many = (0..=MAX_SCENES).map(|_| r#"{"narration": "x", "clip": "a.mp4"}"#);
        let many = format!("[{}]", many.collect::<Vec<_>>().join(","));
        for (text, flaw, words) in [
            (
                r#"[{"narration": "x"}, {"narration": "y", "clip": 5}]"#,
                ScriptFlaw::Media,
                "scene 2: \"clip\" is a number",
            ),
            (
                r#"[{"narration": "x"}, {"narration": " ", "clip": "a.mp4"}]"#,
                ScriptFlaw::SilentScene,
                "scene 2 has no words to say while a.mp4 is shown",
            ),
            (
                r#"[{"narration": "[MUSIC]"}, {"narration": "y", "clip": "a.mp4"}]"#,
                ScriptFlaw::SilentScene,
                "scene 1 has no words to say",
            ),
            (many.as_str(), ScriptFlaw::TooManyScenes, "40 at most"),
        ] {
            let error = script(text).expect_err(text);
            assert!(error.reason.contains(words), "{error}");
            assert_eq!(error.flaw, flaw);
            assert!(!error.help().to_string().is_empty());
        }
        // Where nothing is named, a scene without words is left out as ever.
        assert!(script(r#"[{"narration": "x"}, {"narration": " "}]"#).is_ok());
    }
}

//! Scripts people bring: plain text or JSON in, a [`Script`] out. Pure but for the one function that reads the file.

use std::io::Read;

use camino::Utf8Path;
use serde::Deserialize;
use videogen_durable::{FileKind, NotAFile, ReadTimeouts, open_named};
use videogen_types::{Scene, Script};

/// The largest script file that is read.
pub const MAX_SCRIPT_BYTES: u64 = 1 << 20;
/// The most characters that are spoken: about a quarter of an hour.
pub const MAX_SCRIPT_CHARS: usize = 15_000;
/// The most scenes of a script.
pub const MAX_SCENES: usize = 40;
/// Words of a scene when the text has no paragraphs: about eight seconds.
const WORDS_PER_SCENE: usize = 22;

/// A script as it was read, and what had to be changed about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedScript {
    /// The script: at least one scene, every one with words.
    pub script: Script,
    /// What was changed about it, a sentence each without a period.
    pub warnings: Vec<String>,
}

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonScene {
    narration: String,
    picture: Option<String>,
    negative: Option<String>,
}

/// Why a script that somebody brought cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the script {origin} cannot be used: {reason}")]
pub struct ScriptFileError {
    /// The file, or what else it came from.
    pub origin: String,
    /// What is wrong with it.
    pub reason: String,
}

fn bad(origin: &str, reason: impl Into<String>) -> ScriptFileError {
    ScriptFileError {
        origin: origin.to_owned(),
        reason: reason.into(),
    }
}

/// Reads a script file of at most [`MAX_SCRIPT_BYTES`], or a pipe that was named, as shells make them of `<(…)`. Blocks, for a
/// pipe as long as [`ReadTimeouts::ORDINARY`] says.
///
/// # Errors
/// [`ScriptFileError`]: it is not there, no file, too large, or no UTF-8.
pub fn load_script(path: &Utf8Path) -> Result<String, ScriptFileError> {
    let origin = path.as_str();
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => bad(origin, "it does not exist"),
        _ => match NotAFile::in_error(&error) {
            Some(FileKind::Directory) => bad(origin, "it is a directory"),
            Some(kind) => bad(
                origin,
                format!("it is {kind} and not a regular file (use `-` for standard input)"),
            ),
            None => bad(origin, error.to_string()),
        },
    };
    let mut bytes = Vec::new();
    open_named(path, ReadTimeouts::ORDINARY)
        .and_then(|file| file.take(MAX_SCRIPT_BYTES + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_SCRIPT_BYTES {
        return Err(bad(
            origin,
            format!("it is larger than {} KiB", MAX_SCRIPT_BYTES / 1024),
        ));
    }
    String::from_utf8(bytes).map_err(|_| bad(origin, "it is not UTF-8 text"))
}

/// Reads `raw`, text or JSON, that came from `origin`. `title` stands in when the script has none; `scenes` regroups the
/// sentences.
///
/// # Errors
/// [`ScriptFileError`]: it has no words to say, or is JSON of another form.
pub fn parse_script(
    raw: &str,
    origin: &str,
    title: Option<&str>,
    scenes: Option<usize>,
) -> Result<LoadedScript, ScriptFileError> {
    let raw = raw.trim_start_matches('\u{feff}');
    let mut warnings = Vec::new();
    let mut script = if raw.trim_start().starts_with('{') {
        json(raw, origin)?
    } else {
        plain(raw)
    };
    let mut left = MAX_SCRIPT_CHARS;
    let mut cut = false;
    for scene in &mut script.scenes {
        let (kept, was_cut) = videogen_text::cut_at_sentence(&scene.narration, left);
        left = left.saturating_sub(kept.chars().count());
        cut |= was_cut || kept != scene.narration;
        scene.narration = kept;
    }
    script
        .scenes
        .retain(|scene| scene.narration.chars().any(char::is_alphanumeric));
    if script.scenes.is_empty() {
        return Err(bad(
            origin,
            if raw.trim().is_empty() {
                "it is empty"
            } else {
                "it has no words to say"
            },
        ));
    }
    if cut {
        warnings.push(format!(
            "the script is longer than {MAX_SCRIPT_CHARS} characters and was cut at a sentence"
        ));
    }
    if let Some(wanted) = scenes {
        regroup(&mut script, wanted);
        if script.scenes.len() < wanted {
            warnings.push(format!(
                "the script has only {} sentences, so it has as many scenes",
                script.scenes.len()
            ));
        }
    } else if script.scenes.len() > MAX_SCENES {
        warnings.push(format!(
            "the script has {} paragraphs, which were joined into {MAX_SCENES} scenes",
            script.scenes.len()
        ));
        regroup(&mut script, MAX_SCENES);
    }
    if script.title.is_empty() {
        let first = videogen_text::sentences(&script.scenes[0].narration)
            .first()
            .map_or("", |s| *s);
        script.title = title.map_or_else(
            || videogen_text::cut_at_sentence(first.trim_end_matches('.'), 70).0,
            str::to_owned,
        );
    }
    Ok(LoadedScript { script, warnings })
}

fn json(raw: &str, origin: &str) -> Result<Script, ScriptFileError> {
    let read: JsonScript = serde_json::from_str(raw).map_err(|e| bad(origin, e.to_string()))?;
    let scenes = read.scenes.into_iter().map(|scene| {
        let narration = videogen_text::clean(&scene.narration);
        let picture = scene
            .picture
            .map_or_else(|| describe(&narration), |p| videogen_text::clean(&p));
        Scene {
            narration,
            picture,
            negative: scene
                .negative
                .map(|negative| videogen_text::clean(&negative))
                .filter(|negative| !negative.is_empty()),
        }
    });
    Ok(Script {
        title: videogen_text::clean(&read.title.unwrap_or_default()),
        language: read.language.unwrap_or_default(),
        scenes: scenes.collect(),
        hashtags: read
            .hashtags
            .iter()
            .map(|tag| videogen_text::clean(tag.trim_start_matches('#')))
            .collect(),
    })
}

/// A blank line starts a new scene; `# Title` in the first line is the title.
fn plain(raw: &str) -> Script {
    let normal = videogen_text::with_line_feeds(raw);
    let mut body = normal.trim_start();
    let mut title = String::new();
    if let Some(rest) = body.strip_prefix("# ") {
        let (line, rest) = rest.split_once('\n').unwrap_or((rest, ""));
        title = videogen_text::clean(line);
        body = rest;
    }
    let mut paragraphs: Vec<String> = vec![String::new()];
    for line in body.lines() {
        if line.trim().is_empty() {
            paragraphs.push(String::new());
        } else if let Some(last) = paragraphs.last_mut() {
            last.push_str(line);
            last.push(' ');
        }
    }
    let scenes: Vec<Scene> = paragraphs
        .iter()
        .map(|paragraph| videogen_text::clean(paragraph))
        .filter(|narration| !narration.is_empty())
        .map(|narration| Scene {
            picture: describe(&narration),
            narration,
            negative: None,
        })
        .collect();
    let single = scenes.len() == 1;
    let mut script = Script {
        title,
        language: String::new(),
        scenes,
        hashtags: Vec::new(),
    };
    if single {
        let words = videogen_text::word_count(&script.scenes[0].narration);
        regroup(
            &mut script,
            words.div_ceil(WORDS_PER_SCENE).clamp(1, MAX_SCENES),
        );
    }
    script
}

/// What a picture for `narration` shows when nobody said: what is being talked about.
fn describe(narration: &str) -> String {
    videogen_text::cut_at_sentence(narration, 240).0
}

/// Spreads all sentences over `wanted` scenes of about as many words each, in order, at least one sentence each.
fn regroup(script: &mut Script, wanted: usize) {
    let all: Vec<String> = script
        .scenes
        .iter()
        .flat_map(|scene| {
            videogen_text::sentences(&scene.narration)
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let wanted = wanted.clamp(1, all.len().max(1));
    let total: usize = all.iter().map(|s| videogen_text::word_count(s)).sum();
    let mut groups: Vec<Vec<String>> = vec![Vec::new()];
    let mut spoken = 0;
    for (index, sentence) in all.iter().enumerate() {
        let left = all.len() - index;
        let open = wanted - groups.len();
        let full = spoken * wanted >= total * groups.len();
        let current_is_empty = groups.last().is_none_or(Vec::is_empty);
        if !current_is_empty && open > 0 && (full || left <= open) {
            groups.push(Vec::new());
        }
        spoken += videogen_text::word_count(sentence);
        if let Some(group) = groups.last_mut() {
            group.push(sentence.clone());
        }
    }
    script.scenes = groups
        .into_iter()
        .map(|sentences| sentences.join(" "))
        .map(|narration| Scene {
            picture: describe(&narration),
            narration,
            negative: None,
        })
        .collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(raw: &str) -> Script {
        parse_script(raw, "x.txt", None, None)
            .expect("a script")
            .script
    }

    #[test]
    fn paragraphs_are_scenes_and_a_heading_is_the_title() {
        let script =
            read("# The Sea\n\nFirst line\ngoes on.\n\n\nSecond scene. Still it.\r\n\r\nThird.");
        assert_eq!(script.title, "The Sea");
        let narrations: Vec<&str> = script.scenes.iter().map(|s| s.narration.as_str()).collect();
        assert_eq!(
            narrations,
            ["First line goes on.", "Second scene. Still it.", "Third."]
        );
    }

    #[test]
    fn lines_of_a_script_end_as_on_any_system() {
        let lines = [
            "# The Sea",
            "",
            "First line",
            "goes on.",
            "",
            "Second scene.",
        ];
        let plain = read(&lines.join("\n"));
        assert_eq!(plain.scenes.len(), 2);
        for end in ["\r\n", "\r"] {
            assert_eq!(read(&lines.join(end)), plain, "{end:?}");
        }
        let json = [
            "{\"scenes\": [",
            "{\"narration\": \"One.\"},",
            "{\"narration\": \"Two.\"}]}",
        ];
        for end in ["\n", "\r\n", "\r"] {
            assert_eq!(read(&json.join(end)).scenes.len(), 2, "{end:?}");
        }
    }

    #[test]
    fn one_long_paragraph_is_divided_at_sentences() {
        let script = read(&"These are six words, I think. ".repeat(20));
        assert!(script.scenes.len() >= 4);
        assert!(
            script
                .scenes
                .iter()
                .all(|s| s.narration.ends_with("think."))
        );
        assert_eq!(script.title, "These are six words, I think");
    }

    #[test]
    fn json_scripts_are_checked() {
        let script = read(
            r##"{"title":"T","scenes":[{"narration":"One.","picture":"a lamp"},{"narration":"Two."}],"hashtags":["#x"]}"##,
        );
        assert_eq!(
            (
                script.scenes.len(),
                script.scenes[0].picture.as_str(),
                script.hashtags[0].as_str()
            ),
            (2, "a lamp", "x")
        );
        for wrong in [
            r#"{"scenes":[]}"#,
            r#"{"scenes":[{"text":"x"}]}"#,
            r#"{"scene":[]}"#,
            "{",
            r#"{"scenes":[{"narration":" "}]}"#,
        ] {
            assert!(
                parse_script(wrong, "x.json", None, None).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn text_without_words_is_refused() {
        for raw in ["", "  \n\n ", "\0\u{202e}", "... !!!", "# Only a title"] {
            assert!(parse_script(raw, "x", None, None).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn long_scripts_are_cut_at_a_sentence_with_a_warning() {
        let read = parse_script(
            &"A sentence of some words here. ".repeat(5000),
            "x",
            None,
            None,
        )
        .expect("a script");
        assert!(read.warnings.iter().any(|w| w.contains("cut")));
        assert!(
            read.script
                .scenes
                .iter()
                .all(|s| s.narration.ends_with("here."))
        );
    }

    proptest! {
        #[test]
        fn regrouping_keeps_every_sentence(count in 1usize..40, wanted in 1usize..50) {
            let sentence = |i: usize| format!("Sentence number {i} is {}.", "so ".repeat(i % 7).trim());
            let raw = (0..count).map(sentence).collect::<Vec<_>>().join(" ");
            let script = parse_script(&raw, "x", None, Some(wanted)).expect("a script").script;
            prop_assert_eq!(script.scenes.len(), wanted.min(count));
            let joined: Vec<&str> = script.scenes.iter().map(|s| s.narration.as_str()).collect();
            prop_assert_eq!(videogen_text::clean(&joined.join(" ")), videogen_text::clean(&raw));
        }

        #[test]
        fn no_text_is_too_strange(raw in "\\PC{0,400}", scenes in prop::option::of(1usize..41)) {
            if let Ok(read) = parse_script(&raw, "x", Some("Title"), scenes) {
                prop_assert!((1..=MAX_SCENES).contains(&read.script.scenes.len()));
            }
        }
    }
}

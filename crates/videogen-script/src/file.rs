//! Scripts people bring, recognised by what is in them: plain text, Markdown, HTML, subtitles or JSON in, a [`Script`] out.
//! Pure but for the one function that reads the file.

mod doubt;
mod encoding;
mod fault;
mod fence;
mod front_matter;
mod html;
mod json;
mod left_out;
mod limits;
mod load;
mod magic;
mod markdown;
mod outline;
mod place;
mod scenes;
mod stage;
mod subtitles;
mod text;
mod times;
mod yaml;

use camino::Utf8PathBuf;
use videogen_types::Script;

pub use self::encoding::{DecodedScript, decode_script};
pub use self::fault::{ScriptFileError, ScriptFlaw};
use self::left_out::LeftOut;
pub use self::limits::{MAX_SCENES, MAX_SCRIPT_BYTES, MAX_SCRIPT_CHARS};
pub use self::load::load_script;
use self::outline::Reading;
pub use self::place::ScriptPlace;
use self::scenes::{regroup, script_of};
use self::text::Speech;

/// A script as it was read, and what had to be changed about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedScript {
    /// The script: at least one scene, every one with words.
    pub script: Script,
    /// What was assumed, changed and left out, a sentence each without a period.
    pub warnings: Vec<String>,
}

/// Reads `raw`, in whichever form it is, that came from `origin`. `title` stands in when the script has none; `scenes` regroups
/// the sentences, which are those of `language` (a BCP 47 tag), else of the language that the script names or its letters
/// tell, else English. Scenes that name files stay as they are; [`ScriptPlace::locate`] says where these are.
///
/// # Errors
/// [`ScriptFileError`]: it has no words to say, is JSON of another form or names files in vain, or is XML that is no page.
pub fn parse_script(
    raw: impl Into<DecodedScript>,
    origin: &str,
    title: Option<&str>,
    scenes: Option<usize>,
    language: Option<&str>,
) -> Result<LoadedScript, ScriptFileError> {
    let DecodedScript { text, mut warnings } = raw.into();
    let is_empty = text.trim().is_empty();
    let text = text.trim_start_matches('\u{feff}').replace('\0', "");
    let text = videogen_text::with_line_feeds(&text);
    let mut left_out = LeftOut::default();
    let mut script = recognised(&text, origin, language, &mut left_out)?;
    let stated = language.is_none() && !script.language.is_empty();
    let language = match language {
        Some(language) => language.to_owned(),
        None if script.language.is_empty() => by_letters(&script).to_owned(),
        None => script.language.clone(),
    };
    let doubt = stated.then(|| doubt::other_language(&script)).flatten();
    let (cut, unshown) = cut_to_length(&mut script, &language);
    if script.scenes.is_empty() {
        let reason = match left_out.phrase() {
            _ if is_empty => "it is empty".to_owned(),
            None => "it has no words to say".to_owned(),
            Some(phrase) => format!("it has no words to say, only {phrase}"),
        };
        return Err(ScriptFileError::new(origin, ScriptFlaw::NoWords, reason));
    }
    warnings.extend(left_out.warning());
    warnings.extend(doubt);
    if cut {
        let unshown = match unshown.as_slice() {
            [] => String::new(),
            files => {
                let files: Vec<&str> = files.iter().map(|path| path.as_str()).collect();
                format!(", so that these are not shown: {}", files.join(", "))
            }
        };
        warnings.push(format!(
            "the script is longer than {MAX_SCRIPT_CHARS} characters and was cut at a sentence{unshown}"
        ));
    }
    let names_files = script.scenes.iter().any(|scene| !scene.media.is_empty());
    let has = script.scenes.len();
    if names_files {
        if let Some(wanted) = scenes.filter(|wanted| *wanted != has) {
            warnings.push(format!(
                "the scenes of the script name what they show, so that there are {has} of them and not {wanted}"
            ));
        }
    } else if let Some(wanted) = scenes {
        regroup(&mut script, wanted, &language);
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
        regroup(&mut script, MAX_SCENES, &language);
    }
    if script.title.is_empty() {
        let first = videogen_text::sentences(&script.scenes[0].narration, &language)
            .first()
            .map_or("", |s| *s);
        script.title = title.map_or_else(
            || videogen_text::cut_at_sentence(first.trim_end_matches('.'), 70, &language).0,
            str::to_owned,
        );
    }
    Ok(LoadedScript { script, warnings })
}

/// The script of `text`, whose lines end with a line feed, by what is in it.
fn recognised(
    text: &str,
    origin: &str,
    language: Option<&str>,
    left_out: &mut LeftOut,
) -> Result<Script, ScriptFileError> {
    if let Some(script) = json::read(text, origin, language, left_out)? {
        return Ok(script);
    }
    if let Some(inside) = json::one_string(text) {
        let inside = videogen_text::with_line_feeds(&inside).replace('\0', "");
        return recognised(&inside, origin, language, left_out);
    }
    let fenced = fence::blocks(text);
    if let Some(block) = fenced.iter().find(|block| json::has_scenes(&block.inside)) {
        left_out.surroundings += block.around;
        if let Some(script) = json::read(&block.in_place(), origin, language, left_out)? {
            return Ok(script);
        }
    }
    if let Some(block) = json::within(text)
        && let Some(script) = json::read(&block.in_place(), origin, language, left_out)?
    {
        left_out.surroundings += block.around;
        return Ok(script);
    }
    // All of it in one fence is a script of whatever kind stands in it.
    if let [block] = fenced.as_slice()
        && block.around == 0
        && is_text(&block.kind)
    {
        let inside = block.in_place();
        return match json::read(&inside, origin, language, left_out)? {
            Some(script) => Ok(script),
            None => written(&inside, origin, language, left_out),
        };
    }
    written(text, origin, language, left_out)
}

/// Whether a fence of this kind may hold a script, rather than a program.
fn is_text(kind: &str) -> bool {
    #[rustfmt::skip] // a table
    const KINDS: &[&str] = &[
        "", "json", "json5", "jsonc", "text", "txt", "plain", "plaintext", "markdown", "md", "html", "srt", "vtt", "webvtt", "subrip",
        "script", "fountain", "screenplay",
    ];
    KINDS.contains(&kind)
}

/// The script of a text that is no JSON.
fn written(
    text: &str,
    origin: &str,
    language: Option<&str>,
    left_out: &mut LeftOut,
) -> Result<Script, ScriptFileError> {
    if let Some(line) = yaml::scenes(text) {
        let reason = format!(
            "it is YAML, with its scenes from line {line} on, and a script with a list of scenes is JSON"
        );
        return Err(ScriptFileError::new(origin, ScriptFlaw::Json, reason));
    }
    let mut reading = Reading::default();
    if let Some(words) = subtitles::read(text, left_out) {
        Speech::of(&words, "").read_plain(&words, &mut reading, left_out);
    } else if html::is_page(text) {
        left_out.format = Some("HTML");
        reading = html::read(text, left_out);
        let said = reading.paragraphs.concat();
        if videogen_text::script_mismatch(&said, &reading.language).is_some() {
            // Pages say that they are in English whatever they are in.
            reading.language.clear();
        }
        let words = std::mem::take(&mut reading.paragraphs).join("\n\n");
        Speech::of(&words, "").read_plain(&words, &mut reading, left_out);
    } else if text.trim_start().starts_with("<?xml") || text.trim_start().starts_with("<svg") {
        let reason = "it is XML and not a text";
        return Err(ScriptFileError::new(origin, ScriptFlaw::Document, reason));
    } else {
        let text = front_matter::take(text, &mut reading, left_out);
        reading.title = videogen_text::clean(&markdown::inline(&reading.title));
        let own = Some(reading.language.clone()).filter(|own| !own.is_empty());
        let language = language.map(str::to_owned).or(own);
        let by_letters = || {
            videogen_text::detect_language(text)
                .unwrap_or("en")
                .to_owned()
        };
        let language = language.unwrap_or_else(by_letters);
        Speech::of(text, &language).read(text, &mut reading, left_out);
    }
    let own = Some(reading.language.as_str()).filter(|own| !own.is_empty());
    let by_letters =
        || videogen_text::detect_language(&reading.paragraphs.concat()).unwrap_or("en");
    let language = language.or(own).unwrap_or_else(by_letters).to_owned();
    Ok(script_of(reading, &language))
}

/// The language that the letters of a script tell, else English.
fn by_letters(script: &Script) -> &'static str {
    let said: String = script
        .scenes
        .iter()
        .map(|scene| scene.narration.as_str())
        .collect();
    videogen_text::detect_language(&said).unwrap_or("en")
}

/// Leaves out what is more than is spoken, and scenes without words; returns whether anything was cut, and what the scenes name
/// that were left out.
fn cut_to_length(script: &mut Script, language: &str) -> (bool, Vec<Utf8PathBuf>) {
    let mut left = MAX_SCRIPT_CHARS;
    let mut cut = false;
    for scene in &mut script.scenes {
        let all = videogen_text::sentences(&scene.narration, language);
        let does_not_fit = |first: &&str| first.chars().count() > left;
        // Of one endless sentence a part is said, but none at the end of others.
        if left < MAX_SCRIPT_CHARS && all.first().is_some_and(does_not_fit) {
            left = 0;
        }
        let (kept, was_cut) = videogen_text::cut_at_sentence(&scene.narration, left, language);
        left = if was_cut {
            0
        } else {
            left.saturating_sub(kept.chars().count())
        };
        cut |= was_cut || kept != scene.narration;
        scene.narration = kept;
    }
    let mut unshown = Vec::new();
    script.scenes.retain_mut(|scene| {
        let is_said = scene.narration.chars().any(char::is_alphanumeric);
        if !is_said {
            unshown.append(&mut scene.media);
        }
        is_said
    });
    (cut, unshown)
}

#[cfg(test)]
mod tests;

//! One line of a batch file: a layer of settings, and the content of one video.

use std::collections::BTreeSet;
use std::sync::Arc;

use camino::Utf8PathBuf;
use serde_json::Value;
use serde_json::error::Category;
use videogen_core::ScriptSource;
use videogen_text::nearest;
use videogen_types::{InvalidValue, Topic, parse_seed};

use super::object::{Object, found, given, text};
use super::{Content, LONGEST_LINE, SHOWN};
use crate::settings::key::{KEYS, Key, Kind, Wrong};
use crate::settings::{Layer, Origin, PathBase, layer_value};
use crate::wrap::shorten;

/// Members that are no settings.
pub(super) const CONTENT: &[&str] = &[
    "topic",
    "script",
    "narration",
    "narration_captions",
    "image",
    "scenes",
    "seed",
    "name",
];

/// Options that belong to the run rather than to a video. `strict` is one: it decides the exit status.
pub(super) const OF_THE_RUN: &[&str] = &[
    "strict",
    "cache_limit",
    "free_vram",
    "evict_others",
    "json",
    "dry_run",
    "yes",
    "batch",
    "config",
    "verbose",
];

/// Settings that are called otherwise on the command line, and so in a line as well.
const AS_FLAGS: &[(&str, &str)] = &[
    ("workflow", "comfyui_workflow"),
    ("lora", "comfyui_loras"),
    ("steps", "comfyui_steps"),
    ("cfg", "comfyui_cfg"),
    ("sampler", "comfyui_sampler"),
    ("negative", "comfyui_negative"),
    ("size", "comfyui_size"),
];

/// The name of the setting that a flag sets.
pub(super) fn setting_of(flag: &str) -> &str {
    let other = AS_FLAGS.iter().find(|(name, _)| *name == flag);
    other.map_or(flag, |(_, setting)| setting)
}

/// Whether a setting may differ from video to video: fonts, prompts, programs and servers are found once.
pub(super) fn of_a_video(key: &Key) -> bool {
    if AS_FLAGS.iter().any(|(_, name)| *name == key.name) {
        return true;
    }
    let found_once = [
        "fonts",
        "auto_quality_downgrade",
        "prompts",
        "free_vram_after_gen",
        "max_vram_mb",
    ];
    let found_once = found_once.contains(&key.name);
    let of_servers = [
        "comfyui_",
        "llm_",
        "speech_",
        "download_",
        "cdn_",
        "assets_",
        "registry",
        "mirror_",
    ]
    .iter()
    .any(|of| key.name.starts_with(of));
    let is_of_the_machine = found_once || of_servers || key.name.contains('.');
    !is_of_the_machine && !OF_THE_RUN.contains(&key.name)
}

/// Where a line stands.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// The file, as it was named.
    pub(super) file: &'a Arc<str>,
    /// Counted from 1.
    pub(super) line: usize,
    /// Where paths start.
    pub(super) base: PathBase<'a>,
}

/// What is wrong with a line.
#[derive(Debug)]
pub(super) struct Problem {
    /// The member, as it was written; empty when it is the whole line.
    pub(super) field: String,
    /// What is wrong with it.
    pub(super) message: String,
    /// The next action.
    pub(super) hint: Option<String>,
    /// The exit status that it leads to.
    pub(super) code: u8,
}

impl Problem {
    pub(super) fn of(field: &str, message: String) -> Self {
        Self::from((field, because(message)))
    }
}

impl From<(&str, Wrong)> for Problem {
    fn from((field, wrong): (&str, Wrong)) -> Self {
        let Wrong {
            message,
            hint,
            code,
        } = wrong;
        Self {
            field: shown(field),
            message,
            hint,
            code,
        }
    }
}

/// What a line says.
#[derive(Debug)]
pub(super) struct Line {
    /// The defaults with what the line has.
    pub(super) content: Content,
    /// Its settings.
    pub(super) layer: Layer,
    /// The name, when the line itself has one.
    pub(super) name: Option<String>,
    /// Whether the topic was too long.
    pub(super) cut: bool,
    /// What is wrong; more than [`SHOWN`] are not looked for.
    pub(super) problems: Vec<Problem>,
}

impl Line {
    /// A line that has nothing yet.
    pub(super) fn of(defaults: Content) -> Self {
        Self {
            content: defaults,
            layer: Layer::new(),
            name: None,
            cut: false,
            problems: Vec::new(),
        }
    }

    /// Adds something that is wrong.
    pub(super) fn problem(&mut self, field: &str, message: String) {
        self.problems.push(Problem::of(field, message));
    }

    /// Reads the bytes of the line, without the end of line.
    pub(super) fn read(&mut self, bytes: &[u8], place: &Place<'_>) {
        if bytes.len() > LONGEST_LINE {
            return self.problem("", "the line is longer than 1 MiB".into());
        }
        let json = match std::str::from_utf8(bytes) {
            Ok(json) => json,
            Err(error) => {
                let column = error.valid_up_to() + 1;
                return self.problem("", format!("is not UTF-8 text (byte {column})"));
            }
        };
        match serde_json::from_str::<Object>(json) {
            Ok(object) => self.members(&object, place),
            Err(error) if error.classify() == Category::Data => {
                self.problem("", "is JSON, but not an object in braces".into());
            }
            Err(error) => {
                let whole = error.to_string();
                let what = whole
                    .rsplit_once(" at line ")
                    .map_or(whole.as_str(), |(what, _)| what);
                self.problem("", format!("is not JSON: {what} (byte {})", error.column()));
            }
        }
    }

    fn members(&mut self, object: &Object, place: &Place<'_>) {
        let mut seen = BTreeSet::new();
        for (written, value) in &object.0 {
            if self.problems.len() >= SHOWN {
                return;
            }
            let name = written.replace('-', "_");
            let name = setting_of(&name).to_owned();
            let key = Key::find(&name).filter(|key| of_a_video(key));
            if key.is_none() && !CONTENT.contains(&name.as_str()) {
                self.problems.push(unknown(written, &name));
                continue;
            }
            if !seen.insert(name.clone()) {
                self.problem(written, "stands twice in the line".into());
                continue;
            }
            // What programs write where a table has nothing.
            if value.is_null() {
                continue;
            }
            let taken = match key {
                Some(key) => self.setting(key, value, place),
                None => self.content(&name, value, place),
            };
            if let Err(wrong) = taken {
                self.problems.push(Problem::from((written.as_str(), wrong)));
            }
        }
        if self.content.narration_captions.is_some() && self.content.narration.is_none() {
            let message = "says when the words of a \"narration\" are said, and there is none";
            self.problem("narration_captions", message.into());
        }
    }

    fn setting(
        &mut self,
        key: &'static Key,
        value: &Value,
        place: &Place<'_>,
    ) -> Result<(), Wrong> {
        let value = given(value, key.kind).map_err(because)?;
        let origin = Origin::Line {
            file: Arc::clone(place.file),
            line: place.line,
        };
        let given = layer_value(key, value, place.base, origin)?;
        self.layer.insert(key.name, given);
        Ok(())
    }

    fn content(&mut self, name: &str, value: &Value, place: &Place<'_>) -> Result<(), Wrong> {
        let text = |kind| text(value, kind).map_err(because);
        let path = |kind| place.base.resolve(&not_blank(text(kind)?)?);
        let content = &mut self.content;
        match name {
            "topic" => {
                let (topic, cut) = Topic::new(&text(Kind::Text)?)?;
                content.topic = Some(topic);
                self.cut = cut;
            }
            "script" => {
                if value == "-" {
                    return Err(because(
                        "standard input cannot be read for a line; name a file".into(),
                    ));
                }
                content.script = Some(ScriptSource::File(path(Kind::Path)?));
            }
            "narration" => content.narration = Some(path(Kind::Path)?),
            "narration_captions" => content.narration_captions = Some(path(Kind::Path)?),
            "image" => content.images = images(value, place.base)?,
            "scenes" => content.scenes = Some(text(Kind::Integer)?.parse().map_err(wrong)?),
            "seed" => content.seed = parse_seed(&text(Kind::Integer)?)?,
            _ => {
                let name = not_blank(text(Kind::Text)?)?;
                self.name = Some(name.trim().to_owned());
                content.name = Some(name);
            }
        }
        Ok(())
    }
}

/// One picture or a list of them.
fn images(value: &Value, base: PathBase<'_>) -> Result<Vec<Utf8PathBuf>, Wrong> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let image = |item: &Value| match item {
        Value::String(path) => base.resolve(&not_blank(path.clone())?),
        other => Err(because(format!(
            "has to be text or a list of text, not {}{}",
            if value.is_array() { "a list with " } else { "" },
            found(other)
        ))),
    };
    list.iter().map(image).collect()
}

fn not_blank(text: String) -> Result<String, Wrong> {
    if text.trim().is_empty() {
        return Err(because("is empty".into()));
    }
    Ok(text)
}

fn because(message: String) -> Wrong {
    Wrong::usage(message)
}

fn wrong(error: InvalidValue) -> Wrong {
    error.into()
}

/// What to say about a member that a line does not have; `name` is the canonical form of `written`.
fn unknown(written: &str, name: &str) -> Problem {
    if name == "count" {
        return Problem::of(
            written,
            "a line is one video; write more lines, or use --count without --batch".into(),
        );
    }
    if OF_THE_RUN.contains(&name) {
        let flag = name.replace('_', "-");
        return Problem::of(
            written,
            format!("is for the whole run; give --{flag} on the command line"),
        );
    }
    if Key::find(name).is_some() {
        return Problem::of(
            written,
            "is for the whole run; set it in the configuration file".into(),
        );
    }
    let known: Vec<&str> = CONTENT
        .iter()
        .copied()
        .chain(
            KEYS.iter()
                .filter(|key| of_a_video(key))
                .map(|key| key.name),
        )
        .collect();
    // Nothing is near to a name this long, and to measure how far takes time.
    let near = if name.len() <= 60 {
        nearest(name, &known, 1)
    } else {
        Vec::new()
    };
    let hint = match near.first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    };
    Problem {
        hint: Some(hint),
        ..Problem::of(written, "unknown field".into())
    }
}

/// Text from outside as it may stand in a message.
pub(super) fn shown(text: &str) -> String {
    shorten(text, 60)
}

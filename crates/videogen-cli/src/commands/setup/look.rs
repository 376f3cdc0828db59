//! What this machine has, as far as `setup` wants to know it.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use videogen_media::Fonts;
use videogen_types::{Hint, Package, PlannedProgram, Program, Term};

use super::plan::Surroundings;
use crate::args::SetupPart;
use crate::commands::Runtime;
use crate::commands::assets::depot::Depot;
use crate::hint;
use crate::settings::{Origin, Settings};

/// The language of a video where nobody says otherwise and no text decides.
const USUAL_LANGUAGE: &str = "en";

/// Scripts that fonts are fetched for, by the tags that fonts have in registries (ISO 15924), with a few letters of each.
const SCRIPTS: [(&str, &str); 23] = [
    ("Arab", "مرحبا"),
    ("Hebr", "שלום"),
    ("Deva", "नमस्ते"),
    ("Thai", "สวัสดี"),
    ("Beng", "বাংলা"),
    ("Taml", "தமிழ்"),
    ("Telu", "తెలుగు"),
    ("Knda", "ಕನ್ನಡ"),
    ("Gujr", "ગુજરાતી"),
    ("Guru", "ਪੰਜਾਬੀ"),
    ("Mlym", "മലയാളം"),
    ("Sinh", "සිංහල"),
    ("Mymr", "မြန်မာ"),
    ("Khmr", "ខ្មែរ"),
    ("Laoo", "ລາວ"),
    ("Ethi", "አማርኛ"),
    ("Armn", "Հայերեն"),
    ("Geor", "ქართული"),
    ("Hans", "汉语"),
    ("Hant", "漢語"),
    ("Jpan", "かな"),
    ("Kore", "한글"),
    ("Zsye", "🎉"),
];

/// Looks at what is here, as far as `parts` need it. Fonts take up to half a second.
pub(super) fn surroundings(
    parts: BTreeSet<SetupPart>,
    parts_named: bool,
    settings: &Settings,
    depot: &Depot,
    runtime: &Runtime,
) -> Surroundings {
    let scripts = if parts.contains(&SetupPart::Fonts) {
        let mut directories: Vec<Utf8PathBuf> = settings.tools().font_dirs;
        directories.push(depot.fonts_dir());
        directories.retain(|directory| directory.is_dir());
        runtime.block_on(async {
            let looking = tokio::task::spawn_blocking(move || lacking(&directories));
            looking.await.unwrap_or_default()
        })
    } else {
        Vec::new()
    };
    let configured = settings.origin("piper.model");
    let configured = configured.filter(|origin| **origin != Origin::Found);
    Surroundings {
        parts,
        parts_named,
        language: settings
            .get("language")
            .unwrap_or_else(|| USUAL_LANGUAGE.to_owned()),
        voice: settings.get("voice"),
        piper_model: configured.and_then(|_| settings.get("piper.model")),
        scripts,
        has_comfyui: depot.comfyui().is_some(),
        programs: programs(settings),
    }
}

/// The scripts that no font here has.
fn lacking(directories: &[Utf8PathBuf]) -> Vec<&'static str> {
    let samples = SCRIPTS.iter().map(|(_, sample)| *sample);
    let Ok(fonts) = Fonts::for_text(samples, directories) else {
        return Vec::new();
    };
    let lacks = |sample: &str| !fonts.missing(sample).is_empty();
    let scripts = SCRIPTS.iter().filter(|(_, sample)| lacks(sample));
    scripts.map(|(tag, _)| *tag).collect()
}

/// Programs that are missing. They are installed by whoever has the right to.
fn programs(settings: &Settings) -> Vec<(SetupPart, PlannedProgram)> {
    let known = [
        (
            SetupPart::Voice,
            "programs.ffmpeg",
            "ffmpeg",
            "makes the videos",
            Term::Get(Program::Ffmpeg),
        ),
        (
            SetupPart::Voice,
            "piper.program",
            "piper",
            "speaks with these voices",
            Term::Install(Package::Python("piper-tts")),
        ),
    ];
    let missing = known
        .into_iter()
        .filter(|(_, setting, name, ..)| !settings.has_program(setting, name));
    missing
        .map(|(part, _, name, detail, get)| {
            let program = PlannedProgram {
                program: name.to_owned(),
                detail: detail.to_owned(),
                fix: hint::fix(&Hint::of(get)),
            };
            (part, program)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use videogen_cdn::{AssetKind, Registry};

    use super::*;

    #[test]
    fn every_font_of_the_registry_is_for_a_script_that_is_looked_for() {
        let fonts = Registry::built_in().of_kind(AssetKind::Font);
        let tags: BTreeSet<&str> = fonts
            .flat_map(|font| &font.tags)
            .map(String::as_str)
            .collect();
        let looked: BTreeSet<&str> = SCRIPTS.iter().map(|(tag, _)| *tag).collect();
        assert_eq!(tags, looked);
    }
}

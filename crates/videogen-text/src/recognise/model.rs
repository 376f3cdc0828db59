//! The model of letters: `whatlang`, which counts groups of three.

use whatlang::{Detector, Lang};

/// Languages of the model that are written in Latin letters, by the tags that they have here.
#[rustfmt::skip] // a table
static LATIN: &[(Lang, &str)] = &[
    (Lang::Eng, "en"), (Lang::Deu, "de"), (Lang::Fra, "fr"), (Lang::Spa, "es"), (Lang::Ita, "it"), (Lang::Por, "pt"),
    (Lang::Nld, "nl"), (Lang::Pol, "pl"), (Lang::Tur, "tr"), (Lang::Swe, "sv"), (Lang::Dan, "da"), (Lang::Nob, "nb"),
    (Lang::Fin, "fi"), (Lang::Ces, "cs"), (Lang::Slk, "sk"), (Lang::Hun, "hu"), (Lang::Ron, "ro"), (Lang::Cat, "ca"),
    (Lang::Hrv, "hr"), (Lang::Slv, "sl"), (Lang::Est, "et"), (Lang::Lav, "lv"), (Lang::Lit, "lt"), (Lang::Vie, "vi"),
    (Lang::Ind, "id"), (Lang::Afr, "af"), (Lang::Epo, "eo"), (Lang::Aze, "az"), (Lang::Uzb, "uz"),
];

/// What the model says of a text in Latin letters: the language, and whether it is certain.
pub(super) fn latin(text: &str) -> Option<(&'static str, bool)> {
    let all = LATIN.iter().map(|(language, _)| *language).collect();
    let info = Detector::with_allowlist(all).detect(text)?;
    let own = LATIN.iter().find(|(language, _)| *language == info.lang());
    own.map(|(_, tag)| (*tag, info.is_reliable()))
}

//! Picks, among all faces of a machine, the few that draw given characters best.

use std::collections::{BTreeMap, BTreeSet};

use cosmic_text::fontdb::{self, Database, FaceInfo};
use cosmic_text::skrifa::{FontRef, MetadataProvider as _, raw::TableProvider as _};

use super::scripts::{Region, Script};

/// Faces taken for one script, at most; rare characters may need a second and third.
const MAX_FACES_PER_SCRIPT: usize = 4;

/// Characters of one script that a face is judged by; more tell nothing new.
const SAMPLE: usize = 256;

/// What it costs to leave all sampled characters undrawn. Between the costs of a poor font and of an unusable one:
/// a poor font that has the characters is taken before a good one that has few of them.
const COST_OF_LACKING: f32 = 3000.0;

/// From this cost on, a face is not used for the script at all.
const UNUSABLE: f32 = 5000.0;

/// The faces for `wanted`, best first within each script.
pub(super) fn choose(
    library: &Database,
    preferred: &BTreeSet<fontdb::ID>,
    wanted: &BTreeMap<Script, BTreeSet<char>>,
    region: Region,
) -> Vec<(Script, FaceInfo)> {
    let mut chosen: Vec<(Script, FaceInfo)> = Vec::new();
    for (&script, characters) in wanted {
        let mut candidates: Vec<(f32, &FaceInfo)> = library
            .faces()
            .map(|face| {
                (
                    cost(face, script, region)
                        - if preferred.contains(&face.id) {
                            1000.0
                        } else {
                            0.0
                        },
                    face,
                )
            })
            .filter(|(cost, _)| *cost < UNUSABLE)
            .collect();
        // Faces of equal cost are ordered by name, not by the order in which directories happen to be read.
        candidates.sort_by(|a, b| {
            a.0.total_cmp(&b.0)
                .then_with(|| a.1.post_script_name.cmp(&b.1.post_script_name))
                .then_with(|| a.1.index.cmp(&b.1.index))
        });
        let mut open: Vec<char> = characters.iter().copied().collect();
        for _ in 0..MAX_FACES_PER_SCRIPT {
            let Some((face, covered)) = best(library, &candidates, &open, script) else {
                break;
            };
            chosen.push((script, face.clone()));
            open.retain(|c| !covered.contains(c));
        }
    }
    chosen
}

/// The face with the lowest sum of its cost and the share of `open` it lacks, with the characters it has.
fn best<'a>(
    library: &Database,
    candidates: &[(f32, &'a FaceInfo)],
    open: &[char],
    script: Script,
) -> Option<(&'a FaceInfo, Vec<char>)> {
    let sample = &open[..open.len().min(SAMPLE)];
    let mut best: Option<(f32, &FaceInfo)> = None;
    for &(cost, face) in candidates {
        if best.is_some_and(|(least, _)| cost >= least) {
            break;
        }
        let covered = covered(library, face, sample, script).len();
        if covered > 0 {
            let total =
                cost + COST_OF_LACKING * (sample.len() - covered) as f32 / sample.len() as f32;
            if best.is_none_or(|(least, _)| total < least) {
                best = Some((total, face));
            }
        }
    }
    let (_, face) = best?;
    Some((face, covered(library, face, open, script)))
}

/// Which of `characters` a face has glyphs for. A face without colour has none for emoji.
fn covered(library: &Database, face: &FaceInfo, characters: &[char], script: Script) -> Vec<char> {
    library
        .with_face_data(face.id, |data, index| {
            let Ok(font) = FontRef::from_index(data, index) else {
                return Vec::new();
            };
            // CBDT (Noto), sbix (Apple), COLR version 0 (Microsoft); swash does not draw COLR version 1.
            let coloured = || {
                font.cbdt().is_ok()
                    || font.sbix().is_ok()
                    || font.colr().is_ok_and(|colr| colr.version() == 0)
            };
            if script == Script::Emoji && !coloured() {
                return Vec::new();
            }
            let charmap = font.charmap();
            characters
                .iter()
                .copied()
                .filter(|&c| charmap.map(c).is_some_and(|glyph| glyph.to_u32() != 0))
                .collect()
        })
        .unwrap_or_default()
}

/// How far a face is from what captions want: an upright, bold, plain sans-serif that belongs to the script.
/// The unit is one step of weight (Regular is 400, Bold is 700); the other figures are judged against it.
fn cost(face: &FaceInfo, script: Script, region: Region) -> f32 {
    let name = face.families.first().map_or_else(
        || face.post_script_name.to_lowercase(),
        |(name, _)| name.to_lowercase(),
    );
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let emoji = has(&["emoji", "twemoji", "joypixels"]);
    if emoji != (script == Script::Emoji) {
        return if emoji { 2.0 * UNUSABLE } else { 4000.0 };
    }
    let mut cost = f32::from(face.weight.0.abs_diff(super::WEIGHT.0));
    if face.style != fontdb::Style::Normal {
        cost += 600.0;
    }
    cost += 60.0
        * f32::from(
            face.stretch
                .to_number()
                .abs_diff(fontdb::Stretch::Normal.to_number()),
        );
    if !has(&["noto sans"]) {
        // The sans-serif faces that macOS and Windows come with for their many scripts.
        cost += if has(&[
            "pingfang",
            "hiragino",
            "yahei",
            "jhenghei",
            "yu gothic",
            "meiryo",
            "malgun",
            "gothic neo",
            "nirmala",
            "leelawadee",
            "segoe ui",
            "geeza",
            "kohinoor",
            "sukhumvit",
            "sangam",
            "source han sans",
        ]) {
            100.0
        } else {
            300.0
        };
    }
    // Other designs for the same script.
    if has(&["mono", "courier", "code"]) || face.monospaced {
        cost += 500.0;
    }
    if has(&[
        "serif", "song", "simsun", "ming", "mincho", "times", "batang", "naskh", "nastaliq",
        "kufi", "rashi", "looped", "unjoined", "display",
    ]) {
        cost += 400.0;
    }
    if script == Script::Cjk && !has(region.names()) {
        cost += 500.0;
    }
    // Fonts of last resort draw boxes with the code point's number, or every character as 8x16 dots.
    if has(&["last resort", "lastresort", "unifont", "blank"]) {
        cost += UNUSABLE;
    }
    cost
}

//! The fonts a video is set in: one bundled face, and the machine's own for everything it lacks.
//!
//! Text is never given to a font database at large. The faces that are needed are picked beforehand, by the characters
//! of the whole video, and only those are loaded, in a fixed order of preference. So the same texts on the same machine
//! always come out in the same fonts, and what cannot be shown is known before anything is drawn
//! ([`Fonts::missing`]).

mod choice;
mod cover;
mod library;
mod scripts;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use camino::Utf8PathBuf;
use cosmic_text::fontdb::{self, Database, FaceInfo, Source};
use cosmic_text::skrifa::MetadataProvider as _;
use cosmic_text::{
    Attrs, AttrsList, CacheKeyFlags, Family, FeatureTag, FontFeatures, FontSystem, SwashCache,
    Weight,
};
use unicode_segmentation::UnicodeSegmentation as _;

pub use cover::CoveredTexts;

use crate::Error;
use scripts::{Region, is_emoji, is_right_to_left};
pub(crate) use scripts::{Script, breaks_anywhere, breaks_between_words_only, needs_no_glyph};

/// Inter ExtraBold 4.0 (SIL Open Font License 1.1, `fonts/OFL.txt`): Latin, Greek and Cyrillic.
static BUNDLED: &[u8] = include_bytes!("../fonts/Inter-ExtraBold.otf");

/// The weight every face is registered and asked for with; variable fonts are set to it. 800 is ExtraBold.
pub(crate) const WEIGHT: Weight = Weight(800);

/// Rasterised glyphs kept for reuse, at most; a 60-pixel glyph takes about 3 KB.
const MAX_CACHED_GLYPHS: usize = 4096;

/// The faces a set of texts is drawn with. Cheap to clone; shared between threads.
///
/// Shaping and rasterising need exclusive use of the underlying font system, so those short steps take turns behind a
/// lock; everything else about drawing runs in parallel.
#[derive(Clone)]
pub struct Fonts {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Mutex<Engine>,
    /// In order of preference; the first is the bundled face.
    faces: Vec<Face>,
}

/// Code points of the bundled face, sorted.
static BUNDLED_POINTS: LazyLock<Vec<u32>> = LazyLock::new(|| code_points(BUNDLED, 0));

/// One loaded face, under the private family name it is asked for with.
struct Face {
    family: String,
    /// The name its maker gave it, for messages.
    name: String,
    script: Script,
    id: fontdb::ID,
}

/// What shapes and rasterises; not shareable between threads, hence behind the lock.
pub(crate) struct Engine {
    pub(crate) system: FontSystem,
    pub(crate) glyphs: SwashCache,
}

impl fmt::Debug for Fonts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.inner.faces.iter().map(|face| &face.name))
            .finish()
    }
}

impl Fonts {
    /// Returns the names that the makers of its faces gave them, in order of preference.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.inner.faces.iter().map(|face| face.name.as_str())
    }

    /// Only the bundled face: Latin, Greek, Cyrillic. It is loaded once for the whole process.
    pub fn bundled() -> Self {
        // Thousands of videos that are planned would hold it thousands of times.
        static FONTS: LazyLock<Fonts> = LazyLock::new(|| Fonts::with_faces(Vec::new()));
        FONTS.clone()
    }

    /// The bundled face and, when a text has characters it lacks, the best faces for those from the machine's fonts
    /// and the font files in `extra_dirs` (searched recursively, preferred over the machine's).
    ///
    /// Looking through the machine's fonts takes 0.05 to 0.5 s; it is not done when the bundled face suffices. It is
    /// bounded: what is no regular file, does not begin like a font or claims more faces than it has is left out and
    /// logged, and so is what is found after ten seconds.
    /// A character that no face has is not an error here, see [`Fonts::missing`].
    ///
    /// # Errors
    /// [`Error::Io`] when one of `extra_dirs` cannot be read.
    pub fn for_text<'a>(
        texts: impl Iterator<Item = &'a str>,
        extra_dirs: &[Utf8PathBuf],
    ) -> Result<Self, Error> {
        for dir in extra_dirs {
            std::fs::read_dir(dir).map_err(|source| Error::Io {
                action: "reading",
                path: dir.clone(),
                source,
            })?;
        }
        let texts: Vec<&str> = texts.collect();
        let mut wanted: BTreeMap<Script, BTreeSet<char>> = BTreeMap::new();
        for cluster in texts.iter().flat_map(|text| text.graphemes(true)) {
            // Most clusters of most texts are ASCII letters; they are dealt with here.
            if cluster.is_ascii() {
                continue;
            }
            let emoji = is_emoji(cluster);
            for c in cluster.chars().filter(|&c| !needs_no_glyph(c)) {
                if emoji {
                    wanted.entry(Script::Emoji).or_default().insert(c);
                } else if !is_bundled(c) {
                    wanted.entry(Script::of(c)).or_default().insert(c);
                }
            }
        }
        if wanted.is_empty() {
            return Ok(Self::bundled());
        }
        let mut library = Database::new();
        library::load(&mut library, extra_dirs, library::Bounds::ORDINARY);
        let preferred: BTreeSet<fontdb::ID> = library.faces().map(|face| face.id).collect();
        #[cfg(all(unix, not(any(target_os = "macos", target_os = "android"))))]
        library::load(
            &mut library,
            &library::system_directories(),
            library::Bounds::ORDINARY,
        );
        // Elsewhere the fonts of the machine are in a few directories that are the system's.
        #[cfg(not(all(unix, not(any(target_os = "macos", target_os = "android")))))]
        library.load_system_fonts();
        tracing::debug!(faces = library.len(), "looked through the machine's fonts");
        let region = Region::of(texts.into_iter());
        Ok(Self::with_faces(choice::choose(
            &library, &preferred, &wanted, region,
        )))
    }

    /// Registers the bundled face and `chosen`, each under a family name of its own, so that neither the platform nor
    /// the names the fonts carry decide which one is taken.
    fn with_faces(chosen: Vec<(Script, FaceInfo)>) -> Self {
        let mut library = Database::new();
        library.load_font_source(Source::Binary(Arc::new(BUNDLED)));
        let bundled = library
            .faces()
            .next()
            .expect("the bundled font is a valid font file")
            .clone();
        let mut db = Database::new();
        let mut faces = Vec::with_capacity(chosen.len() + 1);
        for (number, (script, mut info)) in std::iter::once((Script::European, bundled))
            .chain(chosen)
            .enumerate()
        {
            let family = format!("videogen-{number}");
            let name = info.post_script_name.clone();
            info.families = vec![(family.clone(), fontdb::Language::English_UnitedStates)];
            info.post_script_name.clone_from(&family);
            // cosmic-text falls back in order of weight, stretch, style, then registration. Equal for all of them,
            // only the order of registration is left.
            info.weight = WEIGHT;
            info.style = fontdb::Style::Normal;
            info.stretch = fontdb::Stretch::Normal;
            info.monospaced = false;
            let id = db.push_face_info(info);
            faces.push(Face {
                family,
                name,
                script,
                id,
            });
        }
        let system = FontSystem::new_with_locale_and_db("en-US".to_owned(), db);
        let engine = Engine {
            system,
            glyphs: SwashCache::new(),
        };
        Self {
            inner: Arc::new(Inner {
                engine: Mutex::new(engine),
                faces,
            }),
        }
    }

    /// The characters of `text` that no loaded face has a glyph for, each once, in order of first use.
    ///
    /// White space, joiners and variation selectors are not counted: nothing is drawn for them.
    pub fn missing(&self, text: &str) -> Vec<char> {
        let mut seen = BTreeSet::new();
        let mut missing = Vec::new();
        let mut engine = self.engine();
        for c in text.chars().filter(|&c| !needs_no_glyph(c)) {
            if is_bundled(c) || !seen.insert(c) {
                continue;
            }
            let found = self.inner.faces.iter().any(|face| {
                engine
                    .system
                    .get_font(face.id, WEIGHT)
                    .is_some_and(|font| font.as_swash().charmap().map(c) != 0)
            });
            if !found {
                missing.push(c);
            }
        }
        missing
    }

    /// The Debian package that has fonts for the first of `missing`, [`None`] when nothing is missing.
    pub fn suggestion(missing: &[char]) -> Option<&'static str> {
        let first = missing.first()?;
        let mut buffer = [0; 4];
        let script = if is_emoji(first.encode_utf8(&mut buffer)) {
            Script::Emoji
        } else {
            Script::of(*first)
        };
        Some(script.package())
    }

    /// The font system, for the time of one shaping or rasterising step.
    pub(crate) fn engine(&self) -> MutexGuard<'_, Engine> {
        // A panic in another thread leaves only caches behind, which stay valid.
        let mut engine = self
            .inner
            .engine
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if engine.glyphs.image_cache.len() > MAX_CACHED_GLYPHS {
            engine.glyphs.image_cache.clear();
        }
        engine
    }

    /// The attributes `text` is shaped with: which face is asked first for which part of it, and by how many em each
    /// space is wider than the font has it.
    pub(crate) fn attributes(&self, text: &str, word_spacing: f32) -> AttrsList {
        let mut list = AttrsList::new(&self.attrs(0));
        let mut face = 0;
        let mut at = 0;
        for word in text.split_inclusive(' ') {
            // The shaper puts differently attributed parts of a right-to-left word in the wrong order; such a word gets
            // one face, and what it lacks is filled in glyph by glyph.
            let right_to_left = word
                .chars()
                .find(|&c| is_right_to_left(c))
                .map(|c| self.face_for(Script::of(c)));
            for (range, cluster) in clusters(word) {
                let range = at + range.start..at + range.end;
                if cluster == " " {
                    list.add_span(range, &self.attrs(0).letter_spacing(word_spacing));
                    continue;
                }
                face = match right_to_left {
                    Some(face) if !is_emoji(cluster) => face,
                    _ => self.face_of(cluster, face),
                };
                if face != 0 {
                    list.add_span(range, &self.attrs(face));
                }
            }
            at += word.len();
        }
        list
    }

    /// Which face a cluster is set in, given the one of the cluster before it.
    fn face_of(&self, cluster: &str, previous: usize) -> usize {
        let first = cluster.chars().next().unwrap_or(' ');
        let script = if is_emoji(cluster) {
            Script::Emoji
        } else if first.is_ascii() {
            return 0;
        } else if matches!(first as u32, 0x2000..=0x206F) {
            // Quotation marks, dashes and dots are full-width next to Chinese or Japanese, ours elsewhere.
            return if self.inner.faces[previous].script == Script::Cjk {
                previous
            } else {
                0
            };
        } else if is_bundled(first) {
            return 0;
        } else {
            Script::of(first)
        };
        self.face_for(script)
    }

    /// The first face for a script. It may need more than one; the shaper goes on through the others in order.
    fn face_for(&self, script: Script) -> usize {
        self.inner
            .faces
            .iter()
            .position(|face| face.script == script)
            .unwrap_or(0)
    }

    fn attrs(&self, face: usize) -> Attrs<'_> {
        let attrs = Attrs::new()
            .family(Family::Name(&self.inner.faces[face].family))
            .weight(WEIGHT)
            // Captions are large; hinting would only make the spacing uneven.
            .cache_key_flags(CacheKeyFlags::DISABLE_HINTING);
        if face != 0 {
            return attrs;
        }
        // Inter turns "->" into an arrow and the like; text is to appear as typed.
        let mut features = FontFeatures::new();
        features.disable(FeatureTag::CONTEXTUAL_ALTERNATES);
        attrs.font_features(features)
    }
}

/// Whether a paragraph runs from right to left: its first letter decides (UAX #9, rules P2 and P3).
pub(crate) fn reads_from_right(text: &str) -> bool {
    text.chars()
        .find(|c| c.is_alphabetic())
        .is_some_and(is_right_to_left)
}

/// The grapheme clusters of a text with their byte ranges.
fn clusters(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    text.grapheme_indices(true)
        .map(|(at, cluster)| (at..at + cluster.len(), cluster))
}

/// Whether the bundled face has a glyph for it.
fn is_bundled(c: char) -> bool {
    BUNDLED_POINTS.binary_search(&(c as u32)).is_ok()
}

/// The code points a font file maps to glyphs, sorted; none when it cannot be read.
fn code_points(data: &[u8], index: u32) -> Vec<u32> {
    let Ok(font) = cosmic_text::skrifa::FontRef::from_index(data, index) else {
        return Vec::new();
    };
    let mut points: Vec<u32> = font
        .charmap()
        .mappings()
        .filter(|(_, glyph)| glyph.to_u32() != 0)
        .map(|(code, _)| code)
        .collect();
    points.sort_unstable();
    points.dedup();
    points
}

#[cfg(test)]
mod tests;

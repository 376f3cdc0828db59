//! What pictures and clips add to the key of a finished video.

use camino::Utf8Path;
use videogen_durable::KeyBuilder;
use videogen_types::FitChoice;

use super::{File, Footage};
use crate::picture::{Colours, Ground};
use crate::timeline::ShotSource;

impl Footage {
    /// Adds to the key of a finished video of so many scenes how they are shown in it and how loud their sound is, as far as
    /// neither their bytes tell it nor how pictures were always shown; nothing as a rule.
    pub fn add_to_key(&self, scenes: usize, mut key: KeyBuilder) -> KeyBuilder {
        if let Some(identity) = self.identity(scenes) {
            key = key.text("footage", &identity);
        }
        if let Some(volume) = self.heard_volume() {
            key = key.real("clip sound", volume);
        }
        key
    }

    /// Says what of how they are shown in so many scenes is told neither by their bytes nor by how pictures were always
    /// shown; nothing as a rule. Where scenes name files, that is which.
    pub(super) fn identity(&self, scenes: usize) -> Option<String> {
        let converted = |(index, file): (usize, &File)| {
            let how = match (&file.colours, &file.source) {
                (Colours::Converted(_), _) => Some("sRGB"),
                (_, ShotSource::Clip(clip)) if clip.is_animation() => Some("moves"),
                _ => None,
            };
            let ground = (file.ground == Ground::Light).then_some("on light");
            let both = how.into_iter().chain(ground);
            both.map(|what| format!("{index}: {what}"))
                .collect::<Vec<_>>()
        };
        let files = self.files.iter().enumerate();
        let mut each: Vec<String> = files.flat_map(converted).collect();
        let files = (0..scenes).flat_map(|scene| self.of_scene(scene, scenes));
        let files: Vec<&Utf8Path> = files.map(|file| file.source.path()).collect();
        if files.windows(2).any(|pair| pair[0] == pair[1]) {
            each.push("moves go on".to_owned());
        }
        let named = self.allotment.identity(self.files.len(), scenes);
        each.extend(named.map(|places| format!("scenes {places}")));
        if self.fit == FitChoice::Contain && !self.is_empty() {
            each.push("fit contain".to_owned());
        }
        (!each.is_empty()).then(|| each.join("; "))
    }
}

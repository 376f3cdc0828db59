//! What videos of one genre have of their own: `[genre.NAME]` in the configuration file.

use std::collections::BTreeMap;

use videogen_types::{Genre, GenreDefaults, MusicChoice};

use super::{Origin, Settings};

impl Settings {
    /// What plays: what was chosen, or what was found where nothing was.
    pub(crate) fn music(&self) -> MusicChoice {
        let was_found = self.origin("music") == Some(&Origin::Found);
        let chosen = self.required("music");
        match &self.music_library {
            Some(library) if was_found || chosen == MusicChoice::Auto => {
                MusicChoice::Library(library.clone())
            }
            _ => chosen,
        }
    }

    /// What videos of each genre have of their own. It goes before what the file says of all videos, and not before what
    /// was said of this run or this video.
    pub(crate) fn by_genre(&self) -> BTreeMap<Genre, GenreDefaults> {
        let own = |genre: &Genre| {
            let own = GenreDefaults {
                voice: self
                    .of_genre(*genre, "voice")
                    .and_then(|name| self.get(&name)),
                music: self
                    .of_genre(*genre, "music")
                    .and_then(|name| self.get(&name)),
            };
            (own != GenreDefaults::default()).then_some((*genre, own))
        };
        Genre::ALL.iter().filter_map(own).collect()
    }

    /// The name of a setting of `genre`, where the setting `of` all videos was not said otherwise.
    fn of_genre(&self, genre: Genre, of: &str) -> Option<String> {
        let is_said = matches!(
            self.origin(of),
            Some(Origin::Environment(_) | Origin::Flag(_) | Origin::Line { .. } | Origin::Answer)
        );
        (!is_said).then(|| format!("genre.{genre}.{of}"))
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::settings::key::{GENRE_KEYS, Key};
    use crate::settings::tests::{settings_of, with_file};
    use crate::settings::{Layer, PathBase, Value, layer_value};

    /// These settings with another one on top.
    fn with(settings: &Settings, name: &str, text: &str, origin: Origin) -> Settings {
        let key = Key::find(name).expect(name);
        let value = Value::One(text.to_owned());
        let base = PathBase::new(Utf8Path::new("/"), None);
        let given = layer_value(key, value, base, origin).expect("valid");
        settings.with(Layer::from([(key.name, given)]))
    }

    #[test]
    fn every_genre_has_its_settings() {
        let names: Vec<&str> = GENRE_KEYS.iter().map(|key| key.name).collect();
        let wanted = Genre::ALL
            .iter()
            .flat_map(|genre| ["voice", "music"].map(|of| format!("genre.{genre}.{of}")));
        assert_eq!(names, wanted.collect::<Vec<_>>());
        for key in GENRE_KEYS {
            key.check(key.example).expect(key.name);
        }
    }

    #[test]
    fn a_genre_goes_before_the_file_and_not_before_what_is_said_of_the_run() {
        let file = "voice = 'awb'\nmusic = 'all.mp3'\n[genre.nature]\nvoice = 'slt'\nmusic = 'rain'\n[genre.tech]\nmusic = 'none'";
        let settings = with_file(file, &[]);
        let own = settings.by_genre();
        assert_eq!(own.len(), 2);
        let nature = &own[&Genre::Nature];
        assert_eq!(nature.voice.as_deref(), Some("slt"));
        assert_eq!(
            nature.music,
            Some(MusicChoice::Path("/etc/videogen/rain".into()))
        );
        assert_eq!(own[&Genre::Tech].voice, None);
        assert_eq!(own[&Genre::Tech].music, Some(MusicChoice::None));

        let line = Origin::Line {
            file: "f.jsonl".into(),
            line: 1,
        };
        for origin in [Origin::Flag("--voice"), line] {
            let own = with(&settings, "voice", "rms", origin).by_genre();
            assert_eq!(own[&Genre::Nature].voice, None);
            assert!(own[&Genre::Nature].music.is_some());
        }
        let own = with_file(file, &[("VIDEOGEN_MUSIC", "builtin")]).by_genre();
        assert_eq!(own.len(), 1, "{own:?}");
        assert_eq!(settings_of(&[]).by_genre(), BTreeMap::new());
    }

    #[test]
    fn only_what_is_set_is_listed() {
        let listed = |settings: &Settings| {
            let all = settings.all().map(|(key, _)| key.name);
            all.filter(|name| name.starts_with("genre."))
                .collect::<Vec<_>>()
        };
        assert!(listed(&settings_of(&[])).is_empty());
        let settings = with_file("[genre.tech]\nmusic = 'none'", &[]);
        assert_eq!(listed(&settings), ["genre.tech.music"]);
    }
}

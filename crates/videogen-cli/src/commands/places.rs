//! Where batches and what they are made of are kept between runs.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_cdn::{AssetKind, AssetStore, InstalledAsset, credit_line};
use videogen_core::{Batches, Piper, ToolkitConfig, Track, batches};
use videogen_durable::{RealEffects, Store, StoreLimits};
use videogen_types::ByteSize;

use super::assets::depot::{registry, store_failure};
use super::assets::voice_key::USUAL_VOICE;
use super::{Context, temp_dir};
use crate::render_error::Failure;
use crate::screen::Screen;
use crate::settings::Settings;

/// The directories of a user; without a home, directories of the temporary one.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    state: Utf8PathBuf,
    cache: Utf8PathBuf,
    data: Utf8PathBuf,
    /// Whether that is a user's own, and not a place that anybody can write to.
    has_data: bool,
}

impl Places {
    /// # Errors
    /// There is no home, and the path of the temporary directory is not UTF-8.
    pub(crate) fn of(context: &Context) -> Result<Self, Failure> {
        let around = &context.around;
        let place = |home: &Option<Utf8PathBuf>, name: &str| -> Result<_, Failure> {
            match home {
                Some(home) => Ok(home.join("videogen")),
                None => Ok(temp_dir()?.join(name)),
            }
        };
        Ok(Self {
            state: place(&around.state_home, "videogen-state")?,
            cache: place(&around.cache_home, "videogen-cache")?,
            data: place(&around.data_home, "videogen-data")?,
            has_data: around.data_home.is_some(),
        })
    }

    /// The batches.
    pub(crate) fn batches(&self) -> Batches {
        batches(
            self.state.join("batches"),
            // Beside the journals: who has one has the other.
            self.state.join("work"),
            Arc::new(RealEffects),
        )
    }

    /// How long stages take on this machine.
    pub(crate) fn history_file(&self) -> Utf8PathBuf {
        self.state.join("history.json")
    }

    /// What earlier pictures taught about graphics cards.
    pub(crate) fn gpu_history_file(&self) -> Utf8PathBuf {
        self.state.join("gpu.json")
    }

    /// The locks of this machine's graphics cards.
    pub(crate) fn leases_dir(&self) -> Utf8PathBuf {
        self.state.join("cards")
    }

    /// What programs write that are started for a run.
    pub(crate) fn log_dir(&self) -> Utf8PathBuf {
        self.state.join("log")
    }

    /// Where the cache is.
    pub(crate) fn store_dir(&self) -> Utf8PathBuf {
        self.cache.join("store")
    }

    /// Where what was fetched is, unless the settings say otherwise.
    pub(crate) fn assets_dir(&self, settings: &Settings) -> Utf8PathBuf {
        let set = settings.get("assets_dir");
        set.unwrap_or_else(|| self.data.join("assets"))
    }

    /// What is known of mirrors, which licences were accepted, and what files were when they were first fetched.
    pub(crate) fn downloads_dir(&self) -> Utf8PathBuf {
        self.state.join("downloads")
    }

    /// Lets videos be made with what was fetched: voices where no other is named, fonts, and music. Nothing is fetched, and what
    /// cannot be used is left out.
    pub(crate) fn equip(&self, tools: &mut ToolkitConfig, settings: &Settings, context: &Context) {
        if !self.has_data && settings.is_default("assets_dir") {
            return;
        }
        let assets = self.assets_dir(settings);
        let mut voices = installed_voices(&assets);
        match &mut tools.piper {
            Some(piper) => piper.others = voices,
            None if voices.is_empty() => {}
            None => {
                tools.piper = Some(Piper {
                    program: settings.piper_program(),
                    model: voices.remove(0),
                    speaker: None,
                    is_found: true,
                    others: voices,
                });
            }
        }
        let fonts = assets.join(AssetKind::Font.name());
        if fonts.read_dir_utf8().is_ok() {
            tools.font_dirs.push(fonts);
        }
        if assets.join(AssetKind::Music.name()).is_dir() {
            match tracks(&assets, settings, context) {
                Ok(tracks) => tools.tracks = tracks,
                Err(failure) => tracing::warn!(
                    "the music that was fetched is not used: {}",
                    failure.one_line()
                ),
            }
        }
    }

    /// The cache, as large as the settings allow; without one videos are made all the same, which is told.
    pub(crate) fn store(&self, settings: &Settings, screen: &Screen) -> Option<Arc<Store>> {
        let limits = cache_limits(settings);
        if limits.bytes == 0 {
            return None;
        }
        match Store::open(&self.store_dir(), limits, Arc::new(RealEffects)) {
            Ok(store) => Some(Arc::new(store)),
            Err(error) => {
                let failure = Failure::from(&error);
                let told = Failure {
                    message: format!("there is no cache: {}", failure.message),
                    ..failure
                };
                screen.print(&told.warning(screen));
                None
            }
        }
    }
}

/// The most entries of a directory of voices that are looked at; Piper's whole catalogue has some hundred.
const MOST_VOICES: usize = 1000;

/// The models of the voices that were fetched, the usual one first. A voice is a directory of its name with both of its files,
/// which is there as a whole or not at all.
fn installed_voices(assets: &Utf8Path) -> Vec<Utf8PathBuf> {
    let Ok(entries) = assets.join(AssetKind::Voice.name()).read_dir_utf8() else {
        return Vec::new();
    };
    let mut voices: Vec<Utf8PathBuf> = entries
        .take(MOST_VOICES)
        .filter_map(Result::ok)
        .map(|entry| entry.path().join(format!("{}.onnx", entry.file_name())))
        .filter(|model| model.is_file())
        .collect();
    let is_usual = |model: &Utf8PathBuf| model.file_stem() == Some(USUAL_VOICE);
    voices.sort_by_key(|model| (!is_usual(model), model.clone()));
    voices
}

/// The music that was fetched, with the genres that the registry has for it.
fn tracks(
    assets: &Utf8Path,
    settings: &Settings,
    context: &Context,
) -> Result<Vec<Track>, Failure> {
    let registry = registry(settings, context)?;
    let store = AssetStore::open(assets, settings.assets_limits());
    let here = store.and_then(|store| store.list());
    let here = here.map_err(|error| store_failure(&error))?;
    let track = |installed: &InstalledAsset| {
        let asset = registry.get(installed.id.as_str())?;
        let genres = asset.tags.iter().filter_map(|tag| tag.parse().ok());
        Some(Track {
            path: installed.files.first()?.path.clone(),
            genres: genres.collect(),
            title: installed.title.clone(),
            // What was agreed to when it was fetched.
            licence: installed.licence.id().to_owned(),
            credit: credit_line(asset),
            origin: None,
        })
    };
    let music = here
        .iter()
        .filter(|installed| installed.kind == AssetKind::Music);
    Ok(music.filter_map(track).collect())
}

/// How much the cache may hold.
pub(crate) fn cache_limits(settings: &Settings) -> StoreLimits {
    StoreLimits {
        bytes: settings.required::<ByteSize>("cache_limit").get(),
        ..StoreLimits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voices_that_were_fetched_are_found_the_usual_one_first() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        assert!(installed_voices(dir.path()).is_empty());
        for (folder, file) in [
            ("de_DE-thorsten-medium", "de_DE-thorsten-medium.onnx"),
            ("en_US-bryce-medium", "en_US-bryce-medium.onnx"),
            ("en_US-amy-low", "en_US-amy-low.onnx.json"),
            ("en_US-ryan-high", "other.onnx"),
        ] {
            let folder = dir.path().join("voice").join(folder);
            std::fs::create_dir_all(&folder).expect("made");
            std::fs::write(folder.join(file), "x").expect("written");
        }
        std::fs::write(dir.path().join("voice/stray"), "x").expect("written");
        let found = installed_voices(dir.path());
        let names: Vec<&str> = found.iter().filter_map(|path| path.file_stem()).collect();
        assert_eq!(names, ["en_US-bryce-medium", "de_DE-thorsten-medium"]);
    }
}

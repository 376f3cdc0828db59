//! Music that is fetched before videos are made: what stands at an address, and a piece for a genre that has none here.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use videogen_cdn::{
    Asset, AssetKind, AssetSource as _, Installed, Permission, SourceError, UrlProblem,
};
use videogen_core::{Brief, Track};
use videogen_text::shown;
use videogen_types::{
    FailureKind, FetchEvent, Genre, Hint, MusicChoice, MusicUrl, Part, Seed, Setting,
};

use super::depot::{Depot, failure};
use super::usable::{Purpose, usable};
use super::wanted::Standing as _;
use crate::commands::{Context, Runtime};
use crate::render_error::Failure;
use crate::report::fetch::{FetchReport, HumanFetch, PlainFetch, Watch};
use crate::settings::Settings;

/// Pieces of a genre that are tried, one after the other, before none is had.
const MOST_PIECES: usize = 3;

/// Who fetches, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MusicFetch<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) settings: &'a Settings,
    pub(crate) cancel: &'a CancellationToken,
    pub(crate) context: &'a Context,
}

impl MusicFetch<'_> {
    /// The music at the addresses that `briefs` name: what is here already, and what is fetched now. What cannot be had is told
    /// and left out.
    ///
    /// # Errors
    /// An address cannot be used; what is there cannot be had, though all of it `is_needed` and nothing may play in its place.
    pub(crate) fn named(self, briefs: &[Brief], is_needed: bool) -> Result<Vec<Track>, Failure> {
        let is_offline = self.settings.flag("offline");
        let unavailable = |url: &MusicUrl, failed: Failure| {
            let needs = |brief: &Brief| {
                addresses(brief).any(|other| other == url) && !may_do_without(brief)
            };
            // That nothing is fetched while offline is told by who plans the video.
            if is_needed && !is_offline && briefs.iter().any(needs) {
                return Err(failed);
            }
            if !is_offline {
                self.context.warn(&failed.one_line());
            }
            Ok(())
        };
        let mut wanted: BTreeMap<&str, (&MusicUrl, Asset)> = BTreeMap::new();
        for url in briefs.iter().flat_map(addresses) {
            match self.asset(url) {
                Ok(asset) => drop(wanted.insert(url.expose(), (url, asset))),
                Err(failed) => unavailable(url, failed)?,
            }
        }
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let assets = wanted.values().map(|(_, asset)| asset.clone());
        let depot = Depot::with_assets(self.settings, assets.collect(), self.context)?;
        let mut tracks = Vec::new();
        for (url, asset) in wanted.into_values() {
            // Who names an address answers for what is there.
            depot.accept_for_now(&asset);
            match self.fetch(&depot, &asset) {
                Ok(here) => tracks.extend(track(url.clone(), here)),
                Err(SourceError::Cancelled) => return Err(Failure::interrupted()),
                Err(error) => {
                    let message = format!("the music at {url} cannot be had: {error}");
                    let failed = failure("music", &error, what_to_do(&error));
                    unavailable(url, Failure { message, ..failed })?;
                }
            }
        }
        Ok(tracks)
    }

    /// Fetches a piece for each of these genres, which one a seed decides. Returns whether one came; what does not come is told.
    ///
    /// # Errors
    /// The store cannot be used, or somebody interrupts.
    pub(crate) fn for_genres(self, genres: &BTreeMap<Genre, Seed>) -> Result<bool, Failure> {
        if genres.is_empty() {
            return Ok(false);
        }
        let depot = Depot::open(self.settings, self.context)?;
        let mut came = false;
        for (genre, seed) in genres {
            let suits = |asset: &&Asset| {
                !asset.explicit
                    && asset.tags.iter().any(|tag| tag == genre.name())
                    // A licence that asks for a yes needs a person: `setup` is for that.
                    && matches!(depot.permission(asset), Permission::Granted)
            };
            let pieces = depot.registry().of_kind(AssetKind::Music).filter(suits);
            let mut pieces: Vec<Asset> = pieces.cloned().collect();
            let mut rng = seed.rng();
            for _ in 0..MOST_PIECES.min(pieces.len()) {
                let piece = rng.pick(&pieces).clone();
                pieces.retain(|other| other.id != piece.id);
                match self.fetch(&depot, &piece) {
                    Ok(_) => {
                        came = true;
                        break;
                    }
                    Err(SourceError::Cancelled) => return Err(Failure::interrupted()),
                    Err(error) => {
                        let failed = failure("music", &error, error.help());
                        self.context.warn(&failed.one_line());
                    }
                }
            }
        }
        Ok(came)
    }

    fn asset(self, url: &MusicUrl) -> Result<Asset, Failure> {
        // What follows a # is no part of what is asked for.
        let address = url.expose().split('#').next().unwrap_or_default();
        let rules = self.settings.mirror_hosts().rules(address);
        Asset::at_address(AssetKind::Music, address, &rules).map_err(|problem| {
            let wrong = Failure {
                kind: "invalid_value",
                ..Failure::usage(format!(
                    "no music can be fetched from {}: {problem}",
                    shown(&url.to_string(), 100)
                ))
            };
            wrong.hint(match problem {
                UrlProblem::PlainHttp { .. } => {
                    "begin it with https, or name the host in mirror_hosts"
                }
                _ => "name an address such as https://example.org/song.mp3, or a file",
            })
        })
    }

    fn fetch(self, depot: &Depot, asset: &Asset) -> Result<Installed, SourceError> {
        let downloads = depot.downloads();
        if let Some(here) = downloads.installed(&asset.id) {
            return Ok(here);
        }
        let is_of_address = asset.explicit;
        if is_of_address {
            // What stands at an address may be another piece than the last time; nobody has published what it is.
            self.runtime.block_on(downloads.forget(&asset.id))?;
        }
        let screen = self.context.screen.clone();
        let report: Arc<dyn FetchReport> = if screen.is_terminal() {
            Arc::new(HumanFetch::new(screen))
        } else {
            Arc::new(PlainFetch::new(move |line: &str| screen.print(line)))
        };
        // What stands at an address has a name only so that it is found again.
        let name = if is_of_address {
            &asset.title
        } else {
            asset.id.as_str()
        };
        let watch = Watch::new(name, Arc::clone(&report));
        let begun = std::time::Instant::now();
        let fetched = self.runtime.block_on(async {
            let here = downloads.fetch(&asset.id, &watch, self.cancel).await?;
            usable(here, Purpose::Play, &*downloads).await
        });
        match &fetched {
            Ok(installed) => report.event(&FetchEvent::AssetInstalled {
                asset: name.to_owned(),
                files: installed.files.clone(),
                reused: false,
                credit: None,
                seconds: begun.elapsed().as_secs_f64(),
            }),
            // A bar of something that does not come any more.
            Err(_) => self.context.screen.restore(),
        }
        fetched
    }
}

/// The addresses whose music may play in this video: its own, and those of the genres that it may turn out to be of.
fn addresses(brief: &Brief) -> impl Iterator<Item = &MusicUrl> {
    let of_genres = brief.by_genre.iter();
    let of_genres = of_genres.filter(|(genre, _)| brief.genre.is_none_or(|own| own == **genre));
    let choices = of_genres.filter_map(|(_, own)| own.music.as_ref());
    std::iter::once(&brief.music)
        .chain(choices)
        .filter_map(address)
}

/// What to do when music at an address cannot be had: it is in no registry.
fn what_to_do(error: &SourceError) -> Option<Hint> {
    let is_of_address = matches!(error, SourceError::Download { .. } | SourceError::Other(_))
        && matches!(
            error.failure_kind(),
            FailureKind::Network | FailureKind::BadOutput | FailureKind::Other
        );
    if is_of_address && !error.is_retryable() {
        return Some(Hint::from("name another address, or a file, as ").term(Setting::Music));
    }
    error.help()
}

fn address(choice: &MusicChoice) -> Option<&MusicUrl> {
    match choice {
        MusicChoice::Url(url) => Some(url),
        _ => None,
    }
}

/// Whether a video is made all the same when its music cannot be had.
fn may_do_without(brief: &Brief) -> bool {
    ["builtin", "none"]
        .iter()
        .any(|other| brief.may_fall_back(Part::Music, other))
}

fn track(url: MusicUrl, here: Installed) -> Option<Track> {
    Some(Track {
        path: here.files.into_iter().next()?,
        genres: Vec::new(),
        title: here.asset.title,
        licence: here.asset.licence.id().to_owned(),
        credit: None,
        origin: Some(url),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use videogen_types::GenreDefaults;

    #[test]
    fn addresses_of_genres_that_a_video_cannot_be_of_are_not_asked() {
        let url = |name: &str| -> MusicUrl {
            let url = format!("https://example.org/{name}");
            url.parse().expect("an address")
        };
        let mut brief = Brief::new("out".into());
        assert_eq!(addresses(&brief).count(), 0);
        brief.music = MusicChoice::Url(url("a.mp3"));
        for (genre, name) in [(Genre::Tech, "tech.mp3"), (Genre::Nature, "nature.mp3")] {
            let own = GenreDefaults {
                music: Some(MusicChoice::Url(url(name))),
                ..GenreDefaults::default()
            };
            brief.by_genre.insert(genre, own);
        }
        assert_eq!(addresses(&brief).count(), 3);
        brief.genre = Some(Genre::Tech);
        let asked: Vec<_> = addresses(&brief).cloned().collect();
        assert_eq!(asked, [url("a.mp3"), url("tech.mp3")]);
        assert!(!may_do_without(&brief));
        brief.accept = vec!["music=builtin".parse().expect("a fallback")];
        assert!(may_do_without(&brief));
    }
}

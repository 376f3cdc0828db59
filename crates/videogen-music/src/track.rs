//! Music that was fetched, with what its licence asks for.

use camino::Utf8PathBuf;
use videogen_types::{Genre, MusicUrl, Seed};

use crate::library::LibraryError;

/// A piece of music with its licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// The file.
    pub path: Utf8PathBuf,
    /// The genres that it suits.
    pub genres: Vec<Genre>,
    /// Its title, for people.
    pub title: String,
    /// Under which terms it may be published, for manifests.
    pub licence: String,
    /// The line that credits it, where its licence asks for one.
    pub credit: Option<String>,
    /// The address that somebody named it by, where it was fetched for that; such a piece is nobody else's choice.
    pub origin: Option<MusicUrl>,
}

/// Finds what was fetched from `url`.
///
/// # Errors
/// [`LibraryError::Offline`], [`LibraryError::NotFetched`]: it is not here.
pub fn track_from(
    tracks: &[Track],
    url: &MusicUrl,
    offline: bool,
) -> Result<Utf8PathBuf, LibraryError> {
    let track = tracks
        .iter()
        .find(|track| track.origin.as_ref() == Some(url));
    track
        .map(|track| track.path.clone())
        .ok_or_else(|| LibraryError::elsewhere(url.clone(), offline))
}

/// Chooses one of the tracks that suit `genre`: the same one for the same seed and the same tracks, in whatever order they
/// are given. `None` where there is none.
pub fn choose_track(tracks: &[Track], genre: Genre, seed: Seed) -> Option<&Track> {
    let suits = |track: &&Track| track.origin.is_none() && track.genres.contains(&genre);
    let mut suiting: Vec<&Track> = tracks.iter().filter(suits).collect();
    suiting.sort_by(|one, other| one.path.cmp(&other.path));
    (!suiting.is_empty()).then(|| *seed.rng().pick(&suiting))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(name: &str, genres: &[Genre]) -> Track {
        Track {
            path: name.into(),
            genres: genres.to_vec(),
            title: name.into(),
            licence: "CC0-1.0".into(),
            credit: None,
            origin: None,
        }
    }

    #[test]
    fn what_was_fetched_from_an_address_plays_for_who_named_it() {
        let url = |name: &str| -> MusicUrl {
            let url = format!("https://example.org/{name}?key=1");
            url.parse().expect("an address")
        };
        let mut of = track("a.mp3", &[Genre::Tech]);
        of.origin = Some(url("a.mp3"));
        let tracks = [of];
        let found = track_from(&tracks, &url("a.mp3"), true).expect("it is here");
        assert_eq!(found, "a.mp3");
        assert_eq!(choose_track(&tracks, Genre::Tech, Seed(1)), None);
        let missing = track_from(&tracks, &url("b.mp3"), false).expect_err("another");
        assert!(matches!(missing, LibraryError::NotFetched { .. }));
        let offline = track_from(&tracks, &url("b.mp3"), true).expect_err("another");
        assert!(matches!(offline, LibraryError::Offline { .. }));
    }

    #[test]
    fn a_track_suits_the_genre_and_depends_on_the_seed_alone() {
        let tracks = [
            track("a", &[Genre::Tech, Genre::Nature]),
            track("b", &[Genre::Nature]),
            track("c", &[Genre::Tech]),
        ];
        let other_order = [tracks[2].clone(), tracks[1].clone(), tracks[0].clone()];
        let mut seen = std::collections::BTreeSet::new();
        for seed in (0..40).map(Seed) {
            let chosen = choose_track(&tracks, Genre::Tech, seed).expect("there are two");
            assert!(chosen.genres.contains(&Genre::Tech));
            assert_eq!(choose_track(&other_order, Genre::Tech, seed), Some(chosen));
            seen.insert(chosen.title.clone());
        }
        assert_eq!(seen.len(), 2);
        assert_eq!(choose_track(&tracks, Genre::Mystery, Seed(1)), None);
        assert_eq!(choose_track(&[], Genre::Tech, Seed(1)), None);
    }
}

//! What plays under a video: what somebody brought or has lying there, or what is composed.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use videogen_music::{LibraryError, MusicRequest, Track, choose, choose_track, track_from};
use videogen_text::chain;
use videogen_types::{Degradation, Genre, MusicChoice, Part, Stage};

use super::{fail, sound};
use crate::Error;
use crate::brief::Brief;
use crate::toolkit::Toolkit;
use crate::video_plan::MusicPlan;

/// A brief whose genre is known, with who could compose for it.
#[derive(Clone, Copy)]
pub(super) struct MusicWish<'a>(
    pub(super) &'a Brief,
    pub(super) Genre,
    pub(super) &'a Toolkit,
);

impl MusicWish<'_> {
    /// The music of the video.
    ///
    /// # Errors
    /// What was named cannot be used, and nothing is accepted in its place; [`crate::ErrorKind::Cancelled`].
    pub(super) async fn plan(
        self,
        degradations: &mut Vec<Degradation>,
        cancel: &CancellationToken,
    ) -> Result<MusicPlan, Error> {
        let seed = self.0.seed.derive("music", 0);
        let (from, file) = match &self.0.music {
            MusicChoice::None => return Ok(MusicPlan::None),
            MusicChoice::Builtin => return Ok(self.composed()),
            MusicChoice::Auto => match self.track(cancel).await? {
                Some(track) => return Ok(MusicPlan::Track(track)),
                None => ("library".to_owned(), Err(LibraryError::None)),
            },
            MusicChoice::Path(path) | MusicChoice::Library(path) => {
                (path.to_string(), choose(path, self.1, seed))
            }
            MusicChoice::Url(url) => {
                let file = track_from(&self.2.tracks, url, self.0.offline);
                (url.to_string(), file)
            }
        };
        let playable = match file {
            Ok(file) => sound(self.2, &file, cancel).await.map(|_| file),
            Err(error) => Err(fail(error)),
        };
        match playable {
            Ok(file) => Ok(MusicPlan::File(file)),
            Err(error) => match self.track(cancel).await? {
                // It was found and not named: the next rung will do.
                Some(track) if matches!(self.0.music, MusicChoice::Library(_)) => {
                    degradations.push(step_down(from, track.title.clone(), &error));
                    Ok(MusicPlan::Track(track))
                }
                _ => self.instead(from, error, degradations),
            },
        }
    }

    /// A piece for the genre whose licence is known. One that cannot be played is none.
    async fn track(self, cancel: &CancellationToken) -> Result<Option<Track>, Error> {
        let seed = self.0.seed.derive("music", 0);
        let Some(track) = choose_track(&self.2.tracks, self.1, seed) else {
            return Ok(None);
        };
        match sound(self.2, &track.path, cancel).await {
            Ok(_) => Ok(Some(track.clone())),
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => {
                tracing::warn!(path = %track.path, error = chain(&error), "fetched music cannot be played");
                Ok(None)
            }
        }
    }

    /// What plays in the place of `from`, which cannot be used because of `error`; that, where nothing may.
    pub(super) fn instead(
        self,
        from: String,
        error: Error,
        degradations: &mut Vec<Degradation>,
    ) -> Result<MusicPlan, Error> {
        let may = |to| self.0.may_fall_back(Part::Music, to);
        let composer = self.2.composer.id();
        let (to, music) = match () {
            () if error.is_cancelled() => return Err(error),
            () if may(composer) => (composer.to_owned(), self.composed()),
            () if may("none") => ("none".to_owned(), MusicPlan::None),
            () => return Err(error),
        };
        degradations.push(step_down(from, to, &error));
        Ok(music)
    }

    fn composed(self) -> MusicPlan {
        let (genre, seed) = (self.1, self.0.seed.derive("music", 0));
        MusicPlan::Composed {
            composer: Arc::clone(&self.2.composer),
            request: MusicRequest { genre, seed },
        }
    }
}

fn step_down(from: String, to: String, error: &Error) -> Degradation {
    Degradation {
        stage: Stage::Music,
        from,
        to,
        reason: chain(error).into(),
    }
}

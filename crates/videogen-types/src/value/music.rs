//! What plays under a narration, and what videos of a genre have of their own.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::InvalidValue;
use crate::text_value;

/// What plays under the narration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MusicChoice {
    /// The best there is.
    Auto,
    /// The built-in composer, asked for by name.
    Builtin,
    /// Nothing.
    None,
    /// This file, or one of the files in this directory.
    Path(Utf8PathBuf),
    /// One of the files in this directory, which was found where people keep music and was not named by anybody: where it
    /// has none for a video, the next best plays.
    Library(Utf8PathBuf),
    /// What is at this address.
    Url(MusicUrl),
}

impl FromStr for MusicChoice {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "" => Err(InvalidValue::new(
                "music",
                text,
                "a file, a directory, an address, `builtin` or `none`",
            )),
            "auto" => Ok(Self::Auto),
            "builtin" => Ok(Self::Builtin),
            "none" => Ok(Self::None),
            // No path has this in it.
            url if url.contains("://") => url.parse().map(Self::Url),
            path => Ok(Self::Path(path.into())),
        }
    }
}

/// The address of a piece of music: http or https, with a host, without user and password, at most
/// [`MusicUrl::MAX_BYTES`] long. Shown without its parameters, which may hold a key. Whether it may be contacted is not
/// decided here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct MusicUrl(String);

text_value!(MusicUrl);

impl MusicUrl {
    /// The most bytes of an address: what browsers have taken for decades, and what an address of a registry may have.
    pub const MAX_BYTES: usize = 2048;

    /// Returns all of it, with its parameters: for requests, never for people.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for MusicUrl {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let text = text.trim();
        let wrong = |allowed: String| {
            // What stands before an @ may be a password, and what follows a ? a key.
            let host = text.rsplit_once('@').map(|(_, host)| format!("…@{host}"));
            let host = host.unwrap_or_else(|| text.to_owned());
            let shown = host.split(['?', '#']).next().unwrap_or_default();
            InvalidValue::new("address of music", shown, allowed)
        };
        if text.len() > Self::MAX_BYTES {
            return Err(wrong(format!("at most {} bytes", Self::MAX_BYTES)));
        }
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_web = ["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known));
        let host = authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host);
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
        if authority.contains('@') {
            return Err(wrong("one without user and password".to_owned()));
        }
        if !is_web || host.is_empty() || text.contains(is_odd) {
            return Err(wrong("one such as https://example.org/song.mp3".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for MusicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.split(['?', '#']).next().unwrap_or_default())
    }
}

impl fmt::Debug for MusicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MusicUrl({self})")
    }
}

/// What videos of one genre have where nobody has said it of the video itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GenreDefaults {
    /// The voice, by key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// The music.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub music: Option<MusicChoice>,
}

impl GenreDefaults {
    /// Puts what it has in the place of what is there.
    pub fn settle(self, voice: &mut Option<String>, music: &mut MusicChoice) {
        if let Some(own) = self.voice {
            *voice = Some(own);
        }
        if let Some(own) = self.music {
            *music = own;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_told_from_a_path() {
        let url = "https://example.org/a%20song.mp3?key=s3cret#t";
        let MusicChoice::Url(music) = url.parse().unwrap() else {
            panic!("not an address")
        };
        assert_eq!(music.expose(), url);
        for shown in [music.to_string(), format!("{music:?}")] {
            assert!(
                shown.contains("https://example.org/a%20song.mp3"),
                "{shown}"
            );
            assert!(!shown.contains("s3cret"), "{shown}");
        }
        for path in ["songs", "/a/b.mp3", "C:\\songs", "a:b", "http:", "https:/x"] {
            assert_eq!(path.parse(), Ok(MusicChoice::Path(path.into())));
        }
        let json = serde_json::to_string(&MusicChoice::Url(music.clone())).unwrap();
        assert_eq!(
            serde_json::from_str::<MusicChoice>(&json).unwrap(),
            MusicChoice::Url(music)
        );
    }

    #[test]
    fn addresses_that_lead_nowhere_are_refused_without_what_is_secret() {
        let long = format!("https://example.org/{}", "a".repeat(MusicUrl::MAX_BYTES));
        for (bad, why) in [
            ("ftp://example.org/a.mp3", "https://"),
            ("file:///home/me/a.mp3", "https://"),
            ("https://", "https://"),
            ("https:///a.mp3", "https://"),
            ("https://:443/a.mp3", "https://"),
            ("https://exa mple.org/", "https://"),
            ("https://example.org\\a.mp3", "https://"),
            (
                "https://me:s3cret@example.org/a.mp3",
                "without user and password",
            ),
            ("gopher://example.org/?key=s3cret", "https://"),
            (&long, "at most 2048 bytes"),
        ] {
            let error = bad.parse::<MusicChoice>().unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn what_a_genre_has_counts_and_the_rest_stays() {
        let settled = |voice: Option<&str>, music| {
            let voice = voice.map(str::to_owned);
            let own = GenreDefaults { voice, music };
            let json = serde_json::to_string(&own).unwrap();
            assert_eq!(serde_json::from_str::<GenreDefaults>(&json).unwrap(), own);
            let (mut voice, mut music) = (Some("awb".to_owned()), MusicChoice::Auto);
            own.settle(&mut voice, &mut music);
            (voice.unwrap(), music)
        };
        let rain = MusicChoice::Path("rain.mp3".into());
        assert_eq!(
            settled(Some("slt"), Some(rain.clone())),
            ("slt".into(), rain)
        );
        assert_eq!(
            settled(None, Some(MusicChoice::None)),
            ("awb".into(), MusicChoice::None)
        );
        assert_eq!(settled(None, None), ("awb".into(), MusicChoice::Auto));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(https?://)?\\PC{0,60}") {
            if let Ok(url) = text.parse::<MusicUrl>() {
                prop_assert_eq!(url.expose(), text.trim());
            }
            let _ = text.parse::<MusicChoice>();
        }
    }
}

//! How things are fetched from a network, as the settings say.

use std::num::NonZeroU32;
use std::time::Duration;

use camino::Utf8Path;
use videogen_cdn::{Asset, DownloadOptions, MirrorHealth, Registry};
use videogen_net::NetworkAccess;
use videogen_types::ByteSize;

use super::Settings;

/// How downloads are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DownloadSettings {
    /// How often one that fails is tried again, 0 to 100.
    pub(crate) retries: u32,
    /// How long nothing may come of it, 1 s to a day.
    pub(crate) timeout: Duration,
    /// Whether other mirrors are asked where one fails.
    pub(crate) fallback: bool,
    /// The most bytes a second that they take together.
    pub(crate) most_per_second: Option<u64>,
    /// The most requests a minute that one host gets.
    pub(crate) most_per_minute: Option<NonZeroU32>,
    /// Whether anything may be fetched at all.
    pub(crate) network: NetworkAccess,
}

impl DownloadSettings {
    /// What is known of mirrors, in this file, with the limit of requests.
    pub(crate) fn health(&self, file: &Utf8Path) -> MirrorHealth {
        let health = MirrorHealth::open(file);
        match self.most_per_minute {
            Some(most) => health.limited_per_minute(most),
            None => health,
        }
    }

    /// The options of the downloader.
    pub(crate) fn options(&self) -> DownloadOptions {
        let tries = self.retries.saturating_add(1);
        let options = DownloadOptions::default().rounds(tries);
        options
            .timeout(self.timeout)
            .bandwidth(self.most_per_second)
    }

    /// The assets of a registry with the mirrors that may be asked: all, or the first of each file.
    pub(crate) fn mirrors_of(&self, registry: Registry) -> Registry {
        if self.fallback {
            return registry;
        }
        let mut assets: Vec<Asset> = registry.assets().cloned().collect();
        for file in assets.iter_mut().flat_map(|asset| &mut asset.files) {
            file.mirrors.truncate(1);
        }
        assets.into_iter().collect()
    }
}

impl Settings {
    /// How downloads are made.
    pub(crate) fn downloads(&self) -> DownloadSettings {
        DownloadSettings {
            retries: self.required("download_retries"),
            timeout: Duration::from_secs(self.required("download_timeout")),
            fallback: self.flag("cdn_fallback"),
            most_per_second: self
                .get::<ByteSize>("download_limit")
                .map(ByteSize::get)
                .filter(|limit| *limit > 0),
            most_per_minute: NonZeroU32::new(self.required("download_requests")),
            network: NetworkAccess::of(self.flag("offline")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::{refused, settings_of};

    #[test]
    fn downloads_go_by_the_settings_and_their_older_names() {
        let usual = DownloadSettings {
            retries: 5,
            timeout: Duration::from_mins(2),
            fallback: true,
            most_per_second: None,
            most_per_minute: None,
            network: NetworkAccess::Online,
        };
        assert_eq!(settings_of(&[]).downloads(), usual);
        let older = [
            ("DOWNLOAD_MAX_RETRIES", "0"),
            ("DOWNLOAD_TIMEOUT", "86400"),
            ("ENABLE_CDN_FALLBACK", "no"),
            ("VIDEOGEN_OFFLINE", "1"),
            ("VIDEOGEN_DOWNLOAD_LIMIT", "2MB"),
            ("VIDEOGEN_DOWNLOAD_REQUESTS", "30"),
        ];
        let wanted = DownloadSettings {
            retries: 0,
            timeout: Duration::from_hours(24),
            fallback: false,
            most_per_second: Some(2_000_000),
            most_per_minute: NonZeroU32::new(30),
            network: NetworkAccess::Offline,
        };
        assert_eq!(settings_of(&older).downloads(), wanted);
        // The newer name goes before the older one.
        let both = [
            ("DOWNLOAD_MAX_RETRIES", "0"),
            ("VIDEOGEN_DOWNLOAD_RETRIES", "7"),
        ];
        assert_eq!(settings_of(&both).downloads().retries, 7);
    }

    #[test]
    fn the_downloader_does_as_the_settings_say() {
        let options = settings_of(&[]).downloads().options();
        assert_eq!((options.rounds, options.bandwidth), (6, None));
        let older = [
            ("DOWNLOAD_MAX_RETRIES", "0"),
            ("ENABLE_CDN_FALLBACK", "no"),
            ("VIDEOGEN_DOWNLOAD_LIMIT", "0B"),
        ];
        let settings = settings_of(&older).downloads();
        assert_eq!(
            (settings.options().rounds, settings.options().bandwidth),
            (1, None)
        );
        let one = settings.mirrors_of(Registry::built_in().clone());
        let mut files = one.assets().flat_map(|asset| &asset.files);
        assert!(files.all(|file| file.mirrors.len() == 1));
        let all = settings_of(&[])
            .downloads()
            .mirrors_of(Registry::built_in().clone());
        assert_eq!(&all, Registry::built_in());
    }

    #[test]
    fn nonsense_is_named_with_its_variable_and_what_would_be_right() {
        for (name, value, right) in [
            ("DOWNLOAD_MAX_RETRIES", "many", "0 to 100"),
            ("DOWNLOAD_MAX_RETRIES", "101", "0 to 100"),
            ("DOWNLOAD_MAX_RETRIES", "-1", "0 to 100"),
            ("VIDEOGEN_DOWNLOAD_RETRIES", "2.5", "0 to 100"),
            ("DOWNLOAD_TIMEOUT", "0", "1 to 86400"),
            ("DOWNLOAD_TIMEOUT", "120s", "1 to 86400"),
            ("DOWNLOAD_TIMEOUT", "86401", "1 to 86400"),
            ("VIDEOGEN_DOWNLOAD_REQUESTS", "6001", "1 to 6000"),
            ("ENABLE_CDN_FALLBACK", "perhaps", "true, yes"),
            ("ENABLE_PROGRESS_RESUME", "2", "true, yes"),
            ("EMERGENCY_CLEANUP_ON_EXIT", "never", "true, yes"),
        ] {
            let failure = refused(&[(name, value)]);
            for part in [name, value, right] {
                assert!(failure.message.contains(part), "{}", failure.message);
            }
            assert_eq!(failure.code, 2);
            assert!(failure.hint.is_some_and(|hint| hint.contains(name)));
        }
    }
}

//! How things are fetched from a network, as the settings say.

use std::time::Duration;

use videogen_net::NetworkAccess;

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
    /// Whether anything may be fetched at all.
    pub(crate) network: NetworkAccess,
}

impl Settings {
    /// How downloads are made.
    pub(crate) fn downloads(&self) -> DownloadSettings {
        DownloadSettings {
            retries: self.required("download_retries"),
            timeout: Duration::from_secs(self.required("download_timeout")),
            fallback: self.flag("cdn_fallback"),
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
            network: NetworkAccess::Online,
        };
        assert_eq!(settings_of(&[]).downloads(), usual);
        let older = [
            ("DOWNLOAD_MAX_RETRIES", "0"),
            ("DOWNLOAD_TIMEOUT", "86400"),
            ("ENABLE_CDN_FALLBACK", "no"),
            ("VIDEOGEN_OFFLINE", "1"),
        ];
        let wanted = DownloadSettings {
            retries: 0,
            timeout: Duration::from_hours(24),
            fallback: false,
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
    fn nonsense_is_named_with_its_variable_and_what_would_be_right() {
        for (name, value, right) in [
            ("DOWNLOAD_MAX_RETRIES", "many", "0 to 100"),
            ("DOWNLOAD_MAX_RETRIES", "101", "0 to 100"),
            ("DOWNLOAD_MAX_RETRIES", "-1", "0 to 100"),
            ("VIDEOGEN_DOWNLOAD_RETRIES", "2.5", "0 to 100"),
            ("DOWNLOAD_TIMEOUT", "0", "1 to 86400"),
            ("DOWNLOAD_TIMEOUT", "120s", "1 to 86400"),
            ("DOWNLOAD_TIMEOUT", "86401", "1 to 86400"),
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

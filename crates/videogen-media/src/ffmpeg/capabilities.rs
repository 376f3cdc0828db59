//! Judges from FFmpeg's own listings whether a build can do what is needed here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The oldest FFmpeg that is supported; Debian 12 ships 5.1.
pub(crate) const OLDEST: &str = "5.1";
/// [`OLDEST`] as major and minor.
const OLDEST_RELEASE: (u32, u32) = (5, 1);
/// libavcodec of FFmpeg 5.1: what a build from git, which has no release number, is measured by.
/// Source: <https://ffmpeg.org/download.html#releases>, "libavcodec 59. 37.100" under 5.1.
const OLDEST_LIBAVCODEC: (u32, u32) = (59, 37);

/// The encoders without which no video can be made.
const ENCODERS: [&str; 2] = ["libx264", "aac"];
/// The filters that rendering and checking use.
const FILTERS: [&str; 7] = [
    "scale",
    "format",
    "aresample",
    "aformat",
    "ebur128",
    "blackdetect",
    "freezedetect",
];

/// What one FFmpeg build says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Capabilities {
    /// The version as it prints it, as "5.1.9-0+deb12u1" or "N-118896-g9f0970ee35".
    pub(crate) version: String,
    /// Major and minor of a release; nothing for a build from git.
    release: Option<(u32, u32)>,
    /// Major and minor of libavcodec, if the build printed it.
    libavcodec: Option<(u32, u32)>,
    /// Whether it was configured with libass.
    libass: bool,
    /// The names of its encoders.
    pub(crate) encoders: BTreeSet<String>,
    /// The names of its filters.
    pub(crate) filters: BTreeSet<String>,
}

impl Capabilities {
    /// Reads the output of `-version`, `-encoders` and `-filters`. Nothing if the first is not FFmpeg's.
    pub(crate) fn parse(version: &str, encoders: &str, filters: &str) -> Option<Self> {
        let name = version
            .lines()
            .next()?
            .strip_prefix("ffmpeg version ")?
            .split_whitespace()
            .next()?;
        let encoders = listed(encoders);
        let filters = listed(filters);
        let configured = version
            .lines()
            .find_map(|line| line.strip_prefix("configuration:"))
            .is_some_and(|line| {
                line.split_whitespace()
                    .any(|option| option == "--enable-libass")
            });
        Some(Self {
            version: name.to_owned(),
            release: release(name),
            libavcodec: library(version, "libavcodec"),
            libass: configured || filters.contains("ass"),
            encoders,
            filters,
        })
    }

    /// Whether it is older than [`OLDEST`]. A build from git is judged by its libavcodec and, where it prints none,
    /// by its encoders and filters alone.
    pub(crate) fn too_old(&self) -> bool {
        match (self.release, self.libavcodec) {
            (Some(release), _) => release < OLDEST_RELEASE,
            (None, Some(libavcodec)) => libavcodec < OLDEST_LIBAVCODEC,
            (None, None) => false,
        }
    }

    /// Everything needed that the build does not have.
    ///
    /// libass is among it although captions are drawn natively: it comes with every complete FFmpeg build, so its
    /// absence means a cut-down one, and styled subtitle files written beside a video are meant to be burnt in with it.
    pub(crate) fn lacks(&self) -> Vec<&'static str> {
        let encoders = ENCODERS
            .into_iter()
            .filter(|name| !self.encoders.contains(*name));
        let filters = FILTERS
            .into_iter()
            .filter(|name| !self.filters.contains(*name));
        encoders
            .chain((!self.libass).then_some("libass"))
            .chain(filters)
            .collect()
    }
}

/// Major and minor of a release version: "5.1.9-0+deb12u1", "n7.1", "7.0.2-static", "8.0-full_build-www.gyan.dev".
/// Nothing for builds from git: "N-12345-gabcdef", "git-2024-05-01-abc", "2024-05-01-git-abc".
fn release(version: &str) -> Option<(u32, u32)> {
    let digits = version.strip_prefix('n').unwrap_or(version);
    let (major, rest) = leading_number(digits)?;
    // No release has a major number of a year; those are the dated builds.
    if major > 1000 {
        return None;
    }
    let minor = rest
        .strip_prefix('.')
        .and_then(leading_number)
        .map_or(0, |(minor, _)| minor);
    Some((major, minor))
}

/// Major and minor of a library line such as "libavcodec     59. 37.100 / 59. 37.100".
fn library(version: &str, name: &str) -> Option<(u32, u32)> {
    let line = version.lines().find_map(|line| line.strip_prefix(name))?;
    let mut parts = line
        .split('/')
        .next()?
        .split('.')
        .map(|part| part.trim().parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// The decimal number a text begins with, and what follows it.
fn leading_number(text: &str) -> Option<(u32, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// The names in a listing of `-encoders` or `-filters`: the second word of each line whose first is a set of flags.
/// The legend lines above them ("V..... = Video") have "=" there.
fn listed(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let flags = words.next()?;
            let name = words.next()?;
            // Encoders have six flags; filters three up to 7.1 and two from 8.0 on.
            let is_flags = matches!(flags.len(), 2 | 3 | 6)
                && flags.bytes().all(|b| b == b'.' || b.is_ascii_uppercase());
            (is_flags && name != "=").then(|| name.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEBIAN: &str = "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers\n\
        built with gcc 12 (Debian 12.2.0-14+deb12u1)\n\
        configuration: --prefix=/usr --enable-gpl --enable-libass --enable-libx264\n\
        libavutil      57. 28.100 / 57. 28.100\n\
        libavcodec     59. 37.100 / 59. 37.100\n";
    const ENCODER_LIST: &str = "Encoders:\n V..... = Video\n A..... = Audio\n .....D = Supports direct rendering method 1\n ------\n \
        V....D libx264              libx264 H.264 / AVC (codec h264)\n A....D aac                  AAC (Advanced Audio Coding)\n";
    const FILTER_LIST: &str = "Filters:\n  T.. = Timeline support\n  A = Audio input/output\n  | = Source or sink filter\n \
        ... ass               V->V       Render ASS subtitles.\n ..C scale             V->V       Scale.\n ... format            V->V       x\n \
        ... aresample         A->A       x\n ... aformat           A->A       x\n ... ebur128           A->N       x\n \
        ... blackdetect       V->V       x\n ... freezedetect      V->V       x\n";

    #[test]
    fn debian_12_is_complete() {
        let build = Capabilities::parse(DEBIAN, ENCODER_LIST, FILTER_LIST).unwrap();
        assert_eq!(build.version, "5.1.9-0+deb12u1");
        assert!(!build.too_old());
        assert_eq!(build.lacks(), Vec::<&str>::new());
        assert!(!build.encoders.contains("="));
    }

    #[test]
    fn every_lack_is_named() {
        let version = DEBIAN.replace("--enable-libass", "");
        let build = Capabilities::parse(&version, "Encoders:\n", " ... scale  V->V  x\n").unwrap();
        assert_eq!(
            build.lacks(),
            [
                "libx264",
                "aac",
                "libass",
                "format",
                "aresample",
                "aformat",
                "ebur128",
                "blackdetect",
                "freezedetect"
            ]
        );
    }

    #[test]
    fn libass_counts_by_configuration_or_by_filter() {
        let bare = DEBIAN.replace("--enable-libass", "");
        let lacks = |version: &str, filters: &str| {
            Capabilities::parse(version, ENCODER_LIST, filters)
                .unwrap()
                .lacks()
        };
        assert!(lacks(&bare, FILTER_LIST).is_empty());
        let no_filter = FILTER_LIST.replace("... ass ", "... xyz ");
        assert!(lacks(DEBIAN, &no_filter).is_empty());
        assert_eq!(lacks(&bare, &no_filter), ["libass"]);
    }

    #[test]
    fn releases_are_told_from_git_builds() {
        for (text, expected) in [
            ("5.1.9-0+deb12u1", Some((5, 1))),
            ("n7.1-184-gdc07f98934-20250101", Some((7, 1))),
            ("8.0-full_build-www.gyan.dev", Some((8, 0))),
            ("7.0.2-static", Some((7, 0))),
            ("7", Some((7, 0))),
            ("4.4.2-0ubuntu0.22.04.1", Some((4, 4))),
            ("N-118896-g9f0970ee35", None),
            ("git-2024-05-01-1a2b3c", None),
            ("2024-05-13-git-37db0454e4-full_build-www.gyan.dev", None),
        ] {
            assert_eq!(release(text), expected, "{text}");
        }
    }

    #[test]
    fn old_ones_are_refused_and_git_builds_judged_by_libavcodec() {
        let build =
            |version: &str| Capabilities::parse(version, ENCODER_LIST, FILTER_LIST).unwrap();
        assert!(build(&DEBIAN.replace("5.1.9-0+deb12u1", "4.4.2-0ubuntu0.22.04.1")).too_old());
        assert!(build(&DEBIAN.replace("5.1.9-0+deb12u1", "5.0")).too_old());
        assert!(!build(&DEBIAN.replace("5.1.9-0+deb12u1", "10.0")).too_old());
        assert!(!build("ffmpeg version N-118896-g9f0970ee35 Copyright\nlibavcodec     61. 33.102 / 61. 33.102\n").too_old());
        assert!(build("ffmpeg version N-90000-g9f0970ee35 Copyright\nlibavcodec     58. 18.100 / 58. 18.100\n").too_old());
        assert!(!build("ffmpeg version N-118896-g9f0970ee35 Copyright\n").too_old());
    }

    #[test]
    fn something_else_is_not_ffmpeg() {
        assert_eq!(Capabilities::parse("avconv version 12", "", ""), None);
        assert_eq!(Capabilities::parse("", "", ""), None);
    }
}

//! Room in the output directory: how much a video needs, and whether it can be written there at all.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::Shortage;
use videogen_guard::existing;
use videogen_media::{FrameRate, FrameSize, prepared_picture_size};

use super::fail;
use crate::{Error, ErrorKind};

/// Bits a pixel of the encoded video, from above: busy pictures at CRF 18 stay below 0.15.
const VIDEO_BITS_PER_PIXEL: f64 = 0.2;
/// Bytes a second of the soundtrack: the voice while it is mixed, the 24-bit stereo WAV, the AAC in the video.
const AUDIO_BYTES_PER_SECOND: f64 = 48_000.0 * (4.0 + 6.0) + 20_000.0;
/// Text, thumbnail, directories.
const FIXED: f64 = 4.0 * 1024.0 * 1024.0;

const MIB: u64 = 1024 * 1024;

/// Bytes a video of `seconds` needs while it is being made: pictures as lightly compressed PNG, the soundtrack, and the
/// MP4 twice (`faststart` rewrites it, a long one is joined from its parts).
pub(super) fn needed_bytes(size: FrameSize, rate: FrameRate, seconds: f64, scenes: usize) -> u64 {
    let (width, height) = prepared_picture_size(size);
    let pictures = f64::from(width) * f64::from(height) * 3.0 * scenes as f64;
    let pixels = f64::from(size.width()) * f64::from(size.height()) * rate.per_second() * seconds;
    let video = 2.0 * pixels * VIDEO_BITS_PER_PIXEL / 8.0;
    (pictures + video + AUDIO_BYTES_PER_SECOND * seconds + FIXED) as u64
}

/// Bytes of these that stay when the video is finished: the MP4, once.
pub(super) fn kept_bytes(size: FrameSize, rate: FrameRate, seconds: f64) -> u64 {
    let pixels = f64::from(size.width()) * f64::from(size.height()) * rate.per_second() * seconds;
    (pixels * VIDEO_BITS_PER_PIXEL / 8.0 + FIXED) as u64
}

/// Memory a video takes while it is made, in bytes: FFmpeg had 240 MiB at 720x1280 and 440 at 1080x1920, this process 30
/// and 60 (docs/benchmarks.md, memory of the tree).
pub(super) fn memory_bytes(size: FrameSize) -> u64 {
    const FIXED: u64 = 100 * MIB;
    const BYTES_PER_PIXEL: u64 = 220;
    FIXED + u64::from(size.width()) * u64::from(size.height()) * BYTES_PER_PIXEL
}

/// Address space of the largest process of a video, in bytes: FFmpeg maps its libraries, and a stack and a heap for each
/// thread, on top of what is resident.
pub(super) fn address_bytes(size: FrameSize) -> u64 {
    const MAPPED: u64 = 1100 * MIB;
    memory_bytes(size) + MAPPED
}

/// Proves that files can be made in `directory`, or in the nearest ancestor that exists, and that `needed` bytes are free;
/// or at least the `kept` ones, when one of `scratch` has room for all.
pub(super) fn check(
    directory: &Utf8Path,
    needed: u64,
    kept: u64,
    scratch: &[Utf8PathBuf],
) -> Result<(), Error> {
    let free = room(directory)?;
    let has_room = |directory: &Utf8PathBuf| room(directory).is_ok_and(|free| free >= needed);
    if free < needed && !(free >= kept && scratch.iter().any(has_room)) {
        let path = directory.to_owned();
        return Err(fail(ErrorKind::DiskFull {
            path,
            free_mib: free / MIB,
            needed_mib: needed.div_ceil(MIB),
        }));
    }
    Ok(())
}

/// Free bytes where `directory` is or would be made, after proving that a file can be made there.
pub(crate) fn room(directory: &Utf8Path) -> Result<u64, Error> {
    let unusable = |reason: String| {
        fail(ErrorKind::Output {
            path: directory.to_owned(),
            reason,
        })
    };
    let Some(existing) = existing(directory) else {
        return Err(unusable("there is no such place".into()));
    };
    let metadata = existing.metadata().map_err(|e| unusable(e.to_string()))?;
    if !metadata.is_dir() {
        let which = if existing == directory {
            "it".to_owned()
        } else {
            existing.to_string()
        };
        return Err(unusable(format!("{which} is a file")));
    }
    let free = fs4::available_space(existing.as_std_path()).map_err(|e| unusable(e.to_string()))?;
    // The file has no name where the platform can do that, and is gone when it is dropped.
    match camino_tempfile::tempfile_in(existing) {
        Ok(_) => Ok(free),
        // A disk without a single free block or inode: the message about space says more than this one.
        Err(error) if Shortage::of(&error).is_some() => Ok(0),
        Err(error) => Err(unusable(format!("no file can be made there: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_no_directory_and_a_new_directory_is_fine() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("file");
        std::fs::write(&file, "x").expect("written");
        let check = |directory: &Utf8Path, needed| super::check(directory, needed, 1, &[]);
        assert!(check(&file, 1).is_err());
        assert!(check(&file.join("below"), 1).is_err());
        check(&dir.path().join("new/deeper"), 1).expect("can be made");
        assert!(!dir.path().join("new").exists(), "nothing is written");
        let error = check(dir.path(), u64::MAX).expect_err("no disk is that large");
        assert!(matches!(error.kind(), ErrorKind::DiskFull { .. }));
    }

    /// Room is not enough: the kernel makes files in `/proc`, and nobody else, whoever they are.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_directory_in_which_no_file_can_be_made_is_refused() {
        for directory in ["/proc", "/proc/self", "/proc/videos/deeper"] {
            let refused = check(directory.into(), 0, 0, &[]).expect_err(directory);
            let ErrorKind::Output { path, reason } = refused.kind() else {
                panic!("{directory}: {refused:?}");
            };
            assert_eq!(path, directory);
            assert!(reason.contains("no file can be made there"), "{reason}");
        }
    }

    #[test]
    fn what_stays_is_enough_where_the_rest_can_be_elsewhere() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let free = room(dir.path()).expect("read");
        let elsewhere = [dir.path().join("elsewhere")];
        let check = |needed, kept| check(dir.path(), needed, kept, &elsewhere).is_ok();
        assert!(check(1, 1));
        assert!(!check(u64::MAX, 1), "there is no room there, either");
        assert!(!check(free.saturating_mul(2), free.saturating_mul(2)));
    }

    #[test]
    fn larger_and_longer_needs_more() {
        let rate = FrameRate::new(30, 1).expect("in range");
        let need =
            |w, h, seconds| needed_bytes(FrameSize::new(w, h).expect("even"), rate, seconds, 5);
        assert!(need(720, 1280, 30.0) < need(1440, 2560, 30.0));
        assert!(need(720, 1280, 30.0) < need(720, 1280, 60.0));
    }
}

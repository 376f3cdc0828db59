//! FFmpeg with something missing, for tests of what is said then.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

/// Name of the file beside the fake that says how it behaves. A file, because the programs under
/// test clear their children's environment.
///
/// One `key=value` a line; every key may be left out, `without` may be repeated:
///
/// | key | effect |
/// |---|---|
/// | `real` | directory of the real programs; [`fake_ffmpeg`] writes it |
/// | `version` | the version that is claimed |
/// | `without` | an encoder, filter or library that is missing (`libx264`, `libass`, `xfade`) |
/// | `log` | a file that every argument of every call is added to, one a line |
/// | `encode=cut` | encodes end well, and leave the first half of what they wrote |
/// | `encode=garbage`, `encode=nothing` | … and leave something that is no video, or no file |
/// | `encode=damage` | … and the second half of what they wrote is wrong |
/// | `encode=filter:FILTER` | … and this was done to the pictures |
/// | `times` | how many encodes go so; all of them otherwise |
/// | `run=fail` | everything but queries writes a message and exits with 1 |
/// | `run=hang` | everything but queries sleeps for ever |
/// | `run=crash` | everything but queries writes half a megabyte to standard error and is aborted |
pub const FAKE_FFMPEG_CONF: &str = "fake-ffmpeg.conf";

/// Puts a fake `ffmpeg` and `ffprobe` into `directory` and gives the path of the former. `settings`
/// are lines as in [`FAKE_FFMPEG_CONF`]. What they do not change, the real programs do.
///
/// # Panics
/// When the real programs or the fake have not been installed or built.
pub fn fake_ffmpeg(directory: &Utf8Path, settings: &[&str]) -> Utf8PathBuf {
    let real = crate::find_program("ffmpeg").expect("ffmpeg is installed");
    let real = real.parent().expect("a program lies in a directory");
    let fake = crate::built_program("fake-ffmpeg");
    fs::create_dir_all(directory).expect("the directory can be made");
    // Links, because a program written a moment ago may be "busy" for a test that forks meanwhile.
    for name in ["ffmpeg", "ffprobe"] {
        let link = directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        let _ = fs::remove_file(&link);
        #[cfg(unix)]
        std::os::unix::fs::symlink(&fake, link).expect("a link can be made");
        #[cfg(not(unix))]
        fs::copy(&fake, link)
            .map(drop)
            .expect("a program can be copied");
    }
    let mut lines = format!("real={real}\n");
    for setting in settings {
        lines.push_str(setting);
        lines.push('\n');
    }
    fs::write(directory.join(FAKE_FFMPEG_CONF), lines).expect("the directory is writable");
    directory.join(format!("ffmpeg{}", std::env::consts::EXE_SUFFIX))
}

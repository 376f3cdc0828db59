//! An FFmpeg that dies, stalls, ends too early or cannot write: a typed error, no partial file, no child left.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use videogen_media::render::{FfmpegRenderer, Job, Renderer};
use videogen_media::{Error, Ffmpeg};

use super::support::{Bench, job};

/// Renders with a program that answers questions as FFmpeg does, but encodes by this shell script.
async fn render_with(bench: &Bench, job: &Job, encode: &str) -> Error {
    let real = bench.ffmpeg.path();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *pipe:0*) ;; *) exec {real} \"$@\" ;; esac\nreal={real}\n{encode}\n"
    );
    let path = bench.file("fake/ffmpeg", script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("ours");
    let path_var = std::env::var_os("PATH");
    let supervisor = bench.ffmpeg.supervisor().clone();
    let fake = Ffmpeg::discover(supervisor, Some(&path), path_var.as_deref(), &bench.cancel)
        .await
        .expect("it says that it is FFmpeg");
    let error = FfmpegRenderer::new(fake)
        .with_stall(Duration::from_secs(2))
        .render(job, &|_| {}, &bench.cancel)
        .await
        .expect_err("the encoder is broken");
    assert_eq!(bench.ffmpeg.supervisor().live(), 0, "a child is left");
    std::fs::remove_dir_all(bench.path("fake")).expect("ours");
    assert_eq!(bench.left(), Vec::<String>::new());
    error
}

#[tokio::test]
async fn killed_in_the_middle_of_the_encode() {
    let bench = Bench::new().await;
    let job = job(&bench, 6.0).await;
    // Some of the frames are read; the video has 3.3 MB of them.
    let script = "head -c 1000000 >/dev/null; kill -9 $$";
    let error = render_with(&bench, &job, script).await;
    assert!(matches!(error, Error::Ffmpeg { .. }), "{error:?}");
    let help = error.help().expect("there is a next step");
    assert!(help.contains("killed"), "{help}");
}

#[tokio::test]
async fn its_pipe_stalled() {
    let bench = Bench::new().await;
    let job = job(&bench, 6.0).await;
    let error = render_with(&bench, &job, "head -c 100000 >/dev/null; sleep 1000").await;
    assert!(
        error.to_string().contains("took no frame for 2 s"),
        "{error}"
    );
}

#[tokio::test]
async fn ends_before_the_last_frame_and_says_success() {
    let bench = Bench::new().await;
    let job = job(&bench, 6.0).await;
    let error = render_with(&bench, &job, "head -c 100000 >/dev/null; exit 0").await;
    assert!(
        error.to_string().contains("before the last frame"),
        "{error}"
    );
}

#[tokio::test]
async fn its_disk_is_full() {
    let bench = Bench::new().await;
    let job = job(&bench, 6.0).await;
    // The last argument is the output: every write to /dev/full fails as on a full disk.
    let script = "for last; do :; done; ln -s /dev/full \"${last#file:}\"; exec \"$real\" \"$@\"";
    let error = render_with(&bench, &job, script).await;
    let Error::Io { source, path, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(path, &job.output);
    assert!(
        error
            .help()
            .is_some_and(|help| help.contains("free some space"))
    );
}

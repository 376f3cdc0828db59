//! Finding and judging FFmpeg installations: the real one, and scripts that pretend to be a bad one.
#![cfg(unix)]

mod support;

use std::os::unix::fs::PermissionsExt;

use support::Bench;
use tokio_util::sync::CancellationToken;
use videogen_media::probe::{layout, probe};
use videogen_media::{Error, Ffmpeg};
use videogen_process::Supervisor;

/// A folder with an ffmpeg that prints `version`, `encoders` and `filters`, and an ffprobe.
fn pretender(version: &str, encoders: &str, filters: &str) -> camino_tempfile::Utf8TempDir {
    let dir = camino_tempfile::tempdir().expect("a temporary folder");
    let script = format!(
        "#!/bin/sh\nfor last; do :; done\ncase $last in\n-version) printf '%s\\n' '{version}';;\n-encoders) printf '%s\\n' '{encoders}';;\n\
         -filters) printf '%s\\n' '{filters}';;\n*) exit 1;;\nesac\n"
    );
    for name in ["ffmpeg", "ffprobe"] {
        let path = dir.path().join(name);
        std::fs::write(&path, &script).expect("the temporary folder can be written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .expect("it is ours");
    }
    dir
}

async fn discover(dir: &camino::Utf8Path) -> Result<Ffmpeg, Error> {
    Ffmpeg::discover(
        Supervisor::new(),
        Some(dir),
        None,
        &CancellationToken::new(),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installed_one_is_accepted() {
    let bench = Bench::new().await;
    assert!(bench.ffmpeg.path().is_absolute() && bench.ffmpeg.ffprobe_path().is_absolute());
    assert!(bench.ffmpeg.has_encoder("libx264") && bench.ffmpeg.has_filter("ebur128"));
    assert!(!bench.ffmpeg.has_encoder("libx265000"));
    assert!(
        bench
            .ffmpeg
            .version()
            .starts_with(|c: char| c.is_ascii_alphanumeric()),
        "{}",
        bench.ffmpeg.version()
    );
    assert_eq!(bench.ffmpeg.supervisor().live(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_cut_down_and_foreign_ones_are_refused() {
    let old = pretender("ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright", "", "");
    let error = discover(old.path()).await.unwrap_err();
    assert!(
        matches!(&error, Error::FfmpegTooOld { found, needed: "5.1", .. } if found.starts_with("4.4.2")),
        "{error}"
    );

    let bare = pretender(
        "ffmpeg version 7.1 Copyright",
        " A....D aac   AAC",
        " ... scale V->V x",
    );
    let error = discover(bare.path()).await.unwrap_err();
    let Error::FfmpegLacks { what, .. } = &error else {
        panic!("{error}")
    };
    assert!(
        what.contains(&"libx264") && what.contains(&"libass") && !what.contains(&"aac"),
        "{what:?}"
    );

    let foreign = pretender("busybox", "", "");
    assert!(matches!(
        discover(foreign.path()).await.unwrap_err(),
        Error::FfmpegOutput { .. }
    ));

    let nowhere = camino_tempfile::tempdir().unwrap();
    let error = discover(nowhere.path()).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::FfmpegMissing {
                program: "ffmpeg",
                ..
            }
        ),
        "{error}"
    );
    assert!(error.help().unwrap().contains("apt install ffmpeg"));
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_the_search() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let supervisor = Supervisor::new();
    let error = Ffmpeg::discover(
        supervisor.clone(),
        None,
        std::env::var_os("PATH").as_deref(),
        &cancel,
    )
    .await
    .unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_look_like_options_patterns_or_addresses_are_only_names() {
    let bench = Bench::new().await;
    let original = bench.make("a.wav", "-f lavfi -i sine=duration=1").await;
    for name in [
        "-i",
        "a%03d.wav",
        "*.wav",
        "http:x.wav",
        "concat:a|b",
        "with ' and ; $(x).wav",
        "line\nbreak.wav",
        "ünïcödé.wav",
    ] {
        let path = bench.path(name);
        std::fs::copy(&original, &path).unwrap();
        let probe = probe(&bench.ffmpeg, "wav", &path, &bench.cancel)
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(probe.duration, Some(1.0), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_demuxer_does_not_open_what_a_playlist_names() {
    let bench = Bench::new().await;
    let secret = bench
        .make(
            "secret.ts",
            "-f lavfi -i sine=duration=1 -c:a aac -f mpegts",
        )
        .await;
    let list = bench.file(
        "list.mp3",
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n"),
    );
    for demuxer in ["mp3", "wav", "mov"] {
        let error = probe(&bench.ffmpeg, demuxer, &list, &bench.cancel)
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::InputBroken { .. }),
            "{demuxer}: {error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_is_described_as_it_was_made() {
    let bench = Bench::new().await;
    let args = "-f lavfi -i testsrc2=s=64x96:r=30000/1001:d=2 -f lavfi -i sine=d=2 -c:v libx264 -pix_fmt yuv420p -colorspace bt709 -c:a aac";
    let path = bench
        .make("a.mp4", &format!("{args} -movflags +faststart"))
        .await;
    let found = probe(&bench.ffmpeg, "mov", &path, &bench.cancel)
        .await
        .unwrap();
    let video = found.video.unwrap();
    assert_eq!(
        (video.width, video.height, video.frame_rate),
        (64, 96, Some((30_000, 1001)))
    );
    assert_eq!(
        (
            &*video.codec,
            &*video.profile,
            &*video.pix_fmt,
            &*video.color_space
        ),
        ("h264", "High", "yuv420p", "bt709")
    );
    assert_eq!(video.frames, Some(60));
    assert_eq!(found.audio.unwrap().codec, "aac");
    let whole = layout(&path).await.unwrap();
    assert!(whole.faststart && whole.complete);
    let late = layout(&bench.make("b.mp4", args).await).await.unwrap();
    assert!(!late.faststart && late.complete);
}

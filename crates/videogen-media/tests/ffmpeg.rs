//! Finding and judging FFmpeg installations: the real one, and scripts that pretend to be a bad one.
#![cfg(unix)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use support::Bench;
use tokio_util::sync::CancellationToken;
use videogen_media::{Error, Ffmpeg, mp4_layout, probe_media};
use videogen_process::Supervisor;

/// A folder with an ffmpeg that prints `version`, `encoders` and `filters`, and an ffprobe.
fn pretender(version: &str, encoders: &str, filters: &str) -> camino_tempfile::Utf8TempDir {
    let dir = camino_tempfile::tempdir().expect("a temporary folder");
    let script = format!(
        "#!/bin/sh\necho asked >> \"${{0%/*}}/asked\"\nfor last; do :; done\ncase $last in\n-version) printf '%s\\n' '{version}';;\n-encoders) printf '%s\\n' '{encoders}';;\n\
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
    assert!(error.help().unwrap().to_string().contains("install FFmpeg"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_said_is_kept_until_the_program_changes() {
    // An old one: what is kept is what it said, and it is judged again each time.
    let dir = pretender("ffmpeg version 4.4.2 Copyright", "", "");
    let cache = dir.path().join("cache/videogen");
    let starts = || {
        let log = std::fs::read_to_string(dir.path().join("asked"));
        log.map_or(0, |log| log.lines().count())
    };
    let discover = async || {
        let (supervisor, cancel) = (Supervisor::new(), CancellationToken::new());
        let explicit = Some(dir.path());
        let found =
            Ffmpeg::discover_cached(supervisor, explicit, None, Some(&cache), &cancel).await;
        let error = found.unwrap_err();
        assert!(matches!(error, Error::FfmpegTooOld { .. }), "{error}");
    };
    discover().await;
    assert_eq!(starts(), 3, "version, encoders, filters");
    discover().await;
    assert_eq!(starts(), 3);
    std::fs::write(cache.join("ffmpeg.json"), "damaged").unwrap();
    discover().await;
    assert_eq!(starts(), 6);
    let program = dir.path().join("ffmpeg");
    let text = std::fs::read_to_string(&program).unwrap();
    std::fs::write(&program, text + "\n# updated\n").unwrap();
    discover().await;
    assert_eq!(starts(), 9);
    discover().await;
    assert_eq!(starts(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installed_one_is_the_same_when_it_is_not_asked() {
    let bench = Bench::new().await;
    let path = std::env::var_os("PATH");
    for _ in 0..2 {
        let supervisor = Supervisor::new();
        let (path, cache) = (path.as_deref(), bench.dir.path());
        let found = Ffmpeg::discover_cached(supervisor, None, path, Some(cache), &bench.cancel);
        let found = found.await.unwrap();
        assert_eq!(found.version(), bench.ffmpeg.version());
        assert!(found.has_encoder("aac") && found.has_filter("ebur128"));
        assert!(!found.has_encoder("libx265000"));
    }
}

/// What FFmpeg or the loader of the system would do something about.
fn hostile(report: &camino::Utf8Path) -> [(&'static str, String); 3] {
    [
        ("FFREPORT", format!("file={report}:level=32")),
        ("AV_LOG_FORCE_COLOR", "1".to_owned()),
        ("LD_PRELOAD", "/nonexistent/spy.so".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_does_not_reach_it() {
    const NAME: &str = "the_environment_does_not_reach_it";
    const LEAKED: &str = "what the environment asked for was done";
    let bench = Bench::new().await;
    let command = bench
        .ffmpeg
        .command(Duration::from_mins(1))
        .args(["-loglevel", "info", "-f", "lavfi", "-i", "sine=d=0.1"])
        .args(["-f", "null", "-"]);
    let run = async |command| bench.ffmpeg.run(command, "a run", &bench.cancel).await;
    let marks = |log: &str| log.contains('\u{1b}') || log.contains("spy.so");
    // The second start of this program, below: the variables are in its environment.
    if std::env::var_os("FFREPORT").is_some() {
        let outcome = run(command).await.unwrap();
        assert!(!marks(outcome.stderr.as_str()), "{LEAKED}");
        return;
    }
    let report = bench.path("report.log");
    // Given to FFmpeg itself they do what they do: this test can fail.
    let variables = hostile(&report).into_iter();
    let given = variables
        .clone()
        .fold(command, |command, (name, value)| command.env(name, value));
    let outcome = run(given).await.unwrap();
    assert!(marks(outcome.stderr.as_str()) && report.exists());
    std::fs::remove_file(&report).unwrap();

    let program = std::env::current_exe().unwrap();
    let again = videogen_process::Command::new(program, Duration::from_mins(2));
    let again = variables.fold(again, |command, (name, value)| command.env(name, value));
    let again = again.args(["--exact", NAME, "--nocapture"]);
    let outcome = bench
        .ffmpeg
        .supervisor()
        .run(again, &bench.cancel)
        .await
        .unwrap();
    let said = outcome.stdout_text();
    assert!(outcome.success(), "{said}{}", outcome.stderr.as_str());
    assert!(said.contains("1 passed"), "{said}");
    assert!(!report.exists(), "FFREPORT reached ffmpeg");
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
        let probe = probe_media(&bench.ffmpeg, "wav", &path, &bench.cancel)
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
        let error = probe_media(&bench.ffmpeg, demuxer, &list, &bench.cancel)
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
    let found = probe_media(&bench.ffmpeg, "mov", &path, &bench.cancel)
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
    let whole = mp4_layout(&path).await.unwrap();
    assert!(whole.faststart && whole.complete);
    let late = mp4_layout(&bench.make("b.mp4", args).await).await.unwrap();
    assert!(!late.faststart && late.complete);
}

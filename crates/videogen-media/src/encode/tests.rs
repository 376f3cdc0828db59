//! Trials with the real FFmpeg, and with programs that stand in for one with other encoders.

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use tokio_util::sync::CancellationToken;
use videogen_process::Supervisor;

use super::trial::prove;
use super::*;
use crate::{Error, FrameRate, FrameSize};

fn format() -> (FrameSize, FrameRate) {
    let size = FrameSize::new(128, 192).unwrap();
    (size, FrameRate::new(30, 1).unwrap())
}

async fn discover(explicit: Option<&Utf8Path>) -> Ffmpeg {
    let path = std::env::var_os("PATH");
    let cancel = CancellationToken::new();
    Ffmpeg::discover(Supervisor::new(), explicit, path.as_deref(), &cancel)
        .await
        .expect("these tests need FFmpeg on PATH")
}

fn encoder(name: &str) -> Encoder {
    name.parse().unwrap()
}

async fn tried(ffmpeg: &Ffmpeg, encoder: Encoder) -> EncoderTrial {
    let scratch = camino_tempfile::tempdir().unwrap();
    let (size, rate) = format();
    let encode = EncodeSettings::FINE.with(encoder);
    let cancel = CancellationToken::new();
    let trial = prove(ffmpeg, &encode, size, rate, scratch.path(), &cancel).await;
    let left = scratch.path().read_dir().unwrap().count();
    assert_eq!(left, 0, "a trial leaves nothing");
    trial.expect("a trial that fails is no error")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_processor_proves_itself() {
    let ffmpeg = discover(None).await;
    for encoder in [Encoder::X264, Encoder::X265, Encoder::SVT_AV1] {
        let expected = (!ffmpeg.has_encoder(encoder.name())).then_some("not in this FFmpeg build");
        let trial = tried(&ffmpeg, encoder).await;
        assert_eq!(trial.failure.as_deref(), expected, "{encoder}");
    }
}

/// Whether this machine has a graphics device at all.
fn has_device() -> bool {
    let names = std::fs::read_dir("/dev").into_iter().flatten().flatten();
    let mut names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.any(|name| name == "dri" || name == "dxg" || name.starts_with("nvidia"))
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn hardware_that_is_not_there_keeps_the_reason() {
    if has_device() {
        return;
    }
    let ffmpeg = discover(None).await;
    for (name, word) in [
        ("h264_nvenc", "cuda"),
        ("h264_vaapi", "Device creation failed"),
    ] {
        if ffmpeg.has_encoder(name) {
            let reason = tried(&ffmpeg, encoder(name)).await.failure.expect(name);
            assert!(reason.contains(word), "{name}: {reason}");
        }
    }
    let scratch = Utf8PathBuf::from("/nonexistent");
    let encoders = Encoders::new(ffmpeg.clone(), scratch);
    let cancel = CancellationToken::new();
    let choose = |backend| {
        encoders.choose(
            EncodeSettings::FINE,
            Codec::H264,
            backend,
            format(),
            &cancel,
        )
    };
    let encode = choose(None).await.unwrap();
    assert_eq!(encode.encoder, Encoder::X264, "nothing is tried in vain");
    let error = choose(Some(EncoderBackend::Nvenc)).await.unwrap_err();
    let Error::EncoderUnavailable { encoder, reason } = &error else {
        panic!("{error}")
    };
    assert_eq!(encoder, "h264_nvenc");
    if ffmpeg.has_encoder("h264_nvenc") {
        assert_eq!(reason, "no NVIDIA device in /dev");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_processor_stands_by_for_hardware_only() {
    let ffmpeg = discover(None).await;
    let nvenc = EncodeSettings::DRAFT.with(encoder("h264_nvenc"));
    assert_eq!(nvenc.software(&ffmpeg), Some(EncodeSettings::DRAFT));
    assert_eq!(EncodeSettings::DRAFT.software(&ffmpeg), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_a_trial() {
    let ffmpeg = discover(None).await;
    let scratch = camino_tempfile::tempdir().unwrap();
    let (size, rate) = format();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = prove(
        &ffmpeg,
        &EncodeSettings::FINE,
        size,
        rate,
        scratch.path(),
        &cancel,
    )
    .await
    .unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}

/// A program with NVENC, which does `shell` instead of encoding with it; `$out` is the file to write and `$real` the real
/// program. Each start is a line in `starts` beside it.
#[cfg(unix)]
async fn with_nvenc(shell: &str) -> (Ffmpeg, Utf8TempDir) {
    use std::os::unix::fs::PermissionsExt;

    let real = discover(None).await;
    let dir = camino_tempfile::tempdir().unwrap();
    let (ffmpeg, ffprobe) = (real.path(), real.ffprobe_path());
    let script = format!(
        "#!/bin/sh\nreal={ffmpeg}\nfor last; do :; done\ncase $last in\n\
         -encoders) $real \"$@\"; echo ' V....D h264_nvenc x';;\n-*) exec $real \"$@\";;\n\
         *) echo start >> \"${{0%/*}}/starts\"; out=$last; {shell};;\nesac\n"
    );
    for (name, text) in [
        ("ffmpeg", script),
        ("ffprobe", format!("#!/bin/sh\nexec {ffprobe} \"$@\"\n")),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    (discover(Some(dir.path())).await, dir)
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_encoder_that_says_it_worked_is_not_believed() {
    const FRAMES: &str = "exec $real -v error -f lavfi -i testsrc2=size=128x192:rate=30";
    const ENCODE: &str = "-pix_fmt yuv420p -c:v libx264 -y $out";
    for (shell, expected) in [
        ("true".to_owned(), "what it made cannot be read"),
        (
            format!("{FRAMES} -frames:v 5 {ENCODE}"),
            "it made 5 of 12 frames",
        ),
        (
            format!("{FRAMES} -frames:v 12 {ENCODE}"),
            "of what it made, colour matrix is not told, expected bt709",
        ),
        (
            "echo '[h264_nvenc @ 0x1] No capable devices found' >&2; exit 1".to_owned(),
            "No capable devices found",
        ),
    ] {
        let (ffmpeg, _dir) = with_nvenc(&shell).await;
        let reason = tried(&ffmpeg, encoder("h264_nvenc")).await.failure;
        let reason = reason.expect(expected);
        assert!(reason.starts_with(expected), "{reason}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_proven_encoder_is_taken_and_tried_once() {
    // Encodes with libx264, whose options of another encoder's are taken away.
    let shell = "for word; do shift; case $word in\n\
        h264_nvenc) set -- \"$@\" libx264;;\np5) set -- \"$@\" fast;;\nhq) set -- \"$@\" film;;\n\
        -rc|vbr|-cq|18.5|-b:v|0) ;;\n*) set -- \"$@\" \"$word\";;\nesac; done; exec $real \"$@\"";
    let (ffmpeg, dir) = with_nvenc(shell).await;
    let encoders = Encoders::new(ffmpeg, dir.path().to_owned()).assuming_devices();
    let cancel = CancellationToken::new();
    for backend in [None, Some(EncoderBackend::Nvenc), None] {
        let chosen = encoders
            .clone()
            .choose(
                EncodeSettings::FINE,
                Codec::H264,
                backend,
                format(),
                &cancel,
            )
            .await
            .unwrap();
        assert_eq!(chosen, EncodeSettings::FINE.with(encoder("h264_nvenc")));
    }
    let starts = std::fs::read_to_string(dir.path().join("starts")).unwrap();
    // The other hardware encoders of the real build start the program too, each once.
    let listed = ["h264_nvenc", "h264_qsv", "h264_amf", "h264_vaapi"];
    let tried = listed.map(|name| usize::from(encoders.has(name)));
    assert_eq!(starts.lines().count(), tried.iter().sum::<usize>());
}

//! An FFmpeg that dies, stalls, ends too early or cannot write: a typed error, no partial file, no child left.

use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::time::Duration;

use videogen_media::{
    Encoder, Error, Ffmpeg, FfmpegRenderer, RenderJob, RenderProgress, RenderedVideo, Renderer,
};

use super::in_parts;
use super::support::{Bench, job};

/// Renders with a program that answers questions as FFmpeg does, but encodes by this shell script. No child is left.
async fn try_with(
    bench: &Bench,
    job: &RenderJob,
    encode: &str,
    told: RenderProgress<'_>,
) -> Result<RenderedVideo, Error> {
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
    let rendered = FfmpegRenderer::new(fake)
        .with_stall(Duration::from_secs(2))
        .render(job, &|fraction: f32| told(fraction), &bench.cancel)
        .await;
    assert_eq!(bench.ffmpeg.supervisor().live(), 0, "a child is left");
    #[expect(clippy::disallowed_methods, reason = "a directory of this test")]
    std::fs::remove_dir_all(bench.path("fake")).expect("ours");
    rendered
}

/// The error of that, which leaves no file.
async fn render_with(bench: &Bench, job: &RenderJob, encode: &str) -> Error {
    let rendered = try_with(bench, job, encode, &|_| {}).await;
    assert_eq!(bench.left(), Vec::<String>::new());
    rendered.expect_err("the encoder is broken")
}

#[tokio::test]
async fn killed_in_the_middle_of_the_encode() {
    let bench = Bench::new().await;
    let job = job(&bench, 6.0).await;
    // Some of the frames are read; the video has 3.3 MB of them.
    let script = "head -c 1000000 >/dev/null; kill -9 $$";
    let error = render_with(&bench, &job, script).await;
    assert!(matches!(error, Error::Ffmpeg { .. }), "{error:?}");
    let help = error.help().expect("there is a next step").to_string();
    assert!(help.contains("killed"), "{help}");
}

/// Of two parts that are encoded at a time one dies: the other is stopped, and what is whole is kept for the next time.
#[tokio::test]
async fn killed_in_the_middle_of_one_part() {
    let bench = Bench::new().await;
    let job = in_parts(&job(&bench, 24.0).await, bench.path("parts"), 2);
    let second = r#"case "$*" in *part-00001*) head -c 1000000 >/dev/null; kill -9 $$ ;; esac; exec $real "$@""#;
    let error = try_with(&bench, &job, second, &|_| {})
        .await
        .expect_err("a part is missing");
    assert!(matches!(error, Error::Ffmpeg { .. }), "{error:?}");
    assert_eq!(bench.left(), ["parts"]);
    let entries = bench.path("parts").read_dir_utf8().expect("kept");
    let names = entries.map(|entry| entry.expect("readable").file_name().to_owned());
    let other = names.filter(|name| !matches!(name.as_str(), "job" | "part-00000.mp4"));
    assert_eq!(other.collect::<Vec<_>>(), Vec::<String>::new());

    let whole = try_with(&bench, &job, r#"exec $real "$@""#, &|_| {}).await;
    whole.expect("it goes on");
    assert!(!bench.path("parts").exists());
}

/// What is called a success and is not whole is a failed encode: of a video, and of a part, which is not kept.
#[tokio::test]
async fn ended_well_and_left_half_a_file() {
    let bench = Bench::new().await;
    let job = job(&bench, 12.0).await;
    let cut = r#"for f do :; done; f=${f#file:}; $real "$@" && head -c 9000 "$f" >"$f.x" && mv "$f.x" "$f"; exit"#;
    let error = render_with(&bench, &job, cut).await;
    assert!(error.is_retryable(), "{error:?}");
    assert!(error.to_string().contains("no whole video"), "{error}");

    let job = in_parts(&job, bench.path("parts"), 1);
    let second = format!(r#"case "$*" in *part-00001*) {cut} ;; esac; exec $real "$@""#);
    let error = try_with(&bench, &job, &second, &|_| {})
        .await
        .expect_err("a part is cut");
    assert!(error.is_retryable(), "{error:?}");
    assert!(error.to_string().contains("part 2"), "{error}");
    assert!(!bench.path("parts/part-00001.mp4").exists());
    let whole = try_with(&bench, &job, r#"exec $real "$@""#, &|_| {}).await;
    whole.expect("it goes on");
}

/// Sound that is within its limit is encoded once; what is not is encoded again without the pictures.
#[tokio::test]
async fn sound_is_encoded_again_only_where_it_is_too_high() {
    let bench = Bench::new().await;
    let quiet = job(&bench, 3.0).await;
    let noise =
        "-f lavfi -i anoisesrc=color=white:amplitude=1:seed=7:d=3 -af pan=stereo|c0=c0|c1=c0";
    let loud = RenderJob {
        audio: bench.make("input-loud.wav", noise).await,
        ..quiet.clone()
    };
    let log = bench.path("input-log");
    for (job, encoded) in [(quiet, 1), (loud, 2)] {
        let _ = std::fs::remove_file(&log);
        let told = format!("echo \"$*\" >>{log}");
        let real = bench.ffmpeg.path();
        let path = bench.file(
            "input-fake/ffmpeg",
            format!("#!/bin/sh\n{told}\nexec {real} \"$@\"\n"),
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("ours");
        let path_var = std::env::var_os("PATH");
        let supervisor = bench.ffmpeg.supervisor().clone();
        let fake = Ffmpeg::discover(supervisor, Some(&path), path_var.as_deref(), &bench.cancel)
            .await
            .expect("it says that it is FFmpeg");
        let rendering = FfmpegRenderer::new(fake);
        let rendered = rendering.render(&job, &|_: f32| {}, &bench.cancel).await;
        rendered.expect("it is FFmpeg");
        let lines = std::fs::read_to_string(&log).expect("written");
        let encodes = lines.lines().filter(|line| line.contains("-c:a aac"));
        let copies = encodes.clone().filter(|line| line.contains("-c:v copy"));
        let (encodes, copies) = (encodes.count(), copies.count());
        assert!(encodes >= encoded && encodes == copies + 1, "{lines}");
        assert!(encoded > 1 || encodes == 1, "{lines}");
    }
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
            .is_some_and(|help| help.to_string().contains("free some space"))
    );
}

#[tokio::test]
async fn the_processor_takes_over_from_hardware_that_stalls_or_ends_early() {
    for (end, reason) in [
        ("sleep 1000", "it took no frame for 2 s"),
        ("exit 0", "it ended before the last frame"),
        ("exit 1", "exit code 1"),
    ] {
        let bench = Bench::new().await;
        let job = job(&bench, 6.0).await;
        let nvenc: Encoder = "h264_nvenc".parse().expect("one of FFmpeg's");
        let hardware = RenderJob {
            encode: job.encode.with(nvenc),
            ..job
        };
        let script = format!(
            "case \"$*\" in *h264_nvenc*) head -c 1000000 >/dev/null; {end} ;; esac\nexec \"$real\" \"$@\""
        );
        let told = Mutex::new(Vec::new());
        let tell = |done: f32| told.lock().expect("no panic").push(done);
        let rendered = try_with(&bench, &hardware, &script, &tell)
            .await
            .expect("the processor does it");
        assert_eq!(rendered.encoder, "libx264");
        let replaced = rendered.replaced.expect("hardware was asked for");
        assert_eq!(replaced.encoder, "h264_nvenc");
        assert!(replaced.reason.contains(reason), "{}", replaced.reason);
        assert!(told.into_inner().expect("no panic").is_sorted());
        assert!(hardware.output.is_file());
    }
}

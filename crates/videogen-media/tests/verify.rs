//! The check of finished videos against videos that are wrong in one way each, made by the real FFmpeg.

mod support;

use support::Bench;
use videogen_media::{
    Codec, Error, ExpectedVideo, FrameRate, FrameSize, VerifiedVideo, VerifyFinding, verify_video,
};

/// A moving picture.
const MOVING: &str = "testsrc2=s=180x320:r=30:d=6";
/// Noise near −14 LUFS.
const SOUND: &str = "anoisesrc=r=48000:d=6:a=0.25:c=pink:seed=1,aformat=channel_layouts=stereo";
/// How a video is encoded that has nothing wrong with it.
const ENCODE: &str = "-c:v libx264 -preset veryfast -profile:v high -pix_fmt yuv420p -colorspace bt709 -color_primaries bt709 \
     -color_trc bt709 -color_range tv -c:a aac -ac 2 -ar 48000 -movflags +faststart";

fn expected() -> ExpectedVideo {
    ExpectedVideo {
        size: FrameSize::new(180, 320).expect("even sides"),
        rate: FrameRate::new(30, 1).expect("a usual rate"),
        codec: Codec::H264,
        duration: 6.0,
        audio_duration: 6.0,
        silent: false,
        still: false,
        scenes: Vec::new(),
    }
}

/// A video of these sources, encoded as it should be except for `change`.
async fn video(
    bench: &Bench,
    name: &str,
    picture: &str,
    sound: &str,
    change: &str,
) -> camino::Utf8PathBuf {
    bench
        .make(
            name,
            &format!("-f lavfi -i {picture} -f lavfi -i {sound} {ENCODE} {change}"),
        )
        .await
}

async fn check(
    bench: &Bench,
    path: &camino::Utf8Path,
    expected: &ExpectedVideo,
) -> Result<VerifiedVideo, Vec<VerifyFinding>> {
    match verify_video(&bench.ffmpeg, path, expected, &bench.cancel).await {
        Ok(verified) => Ok(verified),
        Err(Error::Verify { findings, .. }) => Err(findings),
        Err(other) => panic!("{other}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_video_passes_with_its_loudness() {
    let bench = Bench::new().await;
    let path = video(&bench, "good.mp4", MOVING, SOUND, "").await;
    let verified = check(&bench, &path, &expected()).await.unwrap();
    let (lufs, dbtp) = bench.loudness(&path).await;
    assert_eq!(verified.frames, 180);
    assert!(
        (verified.loudness_lufs.unwrap() - lufs).abs() < 0.15,
        "{verified:?} {lufs}"
    );
    assert!(
        (verified.true_peak_dbtp.unwrap() - dbtp).abs() < 0.15,
        "{verified:?} {dbtp}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_zoom_is_neither_black_nor_still() {
    let bench = Bench::new().await;
    let noise = "color=gray:s=180x320:r=1:d=1,noise=alls=60:all_seed=3,gblur=sigma=6,zoompan=z=1+on*0.001:d=180:s=180x320:fps=30";
    let path = video(&bench, "zoom.mp4", noise, SOUND, "").await;
    check(&bench, &path, &expected()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn black_still_and_silent_videos_are_found_out() {
    let bench = Bench::new().await;
    let silence = "anullsrc=r=48000:cl=stereo:d=6";
    let path = video(
        &bench,
        "all.mp4",
        "color=black:s=180x320:r=30:d=6",
        silence,
        "",
    )
    .await;
    let findings = check(&bench, &path, &expected()).await.unwrap_err();
    assert!(
        matches!(
            findings[..],
            [
                VerifyFinding::Black { .. },
                VerifyFinding::Frozen { .. },
                VerifyFinding::Silent { lufs: None }
            ]
        ),
        "{findings:?}"
    );

    let still = "testsrc2=s=180x320:r=30:d=6,trim=end_frame=1,loop=179:1,setpts=N/30/TB";
    let path = video(&bench, "still.mp4", still, SOUND, "").await;
    let findings = check(&bench, &path, &expected()).await.unwrap_err();
    assert!(
        matches!(findings[..], [VerifyFinding::Frozen { .. }]),
        "{findings:?}"
    );
    check(
        &bench,
        &path,
        &ExpectedVideo {
            still: true,
            ..expected()
        },
    )
    .await
    .unwrap();

    let faint = "anoisesrc=r=48000:d=6:a=0.0005:seed=1,aformat=channel_layouts=stereo";
    let path = video(&bench, "faint.mp4", MOVING, faint, "").await;
    let findings = check(&bench, &path, &expected()).await.unwrap_err();
    assert!(
        matches!(findings[..], [VerifyFinding::Silent { .. }]),
        "{findings:?}"
    );

    let path = video(&bench, "silent.mp4", MOVING, silence, "").await;
    check(
        &bench,
        &path,
        &ExpectedVideo {
            silent: true,
            ..expected()
        },
    )
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_properties_are_found_out() {
    let bench = Bench::new().await;
    let differs = |findings: &[VerifyFinding]| -> Vec<&'static str> {
        let what = |finding: &VerifyFinding| match finding {
            VerifyFinding::Differs { what, .. } => *what,
            other => panic!("{other}"),
        };
        findings.iter().map(what).collect()
    };
    for (name, picture, change, wrong) in [
        ("size.mp4", "testsrc2=s=180x318:r=30:d=6", "", &["size"][..]),
        (
            "rate.mp4",
            "testsrc2=s=180x320:r=25:d=6",
            "",
            &["frame rate"],
        ),
        ("main.mp4", MOVING, "-profile:v main", &["video profile"]),
        (
            "444.mp4",
            MOVING,
            "-profile:v high444 -pix_fmt yuv444p",
            &["video profile", "pixel format"],
        ),
        (
            // FFmpeg names the pixel format of full range another way, too.
            "tags.mp4",
            MOVING,
            "-colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m -color_range pc",
            &[
                "pixel format",
                "colour matrix",
                "colour primaries",
                "transfer characteristic",
                "colour range",
            ],
        ),
        (
            "mono.mp4",
            MOVING,
            "-ac 1 -ar 44100",
            &["channels", "sample rate"],
        ),
        ("mp3.mp4", MOVING, "-c:a libmp3lame", &["audio codec"]),
    ] {
        let path = video(&bench, name, picture, SOUND, change).await;
        let findings = check(&bench, &path, &expected()).await.expect_err(name);
        // A lower frame rate also means fewer frames.
        let findings: Vec<VerifyFinding> = findings
            .into_iter()
            .filter(|f| !matches!(f, VerifyFinding::FramesMissing { .. }))
            .collect();
        assert_eq!(differs(&findings), wrong, "{name}");
    }
    let path = video(&bench, "short.mp4", MOVING, SOUND, "-t 5").await;
    let findings = check(&bench, &path, &expected()).await.unwrap_err();
    let (lengths, frames): (Vec<VerifyFinding>, Vec<VerifyFinding>) = findings
        .into_iter()
        .partition(|f| matches!(f, VerifyFinding::Differs { .. }));
    assert_eq!(differs(&lengths), ["video length", "audio length"]);
    assert_eq!(
        frames,
        [VerifyFinding::FramesMissing {
            expected: 180,
            found: 150
        }]
    );
    for (change, kind) in [("-an", "audio"), ("-vn", "video")] {
        let path = video(&bench, "half.mp4", MOVING, SOUND, change).await;
        assert_eq!(
            check(&bench, &path, &expected()).await.unwrap_err(),
            [VerifyFinding::NoStream { kind }]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_are_found_out() {
    let bench = Bench::new().await;
    let path = video(&bench, "late.mp4", MOVING, SOUND, "-movflags -faststart").await;
    let findings = check(&bench, &path, &expected()).await.unwrap_err();
    assert_eq!(findings, [VerifyFinding::IndexAtEnd]);

    let whole = std::fs::read(video(&bench, "whole.mp4", MOVING, SOUND, "").await).unwrap();
    let path = bench.file("cut.mp4", &whole[..whole.len() * 2 / 3]);
    let findings = check(&bench, &path, &expected()).await.unwrap_err();
    assert!(findings.contains(&VerifyFinding::Truncated), "{findings:?}");
    assert!(
        findings
            .iter()
            .any(|f| matches!(f, VerifyFinding::FramesMissing { .. })),
        "{findings:?}"
    );

    // Damage in the middle of the pictures, the boxes whole.
    let mut damaged = whole.clone();
    for byte in damaged.iter_mut().skip(whole.len() / 2).take(4000) {
        *byte ^= 0x5A;
    }
    let findings = check(&bench, &bench.file("damaged.mp4", damaged), &expected())
        .await
        .unwrap_err();
    assert!(
        findings
            .iter()
            .any(|f| matches!(f, VerifyFinding::DecodeErrors { .. })),
        "{findings:?}"
    );

    let findings = check(&bench, &bench.file("head.mp4", &whole[..200]), &expected())
        .await
        .unwrap_err();
    assert!(findings.contains(&VerifyFinding::Truncated), "{findings:?}");
    let findings = check(&bench, &bench.file("text.mp4", "not a video"), &expected())
        .await
        .unwrap_err();
    assert!(
        matches!(findings[..], [VerifyFinding::Unreadable { .. }]),
        "{findings:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_and_a_cancelled_check_are_errors_of_their_own() {
    let bench = Bench::new().await;
    let error = verify_video(
        &bench.ffmpeg,
        &bench.path("none.mp4"),
        &expected(),
        &bench.cancel,
    )
    .await
    .unwrap_err();
    assert!(
        matches!(error, Error::InputMissing { .. } | Error::Io { .. }),
        "{error}"
    );
    let path = video(&bench, "good.mp4", MOVING, SOUND, "").await;
    bench.cancel.cancel();
    assert!(
        verify_video(&bench.ffmpeg, &path, &expected(), &bench.cancel)
            .await
            .unwrap_err()
            .is_cancelled()
    );
    assert_eq!(bench.ffmpeg.supervisor().live(), 0);
}

//! Judging headers and content, without running anything.

use super::*;
use crate::probe::{AudioStream, VideoStream};

fn expected() -> ExpectedVideo {
    ExpectedVideo {
        size: FrameSize::new(720, 1280).unwrap(),
        rate: FrameRate::new(30, 1).unwrap(),
        codec: Codec::H264,
        duration: 10.0,
        audio_duration: 10.0,
        silent: false,
        still: false,
        scenes: Vec::new(),
    }
}

fn good_probe() -> MediaInfo {
    let bt709 = || "bt709".to_owned();
    MediaInfo {
        duration: Some(10.0),
        video: Some(VideoStream {
            codec: "h264".into(),
            profile: "High".into(),
            width: 720,
            height: 1280,
            pix_fmt: "yuv420p".into(),
            frame_rate: Some((30, 1)),
            color_space: bt709(),
            primaries: bt709(),
            transfer: bt709(),
            field_order: "progressive".into(),
            range: "tv".into(),
            frames: Some(300),
            duration: Some(10.0),
            start: Some(0.0),
        }),
        audio: Some(AudioStream {
            codec: "aac".into(),
            channels: 2,
            sample_rate: 48_000,
            duration: Some(10.02),
            bit_rate: None,
            start: Some(0.0),
            tagged_end: None,
        }),
        format: "mov,mp4,m4a,3gp,3g2,mj2".into(),
    }
}

fn good_decode() -> Decoded {
    Decoded {
        frames: 300,
        lufs: Some(-14.1),
        dbtp: Some(-1.4),
        ..Decoded::default()
    }
}

/// The findings after one change to a good probe.
fn headers(change: impl FnOnce(&mut VideoStream, &mut AudioStream)) -> Vec<String> {
    let mut probe = good_probe();
    let (mut video, mut audio) = (probe.video.take().unwrap(), probe.audio.take().unwrap());
    change(&mut video, &mut audio);
    (probe.video, probe.audio) = (Some(video), Some(audio));
    let mut layout = Mp4Layout::default();
    (layout.faststart, layout.complete) = (true, true);
    of_headers(&probe, layout, &expected())
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The findings after one change to a good decoding run.
fn content(change: impl FnOnce(&mut Decoded)) -> Vec<VerifyFinding> {
    let mut decoded = good_decode();
    change(&mut decoded);
    of_content(&good_probe(), &decoded, &expected())
}

#[test]
fn a_good_video_has_no_findings() {
    assert_eq!(headers(|_, _| {}), Vec::<String>::new());
    assert_eq!(content(|_| {}), Vec::new());
    assert_eq!(remarks(&good_decode(), &expected()), Vec::new());
}

#[test]
fn each_header_is_compared() {
    for (found, text) in [
        (
            headers(|video, _| video.codec = "hevc".into()),
            "video codec is hevc, expected h264",
        ),
        (
            headers(|video, _| video.profile = "High 10".into()),
            "video profile is High 10, expected High",
        ),
        (
            headers(|video, _| video.pix_fmt = "yuv444p".into()),
            "pixel format is yuv444p, expected yuv420p",
        ),
        (
            headers(|video, _| video.color_space = String::new()),
            "colour matrix is not told, expected bt709",
        ),
        (
            headers(|video, _| video.primaries = "bt2020".into()),
            "colour primaries is bt2020, expected bt709",
        ),
        (
            headers(|video, _| video.transfer = "smpte2084".into()),
            "transfer characteristic is smpte2084, expected bt709",
        ),
        (
            headers(|video, _| video.range = "pc".into()),
            "colour range is pc, expected tv",
        ),
        (
            headers(|video, _| video.width = 360),
            "size is 360x1280, expected 720x1280",
        ),
        (
            headers(|video, _| video.frame_rate = Some((25, 1))),
            "frame rate is 25.000, expected 30.000",
        ),
        (
            headers(|video, _| video.frame_rate = None),
            "frame rate is 0.000, expected 30.000",
        ),
        (
            headers(|video, _| video.duration = Some(9.8)),
            "video length is 9.800 s, expected 10.000 s",
        ),
        (
            headers(|_, audio| audio.codec = "mp3".into()),
            "audio codec is mp3, expected aac",
        ),
        (
            headers(|_, audio| audio.channels = 1),
            "channels is 1, expected 2",
        ),
        (
            headers(|_, audio| audio.sample_rate = 44_100),
            "sample rate is 44100, expected 48000",
        ),
        (
            headers(|_, audio| audio.duration = Some(7.0)),
            "audio length is 7.000 s, expected 10.000 s",
        ),
    ] {
        assert_eq!(found, [text]);
    }
    assert!(
        headers(|video, _| video.frame_rate = Some((30_000, 1001))).is_empty(),
        "0.1 % is rounding"
    );
}

#[test]
fn missing_streams_and_layout_are_found_together() {
    let mut probe = good_probe();
    probe.video = None;
    probe.audio = None;
    let findings = of_headers(&probe, Mp4Layout::default(), &expected());
    assert_eq!(
        findings,
        [
            VerifyFinding::NoStream { kind: "video" },
            VerifyFinding::NoStream { kind: "audio" },
            VerifyFinding::Truncated,
            VerifyFinding::IndexAtEnd
        ]
    );
}

#[test]
fn the_limits_of_content_are_where_they_are_said_to_be() {
    let black = |end| {
        content(|decoded| {
            decoded.black = vec![Span {
                start: 1.0,
                end: Some(end),
            }];
        })
    };
    assert_eq!(black(4.0), []);
    assert_eq!(
        black(4.5),
        [VerifyFinding::Black {
            seconds: 3.5,
            of: 10.0
        }]
    );
    let frozen = |end| {
        content(|decoded| {
            decoded.frozen = vec![
                Span { start: 5.0, end },
                Span {
                    start: 0.0,
                    end: Some(2.0),
                },
            ];
        })
    };
    assert_eq!(frozen(Some(9.0)), []);
    assert_eq!(
        frozen(None),
        [VerifyFinding::Frozen {
            start: 5.0,
            seconds: 5.0,
            of: 10.0
        }]
    );
    let loud = |lufs| content(|decoded| decoded.lufs = lufs);
    assert_eq!(loud(Some(-49.0)), []);
    assert_eq!(
        loud(Some(-51.0)),
        [VerifyFinding::Silent { lufs: Some(-51.0) }]
    );
    assert_eq!(loud(None), [VerifyFinding::Silent { lufs: None }]);
    let frames = |frames| content(|decoded| decoded.frames = frames);
    assert_eq!(frames(295), []);
    assert_eq!(
        frames(280),
        [VerifyFinding::FramesMissing {
            expected: 300,
            found: 280
        }]
    );
}

#[test]
fn what_is_meant_to_be_silent_or_still_may_be() {
    let decoded = Decoded {
        lufs: None,
        dbtp: None,
        frozen: vec![Span {
            start: 0.0,
            end: None,
        }],
        ..good_decode()
    };
    let expected = ExpectedVideo {
        silent: true,
        still: true,
        ..expected()
    };
    assert_eq!(of_content(&good_probe(), &decoded, &expected), []);
    assert_eq!(remarks(&decoded, &expected), []);
}

#[test]
fn loudness_and_peak_are_remarks() {
    let decoded = Decoded {
        lufs: Some(-16.0),
        dbtp: Some(-0.4),
        ..good_decode()
    };
    assert_eq!(of_content(&good_probe(), &decoded, &expected()), []);
    let remarks: Vec<String> = remarks(&decoded, &expected())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        remarks,
        [
            "its loudness is -16.0 LUFS, expected -14 LUFS",
            "its true peak is -0.4 dBTP, expected at most -1 dBTP"
        ]
    );
}

/// Two scenes of five seconds that are bright, move and speak.
fn scenes() -> Vec<ExpectedScene> {
    [0.0, 5.0]
        .map(|start| ExpectedScene {
            start,
            end: start + 5.0,
            dark: false,
            still: false,
            speech: Some((start + 0.5, start + 4.5)),
        })
        .into()
}

/// The findings of a video with these scenes after one change to a good decoding run.
fn by_scene(scenes: Vec<ExpectedScene>, change: impl FnOnce(&mut Decoded)) -> Vec<VerifyFinding> {
    let mut decoded = good_decode();
    change(&mut decoded);
    let expected = ExpectedVideo {
        scenes,
        ..expected()
    };
    of_content(&good_probe(), &decoded, &expected)
}

fn span(start: f64, end: f64) -> Vec<Span> {
    let end = Some(end);
    vec![Span { start, end }]
}

#[test]
fn one_scene_of_several_is_found_by_its_number() {
    let black = |start, end| by_scene(scenes(), |decoded| decoded.black = span(start, end));
    assert_eq!(black(5.0, 7.4), [], "a fade from black");
    let (scene, seconds, of) = (2, 7.6 - 5.0, 5.0);
    assert_eq!(
        black(5.0, 7.6),
        [VerifyFinding::BlackScene { scene, seconds, of }]
    );
    let frozen = |start, end| by_scene(scenes(), |decoded| decoded.frozen = span(start, end));
    assert_eq!(frozen(6.1, 10.0), [], "it stops before its end");
    let findings = frozen(5.2, 9.8);
    assert!(
        matches!(
            findings[..],
            [
                VerifyFinding::Frozen { .. },
                VerifyFinding::FrozenScene { scene: 2, .. }
            ]
        ),
        "{findings:?}"
    );
    let silent = |start, end| by_scene(scenes(), |decoded| decoded.silent = span(start, end));
    assert_eq!(silent(4.4, 5.6), [], "a pause");
    let findings = silent(0.4, 4.6);
    assert!(
        matches!(findings[..], [VerifyFinding::SilentScene { scene: 1, .. }]),
        "{findings:?}"
    );
    assert_eq!(findings[0].scene(), Some(1));
}

#[test]
fn a_scene_may_be_what_its_source_is() {
    let mut allowed = scenes();
    (allowed[1].dark, allowed[1].still, allowed[1].speech) = (true, true, None);
    let change = |decoded: &mut Decoded| {
        (decoded.black, decoded.silent) = (span(5.0, 10.0), span(5.0, 10.0));
        decoded.frozen = span(6.2, 10.0);
    };
    assert_eq!(by_scene(allowed.clone(), change), []);
    // But the rest of the video is judged as before.
    let findings = by_scene(allowed, |decoded| decoded.black = span(0.0, 10.0));
    assert!(
        matches!(
            findings[..],
            [
                VerifyFinding::Black { .. },
                VerifyFinding::BlackScene { scene: 1, .. }
            ]
        ),
        "{findings:?}"
    );
}

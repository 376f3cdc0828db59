//! Decoding and mixing against the real FFmpeg: its encoders make the inputs, its meter checks the results.

mod support;

use std::f64::consts::TAU;

use camino::Utf8Path;
use support::Bench;
use tokio_util::sync::CancellationToken;
use videogen_media::{
    AudioClip, AudioContainer, Error, Loudness, MixRequest, MixSettings, MusicBed,
    RecordedNarration, StereoAudio, check_audio_file, decode_audio, decode_music, decode_narration,
    listen_to_music, mix_to_wav,
};

const RATE: f64 = 48_000.0;

/// A sine of `hertz` with amplitude `level`.
fn tone(hertz: f64, level: f64, seconds: f64, rate: u32) -> Vec<f32> {
    let sample = |i: usize| (level * (TAU * hertz * i as f64 / f64::from(rate)).sin()) as f32;
    (0..(seconds * f64::from(rate)) as usize)
        .map(sample)
        .collect()
}

fn both(samples: Vec<f32>) -> StereoAudio {
    StereoAudio {
        left: samples.clone(),
        right: samples,
    }
}

/// Something like speech: syllables of a buzz at 150 Hz with harmonics, a pause after each second.
fn speech(seconds: f64, level: f64, rate: u32) -> Vec<f32> {
    let sample = |i: usize| {
        let t = i as f64 / f64::from(rate);
        let syllable = (TAU * 2.0 * t).sin().abs();
        let word = if t % 1.2 < 1.0 { 1.0 } else { 0.0 };
        let buzz: f64 = (1..8)
            .map(|n| (TAU * 150.0 * f64::from(n) * t).sin() / f64::from(n))
            .sum();
        (level * syllable * word * buzz) as f32
    };
    (0..(seconds * f64::from(rate)) as usize)
        .map(sample)
        .collect()
}

/// Noise from a fixed seed, without the highest frequencies, where true-peak meters differ.
fn noise(level: f32, seconds: f64) -> Vec<f32> {
    let mut state = 0x2545_F491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        level * (state as f32 / u32::MAX as f32 * 2.0 - 1.0)
    };
    let white: Vec<f32> = (0..(seconds * RATE) as usize + 8).map(|_| next()).collect();
    white
        .windows(8)
        .map(|window| window.iter().sum::<f32>() / 3.0)
        .collect()
}

/// The amplitude of `hertz` in samples (Goertzel's algorithm as a plain correlation).
fn amplitude(samples: &[f32], hertz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, sample) in samples.iter().enumerate() {
        let (sin, cos) = (TAU * hertz * i as f64 / RATE).sin_cos();
        re += f64::from(*sample) * cos;
        im += f64::from(*sample) * sin;
    }
    2.0 * re.hypot(im) / samples.len() as f64
}

fn db(factor: f64) -> f64 {
    20.0 * factor.log10()
}

/// A mix as it was written.
struct Mixed {
    samples: StereoAudio,
    report: Loudness,
}

/// Mixes to `path` and nothing beside it.
fn mix_at(path: &Utf8Path, request: &MixRequest) -> Loudness {
    let report = mix_to_wav(
        request,
        &MixSettings::default(),
        path,
        &CancellationToken::new(),
    );
    let folder = path.parent().expect("in a folder");
    assert_eq!(left_in(folder), [path.file_name().expect("a file")]);
    report.expect("a valid request")
}

fn mixed(request: &MixRequest) -> Mixed {
    let dir = camino_tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("mix.wav");
    let report = mix_at(&path, request);
    Mixed {
        samples: read(&path),
        report,
    }
}

/// The samples of a WAV of 24 bits, 48 kHz and two channels.
fn read(path: &Utf8Path) -> StereoAudio {
    let mut reader = hound::WavReader::open(path).expect("a WAV");
    let spec = reader.spec();
    assert_eq!(
        (spec.channels, spec.sample_rate, spec.bits_per_sample),
        (2, 48_000, 24)
    );
    let mut stereo = StereoAudio::default();
    for (index, sample) in reader.samples::<i32>().enumerate() {
        let channel = if index % 2 == 0 {
            &mut stereo.left
        } else {
            &mut stereo.right
        };
        channel.push(sample.expect("whole") as f32 / 8_388_607.0);
    }
    stereo
}

fn left_in(folder: &Utf8Path) -> Vec<String> {
    let entries = folder.read_dir_utf8().expect("it is there");
    entries
        .map(|entry| entry.expect("readable").file_name().to_owned())
        .collect()
}

fn clip(samples: Vec<f32>, sample_rate: u32, start: f64) -> AudioClip {
    AudioClip {
        samples,
        sample_rate,
        start,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_file_decodes_to_its_length_and_level() {
    let bench = Bench::new().await;
    let sine = "-f lavfi -i sine=frequency=1000:sample_rate=44100:duration=3";
    for (name, args, container, tolerance) in [
        ("a.wav", "", AudioContainer::Wav, 0.0),
        ("float.wav", "-c:a pcm_f32le", AudioContainer::Wav, 0.0),
        ("a.flac", "", AudioContainer::Flac, 0.0),
        ("a.aiff", "", AudioContainer::Aiff, 0.0),
        ("vorbis.ogg", "-c:a libvorbis", AudioContainer::Ogg, 0.02),
        ("opus.ogg", "-c:a libopus", AudioContainer::Ogg, 0.02),
        ("a.mp3", "-c:a libmp3lame", AudioContainer::Mp3, 0.06),
        ("a.m4a", "-c:a aac", AudioContainer::Mp4, 0.05),
        ("a.aac", "-c:a aac", AudioContainer::Adts, 0.1),
        ("a.webm", "-c:a libopus", AudioContainer::Matroska, 0.02),
        ("8k.wav", "-ar 8000", AudioContainer::Wav, 0.002),
        ("192k.wav", "-ar 192000", AudioContainer::Wav, 0.002),
        (
            "51.flac",
            "-af pan=5.1|FL=c0|FR=c0|FC=c0|LFE=0*c0|BL=c0|BR=c0",
            AudioContainer::Flac,
            0.0,
        ),
    ] {
        let path = bench.make(name, &format!("{sine} {args}")).await;
        let info = check_audio_file(&bench.ffmpeg, &path, &bench.cancel)
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(info.container, container, "{name}");
        let told = info.duration.expect("a length");
        assert!((told - 3.0).abs() < 0.1, "{name}: {told}");
        let samples = decode_audio(&bench.ffmpeg, &path, 100.0, &bench.cancel)
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(samples.left.len(), samples.right.len());
        assert!(
            (samples.seconds() - 3.0).abs() <= tolerance,
            "{name}: {}",
            samples.seconds()
        );
        // A sine of 1/8 (−18 dB) comes to both channels at −3 dB; of six, front, 0.7 of centre and 0.7 of back add up.
        let level = db(amplitude(&samples.left[48_000..96_000], 1000.0));
        let expected = if name.starts_with("51") {
            -10.6..-10.2
        } else {
            -21.7..-20.6
        };
        assert!(expected.contains(&level), "{name}: {level}");
    }
}

/// What phones, old players and cameras write, and what only FFmpeg knows: its content decides, whatever it is called.
#[tokio::test(flavor = "multi_thread")]
async fn rarer_kinds_of_file_are_taken_where_ffmpeg_decodes_them() {
    let bench = Bench::new().await;
    let sine = "-f lavfi -i sine=frequency=1000:sample_rate=48000:duration=3,volume=6dB";
    for (name, args, container) in [
        ("a.caf", "-c:a pcm_s16be -f caf", AudioContainer::Caf),
        ("a.ac3", "-c:a ac3 -f ac3", AudioContainer::Ac3),
        ("a.eac3", "-c:a eac3 -f eac3", AudioContainer::Eac3),
        ("a.wma", "-c:a wmav2 -f asf", AudioContainer::Asf),
        ("a.au", "-c:a pcm_s16be -f au", AudioContainer::Au),
        ("a.w64", "-c:a pcm_s16le -f w64", AudioContainer::Wave64),
        ("a.mka", "-c:a flac -f matroska", AudioContainer::Matroska),
        ("a.mp2", "-c:a mp2 -f mp2", AudioContainer::Mp3),
        ("a.wv", "-c:a wavpack -f wv", AudioContainer::Other("wv")),
        ("a.tta", "-c:a tta -f tta", AudioContainer::Other("tta")),
        (
            "a.avi",
            "-c:a pcm_s16le -f avi",
            AudioContainer::Other("avi"),
        ),
        (
            "a.ts",
            "-c:a mp2 -f mpegts",
            AudioContainer::Other("mpegts"),
        ),
    ] {
        // By a name that says nothing.
        let path = bench
            .make(&format!("{name}.bin"), &format!("{sine} {args}"))
            .await;
        let info = check_audio_file(&bench.ffmpeg, &path, &bench.cancel).await;
        let info = info.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(info.container, container, "{name}");
        let sound = decode_audio(&bench.ffmpeg, &path, 100.0, &bench.cancel).await;
        let sound = sound.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            (sound.seconds() - 3.0).abs() < 0.15,
            "{name}: {}",
            sound.seconds()
        );
        assert!(
            amplitude(&sound.left[48_000..96_000], 1000.0) > 0.1,
            "{name}"
        );
    }
}

/// A frame of AMR-NB at 12.2 kbit/s that says nothing, 160 samples of 8 kHz: FFmpeg decodes these files, and does not write
/// them.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_phone_recorded_is_taken() {
    let bench = Bench::new().await;
    let mut bytes = b"#!AMR\n".to_vec();
    let mut state = 7_u32;
    for _ in 0..150 {
        bytes.push(0x3C);
        bytes.extend((0..31).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }));
    }
    let path = bench.file("voice.amr", bytes);
    let info = check_audio_file(&bench.ffmpeg, &path, &bench.cancel).await;
    assert_eq!(info.expect("taken").container, AudioContainer::Amr);
    let sound = decode_audio(&bench.ffmpeg, &path, 100.0, &bench.cancel).await;
    let sound = sound.expect("decoded");
    assert!((sound.seconds() - 3.0).abs() < 0.05, "{}", sound.seconds());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sound_at_all_is_refused_whatever_ffmpeg_could_make_of_it() {
    let bench = Bench::new().await;
    let script = bench
        .make("list.png", "-f lavfi -i testsrc2=s=64x64:d=1 -frames:v 1")
        .await;
    let midi = bench.file(
        "a.mid",
        b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk\0\0\0\x04\0\xFF\x2F\0",
    );
    let zeros = bench.file("zeros.wav", [0; 5000]);
    for (path, found) in [(script, "PNG"), (midi, "MIDI"), (zeros, "unknown type")] {
        let error = decode_audio(&bench.ffmpeg, &path, 60.0, &bench.cancel).await;
        let error = error.expect_err("refused");
        assert!(matches!(&error, Error::InputWrongType { .. }), "{error}");
        assert!(error.to_string().contains(found), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decoding_stops_at_the_limit() {
    let bench = Bench::new().await;
    let path = bench
        .make(
            "long.flac",
            "-f lavfi -i anoisesrc=duration=20:sample_rate=48000",
        )
        .await;
    let samples = decode_audio(&bench.ffmpeg, &path, 1.5, &bench.cancel)
        .await
        .unwrap();
    assert_eq!(samples.len(), 72_000);
    let error = decode_audio(&bench.ffmpeg, &path, f64::NAN, &bench.cancel)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::InvalidValue { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_cover_does_no_harm() {
    let bench = Bench::new().await;
    let plain = std::fs::read(
        bench
            .make(
                "plain.mp3",
                "-f lavfi -i sine=duration=2 -c:a libmp3lame -id3v2_version 0",
            )
            .await,
    )
    .unwrap();
    // An ID3v2.3 tag with one APIC frame of 50 MB in front.
    let body = 50_000_000_u32;
    let mut apic = b"\0image/png\0\x03\0\x89PNG\r\n\x1A\n".to_vec();
    apic.resize(body as usize, 0xAB);
    let total = body + 10;
    let syncsafe: Vec<u8> = (0..4)
        .rev()
        .map(|i| (total >> (7 * i) & 0x7F) as u8)
        .collect();
    let bytes = [
        b"ID3\x03\0\0".as_slice(),
        &syncsafe,
        b"APIC",
        &body.to_be_bytes(),
        &[0, 0],
        &apic,
        &plain,
    ]
    .concat();
    let path = bench.file("cover.mp3", bytes);
    let samples = decode_audio(&bench.ffmpeg, &path, 60.0, &bench.cancel)
        .await
        .unwrap();
    assert!(
        (samples.seconds() - 2.0).abs() < 0.1,
        "{}",
        samples.seconds()
    );
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one case after the other")]
async fn what_is_not_usable_audio_is_refused_with_the_reason() {
    let bench = Bench::new().await;
    let refused = async |path: &camino::Utf8Path| {
        decode_audio(&bench.ffmpeg, path, 60.0, &bench.cancel)
            .await
            .unwrap_err()
    };

    let hls = bench.file(
        "hls.mp3",
        "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    );
    let error = refused(&hls).await;
    assert!(
        matches!(&error, Error::InputWrongType { found, .. } if found.contains("HLS")),
        "{error}"
    );
    let html = bench.file("page.mp3", "<!doctype html><title>404</title>");
    let error = refused(&html).await;
    assert!(
        matches!(&error, Error::InputWrongType { found, .. } if found.contains("HTML")),
        "{error}"
    );
    assert!(matches!(
        refused(&bench.file("zero.wav", "")).await,
        Error::InputEmpty { .. }
    ));
    // A whole header, and no sample behind it.
    let header = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\xBB\0\0\0\x77\x01\0\x02\0\x10\0data\0\0\0\0";
    assert!(matches!(
        refused(&bench.file("header.wav", header)).await,
        Error::InputBroken { .. }
    ));
    assert!(matches!(
        refused(bench.dir.path()).await,
        Error::InputNotAFile { .. }
    ));
    assert!(matches!(
        refused(&bench.path("nowhere.wav")).await,
        Error::InputMissing { .. }
    ));

    let m4a = std::fs::read(
        bench
            .make("whole.m4a", "-f lavfi -i sine=duration=5 -c:a aac")
            .await,
    )
    .unwrap();
    let error = refused(&bench.file("cut.m4a", &m4a[..m4a.len() / 2])).await;
    assert!(matches!(&error, Error::InputBroken { .. }), "{error}");
    let flac = std::fs::read(
        bench
            .make("whole.flac", "-f lavfi -i anoisesrc=duration=5")
            .await,
    )
    .unwrap();
    let error = refused(&bench.file("cut.flac", &flac[..flac.len() / 3])).await;
    assert!(
        matches!(&error, Error::InputBroken { reason, .. } if reason.contains("ends after")),
        "{error}"
    );
    let error = refused(
        &bench
            .make("short.wav", "-f lavfi -i sine=duration=0.02")
            .await,
    )
    .await;
    assert!(
        matches!(&error, Error::InputBroken { reason, .. } if reason.contains("0.020 s")),
        "{error}"
    );
    let error = refused(&bench.file(
        "tag-only.mp3",
        [b"ID3\x03\0\0\0\0\0\x7F".as_slice(), &[0; 4000]].concat(),
    ))
    .await;
    assert!(matches!(&error, Error::InputBroken { .. }), "{error}");
    let error = refused(
        &bench
            .make("mute.mp4", "-f lavfi -i testsrc2=s=64x64:d=1 -c:v libx264")
            .await,
    )
    .await;
    assert!(
        matches!(&error, Error::InputBroken { reason, .. } if reason.contains("no audio")),
        "{error}"
    );

    // Floating-point samples that are not numbers.
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let nan = bench.path("nan.wav");
    let mut writer = hound::WavWriter::create(&nan, spec).unwrap();
    (0..48_000).for_each(|i| {
        writer
            .write_sample(if i == 7 { f32::NAN } else { 0.1 })
            .unwrap();
    });
    writer.finalize().unwrap();
    let error = refused(&nan).await;
    assert!(
        matches!(&error, Error::InputBroken { reason, .. } if reason.contains("not numbers")),
        "{error}"
    );

    // 200 MiB, without writing them.
    let large = bench.file("large.wav", b"RIFF\xFF\xFF\xFF\xFFWAVEfmt ");
    std::fs::File::options()
        .write(true)
        .open(&large)
        .unwrap()
        .set_len(200 << 20)
        .unwrap();
    let error = refused(&large).await;
    assert_eq!(
        error.to_string(),
        format!("{large} is too large: 200 MiB, at most 150 MiB are accepted")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wav_header_that_claims_gigabytes_is_believed_only_as_far_as_the_file_goes() {
    let bench = Bench::new().await;
    let mut wav = std::fs::read(
        bench
            .make(
                "a.wav",
                "-f lavfi -i sine=duration=2:sample_rate=48000 -bitexact",
            )
            .await,
    )
    .unwrap();
    let data = wav.windows(4).position(|w| w == b"data").unwrap();
    wav[4..8].copy_from_slice(&0xFFFF_FFF0_u32.to_le_bytes());
    wav[data + 4..data + 8].copy_from_slice(&0xFFFF_FF00_u32.to_le_bytes());
    let path = bench.file("claims.wav", wav);
    let info = check_audio_file(&bench.ffmpeg, &path, &bench.cancel)
        .await
        .unwrap();
    let told = info.duration.expect("a length");
    assert!((told - 2.0).abs() < 0.01, "{info:?}");
    assert_eq!(
        info.promised, None,
        "what is written to a pipe promises nothing"
    );
    assert_eq!(
        decode_audio(&bench.ffmpeg, &path, 60.0, &bench.cancel)
            .await
            .unwrap()
            .len(),
        96_000
    );
}

/// Listens to a recording.
async fn listened(bench: &Bench, path: &Utf8Path) -> Result<RecordedNarration, Error> {
    let listening = RecordedNarration::listen(Some(&bench.ffmpeg), Some(path), &bench.cancel);
    listening
        .await
        .map(|recorded| recorded.expect("there is one"))
}

/// The remarks on a recording whose text is not known.
async fn remarks(bench: &Bench, path: &Utf8Path) -> String {
    let recorded = listened(bench, path).await;
    let recorded = recorded.unwrap_or_else(|error| panic!("{path}: {error}"));
    recorded.remarks(None).join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_cut_off_is_told_and_used_as_far_as_it_goes() {
    let bench = Bench::new().await;
    let noise = "-f lavfi -i anoisesrc=duration=6:sample_rate=22050:amplitude=0.3";
    for (name, args) in [
        ("a.wav", "-c:a pcm_s16le"),
        ("a.mp3", "-c:a libmp3lame"),
        ("a.au", "-c:a pcm_s16be"),
        ("a.ogg", "-c:a libvorbis -page_duration 500000"),
    ] {
        let whole = bench.make(name, &format!("{noise} {args}")).await;
        let said = remarks(&bench, &whole).await;
        assert_eq!(said, "", "{name}");
        let bytes = std::fs::read(&whole).unwrap();
        let cut = bench.file(&format!("cut-{name}"), &bytes[..bytes.len() / 3]);
        let recorded = listened(&bench, &cut).await.expect("used");
        let said = recorded.remarks(None).join("\n");
        assert!(said.contains("cut off"), "{name}: {said}");
        assert!(
            (1.0..3.0).contains(&recorded.seconds()),
            "{name}: {recorded:?}"
        );
        let music = listen_to_music(&bench.ffmpeg, &cut, 60.0, &bench.cancel).await;
        let music = music.expect("used").join("\n");
        assert!(music.contains("cut off"), "{name}: {music}");
        // What is there is all that a short video takes.
        let music = listen_to_music(&bench.ffmpeg, &cut, 0.5, &bench.cancel).await;
        assert_eq!(music.expect("used"), [] as [String; 0], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sounds_own_length_counts_beside_a_video_and_where_it_begins_late() {
    let bench = Bench::new().await;
    let video = "-f lavfi -i testsrc2=s=64x64:r=10:d=8";
    let sound = "-f lavfi -i anoisesrc=d=3:a=0.3";
    for (name, args) in [
        (
            "longer.webm",
            format!("{video} {sound} -c:v libvpx -deadline realtime -c:a libopus"),
        ),
        (
            "longer.mp4",
            format!("{video} {sound} -c:v libx264 -c:a aac"),
        ),
        (
            "longer.mkv",
            format!("{video} {sound} -c:v libx264 -c:a libmp3lame"),
        ),
        (
            "late.mkv",
            format!("{video} -itsoffset 4 {sound} -c:v libx264 -c:a aac"),
        ),
        (
            "late.mp4",
            format!("{video} -itsoffset 4 {sound} -c:v libx264 -c:a aac"),
        ),
        (
            "late.ts",
            format!("{video} -itsoffset 4 {sound} -c:v libx264 -c:a mp2"),
        ),
        ("alone.mka", format!("-itsoffset 4 {sound} -c:a flac")),
    ] {
        let path = bench.make(name, &args).await;
        let recorded = listened(&bench, &path).await;
        let recorded = recorded.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            (recorded.seconds() - 3.0).abs() < 0.15,
            "{name}: {recorded:?}"
        );
        assert_eq!(recorded.remarks(None), [] as [String; 0], "{name}");
        let samples = decode_narration(Some(&bench.ffmpeg), &path, &bench.cancel).await;
        let seconds = samples.expect("decoded").len() as f64 / RATE;
        assert!(
            (seconds - recorded.seconds()).abs() < 0.01,
            "{name}: {seconds}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_are_refused_or_told_of_for_what_is_heard_in_them() {
    let bench = Bench::new().await;
    for (name, args) in [
        ("silent.flac", "anullsrc=r=48000 -t 4"),
        ("hiss.flac", "anoisesrc=d=4:a=0.0004"),
        ("offset.wav", "aevalsrc=0.2:s=8000:d=2"),
        (
            "click.flac",
            "aevalsrc=if(between(t\\,1\\,1.01)\\,0.9*sin(3000*t)):s=48000:d=4",
        ),
    ] {
        let path = bench.make(name, &format!("-f lavfi -i {args}")).await;
        let error = listened(&bench, &path).await.expect_err(name);
        assert!(
            error.to_string().contains("nobody is heard"),
            "{name}: {error}"
        );
        assert!(error.help().is_some());
    }
    let noise = "-f lavfi -i anoisesrc=d=4:a=0.3:c=pink,aformat=cl=mono";
    for (name, pan, told) in [
        (
            "opposite.flac",
            "stereo|c0=c0|c1=-1*c0",
            "one alone is used",
        ),
        (
            "stronger.flac",
            "stereo|c0=-0.8*c0|c1=c0",
            "the right one alone is used",
        ),
        ("one.flac", "stereo|c0=c0|c1=0*c0", ""),
        ("same.flac", "stereo|c0=c0|c1=c0", ""),
    ] {
        let path = bench.make(name, &format!("{noise},pan={pan}")).await;
        let said = remarks(&bench, &path).await;
        assert_eq!(
            said.contains(told) && !told.is_empty(),
            !said.is_empty(),
            "{name}: {said}"
        );
        let samples = decode_narration(Some(&bench.ffmpeg), &path, &bench.cancel).await;
        let peak = samples
            .unwrap()
            .iter()
            .fold(0.0_f32, |peak, s| peak.max(s.abs()));
        assert!(peak > 0.05, "{name}: {peak}");
    }
    let mostly = "-f lavfi -i anoisesrc=d=1:a=0.3,apad=whole_dur=20";
    let said = remarks(&bench, &bench.make("mostly.flac", mostly).await).await;
    assert!(said.contains("nothing is heard in it for 19"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_no_video_can_hold_is_refused_with_its_length() {
    let bench = Bench::new().await;
    let noise = "-f lavfi -i anoisesrc=d=700:r=8000:a=0.2";
    for name in ["long.flac", "long.mp3", "long.wav", "long.ogg"] {
        let path = bench.make(name, noise).await;
        let error = listened(&bench, &path).await.expect_err(name);
        assert!(
            matches!(error, Error::InputTooLong { .. }),
            "{name}: {error}"
        );
        let said = error.to_string();
        assert!(
            said.contains("700.") && said.contains("600 s"),
            "{name}: {said}"
        );
    }
    let path = bench
        .make("just.flac", "-f lavfi -i anoisesrc=d=600:r=8000:a=0.2")
        .await;
    let recorded = listened(&bench, &path)
        .await
        .expect("a video of ten minutes");
    assert!((recorded.seconds() - 600.0).abs() < 0.01);
    let samples = decode_narration(Some(&bench.ffmpeg), &path, &bench.cancel).await;
    assert_eq!(samples.expect("all of it").len(), 600 * 48_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn music_is_begun_where_it_sounds() {
    let bench = Bench::new().await;
    let late = "-f lavfi -i sine=f=440:d=5:r=48000,volume=6dB,adelay=20000:all=1";
    for (name, codec) in [
        ("late.wav", ""),
        ("late.ogg", "-c:a libvorbis"),
        ("late.mp3", ""),
    ] {
        let path = bench.make(name, &format!("{late} {codec}")).await;
        let music = decode_music(&bench.ffmpeg, &path, 3.0, &bench.cancel).await;
        let music = music.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!((music.seconds() - 3.0).abs() < 1e-9, "{name}");
        assert!(amplitude(&music.left[12_000..], 440.0) > 0.1, "{name}");
        let told = listen_to_music(&bench.ffmpeg, &path, 3.0, &bench.cancel).await;
        let told = told.expect("heard").join("\n");
        assert!(
            told.contains("s of silence, and is begun"),
            "{name}: {told}"
        );
    }
    let silent = bench
        .make("silent.flac", "-f lavfi -i anullsrc=r=44100 -t 9")
        .await;
    let told = listen_to_music(&bench.ffmpeg, &silent, 60.0, &bench.cancel).await;
    let told = told.expect("it may be used").join("\n");
    assert!(told.contains("silent for all of its 9.0 s"), "{told}");
    let music = decode_music(&bench.ffmpeg, &silent, 60.0, &bench.cancel).await;
    assert!(!music.expect("silence").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_the_decoder() {
    let bench = Bench::new().await;
    let path = bench
        .make("a.flac", "-f lavfi -i anoisesrc=duration=5")
        .await;
    bench.cancel.cancel();
    let error = decode_audio(&bench.ffmpeg, &path, 60.0, &bench.cancel)
        .await
        .unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert_eq!(bench.ffmpeg.supervisor().live(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn mixes_reach_their_loudness_by_another_meter() {
    let bench = Bench::new().await;
    let voice = |level| {
        vec![
            clip(speech(4.0, level, 22_050), 22_050, 0.5),
            clip(speech(3.0, level, 24_000), 24_000, 6.0),
        ]
    };
    let bed = || {
        Some(MusicBed {
            samples: both(noise(0.2, 3.0)),
            seamless: false,
        })
    };
    for (name, narration, bed) in [
        ("voice alone", voice(0.2), None),
        ("faint voice", voice(0.01), None),
        ("hot voice", voice(1.5), bed()),
        ("both", voice(0.1), bed()),
        ("music alone", vec![], bed()),
        (
            "silent voice",
            vec![clip(vec![0.0; 48_000], 48_000, 1.0)],
            bed(),
        ),
        (
            "high crest",
            vec![clip(
                speech(8.0, 0.05, 48_000)
                    .iter()
                    .map(|s| s * s * s * 4000.0)
                    .collect(),
                48_000,
                0.0,
            )],
            None,
        ),
    ] {
        let path = bench.path("mix.wav");
        let report = mix_at(
            &path,
            &MixRequest {
                narration,
                bed,
                duration: 10.0,
            },
        );
        assert_eq!(read(&path).len(), 480_000);
        let (lufs, dbtp) = bench.loudness(&path).await;
        assert!(
            (lufs + 14.0).abs() <= 0.35,
            "{name}: {lufs} LUFS, {report:?}"
        );
        assert!(
            (lufs - report.integrated_lufs.unwrap()).abs() <= 0.15,
            "{name}: {lufs} LUFS, {report:?}"
        );
        assert!(dbtp <= -1.4, "{name}: {dbtp} dBTP, {report:?}");
        assert!(
            (dbtp - report.true_peak_dbtp.unwrap()).abs() <= 0.2,
            "{name}: {dbtp} dBTP, {report:?}"
        );
    }
}

#[test]
fn nothing_to_hear_stays_silent() {
    for narration in [vec![], vec![clip(vec![0.0; 1000], 22_050, 0.2)]] {
        let mix = mixed(&MixRequest {
            narration,
            bed: None,
            duration: 1.23456,
        });
        assert_eq!(mix.samples.len(), 59_259);
        assert!(
            mix.samples
                .left
                .iter()
                .chain(&mix.samples.right)
                .all(|sample| *sample == 0.0)
        );
        assert_eq!(
            (mix.report.integrated_lufs, mix.report.true_peak_dbtp),
            (None, None)
        );
    }
}

#[test]
fn clips_lie_where_they_were_put_to_the_sample() {
    // Impulses: each must be the highest sample exactly at its place.
    let mut impulse = vec![0.0; 100];
    impulse[0] = 0.5;
    let starts = [0.0, 0.25, 1.000_02, 1.999];
    let narration = starts
        .map(|start| clip(impulse.clone(), 48_000, start))
        .to_vec();
    let mix = mixed(&MixRequest {
        narration,
        bed: None,
        duration: 2.0,
    });
    let places: Vec<usize> = (0..mix.samples.len())
        .filter(|i| mix.samples.left[*i].abs() > 0.01)
        .collect();
    assert_eq!(places, [0, 12_000, 48_001, 95_952]);
    assert_eq!(mix.samples.left, mix.samples.right);
}

#[test]
fn music_goes_down_under_speech_and_comes_back() {
    // The music is a tone the voice does not contain; its amplitude in the mix tells the gain.
    let bed = MusicBed {
        samples: both(tone(3170.0, 0.3, 20.0, 48_000)),
        seamless: false,
    };
    let narration = vec![clip(speech(5.0, 0.2, 48_000), 48_000, 6.0)];
    let mix = mixed(&MixRequest {
        narration,
        bed: Some(bed),
        duration: 18.0,
    });
    assert!(!mix.report.limited, "{:?}", mix.report);
    let level = |from: f64, to: f64| {
        db(amplitude(
            &mix.samples.left[(from * RATE) as usize..(to * RATE) as usize],
            3170.0,
        ))
    };
    let (before, under, after) = (level(2.0, 5.5), level(6.1, 10.9), level(12.0, 16.0));
    assert!((before - after).abs() < 0.1, "{before} {after}");
    assert!((before - under - 12.0).abs() < 0.5, "{before} {under}");
    // Already down when the first word starts, and the ends are faded.
    assert!(
        level(6.0, 6.05) - under < 0.5,
        "{} {under}",
        level(6.0, 6.05)
    );
    assert!(before - level(0.0, 0.1) > 15.0 && before - level(17.9, 18.0) > 20.0);
}

#[test]
fn the_voice_stands_clear_of_the_music() {
    let request = |bed| MixRequest {
        narration: vec![clip(speech(10.0, 0.2, 48_000), 48_000, 0.0)],
        bed,
        duration: 10.0,
    };
    let loud_bed = Some(MusicBed {
        samples: both(tone(3170.0, 0.9, 5.0, 48_000)),
        seamless: true,
    });
    let with = mixed(&request(loud_bed));
    let under = db(amplitude(&with.samples.left[96_000..384_000], 3170.0));
    // The voice is at about −14 LUFS; a stereo tone 20 LU below is at −34 LUFS, which is an amplitude near −34 dBFS
    // less what K-weighting adds at 3 kHz (3 dB).
    assert!((-39.0..-35.0).contains(&under), "{under}");
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    let request = MixRequest {
        narration: vec![clip(speech(2.0, 0.3, 22_050), 22_050, 0.1)],
        bed: Some(MusicBed {
            samples: both(noise(0.5, 1.0)),
            seamless: true,
        }),
        duration: 3.0,
    };
    let dir = camino_tempfile::tempdir().unwrap();
    let path = dir.path().join("mix.wav");
    let bytes = || {
        mix_at(&path, &request);
        std::fs::read(&path).unwrap()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_mix_shorter_than_the_meter_needs_keeps_the_ceiling() {
    let mix = mixed(&MixRequest {
        narration: vec![clip(tone(440.0, 3.0, 0.2, 48_000), 48_000, 0.0)],
        bed: None,
        duration: 0.2,
    });
    assert_eq!(mix.report.integrated_lufs, None);
    assert!(
        mix.report.true_peak_dbtp.unwrap() < -1.4,
        "{:?}",
        mix.report
    );
}

#[test]
fn values_out_of_range_are_refused_and_cancelling_stops() {
    let good = MixRequest {
        narration: vec![],
        bed: None,
        duration: 1.0,
    };
    let dir = camino_tempfile::tempdir().unwrap();
    let path = dir.path().join("mix.wav");
    let refuse = |request: MixRequest, settings: MixSettings| {
        let stop = CancellationToken::new();
        let error = mix_to_wav(&request, &settings, &path, &stop).unwrap_err();
        assert!(matches!(error, Error::InvalidValue { .. }), "{error}");
        assert!(left_in(dir.path()).is_empty());
    };
    let defaults = MixSettings::default;
    for duration in [0.0, -1.0, f64::NAN, f64::INFINITY, 7201.0] {
        refuse(
            MixRequest {
                duration,
                ..good.clone()
            },
            defaults(),
        );
    }
    refuse(
        MixRequest {
            narration: vec![clip(vec![0.1], 48_000, -0.1)],
            ..good.clone()
        },
        defaults(),
    );
    refuse(
        MixRequest {
            narration: vec![clip(vec![f32::NAN], 48_000, 0.0)],
            ..good.clone()
        },
        defaults(),
    );
    refuse(
        MixRequest {
            narration: vec![clip(vec![0.1], 100, 0.0)],
            ..good.clone()
        },
        defaults(),
    );
    refuse(
        MixRequest {
            bed: Some(MusicBed {
                samples: both(vec![]),
                seamless: true,
            }),
            ..good.clone()
        },
        defaults(),
    );
    refuse(
        good.clone(),
        MixSettings {
            target_lufs: 0.0,
            ..defaults()
        },
    );
    refuse(
        good.clone(),
        MixSettings {
            duck_db: f64::NAN,
            ..defaults()
        },
    );
    let stop = CancellationToken::new();
    stop.cancel();
    let error = mix_to_wav(&good, &defaults(), &path, &stop).unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert!(left_in(dir.path()).is_empty());
}

#[test]
fn cancelling_at_any_moment_leaves_nothing() {
    let request = MixRequest {
        narration: vec![clip(speech(20.0, 0.2, 22_050), 22_050, 0.0)],
        bed: Some(MusicBed {
            samples: both(noise(0.2, 3.0)),
            seamless: true,
        }),
        duration: 20.0,
    };
    let dir = camino_tempfile::tempdir().unwrap();
    let path = dir.path().join("mix.wav");
    let mut cancelled = 0;
    for at in 0..12 {
        let stop = CancellationToken::new();
        let error = std::thread::scope(|scope| {
            let mixing =
                scope.spawn(|| mix_to_wav(&request, &MixSettings::default(), &path, &stop));
            std::thread::sleep(std::time::Duration::from_millis(at * 20));
            stop.cancel();
            mixing.join().unwrap().err()
        });
        // A fast machine may be done before.
        if let Some(error) = error {
            assert!(error.is_cancelled(), "{error}");
            assert!(left_in(dir.path()).is_empty());
            cancelled += 1;
        } else {
            std::fs::remove_file(&path).unwrap();
        }
    }
    assert!(cancelled > 0);
}

#[test]
fn what_cannot_be_written_is_told_and_leaves_nothing() {
    let request = MixRequest {
        narration: vec![clip(speech(1.0, 0.3, 48_000), 48_000, 0.0)],
        bed: None,
        duration: 1.5,
    };
    let dir = camino_tempfile::tempdir().unwrap();
    let fails = |path: &Utf8Path| {
        let stop = CancellationToken::new();
        let error = mix_to_wav(&request, &MixSettings::default(), path, &stop).unwrap_err();
        match error {
            Error::Io {
                action: "writing",
                path: told,
                source,
            } => {
                assert_eq!(told, path);
                source.kind()
            }
            other => panic!("{other}"),
        }
    };
    let missing = fails(&dir.path().join("no/such/folder.wav"));
    assert_eq!(missing, std::io::ErrorKind::NotFound);
    #[cfg(target_os = "linux")]
    {
        // A link is replaced and not followed, and a device is not written to and stays.
        let path = dir.path().join("full.wav");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let stop = CancellationToken::new();
        mix_to_wav(&request, &MixSettings::default(), &path, &stop).unwrap();
        assert!(path.symlink_metadata().unwrap().is_file());
        std::fs::remove_file(&path).unwrap();
        let device = Utf8Path::new("/dev/full");
        assert_eq!(fails(device), std::io::ErrorKind::InvalidInput);
        assert!(device.exists());
    }
    assert!(left_in(dir.path()).is_empty());
}

//! How good the picture is to be, on each encoder's own scale.
//!
//! The scale of x264 is the reference. H.264 and H.265 share the meaning of a quantiser (the step doubles every 6), so
//! encoders of these take x264's number where their scale is that of a quantiser. libx265, SVT-AV1 and libaom were
//! measured against x264 (`docs/measurements.md`); no hardware encoder was: their numbers follow from their scales, as
//! FFmpeg documents them (<https://ffmpeg.org/ffmpeg-codecs.html>, `ffmpeg -h encoder=NAME`), and lean to the better
//! side.

use super::{Codec, EncodeSettings, Encoder, EncoderBackend, X264Settings};

/// Rate control and effort.
pub(super) fn quality(encode: &EncodeSettings) -> Vec<String> {
    let encoder = encode.encoder;
    let crf = encode.crf;
    match encoder.backend() {
        EncoderBackend::Software => software(encode),
        // Constant quality of its variable rate control; a target rate of 0 takes the ceiling away. 1 to 51 for all three
        // codecs; 0 would mean "automatic".
        EncoderBackend::Nvenc => {
            let level = crf.clamp(1.0, 51.0).to_string();
            let mut args = text(&["-preset", "p5", "-tune", "hq", "-rc", "vbr"]);
            args.extend(text(&["-cq", &level, "-b:v", "0"]));
            args
        }
        // 1 to 100, more is better; Apple does not say what it means. Apple chips only: the trial fails on others.
        EncoderBackend::VideoToolbox => {
            let level = (65.0 - 3.0 * (crf - 18.0)).round().clamp(1.0, 100.0);
            text(&["-q:v", &level.to_string()])
        }
        // "Intelligent constant quality", 1 to 51 for all three codecs.
        EncoderBackend::Qsv => {
            let level = crf.round().clamp(1.0, 51.0).to_string();
            text(&["-preset", "medium", "-global_quality", &level])
        }
        EncoderBackend::Amf => {
            let level = quantiser(encoder, crf).to_string();
            let mut args = text(&["-usage", "transcoding", "-quality", "quality"]);
            args.extend(text(&["-rc", "cqp", "-qp_i", &level, "-qp_p", &level]));
            // The other two have no B-frames.
            if encoder.codec() == Codec::H264 {
                args.extend(text(&["-qp_b", &level]));
            }
            args
        }
        EncoderBackend::Vaapi => {
            let level = quantiser(encoder, crf).to_string();
            text(&["-rc_mode", "CQP", "-global_quality", &level])
        }
    }
}

/// How many frames x264 works on at a time. What it writes depends on that, so it is the same on every machine: the same
/// frames are the same bytes, however many processors there are and whatever else they do. Eight keep as many processors
/// busy, and cost one or two no more time than two do (`docs/measurements.md`).
const THREADS: &str = "8";

/// The software encoders.
fn software(encode: &EncodeSettings) -> Vec<String> {
    let crf = encode.crf;
    if encode.encoder == Encoder::X264 {
        let X264Settings { preset, params } = encode.x264;
        let mut args = text(&["-preset", preset, "-crf", &crf.to_string()]);
        args.extend(text(&["-x264-params", params, "-threads:v", THREADS]));
        args
    } else if encode.encoder == Encoder::X265 {
        let level = x265_crf(crf).to_string();
        // It does not ask FFmpeg how much to say. Into the stream it would write the machine's processor and threads; what it
        // writes otherwise depends on the frames it works on at a time, and not on its threads.
        let params = "log-level=error:scenecut=0:info=0:frame-threads=2";
        text(&["-preset", "fast", "-crf", &level, "-x265-params", params])
    } else if encode.encoder == Encoder::SVT_AV1 {
        text(&["-preset", "8", "-crf", &av1_crf(crf).to_string()])
    } else {
        let level = av1_crf(crf).to_string();
        let mut args = text(&["-cpu-used", "6", "-row-mt", "1", "-threads:v", THREADS]);
        // Without a rate of 0 the constant quality has a ceiling.
        args.extend(text(&["-crf", &level, "-b:v", "0"]));
        args
    }
}

/// libx265's constant rate factor, `0..=51`.
fn x265_crf(crf: f32) -> f32 {
    (crf - 1.0).clamp(0.0, 51.0)
}

/// AV1's constant rate factor, `1..=63`.
fn av1_crf(crf: f32) -> f32 {
    (20.0 + 3.6 * (crf - 18.0)).round().clamp(1.0, 63.0)
}

/// A constant quantiser: 1 to 51 for H.264 and H.265, 1 to 255 for AV1, whose quantiser has four steps for one of the
/// constant rate factor (libaom, `av1/encoder/av1_quantize.c`, `quantizer_to_qindex`).
fn quantiser(encoder: Encoder, crf: f32) -> f32 {
    match encoder.codec() {
        Codec::H264 | Codec::Hevc => crf.round().clamp(1.0, 51.0),
        Codec::Av1 => (av1_crf(crf) * 4.0).min(255.0),
    }
}

fn text(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, encode: EncodeSettings) -> String {
        quality(&encode.with(name.parse().unwrap())).join(" ")
    }

    #[test]
    fn each_encoder_has_the_value_of_its_own_scale() {
        let at_18 = EncodeSettings {
            crf: 18.0,
            ..EncodeSettings::FINE
        };
        let fine = |name: &str| of(name, at_18);
        for (name, expected) in [
            ("libx265", "-crf 17 "),
            ("libsvtav1", "-preset 8 -crf 20"),
            ("libaom-av1", "-crf 20 -b:v 0"),
            ("h264_nvenc", "-rc vbr -cq 18 -b:v 0"),
            ("hevc_nvenc", "-rc vbr -cq 18 -b:v 0"),
            ("av1_nvenc", "-rc vbr -cq 18 -b:v 0"),
            ("h264_videotoolbox", "-q:v 65"),
            ("av1_qsv", "-global_quality 18"),
            ("h264_amf", "-rc cqp -qp_i 18 -qp_p 18 -qp_b 18"),
            ("hevc_amf", "-rc cqp -qp_i 18 -qp_p 18"),
            ("av1_amf", "-rc cqp -qp_i 80 -qp_p 80"),
            ("h264_vaapi", "-rc_mode CQP -global_quality 18"),
            ("av1_vaapi", "-rc_mode CQP -global_quality 80"),
        ] {
            let line = fine(name);
            assert!(line.contains(expected), "{name}: {line}");
        }
        assert!(!fine("hevc_amf").contains("-qp_b"));
        let x264 = fine("libx264");
        let params = EncodeSettings::FINE.x264.params;
        assert!(x264.starts_with("-preset veryfast -crf 18 "), "{x264}");
        assert!(x264.contains(params), "{x264}");
    }

    #[test]
    fn what_is_written_depends_on_no_machine() {
        for encode in [
            EncodeSettings::DRAFT,
            EncodeSettings::FINE,
            EncodeSettings::SMOOTH,
        ] {
            let x264 = of("libx264", encode);
            assert!(
                x264.contains("sync-lookahead=0:lookahead-threads=2"),
                "{x264}"
            );
            assert!(x264.contains("-threads:v 8"), "{x264}");
        }
        assert!(of("libx265", EncodeSettings::FINE).contains(":info=0:frame-threads=2"));
        assert!(of("libaom-av1", EncodeSettings::FINE).contains("-threads:v 8"));
    }

    #[test]
    fn a_lower_quality_is_never_a_better_one_and_no_value_leaves_its_scale() {
        // The option with the value, the scale, and whether more is better.
        let scales = [
            ("libx265", "-crf", 0.0..=51.0, false),
            ("libsvtav1", "-crf", 1.0..=63.0, false),
            ("libaom-av1", "-crf", 1.0..=63.0, false),
            ("h264_nvenc", "-cq", 1.0..=51.0, false),
            ("h264_videotoolbox", "-q:v", 1.0..=100.0, true),
            ("hevc_qsv", "-global_quality", 1.0..=51.0, false),
            ("h264_amf", "-qp_b", 1.0..=51.0, false),
            ("av1_amf", "-qp_p", 1.0..=255.0, false),
            ("av1_vaapi", "-global_quality", 1.0..=255.0, false),
        ];
        for (name, option, scale, more_is_better) in scales {
            let value = |crf: f32| {
                let args = quality(&EncodeSettings {
                    crf,
                    ..EncodeSettings::FINE.with(name.parse().unwrap())
                });
                let at = args.iter().position(|arg| arg == option).unwrap();
                args[at + 1].parse::<f32>().unwrap()
            };
            let values: Vec<f32> = (0..=51).map(|crf| value(crf as f32)).collect();
            assert!(values.iter().all(|v| scale.contains(v)), "{name}");
            let sorted = |a: &f32, b: &f32| if more_is_better { a >= b } else { a <= b };
            assert!(values.is_sorted_by(sorted), "{name}: {values:?}");
        }
    }
}

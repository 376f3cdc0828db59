//! Clips as scenes, made by the real FFmpeg: the right frame at the right time, in the right colours.

mod support;

use std::io::Write;
use std::sync::Arc;

use camino::Utf8Path;
use support::Bench;
use videogen_media::{
    CaptionMode, CaptionStyle, CaptionText, CaptionWord, Captions, Clip, EncodeSettings,
    FfmpegRenderer, Fonts, FootageKind, FrameRate, FrameSize, Motion, RenderJob, RenderParts,
    Renderer, SafeZone, Shot, ShotSource, Timeline, footage_kind, write_frames, write_still,
};

const WIDTH: u32 = 160;
const HEIGHT: u32 = 240;

fn size() -> FrameSize {
    FrameSize::new(WIDTH, HEIGHT).expect("even")
}

fn rate(text: &str) -> FrameRate {
    text.parse().expect("in range")
}

fn job(sources: Vec<ShotSource>, seconds: f64, rate: FrameRate, crossfade: f64) -> RenderJob {
    let shots = sources.into_iter().map(|source| Shot {
        source,
        motion: Motion::numbered(0),
        guided: false,
        duration: seconds,
    });
    let timeline = Timeline::new(shots.collect(), rate, crossfade).expect("long enough");
    let (audio, output) = ("none.wav".into(), "none.mp4".into());
    RenderJob::new(size(), rate, timeline, audio, EncodeSettings::FINE, output)
}

/// All frames of a job.
async fn frames(bench: &Bench, job: &RenderJob) -> Vec<Vec<u8>> {
    let (job, stop) = (job.clone(), bench.cancel.clone());
    tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        write_frames(&job, &mut bytes, &stop).expect("made");
        let frames = bytes.chunks_exact(job.size.frame_bytes());
        frames.map(<[u8]>::to_vec).collect()
    })
    .await
    .expect("no panic")
}

async fn open(bench: &Bench, path: &Utf8Path) -> Clip {
    assert_eq!(footage_kind(path).expect("readable"), FootageKind::Clip);
    let clip = Clip::open(&bench.ffmpeg, path, &bench.cancel).await;
    clip.unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Frames of a shot of one clip.
async fn shown(bench: &Bench, path: &Utf8Path, seconds: f64, rate: FrameRate) -> Vec<Vec<u8>> {
    let clip = open(bench, path).await;
    frames(bench, &job(vec![clip.into()], seconds, rate, 0.0)).await
}

/// The middle of what is light in the middle row of a frame, in pixels.
fn bar(frame: &[u8]) -> f64 {
    let row = &frame[(HEIGHT / 2 * WIDTH) as usize..][..WIDTH as usize];
    let light = |v: u8| (f64::from(v) - 40.0).max(0.0);
    let mass: f64 = row.iter().map(|&v| light(v)).sum();
    let moment = |(x, &v): (usize, &u8)| (x as f64 + 0.5) * light(v);
    row.iter().enumerate().map(moment).sum::<f64>() / mass
}

/// Where the bar is `t` seconds into a clip.
fn place(t: f64) -> f64 {
    25.0 + 50.0 * t
}

/// A bar of 20 pixels that goes to the right; `timing` gives its frames their times.
fn moving(length: f64, frame_rate: &str, timing: &str) -> String {
    format!(
        "-f lavfi -i color=black:s={WIDTH}x{HEIGHT}:r={frame_rate}:d={length},format=yuv420p,{timing}\
         geq=lum='if(between(X+0.5,15+50*T,35+50*T),235,16)':cb=128:cr=128 -fps_mode passthrough"
    )
}

/// When each frame of a clip begins, in seconds.
type Times = Box<dyn Fn(u32) -> f64>;

/// At every moment the frame that is current in the middle of the time a frame of the video is shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bar_is_where_it_is_in_the_clip_at_any_rate_and_in_any_format() {
    let bench = Bench::new().await;
    let even = |fps: f64| move |n: u32| f64::from(n) / fps;
    // 60 a second for half a second, then 24.
    let varying = |n: u32| match n {
        ..30 => f64::from(n) / 60.0,
        _ => 0.5 + f64::from(n - 30) / 24.0,
    };
    let vfr = "settb=1/12000,setpts='if(lt(N,30),N/60,0.5+(N-30)/24)/TB',";
    let lossless = "-c:v libx264 -qp 0 -preset ultrafast";
    let cases: Vec<(&str, String, Times)> = vec![
        (
            "24.mp4",
            format!("{} {lossless}", moving(1.3, "24", "")),
            Box::new(even(24.0)),
        ),
        (
            "60.mov",
            format!("{} {lossless}", moving(1.3, "60", "")),
            Box::new(even(60.0)),
        ),
        (
            "ntsc.mkv",
            format!("{} -c:v ffv1", moving(1.3, "30000/1001", "")),
            Box::new(even(30_000.0 / 1001.0)),
        ),
        (
            "vfr.mp4",
            format!(
                "{} {lossless} -enc_time_base 1:12000 -video_track_timescale 12000",
                moving(1.6, "30", vfr)
            ),
            Box::new(varying),
        ),
        (
            "vp9.webm",
            format!(
                "{} -c:v libvpx-vp9 -lossless 1 -deadline realtime -cpu-used 8",
                moving(1.3, "25", "")
            ),
            Box::new(even(25.0)),
        ),
        (
            "xvid.avi",
            format!("{} -c:v mpeg4 -qscale:v 1", moving(1.3, "25", "")),
            Box::new(even(25.0)),
        ),
        (
            "tv.ts",
            format!("{} -c:v mpeg2video -qscale:v 1", moving(1.3, "25", "")),
            Box::new(even(25.0)),
        ),
        ("small.gif", moving(1.3, "20", ""), Box::new(even(20.0))),
    ];
    for (name, args, time) in cases {
        let path = bench.make(name, &args).await;
        let all = matches!(name, "24.mp4" | "vfr.mp4");
        for video in ["30", "24", "60000/1001"]
            .iter()
            .take(if all { 3 } else { 1 })
        {
            let video = rate(video);
            // Not to the end, where it would begin again.
            let found = shown(&bench, &path, 1.2, video).await;
            assert_eq!(found.len() as u64, video.frames_in(1.2));
            for (index, frame) in found.iter().enumerate() {
                let middle = video.time_of(index as u64) + 0.5 / video.per_second();
                let (found, half) = (bar(frame), 0.5 / video.per_second());
                // MPEG-2 and WebM count in 90,000ths and thousandths: at a tie either neighbour is right.
                let current = |t: f64| {
                    place(time(
                        (0..999).take_while(|&n| time(n) <= t).count() as u32 - 1,
                    ))
                };
                let right = [middle - 0.0006, middle + 0.0006].map(current);
                assert!(
                    right.iter().any(|right| (found - right).abs() < 0.7),
                    "{name} at {video}, frame {index}: {found:.2}, not {right:?}"
                );
                let slowest = 1.0 / 20.0;
                assert!((found - place(middle)).abs() <= 50.0 * (slowest + half) + 0.7);
            }
        }
    }
}

/// What is shorter than its shot begins again at once, frame for frame; what is longer is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_clip_begins_again() {
    let bench = Bench::new().await;
    let path = bench
        .make("1s.mkv", &format!("{} -c:v ffv1", moving(1.0, "24", "")))
        .await;
    let all = shown(&bench, &path, 3.4, rate("30")).await;
    assert_eq!(all.len(), 102);
    for (index, frame) in all.iter().enumerate().skip(30) {
        assert!(*frame == all[index % 30], "frame {index}");
    }
    let path = bench
        .make(
            "1f.mkv",
            &format!("{} -frames:v 1 -c:v ffv1", moving(1.0, "30", "")),
        )
        .await;
    let all = shown(&bench, &path, 2.0, rate("30")).await;
    assert!(
        all.iter().all(|frame| *frame == all[0]),
        "one frame is a picture"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotation_oblong_pixels_and_odd_sizes_fill_the_frame() {
    let bench = Bench::new().await;
    let half = "color=black:s=240x160:r=25:d=0.4,drawbox=x=0:y=0:w=120:h=160:color=white:t=fill,format=yuv420p";
    let path = bench
        .make(
            "plain.mp4",
            &format!("-f lavfi -i {half} -c:v libx264 -qp 0"),
        )
        .await;
    let level = |frame: &[u8], x: u32, y: u32| frame[(y * WIDTH + x) as usize];

    // A quarter to the right in the track header (ISO/IEC 14496-12, section 8.3.2): what was left is above.
    let mut bytes = std::fs::read(&path).expect("readable");
    let at = bytes
        .windows(4)
        .position(|four| four == b"tkhd")
        .expect("a track")
        + 44;
    let matrix: [i32; 9] = [0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30];
    for (place, value) in bytes[at..].chunks_exact_mut(4).zip(matrix) {
        place.copy_from_slice(&value.to_be_bytes());
    }
    let turned = bench.file("turned.mp4", bytes);
    let frame = &shown(&bench, &turned, 0.4, rate("25")).await[3];
    assert_eq!([level(frame, 5, 5), level(frame, 150, 110)], [235; 2]);
    assert_eq!([level(frame, 5, 130), level(frame, 150, 235)], [16; 2]);

    // Three times as wide as high in samples, but with pixels half as wide: a third is left away on each side.
    let wide = "color=black:s=720x240:r=25:d=0.4,drawbox=x=200:y=0:w=320:h=240:color=white:t=fill,setsar=1/2,format=yuv420p";
    let path = bench
        .make("oblong.mkv", &format!("-f lavfi -i {wide} -c:v ffv1"))
        .await;
    let frame = &shown(&bench, &path, 0.4, rate("25")).await[3];
    assert!(frame[..(WIDTH * HEIGHT) as usize].iter().all(|&v| v == 235));

    let odd = "color=white:s=101x77:r=25:d=0.4,format=yuv444p";
    let path = bench
        .make("odd.mkv", &format!("-f lavfi -i {odd} -c:v ffv1"))
        .await;
    let frame = &shown(&bench, &path, 0.4, rate("25")).await[3];
    assert!(
        frame[..(WIDTH * HEIGHT) as usize]
            .iter()
            .all(|&v| v.abs_diff(235) <= 1)
    );
}

/// The three planes in the middle of a frame.
fn colour(frame: &[u8]) -> [u8; 3] {
    let luma = (WIDTH * HEIGHT) as usize;
    let quarter = (HEIGHT / 4 * WIDTH / 2 + WIDTH / 4) as usize;
    [
        frame[luma / 2 + WIDTH as usize / 2],
        frame[luma + quarter],
        frame[luma + luma / 4 + quarter],
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn colours_of_every_coding_become_bt709() {
    let bench = Bench::new().await;
    // Red is 63, 102, 240 in BT.709 and 81, 90, 240 in BT.601.
    let red = "-f lavfi -i color=red:s=160x240:r=25:d=0.2,format=gbrp";
    let cases = [
        (
            "709.mp4",
            "scale=out_color_matrix=bt709,format=yuv420p -c:v libx264 -qp 0 -colorspace bt709",
        ),
        (
            "601.mp4",
            "scale=out_color_matrix=bt601,format=yuv420p -c:v libx264 -qp 0 -colorspace smpte170m",
        ),
        (
            "untagged.avi",
            "scale=out_color_matrix=bt601,format=yuv420p -c:v mpeg4 -qscale:v 1",
        ),
        (
            "full.avi",
            "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p -c:v mjpeg -qscale:v 1",
        ),
        (
            "ten.mkv",
            "scale=out_color_matrix=bt709,format=yuv422p10le -c:v ffv1 -colorspace bt709",
        ),
        ("rgb.mkv", "format=gbrp -c:v ffv1"),
        ("png.mov", "format=rgba -c:v png"),
        ("flat.gif", "format=rgb24"),
    ];
    for (name, args) in cases {
        let path = bench.make(name, &format!("{red} -vf {args}")).await;
        let found = colour(&shown(&bench, &path, 0.2, rate("25")).await[1]);
        let near = found
            .iter()
            .zip([63, 102, 240])
            .all(|(a, b)| a.abs_diff(b) <= 3);
        assert!(near, "{name}: {found:?}");
    }
    // What is seen through is black.
    let half = "-f lavfi -i color=white@0.5:s=160x240:r=25:d=0.2,format=rgba";
    let path = bench.make("alpha.mov", &format!("{half} -c:v png")).await;
    let found = colour(&shown(&bench, &path, 0.2, rate("25")).await[1]);
    assert!(found[0].abs_diff(126) <= 2, "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn high_dynamic_range_is_brought_down_or_refused() {
    let bench = Bench::new().await;
    if !bench.ffmpeg.has_filter("zscale") {
        return;
    }
    // Grey of 18 % in PQ with white at 203 cd/m²; in BT.709's own curve that is 41 % of the signal.
    let to_hdr = "format=gbrp,zscale=pin=709:tin=709:min=gbr:rin=full:p=2020:t=linear:npl=203,format=gbrpf32le,\
                  zscale=t=smpte2084:npl=203:m=2020_ncl:r=limited,format=yuv420p10le";
    let tags = "-colorspace bt2020nc -color_primaries bt2020 -color_trc smpte2084 -color_range tv";
    let grey = "-f lavfi -i color=0x686868:s=160x240:r=25:d=0.2";
    let path = bench
        .make("hdr.mkv", &format!("{grey} -vf {to_hdr} -c:v ffv1 {tags}"))
        .await;
    let found = colour(&shown(&bench, &path, 0.2, rate("25")).await[1]);
    // 0x68 in limited range.
    assert!(found[0].abs_diff(105) <= 6, "{found:?}");
    assert!(
        found[1].abs_diff(128) <= 2 && found[2].abs_diff(128) <= 2,
        "{found:?}"
    );
}

/// Smoothstep of the middle of each step, as between pictures.
fn weight(step: u32, steps: u32) -> f64 {
    let t = (f64::from(step) + 0.5) / f64::from(steps);
    t * t * (3.0 - 2.0 * t)
}

/// Where the frames go; looks at how many processes run.
struct Watch<'a> {
    bench: &'a Bench,
    most: usize,
}

impl Write for Watch<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.most = self.most.max(self.bench.ffmpeg.supervisor().live());
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_and_clips_fade_into_one_another_with_two_decoders_at_most() {
    let bench = Bench::new().await;
    let grey = |level: u32| {
        format!(
            "-f lavfi -i color=black:s=160x240:r=25:d=3,format=yuv420p,geq=lum={level}:cb=128:cr=128"
        )
    };
    let mut clips = Vec::new();
    for level in [60, 180] {
        let path = bench
            .make(
                &format!("{level}.mkv"),
                &format!("{} -c:v ffv1", grey(level)),
            )
            .await;
        clips.push(open(&bench, &path).await);
    }
    let picture = bench.path("white.png");
    image::RgbImage::from_pixel(200, 300, image::Rgb([255; 3]))
        .save(&picture)
        .expect("written");
    let levels = [235.0, 60.0, 180.0, 235.0, 180.0];
    let sources = vec![
        picture.clone().into(),
        clips[0].clone().into(),
        clips[1].clone().into(),
        picture.into(),
        clips[1].clone().into(),
    ];
    let job = job(sources, 1.0, rate("25"), 0.4);
    for (index, frame) in frames(&bench, &job).await.iter().enumerate() {
        let (shot, into) = (index / 25, index as u32 % 25);
        let mut expected = levels[shot];
        if shot > 0 && into < 10 {
            expected = levels[shot - 1] + (expected - levels[shot - 1]) * weight(into, 10);
        }
        let found = f64::from(colour(frame)[0]);
        assert!(
            (found - expected).abs() <= 1.0,
            "frame {index}: {found}, not {expected:.1}"
        );
    }

    // Shots so short that three meet within frames that are made together.
    let many = (0..12).map(|i| clips[i % 2].clone().into()).collect();
    let job = RenderJob {
        timeline: Timeline::new(job_shots(many, [0.08, 0.9, 0.08]), rate("25"), 0.4)
            .expect("long enough"),
        ..job
    };
    let most = tokio::task::block_in_place(|| {
        let mut watch = Watch {
            bench: &bench,
            most: 0,
        };
        write_frames(&job, &mut watch, &bench.cancel).expect("made");
        watch.most
    });
    assert!((1..=2).contains(&most), "{most} decoders");
    assert_eq!(bench.ffmpeg.supervisor().live(), 0);
}

fn job_shots(sources: Vec<ShotSource>, durations: [f64; 3]) -> Vec<Shot> {
    sources
        .into_iter()
        .enumerate()
        .map(|(index, source)| Shot {
            source,
            motion: Motion::numbered(0),
            guided: false,
            duration: durations[index % 3],
        })
        .collect()
}

/// The cuts of a video in parts lie within clips, and a part begins in the middle of one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_video_in_parts_has_the_same_frames() {
    let bench = Bench::new().await;
    let path = bench
        .make(
            "3s.mp4",
            &format!("{} -c:v libx264 -qp 10", moving(2.2, "24", "")),
        )
        .await;
    let clip = open(&bench, &path).await;
    let tone = "-f lavfi -i sine=frequency=330:sample_rate=48000:duration=14 -ac 2";
    let mut job = job(vec![clip.clone().into(), clip.into()], 7.0, rate("15"), 0.5);
    job.audio = bench.make("input-tone.wav", tone).await;
    let renderer = FfmpegRenderer::new(bench.ffmpeg.clone());
    let mut made = Vec::new();
    for (name, parts) in [
        ("whole.mp4", None),
        ("one.mp4", Some(1)),
        ("three.mp4", Some(3)),
    ] {
        job.output = bench.path(name);
        job.parts = parts.map(|at_once| RenderParts {
            dir: bench.path("parts"),
            key: None,
            seconds: 5.0,
            at_once,
        });
        renderer
            .render(&job, &videogen_types::Unobserved, &bench.cancel)
            .await
            .expect("rendered");
        let args = [
            "-i",
            job.output.as_str(),
            "-map",
            "0:v",
            "-f",
            "rawvideo",
            "-",
        ];
        made.push(bench.run(&args).await.stdout);
    }
    assert!(made[1] == made[2], "it depends on how many run at a time");
    let places =
        |bytes: &[u8]| -> Vec<f64> { bytes.chunks_exact(size().frame_bytes()).map(bar).collect() };
    let (whole, parts) = (places(&made[0]), places(&made[1]));
    assert_eq!(whole.len(), 210);
    for (index, (a, b)) in whole.iter().zip(&parts).enumerate() {
        assert!((a - b).abs() < 0.5, "frame {index}: {a:.2} and {b:.2}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_still_is_the_frame_that_is_shown() {
    let bench = Bench::new().await;
    let path = bench
        .make("2s.mkv", &format!("{} -c:v ffv1", moving(2.0, "30", "")))
        .await;
    let clip = open(&bench, &path).await;
    let picture = bench.path("still.png");
    let at = (size(), rate("30"));
    tokio::task::block_in_place(|| {
        write_still(&clip, at, 1.0, &picture, &bench.cancel).expect("written");
    });
    let still = image::open(&picture).expect("a picture").into_luma8();
    assert_eq!(still.dimensions(), (WIDTH, HEIGHT));
    let frame = still.into_raw();
    assert!((bar(&frame) - place(1.0)).abs() < 0.7, "{}", bar(&frame));
    assert_eq!(bench.ffmpeg.supervisor().live(), 0);
}

/// A page that is read while the clip under it turns from black to white can be read all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn captions_stand_out_from_a_clip_that_changes_under_them() {
    let bench = Bench::new().await;
    let source = "-f lavfi -i color=black:s=160x240:r=10:d=2,format=yuv420p,\
                  geq=lum='if(lt(T,1),16,235)':cb=128:cr=128 -c:v ffv1";
    let clip = open(&bench, &bench.make("a.mkv", source).await).await;
    let words = [CaptionWord {
        text: "Read".into(),
        start: 0.2,
        end: 1.9,
        space_before: true,
    }];
    let (frame, zone) = ((WIDTH, HEIGHT), SafeZone::for_frame(WIDTH, HEIGHT));
    for style in CaptionStyle::ALL {
        let captions = Captions::new(
            CaptionText::new(&words, "en"),
            CaptionMode::Line,
            style,
            frame,
            zone,
            &Fonts::bundled(),
        );
        let captions = captions.expect("drawn");
        let part = captions.area_of(0).expect("there are letters");
        let job = RenderJob {
            captions: Some(Arc::new(captions)),
            ..job(vec![clip.clone().into()], 2.0, rate("10"), 0.0)
        };
        let made = frames(&bench, &job).await;
        for index in [5, 15] {
            let seen = (part.y..part.y + part.height)
                .flat_map(|y| (part.x..part.x + part.width).map(move |x| y * WIDTH + x))
                .map(|at| f64::from(made[index][at as usize]))
                .map(|luma| ((luma - 16.0) / 219.0).clamp(0.0, 1.0).powf(2.2));
            let (dark, light) = seen.fold((1.0f64, 0.0f64), |(d, l), v| (d.min(v), l.max(v)));
            let contrast = (light + 0.05) / (dark + 0.05);
            assert!(
                contrast >= 4.5,
                "{}, frame {index}: {contrast:.1}",
                style.name
            );
        }
    }
}

/// A dark drawing on nothing stands on light, and is not taken for a black clip.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dark_clip_that_is_seen_through_stands_on_light() {
    let bench = Bench::new().await;
    let inside = |x: u32, y: u32| x.abs_diff(80) < 30 && y.abs_diff(120) < 30;
    let pixel = |x, y| image::Rgba([0, 0, 0, if inside(x, y) { 255 } else { 0 }]);
    let logo = bench.path("logo.png");
    image::RgbaImage::from_fn(WIDTH, HEIGHT, pixel)
        .save(&logo)
        .expect("written");
    for (name, codec) in [
        ("logo.mov", "-c:v png"),
        (
            "logo.gif",
            "-vf split[a][b];[a]palettegen[p];[b][p]paletteuse",
        ),
    ] {
        let args = format!("-loop 1 -t 1 -r 10 -i {logo} {codec}");
        let path = bench.make(name, &args).await;
        let clip = open(&bench, &path).await;
        assert!(clip.info().dark <= 0.0, "{name}: {:?}", clip.info());
        let frame = &shown(&bench, &path, 0.4, rate("10")).await[1];
        let luma = |x: usize, y: usize| frame[y * WIDTH as usize + x];
        assert!(luma(10, 10) > 225, "{name}: {}", luma(10, 10));
        assert!(luma(80, 120) < 30, "{name}: {}", luma(80, 120));
    }
}

/// What a video shows of a clip is its middle: it is known to be dark where only that is, and where it fades in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clip_is_known_to_be_dark_where_what_is_shown_of_it_is() {
    let bench = Bench::new().await;
    for (name, filter, black, dark) in [
        ("bright.mp4", "testsrc2=s=320x180:r=10:d=2", 0.0, 0.0),
        (
            "fade.mp4",
            "testsrc2=s=320x180:r=10:d=2,fade=in:d=1.5",
            0.05,
            0.15,
        ),
        (
            "middle.mp4",
            "testsrc2=s=320x180:r=10:d=2,drawbox=x=90:w=140:h=180:color=black:t=fill",
            0.0,
            1.9,
        ),
        // A little above what the check of a video takes for black.
        ("dim.mp4", "color=0x0c0c0c:s=320x180:r=10:d=2", 0.0, 1.9),
    ] {
        let codec = "-pix_fmt yuv420p -c:v libx264";
        let path = bench
            .make(name, &format!("-f lavfi -i {filter} {codec}"))
            .await;
        let clip = open(&bench, &path).await;
        let info = clip.info();
        assert!(info.black >= black && info.dark >= dark, "{name}: {info:?}");
        assert!(dark > 0.0 || info.dark <= 0.0, "{name}: {info:?}");
        assert!(info.known().is_infinite(), "{name}");
    }
}

//! What is laid over the pictures stands in the finished video where and when it should.

mod support;

use std::sync::Arc;

use camino::Utf8Path;
use support::{Bench, job};
use videogen_media::{
    FfmpegRenderer, Fonts, Overlay, RenderJob, Renderer, SafeZone, TimedOverlay, Watermark,
    WatermarkCorner, WatermarkOpacity, WatermarkWidth, draw_title,
};

/// The frames of a video as RGB.
async fn frames(bench: &Bench, job: &RenderJob, path: &Utf8Path) -> Vec<Vec<u8>> {
    let args = [
        "-i",
        path.as_str(),
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ];
    let bytes = bench.run(&args).await.stdout;
    let frame = (job.size.width() * job.size.height() * 3) as usize;
    bytes.chunks_exact(frame).map(<[u8]>::to_vec).collect()
}

/// The pixels under an overlay.
fn under<'a>(
    frame: &'a [u8],
    overlay: &'a Overlay,
    job: &RenderJob,
) -> impl Iterator<Item = [u8; 3]> + 'a {
    let stride = job.size.width();
    let rows = overlay.y..overlay.y + overlay.height;
    let pixels =
        rows.flat_map(move |y| (overlay.x..overlay.x + overlay.width).map(move |x| y * stride + x));
    pixels.map(|at| {
        let at = at as usize * 3;
        [frame[at], frame[at + 1], frame[at + 2]]
    })
}

fn difference(a: impl Iterator<Item = [u8; 3]>, b: impl Iterator<Item = [u8; 3]>) -> f64 {
    let each = a.zip(b).flat_map(|(a, b)| {
        let channels: [f64; 3] = std::array::from_fn(|c| f64::from(a[c].abs_diff(b[c])));
        channels
    });
    let (sum, count) = each.fold((0.0, 0), |(sum, count), d| (sum + d, count + 1));
    sum / f64::from(count.max(1))
}

#[tokio::test]
async fn watermark_and_title_are_seen_where_and_when_they_should_be() {
    let bench = Bench::new().await;
    let plain = job(&bench, 3.0).await;
    let logo = bench.path("input-logo.png");
    image::RgbaImage::from_pixel(50, 50, image::Rgba([255, 0, 0, 255]))
        .save(&logo)
        .expect("written");
    let frame = (plain.size.width(), plain.size.height());
    let zone = SafeZone::for_frame(frame.0, frame.1);
    let mark = Watermark {
        corner: WatermarkCorner::BottomLeft,
        width: WatermarkWidth::new(0.2).expect("in range"),
        opacity: WatermarkOpacity::new(1.0).expect("in range"),
        ..Watermark::new(logo)
    };
    let mark = mark.draw(plain.size, zone).expect("drawn");
    let title = draw_title("Glow", "en", frame, zone, &Fonts::bundled()).expect("drawn");
    let with = RenderJob {
        overlays: vec![
            TimedOverlay::always(mark.clone()),
            TimedOverlay {
                overlay: Arc::new(title.clone()),
                start: 0.0,
                end: 1.0,
                fade: 0.3,
            },
        ],
        output: bench.path("with.mp4"),
        ..plain.clone()
    };
    for job in [&plain, &with] {
        FfmpegRenderer::new(bench.ffmpeg.clone())
            .render(job, &videogen_types::Unobserved, &bench.cancel)
            .await
            .expect("rendered");
    }
    let before = frames(&bench, &plain, &plain.output).await;
    let after = frames(&bench, &with, &with.output).await;
    assert_eq!((before.len(), after.len()), (45, 45));

    for number in [0, 7, 22, 44] {
        let inner = Overlay {
            x: mark.x + 4,
            y: mark.y + 4,
            width: mark.width - 8,
            height: mark.height - 8,
            rgba: Vec::new(),
        };
        assert!(
            under(&after[number], &inner, &with).all(|[r, g, b]| r > 170 && g < 80 && b < 80),
            "the mark is not there in frame {number}"
        );
    }
    let white = |frame: &[u8]| {
        let pixels = under(frame, &title, &with);
        pixels.filter(|p| p.iter().all(|&c| c > 225)).count()
    };
    // Whole at half a second.
    assert!(
        white(&after[7]) > white(&before[7]) + 60,
        "{} white pixels, {} without the title",
        white(&after[7]),
        white(&before[7])
    );
    let changed = |number: usize| {
        difference(
            under(&after[number], &title, &with),
            under(&before[number], &title, &plain),
        )
    };
    let all = changed(7);
    assert!(all > 20.0, "{all}");
    // It comes in the first frames, goes in the last of its second, and is gone after it.
    assert!(changed(0) < all * 0.4, "{} of {all}", changed(0));
    assert!(changed(14) < all * 0.4, "{} of {all}", changed(14));
    assert!(changed(16) < 5.0, "{}", changed(16));
}

#[tokio::test]
async fn an_overlay_beside_the_frame_is_refused() {
    let bench = Bench::new().await;
    let job = job(&bench, 3.0).await;
    let beside = Overlay {
        x: job.size.width(),
        y: 0,
        width: 2,
        height: 2,
        rgba: vec![0; 16],
    };
    let job = RenderJob {
        overlays: vec![TimedOverlay::always(beside)],
        ..job
    };
    let error = FfmpegRenderer::new(bench.ffmpeg.clone())
        .render(&job, &videogen_types::Unobserved, &bench.cancel)
        .await
        .expect_err("refused");
    assert!(error.to_string().contains("overlay is 2x2"), "{error:?}");
    assert_eq!(bench.left(), Vec::<String>::new());
}

//! What a video takes of the machine while it is made, estimated from above. Pure.

use crate::picture::prepared_picture_size;
use crate::{FrameRate, FrameSize};

/// Bits a pixel of the encoded video, from above: busy pictures at CRF 18 stay below 0.15.
const VIDEO_BITS_PER_PIXEL: f64 = 0.2;
/// Bytes a second of the soundtrack: the voice while it is mixed, the 24-bit stereo WAV, the AAC in the video.
const AUDIO_BYTES_PER_SECOND: f64 = 48_000.0 * (4.0 + 6.0) + 20_000.0;
/// Text, thumbnail, directories.
const FIXED: f64 = 4.0 * 1024.0 * 1024.0;

const MIB: u64 = 1024 * 1024;

/// A video, as far as its size on disk and in memory depends on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Footprint {
    /// Size of the frames.
    pub size: FrameSize,
    /// Frames a second.
    pub rate: FrameRate,
    /// Its length.
    pub seconds: f64,
}

impl Footprint {
    /// Returns the bytes it needs on disk while it is being made of so many `pictures`: those as lightly compressed PNG,
    /// the soundtrack, and the MP4 twice (`faststart` rewrites it, a long one is joined from its parts).
    pub fn needed_bytes(&self, pictures: usize) -> u64 {
        let (width, height) = prepared_picture_size(self.size);
        let pictures = f64::from(width) * f64::from(height) * 3.0 * pictures as f64;
        let video = 2.0 * self.pixels() * VIDEO_BITS_PER_PIXEL / 8.0;
        (pictures + video + AUDIO_BYTES_PER_SECOND * self.seconds + FIXED) as u64
    }

    /// Returns the bytes of these that stay when the video is finished: the MP4, once.
    pub fn kept_bytes(&self) -> u64 {
        (self.pixels() * VIDEO_BITS_PER_PIXEL / 8.0 + FIXED) as u64
    }

    /// Returns the memory it takes while it is made, in bytes: FFmpeg had 240 MiB at 720x1280 and 440 at 1080x1920, this
    /// process 30 and 60 (docs/benchmarks.md, memory of the tree).
    pub fn memory_bytes(&self) -> u64 {
        const FIXED: u64 = 100 * MIB;
        const BYTES_PER_PIXEL: u64 = 220;
        let (width, height) = (self.size.width(), self.size.height());
        FIXED + u64::from(width) * u64::from(height) * BYTES_PER_PIXEL
    }

    /// Returns the address space of its largest process, in bytes: FFmpeg maps its libraries, and a stack and a heap for
    /// each thread, on top of what is resident.
    pub fn address_bytes(&self) -> u64 {
        const MAPPED: u64 = 1100 * MIB;
        self.memory_bytes() + MAPPED
    }

    /// Pixels of all its frames.
    fn pixels(&self) -> f64 {
        let (width, height) = (self.size.width(), self.size.height());
        f64::from(width) * f64::from(height) * self.rate.per_second() * self.seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_and_longer_needs_more() {
        let of = |width, height, seconds| Footprint {
            size: FrameSize::new(width, height).expect("even"),
            rate: FrameRate::new(30, 1).expect("in range"),
            seconds,
        };
        let need = |width, height, seconds| of(width, height, seconds).needed_bytes(5);
        assert!(need(720, 1280, 30.0) < need(1440, 2560, 30.0));
        assert!(need(720, 1280, 30.0) < need(720, 1280, 60.0));
        let video = of(720, 1280, 30.0);
        assert!(video.kept_bytes() < video.needed_bytes(0));
        assert!(video.memory_bytes() < video.address_bytes());
    }
}

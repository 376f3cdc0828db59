#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod audio;
mod blocking;
mod captions;
mod cards;
mod clip;
mod codec;
mod compose;
mod converted;
mod encode;
mod error;
mod ffmpeg;
mod files;
mod fonts;
mod footage;
mod footprint;
mod interest;
mod jpeg;
mod lettering;
mod motion;
mod overlay;
mod own_picture;
mod pacing;
mod picture;
mod probe;
mod render;
mod resample;
mod shrink;
mod soften;
mod timeline;
mod verify;
mod wide;
mod yuv;

pub use audio::{
    AudioClip, AudioContainer, AudioInfo, AudioStats, ClipSounds, Loudness, MAX_AUDIO_BYTES,
    MixRequest, MixSettings, MusicBed, RecordedNarration, SAMPLE_RATE, StereoAudio,
    audio_container, check_audio_file, cut_at_pauses, decode_audio, decode_music, decode_narration,
    listen_to_music, mix_to_wav, mix_with_clips, resample_audio,
};
pub use captions::ass::to_ass;
pub use captions::srt::to_srt;
pub use captions::{
    CAPTION_CONTRAST, CaptionBackdrop, CaptionHighlight, CaptionMode, CaptionOutline, CaptionPage,
    CaptionPageWord, CaptionPanel, CaptionShadow, CaptionState, CaptionStyle, CaptionText,
    CaptionWord, Captions, FrameRegion, Overlay, Rgb, SafeZone, draw_title,
};
pub use cards::{CardRequest, Cards, TITLE_SECONDS};
pub use clip::{
    CLIP_CHECKED_SECONDS, Clip, ClipInfo, FootageKind, MAX_CLIP_BYTES, MAX_CLIP_SIDE, footage_kind,
};
pub use codec::Codec;
pub use encode::{
    EncodeSettings, Encoder, EncoderBackend, EncoderChoice, EncoderTrial, Encoders, X264Settings,
    describe_trials,
};
pub use error::{Error, VerifyFinding, list_findings};
pub use ffmpeg::{Ffmpeg, ffmpeg_file_url, ffmpeg_input_args};
pub use fonts::{CoveredTexts, Fonts};
pub use footage::{Footage, SceneTolerance};
pub use footprint::Footprint;
pub use lettering::Lettering;
pub use motion::{MAX_ZOOM, Motion, Viewpoint};
pub use overlay::{
    EndCard, EndCardSeconds, EndCardText, TimedOverlay, Watermark, WatermarkCorner,
    WatermarkOpacity, WatermarkWidth,
};
pub use own_picture::OwnPicture;
pub use pacing::{
    MIN_VIDEO_SECONDS, Pacing, SceneSpan, music_seconds_for, pace_scenes, speaking_rate_for,
    target_without_outro,
};
pub use picture::{
    MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS, MAX_PICTURE_SIDE, MIN_PICTURE_SIDE, PictureFlaw,
    PictureInfo, PictureStats, check_picture, check_picture_pixels, crop_picture, inspect_picture,
    oriented_picture_size, prepared_picture_size,
};
pub use probe::{AudioStream, MediaInfo, Mp4Layout, VideoStream, mp4_layout, probe_media};
pub use render::{
    CheckedVideo, FfmpegRenderer, MediaTags, RenderJob, RenderParts, RenderProgress, RenderedVideo,
    Renderer, ReplacedEncoder, write_backdrop, write_frames, write_still, write_thumbnail,
};
#[cfg(feature = "test-util")]
pub use render::{FakeFailure, FakeRenderer};
pub use timeline::{CROSSFADE_SECONDS, Shot, ShotSource, Timeline};
pub use verify::{ExpectedScene, ExpectedVideo, VerifiedVideo, verify_video};
pub use videogen_types::{FrameRate, FrameSize};

/// A boxed future, as returned by [`Renderer`].
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

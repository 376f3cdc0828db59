//! One key of each stage, as the version before had it: what is moved or renamed must not change what is found again.
//!
//! A key changes on purpose when the number of its stage, or the version of the program, does. Then the value here does, as
//! it did once since these tests were written, when keys began to be made of named fields only.

use std::sync::Arc;

use camino::Utf8Path;
use videogen_durable::{Digest, KeyBuilder};
use videogen_media::{FakeRenderer, Pacing, SceneSpan};
use videogen_picture::{BuiltinPainter, Painter, PictureRequest, Tuning};
use videogen_tts::{Request, Silent, Speech, Synthesizer, Timing};
use videogen_types::{Aspect, CaptionChoice, Genre, MusicChoice, Quality, Seed};

use super::*;
use crate::brief::{Brief, ScriptSource};
use crate::stage::render_key::Render;
use crate::studio::Studio;
use crate::toolkit::Toolkit;

fn request() -> PictureRequest {
    PictureRequest {
        prompt: "a lighthouse in a storm".to_owned(),
        negative: Some("people".to_owned()),
        before: None,
        after: Some("a calm harbour".to_owned()),
        genre: Genre::Nature,
        seed: Seed(5),
        look: Seed(7),
        index: 1,
        count: 4,
        quality: Quality::Standard,
        aspect: Aspect::Portrait,
        width: 864,
        height: 1536,
        tuning: Tuning::default(),
    }
}

/// A painter that sees all of a request.
#[derive(Debug)]
struct Whole;

impl Painter for Whole {
    fn id(&self) -> &'static str {
        "whole"
    }

    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
        request.add_to_key(key)
    }

    fn paint<'a>(
        &'a self,
        _: &'a PictureRequest,
        _: videogen_picture::PictureOrder<'a>,
    ) -> videogen_picture::BoxFuture<'a, Result<videogen_picture::Painted, videogen_picture::Error>>
    {
        unreachable!("nothing is painted")
    }
}

#[test]
fn scripts_are_found_under_the_keys_of_before() {
    let keys = [script("a wish"), opening("20261129-121451", 3)];
    assert_eq!(
        keys.map(|key| key.to_string()),
        [
            "3b8495c35e85bb9d43c4efbcb2eccd3435dfc1b18fa2f8fdb1c10170fa8292b9",
            "400af98835a20199c19d04a6619fe4c07c9728cda4a8e6bdf620b7c489a78e91"
        ]
    );
}

#[test]
fn speech_is_found_under_the_key_of_before() {
    let request = Request::new("The sea is never still.", "en-GB");
    let silent = Silent::new();
    let speaker: &dyn Synthesizer = &silent;
    assert_eq!(
        speech(speaker, &request).to_string(),
        "c6ff4a049d61d4a9f36c6367729a59690811915ad6ebea3006c8be5e561f1dae"
    );
}

#[test]
fn pictures_are_found_under_the_keys_of_before() {
    let whole = picture(&Whole, &request());
    let keys = [
        picture(&BuiltinPainter, &request()),
        whole,
        picture_note(&whole),
        picture_name(&whole, "20261129-121451"),
    ];
    assert_eq!(
        keys.map(|key| key.to_string()),
        [
            "0b9962d879823e817faff7a826bde177848c37381a2cdbc1c69f58971206c39a",
            "5c106539ac7d177fa473b7e3a75ef9788b0da54ca532b38376e566c2bdc4881b",
            "913c55b5d4e689e7edaf8c74041693f3f8af8cb578e754b5599d95352c02a852",
            "c1a23ff71d6bb5ae1a81256238af9823a6bbcaacb859ec8772419ca55dd87754"
        ]
    );
}

#[tokio::test]
async fn renders_are_found_under_the_key_of_before() {
    let toolkit = Toolkit::new(
        vec![Arc::new(Silent::new())],
        Arc::new(BuiltinPainter),
        Arc::new(FakeRenderer::default()),
    );
    let brief = Brief {
        script: Some(ScriptSource::Text(
            "# The sea\n\nThe sea is never still.".to_owned(),
        )),
        seed: Seed(3),
        quality: Quality::Draft,
        captions: CaptionChoice::None,
        music: MusicChoice::None,
        ..Brief::new(Utf8Path::new("/nowhere").to_owned())
    };
    let plans = Studio::new(toolkit.clone())
        .plan(vec![brief], &tokio_util::sync::CancellationToken::new())
        .await
        .unwrap();
    let speech = Speech {
        sample_rate: 48_000,
        samples: vec![0.0, 0.25, -0.5],
        words: Vec::new(),
        sentences: Vec::new(),
        timing: Timing::Estimated,
        voice: "silent".to_owned(),
    };
    let key = Render {
        plan: &plans[0],
        toolkit: &toolkit,
        pictures: &[Digest::of(b"a picture")],
        speeches: &[speech],
        pacing: &Pacing {
            spans: vec![SceneSpan {
                start: 0.0,
                duration: 3.5,
                speech: 0.4,
            }],
            duration: 4.0,
            outro: 0.5,
        },
    }
    .key()
    .unwrap();
    assert_eq!(
        [key, render_note(&key)].map(|key| key.to_string()),
        [
            "237a2855271a52c29cfabf657a7fffed8a95719e577f10287c0d42007670fbb7",
            "eed7c2f34263f4ddda34096a94663c91d708916adb2052a886a81ca2d47db257"
        ]
    );
}

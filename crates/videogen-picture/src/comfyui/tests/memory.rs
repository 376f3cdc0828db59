//! Memory that runs out in one phase or another, on simulated servers.

use serde_json::Value;
use testkit::comfy::VaeKind;

use super::*;

/// The inputs of the nodes of a class, in every prompt, in the order of the graph.
fn inputs(server: &MockComfy, class: &str) -> Vec<Vec<Value>> {
    let of_prompt = |prompt: &Value| {
        let nodes = prompt["prompt"].as_object().unwrap();
        let mut ids: Vec<&String> = nodes.keys().collect();
        ids.sort_by_key(|id| id.parse::<u64>().unwrap());
        let nodes = ids.into_iter().map(|id| &nodes[id]);
        let of_class = nodes.filter(|node| node["class_type"] == class);
        of_class.map(|node| node["inputs"].clone()).collect()
    };
    server.prompts().iter().map(of_prompt).collect()
}

/// What the last pass of each prompt refined, in pixels.
fn refined(server: &MockComfy) -> Vec<u64> {
    let latent = inputs(server, "LatentUpscale");
    let scale = inputs(server, "ImageScale");
    let area = |node: &Value| node["width"].as_u64().unwrap() * node["height"].as_u64().unwrap();
    let last = latent.iter().zip(&scale).map(|(latent, scale)| {
        let node = latent.last().or(scale.first()).unwrap();
        area(node)
    });
    last.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_refining_ran_out_of_memory_less_is_refined_and_the_size_is_as_promised() {
    let fault = Fault::OutOfMemory(Phase::Sample, OomText::Native).rule();
    let server = server(Family::SD15)
        .card(card(0))
        .fault(fault.from_pixels(1_400_000))
        .start();
    let studio = Studio::of(&[&server], |_| {}).await;
    let painted = studio.painted(0, Quality::High).await;
    assert_eq!(painted.by, "comfyui");
    assert!(!painted.is_fallback, "{painted:?}");
    let enlarged = painted
        .enlarged
        .clone()
        .expect("less than the whole was refined");
    assert!(enlarged.resampled <= 1.5, "{enlarged:?}");
    let areas = refined(&server);
    assert!(areas.len() <= 4, "{areas:?}");
    assert!(
        areas.is_sorted_by(|larger, smaller| larger > smaller),
        "{areas:?}"
    );
    assert!(
        painted
            .steps
            .iter()
            .all(|step| step.reason.to_string().contains("memory"))
    );
    // The next picture begins where this one ended.
    let next = studio.painted(1, Quality::High).await;
    assert_eq!((next.strategy, next.steps.len()), (painted.strategy, 0));
    assert_eq!(refined(&server).last(), areas.last());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ran_out_while_sampling_says_nothing_of_decoding() {
    let decodes = |server: &MockComfy| {
        let tiled = inputs(server, "VAEDecodeTiled").last().unwrap().len();
        (tiled, inputs(server, "VAEDecode").last().unwrap().len())
    };
    let fault = Fault::OutOfMemory(Phase::Sample, OomText::Native).rule();
    let server = server(Family::SD15)
        .card(card(0))
        .fault(fault.from_pixels(1_400_000))
        .start();
    let studio = Studio::of(&[&server], |_| {}).await;
    studio.painted(0, Quality::High).await;
    assert_eq!(decodes(&server), (0, 2), "both in one piece");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_decoding_ran_out_of_memory_the_same_is_decoded_in_smaller_tiles() {
    // A card that nobody knows is planned for as an old one, on which the whole decode does not fit.
    let tiled = Fault::OutOfMemory(Phase::DecodeTiled, OomText::Native);
    let server = server(Family::SD15)
        .card(card(0))
        .fault(tiled.rule().times(2))
        .start();
    let studio = Studio::of(&[&server], |_| {}).await;
    let painted = studio.painted(0, Quality::High).await;
    assert_eq!(painted.by, "comfyui");
    assert!(
        !painted.is_fallback && painted.enlarged.is_none(),
        "{painted:?}"
    );
    let tile = |nodes: &Vec<Value>| {
        nodes
            .first()
            .map(|node| node["tile_size"].as_u64().unwrap())
    };
    let tiles: Vec<Option<u64>> = inputs(&server, "VAEDecodeTiled").iter().map(tile).collect();
    assert_eq!(tiles.len(), 3, "{tiles:?}");
    assert!(
        tiles.is_sorted_by(|larger, smaller| larger > smaller),
        "{tiles:?}"
    );
    // It is sampled as before.
    let sizes = inputs(&server, "LatentUpscale");
    assert!(sizes[0] == sizes[1] && sizes[1] == sizes[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_encoder_that_does_not_fit_computes_on_the_processor() {
    let server = MockComfy::builder()
        .diffusion_model("z_image_turbo_bf16.safetensors", Family::SDXL)
        .text_encoder("qwen_3_4b.safetensors", 8 * GIB)
        .vae("ae.safetensors", VaeKind::Kl)
        .card(SimulatedCard::new(24 * GIB))
        .fault(Fault::OutOfMemory(Phase::Text, OomText::Native).once())
        .start();
    let studio = Studio::of(&[&server], |_| {}).await;
    let painted = studio.painted(0, Quality::Draft).await;
    assert_eq!((painted.by.as_str(), painted.steps.len()), ("comfyui", 1));
    let devices: Vec<Option<Value>> = inputs(&server, "CLIPLoader")
        .iter()
        .map(|nodes| nodes[0].get("device").cloned())
        .collect();
    assert_eq!(devices, [None, Some(Value::from("cpu"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_encoder_of_a_checkpoint_has_one_more_try_with_everything_else_gone() {
    let fault = Fault::OutOfMemory(Phase::Text, OomText::Native);
    let server = server(Family::SD15)
        .card(card(0))
        .fault(fault.once())
        .start();
    let studio = Studio::of(&[&server], |_| {}).await;
    let painted = studio.painted(0, Quality::High).await;
    assert_eq!((painted.by.as_str(), painted.steps.len()), ("comfyui", 1));
    assert!(
        !painted.is_fallback && painted.enlarged.is_none(),
        "{painted:?}"
    );
    assert_eq!(server.counters().frees, 1);
}

/// Everything takes half as much again as ComfyUI's formulas say, and the server decides by them what it loads.
#[tokio::test(flavor = "multi_thread")]
async fn where_everything_takes_more_than_predicted_the_second_picture_comes_at_the_first_try() {
    for (family, gib) in [(Family::SD15, 3), (Family::SDXL, 6)] {
        let server = server(family)
            .card(SimulatedCard::new(gib * GIB))
            .activation_scale(1.5)
            .keep_outputs(1)
            .start();
        let studio = Studio::of(&[&server], |_| {}).await;
        let first = studio.painted(0, Quality::Ultra).await;
        assert_eq!((first.by.as_str(), first.is_fallback), ("comfyui", false));
        let failed = server.counters().out_of_memory;
        // Twice in each phase that the card has no room to spare for.
        assert!(failed <= 6, "{first:?}");
        let second = studio.painted(1, Quality::Ultra).await;
        assert_eq!((second.by.as_str(), second.steps.len()), ("comfyui", 0));
        assert_eq!(server.counters().out_of_memory, failed);
    }
}

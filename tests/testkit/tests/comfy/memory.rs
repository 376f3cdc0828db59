//! Memory on simulated cards: what fits, what runs out, what comes back.

use serde_json::{Value, json};
use testkit::comfy::{Family, GIB, MockComfy, SimulatedCard, Unload, Version};

use crate::client::{PATIENCE, get, history, post, submit};
use crate::recordings::graph;

fn on(card: &SimulatedCard, family: Family) -> MockComfy {
    MockComfy::builder()
        .card(card.clone())
        .checkpoint("random_sd15_fp16.safetensors", family)
        .upscale_model("4x.pth", 4)
        .start()
}

fn outcome(mock: &MockComfy, prompt: &str) -> Value {
    let id = submit(mock, prompt, None, &json!({}));
    let entry = history(mock, &id);
    let last = entry["status"]["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    match last[0].as_str().unwrap() {
        "execution_error" => json!([last[1]["node_type"], last[1]["exception_type"]]),
        other => json!(other),
    }
}

#[test]
fn a_large_card_takes_everything_and_a_small_one_tiles_by_itself() {
    let card = SimulatedCard::new(24 * GIB);
    let mock = on(&card, Family::SDXL);
    assert_eq!(
        outcome(&mock, &graph(1, 1080, 1920, 4)),
        "execution_success"
    );
    assert_eq!(mock.counters().silent_tiling, 0);
    assert!(card.used() > 4 * GIB, "models stay");

    let card = SimulatedCard::new(8 * GIB);
    let mock = on(&card, Family::SDXL);
    assert_eq!(
        outcome(&mock, &graph(1, 1080, 1920, 4)),
        "execution_success"
    );
    assert_eq!(mock.counters().silent_tiling, 1);
    assert_eq!(card.peak(), card.peak().min(8 * GIB));
    let stats = get(&mock, "/system_stats").json();
    assert_eq!(stats["devices"][0]["vram_free"], card.free());
    assert_eq!(stats["devices"][0]["type"], "cuda");
}

#[test]
fn free_gives_the_memory_back() {
    let card = SimulatedCard::new(12 * GIB);
    let mock = on(&card, Family::SDXL);
    assert_eq!(outcome(&mock, &graph(1, 512, 512, 1)), "execution_success");
    assert!(card.used() > 4 * GIB);
    let loads = mock.counters().loads();
    assert_eq!(outcome(&mock, &graph(2, 512, 512, 1)), "execution_success");
    assert_eq!(mock.counters().loads(), loads, "nothing is loaded twice");
    post(&mock, "/free", "{\"unload_models\":true}");
    assert!(mock.wait_idle(PATIENCE));
    assert_eq!(card.used(), 0);
    drop(mock);
    assert!(card.by_process().is_empty());
}

#[test]
fn a_language_model_on_the_card_is_in_the_way_until_it_unloads() {
    let card = SimulatedCard::new(6 * GIB);
    let llm = card.process("llm", Unload::OnRequest);
    llm.allocate(5 * GIB + GIB / 2).unwrap();
    let mock = on(&card, Family::SD15);
    let tiled = |seed| {
        graph(seed, 1440, 2560, 1)
            .replace("\"VAEDecode\",\"inputs\":{", "\"VAEDecodeTiled\",\"inputs\":{\"tile_size\":512,\"overlap\":64,\"temporal_size\":64,\"temporal_overlap\":8,")
    };
    assert_eq!(
        outcome(&mock, &tiled(1)),
        json!(["KSampler", "torch.OutOfMemoryError"])
    );
    assert_eq!(
        card.used(),
        llm.used(),
        "an out of memory unloads everything"
    );
    assert_eq!(mock.counters().out_of_memory, 1);
    assert!(llm.ask_to_unload());
    assert_eq!(outcome(&mock, &tiled(1)), "execution_success");
}

#[test]
fn flux_streams_through_a_small_card_and_upscaling_shrinks_its_tiles() {
    let card = SimulatedCard::new(6 * GIB);
    let mock = on(&card, Family::FLUX1);
    assert_eq!(outcome(&mock, &graph(1, 768, 1344, 2)), "execution_success");
    let upscaled = graph(2, 512, 512, 1)
        .replace("[\"6\",0]", "[\"9\",0]")
        .replace(
            "\"7\":{",
            "\"8\":{\"class_type\":\"UpscaleModelLoader\",\"inputs\":{\"model_name\":\"4x.pth\"}},
             \"9\":{\"class_type\":\"ImageUpscaleWithModel\",\"inputs\":{\"upscale_model\":[\"8\",0],\"image\":[\"6\",0]}},\"7\":{",
        );
    assert_eq!(outcome(&mock, &upscaled), "execution_success");
    let file = get(&mock, "/view?filename=rec_00002_.png").body;
    assert_eq!(&file[16..24], &[0, 0, 8, 0, 0, 0, 8, 0]);
}

#[test]
fn every_split_model_family_paints() {
    for (family, version) in [
        (Family::FLUX1, Version::V0_33),
        (Family::Z_IMAGE, Version::V0_33),
        (Family::QWEN_IMAGE, Version::V0_33),
        (Family::SD35_MEDIUM, Version::V0_3_64),
    ] {
        let card = SimulatedCard::new(24 * GIB);
        let mock = MockComfy::builder()
            .version(version)
            .card(card)
            .diffusion_model("d.safetensors", family)
            .text_encoder("a.safetensors", GIB / 4)
            .text_encoder("b.safetensors", 9 * GIB)
            .vae("v.safetensors", family.vae)
            .lora("l.safetensors")
            .start();
        let prompt = r#"{"1":{"class_type":"UNETLoader","inputs":{"unet_name":"d.safetensors","weight_dtype":"fp8_e4m3fn"}},
            "2":{"class_type":"DualCLIPLoader","inputs":{"clip_name1":"a.safetensors","clip_name2":"b.safetensors","type":"flux"}},
            "3":{"class_type":"VAELoader","inputs":{"vae_name":"v.safetensors"}},
            "4":{"class_type":"LoraLoader","inputs":{"model":["1",0],"clip":["2",0],"lora_name":"l.safetensors","strength_model":1.0,"strength_clip":1.0}},
            "5":{"class_type":"CLIPTextEncode","inputs":{"clip":["4",1],"text":"a boat"}},
            "6":{"class_type":"FluxGuidance","inputs":{"conditioning":["5",0],"guidance":3.5}},
            "7":{"class_type":"EmptySD3LatentImage","inputs":{"width":768,"height":512,"batch_size":1}},
            "8":{"class_type":"KSampler","inputs":{"model":["4",0],"positive":["6",0],"negative":["5",0],"latent_image":["7",0],"seed":18446744073709551615,"steps":3,"cfg":1.0,"sampler_name":"euler","scheduler":"simple","denoise":1.0}},
            "11":{"class_type":"LatentUpscaleBy","inputs":{"samples":["8",0],"upscale_method":"bislerp","scale_by":1.5}},
            "9":{"class_type":"VAEDecodeTiled","inputs":{"samples":["11",0],"vae":["3",0],"tile_size":512,"overlap":64,"temporal_size":64,"temporal_overlap":8}},
            "12":{"class_type":"ImageScale","inputs":{"image":["9",0],"upscale_method":"lanczos","width":1000,"height":700,"crop":"center"}},
            "10":{"class_type":"SaveImage","inputs":{"images":["12",0],"filename_prefix":"split/x"}}}"#;
        assert_eq!(
            outcome(&mock, prompt),
            "execution_success",
            "{}",
            family.name
        );
        let file = get(&mock, "/view?filename=x_00001_.png&subfolder=split").body;
        assert_eq!(&file[16..24], &[0, 0, 3, 232, 0, 0, 2, 188]);
    }
}

#[test]
fn estimates_can_be_made_wrong() {
    let card = SimulatedCard::new(24 * GIB);
    let mock = MockComfy::builder()
        .card(card)
        .checkpoint("random_sd15_fp16.safetensors", Family::SD15)
        .activation_scale(40.0)
        .start();
    assert_eq!(
        outcome(&mock, &graph(1, 1080, 1920, 1)),
        json!(["KSampler", "torch.OutOfMemoryError"])
    );
}

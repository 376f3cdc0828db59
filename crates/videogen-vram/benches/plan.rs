//! How long one plan takes: `cargo bench -p videogen-vram`. The limit is 50 µs.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use videogen_types::{Aspect, Quality};
use videogen_vram::{
    Bytes, Family, FreeBytes, GpuReading, MemoryCorrections, ModelFacts, OccupantKind,
    PlanOccupant, PlanRequest, Planner, ServerFacts, TotalBytes,
};

/// The median over batches of plans.
fn median(request: &PlanRequest, reading: &GpuReading) -> Duration {
    let (planner, server) = (Planner::new(), ServerFacts::default());
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let started = Instant::now();
            for _ in 0..50 {
                black_box(planner.plan(
                    black_box(request),
                    Some(black_box(reading)),
                    &server,
                    &MemoryCorrections::NONE,
                ));
            }
            started.elapsed() / 50
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let reading = |gib: f64| {
        GpuReading::fixed(
            "NVIDIA RTX A2000 12GB",
            TotalBytes::new(Bytes::from_gib(12)),
            FreeBytes::new(Bytes::from_f64_ceil(gib * (1u64 << 30) as f64)),
        )
    };
    for (family, gib) in [
        (Family::Sd15, 2.0),
        (Family::Sd15, 6.0),
        (Family::Sdxl, 3.5),
        (Family::Flux1Dev, 11.0),
        (Family::QwenImage, 6.0),
    ] {
        let mut request =
            PlanRequest::new(ModelFacts::of(family), Quality::Ultra, Aspect::Portrait);
        let alone = median(&request, &reading(gib));
        request.tenants = ["qwen2.5:7b", "llama3.2:3b"]
            .map(|name| PlanOccupant {
                name: name.to_owned(),
                kind: OccupantKind::LanguageModel,
                bytes: Bytes::from_mib(2700),
            })
            .to_vec();
        let shared = median(&request, &reading(gib));
        println!("{family:12} {gib:4} GiB  {alone:?} alone, {shared:?} with two language models");
    }
}

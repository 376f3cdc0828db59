//! Prints what every quality would do on a card that need not be here, and how long planning takes.
//!
//! `cargo run -p videogen-vram --example plan -- 6GiB 12GiB "RTX A2000" sdxl`
#![allow(clippy::print_stdout, reason = "printing is what the example does")]

use std::error::Error;
use std::time::Instant;

use videogen_types::{Aspect, Choice, Quality};
use videogen_vram::{
    FreeBytes, GpuReading, MemoryCorrections, ModelFacts, PlanRequest, Planner, ServerFacts,
    TotalBytes,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let mut next = |default: &str| args.next().unwrap_or_else(|| default.to_owned());
    let free = FreeBytes::new(next("6GiB").parse()?);
    let total = TotalBytes::new(next("12GiB").parse()?);
    let reading = GpuReading::fixed(next("RTX A2000"), total, free);
    let model = ModelFacts::of(next("sd15").parse()?);

    let (planner, server) = (Planner::new(), ServerFacts::default());
    for quality in Quality::all() {
        let request = PlanRequest::new(model.clone(), quality, Aspect::Portrait);
        let started = Instant::now();
        let plan = planner.plan(&request, Some(&reading), &server, &MemoryCorrections::NONE);
        let took = started.elapsed();
        println!(
            "{:10} {:9} {:15} {:>8} of {:>8}  {} (planned in {took:?})",
            quality.name(),
            plan.output,
            plan.strategy,
            plan.predicted_peak_bytes,
            plan.budget_bytes,
            plan.time.name(),
        );
        for pass in &plan.passes {
            println!(
                "    {} {} steps, denoise {}",
                pass.size, pass.steps, pass.denoise
            );
        }
        for phase in &plan.phases {
            println!("    {:12} {}", phase.phase.name(), phase.peak_bytes);
        }
        for reason in &plan.reasons {
            println!("    {reason}");
        }
        for suggestion in &plan.suggestions {
            println!("    better: {suggestion}");
        }
    }
    Ok(())
}

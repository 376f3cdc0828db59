//! A plan of memory becomes a picture to paint: same passes, same tiles, and in the end the promised size.

use videogen_comfy::{
    Cfg, Denoise, Enlarge, Error, ImageSize, LatentMethod, LatentPass, ModelFile, Models, PaintJob,
    PaintSize, PixelMethod, PixelRefine, PromptText, Refine, Sampler, Sampling, Scheduler, Seed,
    Steps, Tile, VaeWay, Workflow,
};
use videogen_vram::{
    EnlargeMethod, PaintPhase, PaintPlan, PaintStrategy, PhaseFootprint, SamplingPass, Size,
    WeightPlacement,
};

/// Characters of a prompt that are sent: more than any text encoder reads.
pub(super) const LONGEST: usize = 2000;

/// The job of `plan` with these model files; `None` when the plan is the built-in painter's.
///
/// # Errors
/// [`Error::Invalid`] when the plan has a number that a server does not take.
pub(super) fn job(
    plan: &PaintPlan,
    files: &Models,
    prompt: &str,
    negative: &str,
    seed: u64,
) -> Result<Option<PaintJob>, Error> {
    let Some((first, rest)) = plan.passes.split_first() else {
        return Ok(None);
    };
    let short = |text: &str| text.chars().take(LONGEST).collect::<String>();
    let mut job = PaintJob::new(
        files.clone(),
        PromptText::literal(short(prompt))?,
        paint_size(first.size)?,
    );
    job.negative = PromptText::literal(short(negative))?;
    job.seed = Seed::new(seed);
    job.text_on_processor =
        plan.text_encoder == WeightPlacement::Cpu && plan.strategy != PaintStrategy::Cpu;
    job.sampling = sampling(first)?;
    job.decode = vae(plan.decode.and_then(|decode| decode.tile))?;
    job.output = ImageSize::new(plan.output.width, plan.output.height)?;
    if let Some(grow) = &plan.finish {
        job.finish = pixels(grow)?;
    }
    job.enlarge = match rest {
        [] => Enlarge::No,
        [pass, ..] => match &pass.enlarged {
            None | Some(EnlargeMethod::Latent) => {
                Enlarge::Latent(rest.iter().map(latent).collect::<Result<_, _>>()?)
            }
            // The planner refines pixels once.
            Some(grow) => Enlarge::Pixels {
                with: pixels(grow)?,
                refine: Some(PixelRefine {
                    size: paint_size(pass.size)?,
                    encode: vae(pass.encode_tile)?,
                    refine: refine(pass)?,
                    decode: job.decode,
                }),
            },
        },
    };
    Ok(Some(job))
}

/// Which phase of `plan` the node `id` of its graph works in; `None` for nodes that belong to none that takes memory of the
/// card. The n-th sampler is the n-th sampling pass, and so on.
pub(super) fn phase_of(plan: &PaintPlan, graph: &Workflow, id: &str) -> Option<PhaseFootprint> {
    let phase = PaintPhase::of_node(graph.class_of(id)?)?;
    let nodes = graph.in_order();
    let works =
        |class: &str| PaintPhase::of_node(class) == Some(phase) && !class.ends_with("Loader");
    // A loader comes before what it loads for.
    let before = nodes.iter().take_while(|(node, _)| *node != id);
    let nth = before.filter(|(_, class)| works(class)).count();
    plan.footprint(phase, nth)
}

fn paint_size(size: Size) -> Result<PaintSize, Error> {
    PaintSize::new(size.width, size.height)
}

fn sampling(pass: &SamplingPass) -> Result<Sampling, Error> {
    Ok(Sampling {
        steps: Steps::new(pass.steps)?,
        cfg: Cfg::new(pass.cfg)?,
        sampler: Sampler::new(pass.sampler.as_ref())?,
        scheduler: Scheduler::new(pass.scheduler)?,
    })
}

fn refine(pass: &SamplingPass) -> Result<Refine, Error> {
    Ok(Refine {
        sampling: sampling(pass)?,
        denoise: Denoise::new(pass.denoise)?,
    })
}

fn latent(pass: &SamplingPass) -> Result<LatentPass, Error> {
    Ok(LatentPass {
        size: paint_size(pass.size)?,
        method: LatentMethod::Bislerp,
        refine: refine(pass)?,
    })
}

fn pixels(grow: &EnlargeMethod) -> Result<PixelMethod, Error> {
    Ok(match grow {
        EnlargeMethod::Model { name, .. } => PixelMethod::Model(ModelFile::new(name.as_str())?),
        EnlargeMethod::Latent | EnlargeMethod::Resample => PixelMethod::Lanczos,
    })
}

/// Tiles of that edge, overlapping by about an eighth; the whole picture without.
fn vae(tile: Option<u32>) -> Result<VaeWay, Error> {
    Ok(match tile {
        None => VaeWay::Whole,
        Some(side) => {
            let overlap = (side / 8 / 32 * 32).max(32).min(side / 4 / 32 * 32);
            VaeWay::Tiled(Tile::new(side, overlap)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use videogen_types::{Aspect, Quality};
    use videogen_vram::{
        Bytes, Family, FreeBytes, GpuReading, MemoryCorrections, ModelFacts, PlanRequest, Planner,
        ServerFacts, TotalBytes,
    };

    use super::*;

    fn plan(family: Family, quality: Quality, free_gib: u64) -> PaintPlan {
        let bytes = Bytes::from_gib(free_gib);
        let card = GpuReading::fixed("card", TotalBytes::new(bytes), FreeBytes::new(bytes));
        let server = ServerFacts::default();
        let request = PlanRequest::new(ModelFacts::of(family), quality, Aspect::Portrait);
        Planner::new().plan(&request, Some(&card), &server, &MemoryCorrections::NONE)
    }

    fn files() -> Models {
        let file = ModelFile::new("a.safetensors").unwrap();
        Models::Checkpoint { file, vae: None }
    }

    fn size(size: Size) -> (u32, u32) {
        (size.width, size.height)
    }

    #[test]
    fn a_plan_is_painted_as_it_is() {
        for family in [Family::Sd15, Family::Sdxl] {
            for (quality, free) in Quality::all().flat_map(|q| [(q, 4), (q, 24)]) {
                let mut plan = plan(family, quality, free);
                let Some(painted) = job(&plan, &files(), "a boat", "a car", 7).unwrap() else {
                    assert!(plan.passes.is_empty());
                    continue;
                };
                let first = &plan.passes[0];
                let begun = painted.size.image();
                assert_eq!((begun.width(), begun.height()), size(first.size));
                assert_eq!(painted.sampling.steps.get(), first.steps);
                let output = painted.output;
                assert_eq!((output.width(), output.height()), size(plan.output));
                let passes = match &painted.enlarge {
                    Enlarge::Latent(passes) => 1 + passes.len(),
                    Enlarge::Pixels { refine, .. } => 1 + usize::from(refine.is_some()),
                    Enlarge::No => 1,
                };
                assert_eq!(passes, plan.passes.len(), "{plan:?}");
                let tiled = plan.decode.unwrap().tile.is_some();
                assert_eq!(matches!(painted.decode, VaeWay::Tiled(_)), tiled);
                // Whatever passes came before, it is finished as planned.
                assert_eq!(painted.finish, PixelMethod::Lanczos);
                let name = "4x.pth".to_owned();
                plan.finish = Some(EnlargeMethod::Model {
                    name: name.clone(),
                    scale: 4,
                    tile: 256,
                });
                let finished = job(&plan, &files(), "a boat", "a car", 7).unwrap().unwrap();
                assert_eq!(finished.enlarge, painted.enlarge);
                let model = PixelMethod::Model(ModelFile::new(name).unwrap());
                assert_eq!(finished.finish, model);
            }
        }
    }

    #[test]
    fn a_prompt_is_bounded_whatever_it_is() {
        let plan = plan(Family::Sd15, Quality::Draft, 8);
        for prompt in ["(".repeat(100_000), "𝄞".repeat(100_000)] {
            let job = job(&plan, &files(), &prompt, &prompt, 7).unwrap().unwrap();
            assert!(job.prompt.as_str().len() <= PromptText::MAX);
        }
    }
}

//! A plan of memory becomes a picture to paint: same passes, same tiles, and in the end the promised size.

use videogen_comfy::{
    Cfg, Denoise, Enlarge, Error, ImageSize, LatentMethod, LatentPass, ModelFile, Models, PaintJob,
    PaintSize, PixelMethod, PixelRefine, PromptText, Refine, Sampler, Sampling, Scheduler, Seed,
    Steps, Tile, VaeWay,
};
use videogen_vram::Size;
use videogen_vram::plan::{self, Pass, Plan};

/// Characters of a prompt that are sent: more than any text encoder reads.
const LONGEST: usize = 2000;

/// The job of `plan` with these model files; `None` when the plan is the built-in painter's.
///
/// # Errors
/// [`Error::Invalid`] when the plan has a number that a server does not take.
pub(super) fn job(
    plan: &Plan,
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
    job.sampling = sampling(first)?;
    job.decode = vae(plan.decode.and_then(|decode| decode.tile))?;
    job.output = ImageSize::new(plan.output.width, plan.output.height)?;
    job.enlarge = match rest {
        [] => match &plan.finish {
            None => Enlarge::No,
            Some(grow) => Enlarge::Pixels {
                with: pixels(grow)?,
                refine: None,
            },
        },
        [pass, ..] => match &pass.enlarged {
            None | Some(plan::Enlarge::Latent) => {
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

fn paint_size(size: Size) -> Result<PaintSize, Error> {
    PaintSize::new(size.width, size.height)
}

fn sampling(pass: &Pass) -> Result<Sampling, Error> {
    Ok(Sampling {
        steps: Steps::new(pass.steps)?,
        cfg: Cfg::new(pass.cfg)?,
        sampler: Sampler::new(pass.sampler)?,
        scheduler: Scheduler::new(pass.scheduler)?,
    })
}

fn refine(pass: &Pass) -> Result<Refine, Error> {
    Ok(Refine {
        sampling: sampling(pass)?,
        denoise: Denoise::new(pass.denoise)?,
    })
}

fn latent(pass: &Pass) -> Result<LatentPass, Error> {
    Ok(LatentPass {
        size: paint_size(pass.size)?,
        method: LatentMethod::Bislerp,
        refine: refine(pass)?,
    })
}

fn pixels(grow: &plan::Enlarge) -> Result<PixelMethod, Error> {
    Ok(match grow {
        plan::Enlarge::Model { name, .. } => PixelMethod::Model(ModelFile::new(name.as_str())?),
        plan::Enlarge::Latent | plan::Enlarge::Resample => PixelMethod::Lanczos,
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

//! `videogen plan`: what every quality would do on a graphics card, and why.

use tokio_util::sync::CancellationToken;
use videogen_picture::prospect;
use videogen_types::{Aspect, Choice, Quality};
use videogen_vram::{
    ChainProbe, EnlargeMethod, Forecast, ForecastRequest, PaintPlan, PaintedAt, SamplingPass,
    WeightPlacement, forecast,
};

use super::places::Places;
use super::{Context, runtime};
use crate::args::PlanArgs;
use crate::render_error::{Failure, sentence};
use crate::signal::Signals;
use crate::wrap::{shorten, wrap};
use crate::{exit_code, ink, output};

/// Cells of a bar; all of them are the budget.
const BAR: usize = 24;
/// Columns before what is said of a plan.
const INDENT: usize = 4;
/// Columns of a label.
const LABEL: usize = 9;

/// Prints the plans.
///
/// # Errors
/// A value is not allowed, or contradicts another.
pub(crate) fn run(args: &PlanArgs, context: &Context) -> Result<u8, Failure> {
    let flags = [
        ("quality", "--quality", &args.quality),
        ("aspect", "--aspect", &args.aspect),
    ];
    let given = flags
        .into_iter()
        .filter_map(|(name, flag, value)| Some((name, flag, value.clone()?)));
    let mut settings = context.settings(context.flags(given)?)?;
    let wish = ForecastRequest {
        // Without the flag all are shown, whatever the settings say of videos.
        quality: args
            .quality
            .as_ref()
            .map(|_| settings.required::<Quality>("quality")),
        aspect: settings.required::<Aspect>("aspect"),
        model: args.model.clone(),
        free: args.free_vram,
        most: settings.most_vram(),
        total: args.total_vram,
        gpu: args.gpu.clone(),
        history: Some(Places::of(context)?.gpu_history_file()),
    };
    let cancel = CancellationToken::new();
    // Nothing has to be ended in order: the first signal ends the program.
    let _signals = Signals::watch(cancel.clone(), context.screen.clone())?;
    let (probe, runtime) = (ChainProbe::system(), runtime()?);
    let mut refused = Vec::new();
    // Who says what the card is like plans for that card, and no server has to be asked.
    let mut server = None;
    if wish.gpu.is_none() && wish.total.is_none() {
        settings.look_nearby(&runtime);
        let mut options = settings.tools().comfyui;
        options.history.clone_from(&wish.history);
        (server, refused) = runtime.block_on(prospect(&options));
    }
    let mut outlook = runtime
        .block_on(forecast(&wish, server, &probe, &cancel))
        .map_err(|error| Failure::from(&error))?;
    let told = |reason: String| format!("a ComfyUI server is not planned for: {reason}");
    outlook.notes.splice(0..0, refused.into_iter().map(told));
    if args.json {
        output::json(&outlook);
        return Ok(exit_code::OK);
    }
    let width = output::width();
    for line in lines(&outlook, width) {
        output::line(&line);
    }
    for note in &outlook.notes {
        context.screen.print(&format!(
            "note: {}",
            wrap(note, context.screen.width(), 6, 6)
        ));
    }
    Ok(exit_code::OK)
}

/// All that is printed.
fn lines(outlook: &Forecast, width: Option<usize>) -> Vec<String> {
    let mut lines = heading(outlook);
    lines.push(String::new());
    lines.extend(table(&outlook.plans));
    for plan in &outlook.plans {
        lines.push(String::new());
        lines.extend(details(plan, width));
    }
    lines
}

fn heading(outlook: &Forecast) -> Vec<String> {
    let Forecast {
        server, gpu, model, ..
    } = outlook;
    let server = server.as_ref().map(|server| shorten(server, 120));
    let what = match gpu {
        None if server.is_none() => {
            format!("no graphics card was found; {model} is planned without one")
        }
        None => format!("painting with {model} on its processor"),
        Some(gpu) => format!(
            "{}: {} free of {}; painting with {model}",
            clean(&gpu.name),
            gpu.free.bytes(),
            gpu.total.bytes()
        ),
    };
    server.into_iter().chain([what]).collect()
}

/// One line for each quality.
fn table(plans: &[PaintPlan]) -> Vec<String> {
    let row = |cells: [&str; 6]| {
        let [quality, size, strategy, peak, budget, time] = cells;
        let line =
            format!("{quality:<10}  {size:<9}  {strategy:<15}  {peak:>8}  {budget:>8}  {time}");
        line.trim_end().to_owned()
    };
    let mut lines = vec![row([
        "quality",
        "size",
        "way",
        "peak",
        "budget",
        "a picture takes",
    ])];
    for plan in plans {
        lines.push(row([
            plan.requested_quality.name(),
            &plan.output.to_string(),
            plan.strategy.name(),
            &plan.predicted_peak_bytes.to_string(),
            &plan.budget_bytes.to_string(),
            if plan.passes.is_empty() {
                "seconds"
            } else {
                plan.time.name()
            },
        ]));
    }
    lines
}

/// Passes, bars, reasons and suggestions of one plan.
fn details(plan: &PaintPlan, width: Option<usize>) -> Vec<String> {
    let name = plan.requested_quality.name();
    let mut lines = vec![ink::bold(name)];
    let line = |label: &str, text: &str| {
        let used = INDENT + LABEL;
        let text = wrap(sentence(text), width, used, used);
        format!("{:INDENT$}{label:<LABEL$}{text}", "")
    };
    for (number, pass) in (1..).zip(&plan.passes) {
        lines.push(line(&format!("pass {number}"), &pass_text(pass)));
    }
    if let Some(decode) = plan.decode {
        let text = match decode.tile {
            Some(tile) => format!("in tiles of {tile}, overlapping by {}", decode.overlap),
            None => "in one piece".to_owned(),
        };
        lines.push(line("decode", &text));
    }
    if let Some(finish) = &plan.finish {
        let (label, text) = finish_text(plan, finish);
        lines.push(line(label, &text));
    }
    let away: Vec<&str> = [
        (
            "weights streamed",
            plan.weights == WeightPlacement::Streamed,
        ),
        (
            "text encoder on the processor",
            plan.text_encoder == WeightPlacement::Cpu,
        ),
        ("VAE on the processor", plan.vae == WeightPlacement::Cpu),
    ]
    .into_iter()
    .filter_map(|(text, holds)| (holds && !plan.passes.is_empty()).then_some(text))
    .collect();
    if !away.is_empty() {
        lines.push(line("memory", &away.join(", ")));
    }
    let budget = plan.budget_bytes.get();
    for peak in &plan.phases {
        let text = format!(
            "{} {:>8}  {}",
            bar(peak.peak_bytes.get(), budget),
            peak.peak_bytes.to_string(),
            peak.phase.name(),
        );
        // A text has no size.
        let size = match peak.size {
            size if size.width == 0 => String::new(),
            size => format!(" {size}"),
        };
        lines.push(format!("{:INDENT$}{text}{size}", ""));
    }
    for (label, sentences) in [("because", &plan.reasons), ("better", &plan.suggestions)] {
        for (number, text) in sentences.iter().enumerate() {
            lines.push(line(if number == 0 { label } else { "" }, text));
        }
    }
    lines
}

fn pass_text(pass: &SamplingPass) -> String {
    let before = match &pass.enlarged {
        None => String::new(),
        Some(how) => format!("{} to ", enlarge_text(how)),
    };
    let denoise = if pass.denoise < 1.0 {
        format!(", denoise {:.2}", pass.denoise)
    } else {
        String::new()
    };
    format!(
        "{before}{}, {} steps of {} {}, CFG {}{denoise}",
        pass.size, pass.steps, pass.sampler, pass.scheduler, pass.cfg
    )
}

/// What brings the painted picture to the promised size, which may be the smaller one: models paint in steps of 8 pixels or
/// more.
fn finish_text(plan: &PaintPlan, finish: &EnlargeMethod) -> (&'static str, String) {
    let shrinks = |pass: &SamplingPass| {
        pass.size.width >= plan.output.width && pass.size.height >= plan.output.height
    };
    if *finish == EnlargeMethod::Resample && plan.passes.last().is_some_and(shrinks) {
        return ("scale", format!("pixels scaled down to {}", plan.output));
    }
    let soft = plan.painted.filter(PaintedAt::is_stretched);
    let soft = soft.map(|painted| format!(", {} times a side: it is soft", painted.resampled));
    let text = format!(
        "{} to {}{}",
        enlarge_text(finish),
        plan.output,
        soft.unwrap_or_default()
    );
    ("enlarge", text)
}

fn enlarge_text(how: &EnlargeMethod) -> String {
    match how {
        EnlargeMethod::Latent => "latents enlarged".to_owned(),
        EnlargeMethod::Model { name, tile, .. } => {
            format!("enlarged by {} in tiles of {tile}", clean(name))
        }
        EnlargeMethod::Resample => "pixels enlarged".to_owned(),
    }
}

/// How much of the budget a peak is: a phase that fits exactly fills the bar.
fn bar(peak: u64, budget: u64) -> String {
    let full = if budget == 0 {
        0
    } else {
        let cells = u128::from(peak) * BAR as u128;
        cells.div_ceil(u128::from(budget)).min(BAR as u128) as usize
    };
    format!("{}{}", "█".repeat(full), "░".repeat(BAR - full))
}

/// Names come from drivers and servers.
fn clean(name: &str) -> String {
    shorten(name, 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_where_the_peak_is_the_budget_and_never_overflows() {
        let cells = |bar: String| bar.matches('█').count();
        assert_eq!(cells(bar(0, 100)), 0);
        assert_eq!(cells(bar(1, 100)), 1);
        assert_eq!(cells(bar(50, 100)), BAR / 2);
        assert_eq!(cells(bar(100, 100)), BAR);
        assert_eq!(cells(bar(u64::MAX, 1)), BAR);
        assert_eq!(cells(bar(1, 0)), 0);
        assert_eq!(bar(3, 7).chars().count(), BAR);
    }
}

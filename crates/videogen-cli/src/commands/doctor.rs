//! `videogen doctor`

use console::Style;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use videogen_core::{CheckState, Finding, ToolkitConfig, examine};
use videogen_types::{Command, Hint};

use super::places::Places;
use super::{Context, runtime, temp_dir};
use crate::args::DoctorArgs;
use crate::render_error::{Failure, sentence};
use crate::report::words::count;
use crate::screen::Screen;
use crate::signal::Signals;
use crate::wrap::wrap;
use crate::{exit_code, hint, output};

/// Looks at everything a video needs; status 0 when videos can be made.
///
/// # Errors
/// A setting is wrong.
pub(crate) fn run(args: &DoctorArgs, context: &Context) -> Result<u8, Failure> {
    let flags = args
        .output_dir
        .iter()
        .map(|path| ("output_dir", "--output-dir", path.clone()));
    let mut settings = context.settings(context.flags(flags)?)?;
    for found in settings.found() {
        context.screen.print(found);
    }
    let output_dir: camino::Utf8PathBuf = settings.required("output_dir");
    let temp_dir = temp_dir()?;
    let cancel = CancellationToken::new();
    // Nothing has to be ended in order: the first signal ends the program.
    let _signals = Signals::watch(cancel.clone(), context.screen.clone())?;
    let runtime = runtime()?;
    settings.look_nearby(&runtime);
    let mut tools = settings.tools();
    Places::of(context)?.equip(&mut tools, &settings, context);
    let findings = runtime.block_on(examine(
        &tools,
        &settings.paint_with(),
        &output_dir,
        &temp_dir,
        &cancel,
    ));
    let findings = findings.into_iter().chain([music(&tools)]);
    let findings: Vec<Finding> = findings.map(hint::finding).collect();
    let ready = !findings
        .iter()
        .any(|finding| finding.state == CheckState::Problem);
    if args.json {
        output::json(&json!({"ready": ready, "findings": findings}));
    } else {
        let width = output::width();
        for finding in &findings {
            output::line(&text(finding, width, &context.screen));
        }
        let verdict = match (
            ready,
            findings
                .iter()
                .any(|finding| finding.state == CheckState::Note),
        ) {
            (true, false) => "videos can be made",
            (true, true) => "videos can be made; the notes say how they could be better",
            (false, _) => "no video can be made before the problems are solved",
        };
        context.screen.print(verdict);
    }
    Ok(if ready {
        exit_code::OK
    } else {
        exit_code::PREFLIGHT
    })
}

/// Music that may be used, beside the user's own and the built-in.
fn music(tools: &ToolkitConfig) -> Finding {
    let (state, detail, fix) = match tools.tracks.len() as u32 {
        0 => (
            CheckState::Note,
            "none was fetched; the built-in composer plays where you bring none".to_owned(),
            Some(Hint::of(Command::SetUpMusic)),
        ),
        n => (
            CheckState::Ok,
            format!("{} fetched", count(n, "piece")),
            None,
        ),
    };
    Finding {
        name: "music".to_owned(),
        state,
        detail,
        fix,
    }
}

/// One line: state, name, detail, fix. On a terminal it is wrapped.
fn text(finding: &Finding, width: Option<usize>, screen: &Screen) -> String {
    let (state, style) = match finding.state {
        CheckState::Ok => ("ok", Style::new().green()),
        CheckState::Note => ("note", Style::new().yellow()),
        CheckState::Problem => ("problem", Style::new().red().bold()),
    };
    let mut line = format!("{}: {}", finding.name, sentence(&finding.detail));
    if let Some(fix) = &finding.fix {
        line.push_str("; fix: ");
        line.push_str(sentence(&fix.to_string()));
    }
    let state = format!("{state:<8}");
    let state = if width.is_some() {
        screen.paint(&style, &state)
    } else {
        state
    };
    format!("{state} {}", wrap(&line, width, 9, 9))
}

//! The tables, and the figures below them.

use std::fmt::Write as _;

use super::judge::{Measured, failed, figures, mebibytes};
use super::program::{Program, Programs};
use crate::memory::Peaks;
use crate::stats::Spread;

/// All that was measured, in lines of 100 columns at most.
pub(crate) fn text(programs: &Programs, measured: &Measured) -> String {
    let mut text = programs.lines.join("\n");
    text.push('\n');
    transfer(&mut text, measured);
    faults(&mut text, measured);
    costs(&mut text, measured);
    let _ = writeln!(text, "\nFigures of issue 23");
    for figure in figures(measured) {
        let verdict = if figure.holds { "pass" } else { "FAIL" };
        let _ = writeln!(text, "{verdict} {:<62} {}", figure.what, figure.measured);
    }
    text
}

fn transfer(text: &mut String, measured: &Measured) {
    if let Some(first) = measured.speeds.first() {
        let _ = writeln!(text, "\n{} MiB from three mirrors", first.size >> 20);
        let _ = writeln!(
            text,
            "{:<12} {:<20} {:>7} {:>7} {:>8} {:>8} {:>7}",
            "MB/s", "program", "s", "MB/s", "of sum", "bytes", "CPU s"
        );
        for row in &measured.speeds {
            let _ = writeln!(
                text,
                "{:<12} {:<20} {:>7.2} {:>7.2} {:>6.1} % {:>8.4} {:>7.2}{}",
                row.mirrors(),
                row.program.words(),
                row.run.wall,
                row.size as f64 / row.run.wall / 1e6,
                row.of_sum() * 100.0,
                row.bytes(),
                row.run.cpu,
                remark(failed(&row.run))
            );
        }
    }
    if !measured.small.is_empty() {
        let _ = writeln!(
            text,
            "\nSmall files, seconds: one mirror of 10 MB/s, three of them; medians of three"
        );
        let _ = writeln!(
            text,
            "{:>4} {:<20} {:>7} {:>7} {:>7}",
            "MiB", "program", "one", "three", "times"
        );
        for row in &measured.small {
            let _ = writeln!(
                text,
                "{:>4} {:<20} {:>7.2} {:>7.2} {:>7.2}{}",
                row.size >> 20,
                row.program.words(),
                row.one,
                row.three,
                row.one / row.three,
                remark(row.error.clone())
            );
        }
    }
}

fn faults(text: &mut String, measured: &Measured) {
    if !measured.stalls.is_empty() {
        let _ = writeln!(
            text,
            "\n512 MiB from three mirrors of 10 MB/s, the first of which …"
        );
        let _ = writeln!(
            text,
            "{:<24} {:<20} {:>7} {:>7} {:>14}",
            "", "program", "s", "lost s", "again MiB"
        );
        for row in &measured.stalls {
            let _ = writeln!(
                text,
                "{:<24} {:<20} {:>7.2} {:>7.1} {:>14.3}{}",
                row.what,
                row.program.words(),
                row.run.wall,
                row.lost,
                mebibytes(row.again),
                remark(failed(&row.run))
            );
        }
    }
    if !measured.kills.is_empty() {
        let _ = writeln!(
            text,
            "\nkill -9 at 90 % of 96 MiB, and the same command again"
        );
        for row in &measured.kills {
            let _ = writeln!(
                text,
                "{:<20} {:>7.2} MiB fetched again{}",
                row.program.words(),
                mebibytes(row.again),
                remark(failed(&row.run))
            );
        }
    }
    if !measured.wrong.is_empty() {
        let _ = writeln!(
            text,
            "\nOne wrong byte in each MiB from one of three mirrors, 48 MiB in all"
        );
        for row in &measured.wrong {
            let _ = writeln!(
                text,
                "{:<20} {:<15} {:>7.2} s {:>7.2} MiB fetched again, {:.2} came from it{}",
                row.program.words(),
                if row.checked {
                    "digest known"
                } else {
                    "no digest"
                },
                row.run.wall,
                mebibytes(row.again),
                mebibytes(row.bad as i64),
                remark(failed(&row.run))
            );
        }
    }
}

fn costs(text: &mut String, measured: &Measured) {
    if let Some(last) = measured.validations.last() {
        let _ = writeln!(
            text,
            "\n{} downloads of 4 KiB in one process, four of five of which fail, in {:.1} s",
            last.count, measured.validating
        );
        let _ = writeln!(
            text,
            "{:>6} {:>6} {:>12} {:>8} {:>13}",
            "", "good", "descriptors", "threads", "resident MiB"
        );
        for row in &measured.validations {
            let _ = writeln!(
                text,
                "{:>6} {:>6} {:>12} {:>8} {:>13.2}",
                row.count,
                row.succeeded,
                row.descriptors,
                row.threads,
                Peaks::mebibytes(row.resident)
            );
        }
    }
    if let Some(again) = &measured.again {
        let _ = writeln!(text, "\nRequests to dead mirrors, first run and second");
        for touch in &again.touches {
            let _ = writeln!(
                text,
                "{:<26} {:>3} {:>3}",
                touch.what, touch.first, touch.second
            );
        }
    }
    let programs = [
        Program::Ours,
        Program::CurlChecked,
        Program::Curl,
        Program::Aria2,
    ];
    let mut of_each = programs
        .iter()
        .filter_map(|program| {
            let walls = measured.unthrottled_of(*program);
            Some((program, Spread::of(walls)?))
        })
        .peekable();
    if of_each.peek().is_some() {
        let _ = writeln!(text, "\n1 GiB from one mirror without a limit, into memory");
        for (program, wall) in of_each {
            let size = measured.unthrottled[0].1 as f64;
            let runs = measured
                .unthrottled
                .iter()
                .filter(|(of, _, _)| of == program);
            let cpu = Spread::of(runs.clone().map(|(_, _, run)| run.cpu));
            let _ = writeln!(
                text,
                "{:<20} {:>7.0} MB/s {:>6.2} s ({:.2}–{:.2}) {:>6.2} CPU s{}",
                program.words(),
                size / wall.median / 1e6,
                wall.median,
                wall.min,
                wall.max,
                cpu.map_or(0.0, |cpu| cpu.median),
                remark(runs.clone().find_map(|(_, _, run)| failed(run)))
            );
        }
    }
}

fn remark(words: Option<String>) -> String {
    words.map_or(String::new(), |words| format!("  {words}"))
}

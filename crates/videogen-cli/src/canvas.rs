//! What `indicatif` draws on: a place for the newest state of the bars, which can neither fail nor be waited for.

use std::io;
use std::sync::{Mutex, PoisonError};

use indicatif::TermLike;

use crate::ink::{LONGEST, rendered};
use crate::sink::{Frame, Sink};

/// `indicatif` fills lines to the width of the terminal, and reckons below zero where one sign is wider than that. A
/// terminal that does not say how wide it is has the usual width.
const NARROWEST: u16 = 20;

/// A terminal that knows only what it has to look like; where the cursor is moved to is left to the [`Sink`].
#[derive(Debug)]
pub(crate) struct Canvas {
    sink: Sink,
    lines: Mutex<Vec<String>>,
}

impl Canvas {
    pub(crate) fn new(sink: Sink) -> Self {
        Self {
            sink,
            lines: Mutex::default(),
        }
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TermLike for Canvas {
    fn width(&self) -> u16 {
        let size = console::Term::stderr().size_checked();
        size.map_or(80, |(_, columns)| columns.max(NARROWEST))
    }

    fn height(&self) -> u16 {
        console::Term::stderr()
            .size_checked()
            .map_or(24, |(rows, _)| rows.max(1))
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if text != "\r" {
            self.lines().push(text.to_owned());
        }
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let lines = std::mem::take(&mut *self.lines());
        // Lines have no colours, so nothing but text is left. The bound is one of lines, and there is one for each bar.
        let text: String = lines.iter().map(|line| rendered(line)).collect();
        let width = usize::from(self.width());
        let rows = console::measure_text_width(&text).div_ceil(width);
        debug_assert!(lines.iter().all(|line| line.len() <= 4 * LONGEST));
        self.sink.show(Frame { text, rows });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    #[test]
    fn the_bars_are_drawn_whole_and_without_escapes_of_others() {
        let taken = Arc::new(Mutex::new(String::new()));
        let into = Arc::clone(&taken);
        let write = move |bytes: &[u8]| {
            into.lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(bytes));
            Ok(bytes.len())
        };
        let sink = Sink::new(None, write, || false);
        sink.start().unwrap();
        let canvas = Box::new(Canvas::new(sink.clone()));
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::term_like(canvas));
        let style = ProgressStyle::with_template("{prefix} {msg}").unwrap();
        let drawn = || {
            let end = Duration::from_mins(1);
            assert!(sink.drain(end, Instant::now() + end));
            std::mem::take(&mut *taken.lock().unwrap())
        };
        let one = bars.add(ProgressBar::new(10).with_style(style.clone()));
        one.set_prefix("one");
        one.set_message("\u{1b}[2J\u{202e}x");
        one.tick();
        let first = drawn();
        let last = first.rsplit('J').next().unwrap();
        assert_eq!(
            last.trim_end(),
            "one  [2Jx".rsplit('J').next().unwrap(),
            "{first:?}"
        );
        assert!(
            !first.contains('\u{202e}') && !first.contains("\u{1b}[2J"),
            "{first:?}"
        );
        let two = bars.add(ProgressBar::new(10).with_style(style));
        two.set_prefix("two");
        two.tick();
        sink.print(b"text\n".to_vec());
        let second = drawn();
        assert!(second.contains("text\n"), "{second:?}");
        assert!(second.trim_end().ends_with("two"), "{second:?}");
        one.finish_and_clear();
        two.finish_and_clear();
        assert!(drawn().ends_with("\u{1b}[J"), "nothing is left below");
    }
}

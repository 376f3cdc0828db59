//! What each fault makes of an answer.

use bytes::Bytes;

use super::fault::MirrorFault;
use super::page;
use super::plan::{Framing, Plan, Turn};
use super::request::MirrorRequest;

/// Characters of a field of [`MirrorFault::HugeHead`].
const FIELD: usize = 8_000;

impl Plan {
    pub(crate) fn apply(&mut self, fault: &MirrorFault, request: &MirrorRequest) {
        use MirrorFault as F;
        match fault {
            F::FreezeAfter(part) => self.turn(self.part(*part), Turn::Freeze),
            F::FreezeAfterBytes(bytes) => self.turn(*bytes, Turn::Freeze),
            F::FreezeAfterTotal(bytes) => self.turns_total.push((*bytes, Turn::Freeze)),
            F::SlowAfter(part, speed) => self.turn(self.part(*part), Turn::Speed(*speed)),
            F::SlowAfterTotal(bytes, speed) => self.turns_total.push((*bytes, Turn::Speed(*speed))),
            F::ResetEvery(bytes) => self.turn(*bytes, Turn::Reset),
            F::EndEarly(part) => self.turn(self.part(*part), Turn::Close),
            F::FlipByteEachMib(every) => self.body.flip = Some(*every),
            F::OtherContent => self.body.inverted = true,
            F::Slowloris(speed) => {
                self.slow_head = Some(*speed);
                self.speed = Some(*speed);
            }
            F::HeadAfter(time) => self.head_after += *time,
            F::BodyAfter(time) => self.body_after += *time,
            F::CloseWithoutAnswer => self.silent = true,
            F::NotHttp => self.raw = Some(Bytes::from_static(b"SSH-2.0-OpenSSH_9.2p1\r\n")),
            // The listener sees to it.
            F::RefuseAfter(_) => {}
            F::IgnoreRange
            | F::NoRanges
            | F::OtherOffset(_)
            | F::ShiftedBytes(_)
            | F::WrongTotal(_)
            | F::LongerThanRange(_)
            | F::ShorterThanRange(_)
            | F::GarbageAfter(_) => self.lie_about_ranges(fault),
            F::Redirect(_)
            | F::RedirectRelative
            | F::RedirectHops(_)
            | F::RedirectLoop
            | F::RedirectNowhere => self.redirect(fault, request),
            _ => self.answer_otherwise(fault),
        }
    }

    fn turn(&mut self, at: u64, turn: Turn) {
        self.turns.push((at, turn));
    }

    /// So much of the body.
    fn part(&self, part: f64) -> u64 {
        (self.body.size() as f64 * part.clamp(0.0, 1.0)) as u64
    }

    fn lie_about_ranges(&mut self, fault: &MirrorFault) {
        use MirrorFault as F;
        match fault {
            F::IgnoreRange => self.whole(self.body.content.clone()),
            F::NoRanges => {
                self.whole(self.body.content.clone());
                for (name, value) in &mut self.fields {
                    if name == "Accept-Ranges" {
                        "none".clone_into(value);
                    }
                }
            }
            F::ShiftedBytes(bytes) if self.said.is_some() => self.body.from += bytes,
            F::OtherOffset(bytes) => {
                if let Some((start, end, _)) = &mut self.said {
                    (*start, *end) = (*start + bytes, *end + bytes);
                    self.body.from = *start;
                }
            }
            F::WrongTotal(more) => {
                if let Some((_, _, total)) = &mut self.said {
                    *total = self
                        .body
                        .content
                        .size()
                        .saturating_add_signed(*more)
                        .to_string();
                }
            }
            F::LongerThanRange(bytes) => {
                self.body.extra += bytes;
                self.framing = Framing::Length(self.body.size());
            }
            F::ShorterThanRange(bytes) => {
                self.body.length = self.body.length.saturating_sub(*bytes);
                self.framing = Framing::Length(self.body.size());
            }
            F::GarbageAfter(bytes) => self.body.extra += bytes,
            _ => {}
        }
    }

    fn redirect(&mut self, fault: &MirrorFault, request: &MirrorRequest) {
        use MirrorFault as F;
        let location = match fault {
            F::Redirect(location) => Some(location.clone()),
            F::RedirectRelative if !request.was_moved() => {
                // Relative to where the file lies, as the repository of the voices answered.
                let last = request.name().rsplit('/').next().unwrap_or_default();
                let depth = request.name().matches('/').count();
                let folder = &request.name()[..request.name().len() - last.len()];
                Some(format!("{}moved/{folder}{last}", "../".repeat(depth)))
            }
            F::RedirectHops(hops) if request.hops() < *hops => {
                Some(format!("/hop-{}/{}", request.hops() + 1, request.name()))
            }
            F::RedirectLoop => Some(request.path.clone()),
            F::RedirectNowhere => None,
            // It arrived.
            _ => return,
        };
        self.refuse(302);
        if let Some(location) = location {
            self.field("Location", &location);
        }
    }

    fn answer_otherwise(&mut self, fault: &MirrorFault) {
        use MirrorFault as F;
        match fault {
            F::Gzip => {
                let packed = page::gzip(&self.body.all());
                self.field("Content-Encoding", "gzip");
                self.body.content = packed.into();
                self.body.from = 0;
                self.body.length = self.body.content.size();
                self.body.extra = 0;
                self.framing = Framing::Length(self.body.size());
            }
            F::Chunked => self.framing = Framing::Chunked,
            F::NoLength => self.framing = Framing::Close,
            F::HtmlPage => {
                self.refuse(404);
                self.status = 200;
            }
            F::HtmlPageUnlabelled => {
                self.refuse(404);
                self.status = 200;
                self.content_type = "application/octet-stream";
            }
            F::Status(status) => self.refuse(*status),
            F::Busy(status, retry_after) => {
                self.refuse(*status);
                self.field("Retry-After", &retry_after.value());
            }
            F::NoHead if self.no_body => self.refuse(405),
            F::HugeHead(bytes) => {
                for number in 0..bytes.div_ceil(FIELD) {
                    let length = FIELD.min(bytes - number * FIELD);
                    self.field(&format!("X-Filler-{number}"), &"a".repeat(length));
                }
            }
            F::HugeField(bytes) => self.field("X-Filler", &"a".repeat(*bytes)),
            F::ZeroBytes => self.whole(Bytes::new().into()),
            _ => {}
        }
    }
}

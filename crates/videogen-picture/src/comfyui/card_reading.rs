//! The graphics card that paints, as the guard sees it: memory as the server tells it, heat as the driver does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use videogen_comfy::{DeviceKind, ImageGenerator, SystemStats};
use videogen_guard::{Free, Gpu, GpuReader, Throttle, Total, Used};
use videogen_vram::{GpuProbe, GpuReading, Throttle as Slowed};

/// How long a reading counts as new: the guard looks every two seconds, and for several videos.
const NEW: Duration = Duration::from_secs(1);
/// How long an old one is better than none.
const OLD: Duration = Duration::from_secs(30);
/// How long a reader waits for a new one: the guard reads other things as well, and in time.
const PATIENCE: Duration = Duration::from_secs(2);
/// For the answer of a server; one that paints may answer later, and then the driver's numbers count.
const ANSWERED: Duration = Duration::from_secs(3);

/// A reading, and when it was taken.
#[derive(Debug)]
struct Taken {
    at: Instant,
    gpu: Option<Gpu>,
}

/// The newest reading, and whether one is being taken.
#[derive(Debug, Default)]
struct Latest {
    taken: Option<Taken>,
    busy: bool,
}

#[derive(Debug)]
struct Watched {
    server: Arc<dyn ImageGenerator>,
    driver: Box<dyn GpuProbe>,
    /// The driver knows no card: it need not be asked again.
    without_driver: AtomicBool,
    latest: Mutex<Latest>,
    changed: Condvar,
}

/// Reads a card. Clones share their readings.
#[derive(Debug, Clone)]
pub(crate) struct CardReading(Arc<Watched>);

impl CardReading {
    /// Of the card of `server`; `driver` tells what the server does not. Readings are taken by tasks of the runtime whose
    /// thread asks, one at a time.
    pub(crate) fn new(server: Arc<dyn ImageGenerator>, driver: Box<dyn GpuProbe>) -> Self {
        Self(Arc::new(Watched {
            server,
            driver,
            without_driver: AtomicBool::new(false),
            latest: Mutex::default(),
            changed: Condvar::new(),
        }))
    }

    /// As the guard takes it.
    pub(crate) fn reader(&self) -> GpuReader {
        let watched = Arc::clone(&self.0);
        Arc::new(move || read(&watched))
    }
}

/// Ends a reading, also one that panics or whose runtime ends.
struct Reading {
    watched: Arc<Watched>,
    taken: Option<Taken>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut latest = self.watched.latest();
        latest.busy = false;
        if let Some(taken) = self.taken.take() {
            latest.taken = Some(taken);
        }
        drop(latest);
        self.watched.changed.notify_all();
    }
}

impl Reading {
    async fn take(mut self) {
        let gpu = self.watched.take().await;
        let at = Instant::now();
        self.taken = Some(Taken { at, gpu });
    }
}

impl Watched {
    fn latest(&self) -> MutexGuard<'_, Latest> {
        // Nothing that could panic happens while it is locked.
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(&self) -> Option<Gpu> {
        let asking = tokio::time::timeout(ANSWERED, self.server.state());
        let (state, cards) = tokio::join!(asking, self.cards());
        let stats = state.ok().and_then(Result::ok).map(|state| state.stats);
        gpu(stats.as_ref(), &cards)
    }

    async fn cards(&self) -> Vec<GpuReading> {
        if self.without_driver.load(Ordering::Relaxed) {
            return Vec::new();
        }
        // Bounded by the probe itself.
        let asked = self.driver.read(&CancellationToken::new()).await;
        let cards = asked.map(|readings| readings.cards).unwrap_or_default();
        self.without_driver
            .store(cards.is_empty(), Ordering::Relaxed);
        cards
    }
}

fn read(watched: &Arc<Watched>) -> Option<Gpu> {
    let mut latest = watched.latest();
    if let Some(taken) = &latest.taken
        && taken.at.elapsed() < NEW
    {
        return taken.gpu.clone();
    }
    if !latest.busy
        && let Ok(runtime) = tokio::runtime::Handle::try_current()
    {
        latest.busy = true;
        let reading = Reading {
            watched: Arc::clone(watched),
            taken: None,
        };
        runtime.spawn(reading.take());
    }
    let waiting = watched
        .changed
        .wait_timeout_while(latest, PATIENCE, |latest| latest.busy);
    let (latest, _) = waiting.unwrap_or_else(PoisonError::into_inner);
    let taken = latest
        .taken
        .as_ref()
        .filter(|taken| taken.at.elapsed() < OLD)?;
    taken.gpu.clone()
}

/// One card from two sources. What the server's own models hold counts as free for it, and as used on the card.
fn gpu(stats: Option<&SystemStats>, cards: &[GpuReading]) -> Option<Gpu> {
    let device = stats.and_then(SystemStats::device);
    if device.is_some_and(|device| device.kind == DeviceKind::Cpu) {
        return None;
    }
    let driver = match device {
        // A server may see the cards in another order than the driver, so the name goes first.
        Some(device) => {
            let named: Vec<&GpuReading> = cards
                .iter()
                .filter(|card| !card.name.is_empty() && device.name.contains(&card.name))
                .collect();
            let numbered = named.iter().find(|card| Some(card.index) == device.index);
            numbered.or(named.first()).copied()
        }
        None => cards.first().filter(|_| cards.len() == 1),
    };
    let (total, used, free) = match (device, driver) {
        (Some(device), _) => {
            let free = device.vram_free.min(device.vram_total);
            let held = device.torch_total.saturating_sub(device.torch_free);
            let usable = free.saturating_add(held).min(device.vram_total);
            (device.vram_total, device.vram_total - free, usable)
        }
        (None, Some(card)) => (
            card.total.bytes().get(),
            card.used.get(),
            card.sane_free().bytes().get(),
        ),
        (None, None) => return None,
    };
    Some(Gpu {
        used: Used(used),
        free: Free(free),
        total: Total(total),
        temperature_c: driver.and_then(|card| card.temperature_c),
        throttle: driver.map_or_else(Vec::new, |card| {
            card.throttle.iter().copied().filter_map(slowed).collect()
        }),
    })
}

fn slowed(reason: Slowed) -> Option<Throttle> {
    match reason {
        Slowed::Thermal => Some(Throttle::Heat),
        Slowed::PowerCap => Some(Throttle::PowerCap),
        Slowed::Hardware => Some(Throttle::Hardware),
        // Also what the user set on purpose.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use testkit::comfy::{Family, GIB, MockComfy, SimulatedCard};
    use videogen_comfy::ComfyClient;
    use videogen_vram::{Bytes, FixedProbe, FreeBytes, TotalBytes};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn memory_comes_from_the_server_and_heat_from_the_driver_once_a_second() {
        let card = SimulatedCard::new(12 * GIB).held_by_others(5 * GIB);
        let server = MockComfy::builder()
            .card(card)
            .checkpoint("sdxl.safetensors", Family::SDXL)
            .start();
        let client = ComfyClient::connect(&server.url()).unwrap();
        let name = client.system_stats().await.unwrap().devices[0].name.clone();
        let mut hot = GpuReading::fixed(
            name,
            TotalBytes::new(Bytes::from_gib(12)),
            FreeBytes::new(Bytes::from_gib(1)),
        );
        hot.temperature_c = Some(91);
        hot.throttle = vec![Slowed::Thermal, Slowed::Other];
        let driver = Box::new(FixedProbe::new(vec![hot]));
        let before = server.counters().requests_of("GET /system_stats");
        let reader = CardReading::new(Arc::new(client), driver).reader();
        let gpu = tokio::task::spawn_blocking(move || {
            let first = reader();
            assert_eq!(first, reader());
            first.unwrap()
        });
        let gpu = gpu.await.unwrap();
        assert_eq!((gpu.used.0, gpu.free.0), (5 * GIB, 7 * GIB));
        assert_eq!(gpu.temperature_c, Some(91));
        assert_eq!(gpu.throttle, [Throttle::Heat]);
        let asked = server.counters().requests_of("GET /system_stats") - before;
        assert_eq!(asked, 1);
    }

    #[test]
    fn a_server_that_is_silent_leaves_the_drivers_numbers() {
        let card = |name: &str| {
            GpuReading::fixed(
                name,
                TotalBytes::new(Bytes::from_gib(12)),
                FreeBytes::new(Bytes::from_gib(2)),
            )
        };
        let alone = gpu(None, &[card("a")]).unwrap();
        assert_eq!((alone.used.0 >> 30, alone.free.0 >> 30), (10, 2));
        // Which of two it is cannot be said.
        assert_eq!(gpu(None, &[card("a"), card("b")]), None);
        assert_eq!(gpu(None, &[]), None);
    }
}

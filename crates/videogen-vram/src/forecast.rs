//! What a graphics card can paint, or the server that would be asked: every quality planned for it, without painting
//! anything.

use std::time::SystemTime;

use camino::Utf8PathBuf;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use videogen_types::{Aspect, ByteSize, InvalidValue, Quality};

use crate::error::Error;
use crate::model::{Family, ModelFacts, OsKind, ServerFacts};
use crate::plan::{self, PaintPlan};
use crate::probe::{GpuProbe, GpuReadings, ProbeNoteKind};
use crate::reading::{GpuProcess, GpuReading, ProcessKind};
use crate::units::{Bytes, FreeBytes, TotalBytes};
use crate::{history, recognise};

/// The model that is planned for when none is named: what most servers have, and what paints on the smallest cards.
pub const DEFAULT_MODEL: Family = Family::Sd15;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct ForecastRequest {
    /// Only this quality; `None` plans all of them.
    pub quality: Option<Quality>,
    /// The shape of the video.
    pub aspect: Aspect,
    /// A model family (`sdxl`), or the name of a model file from which the family can be told; `None` is
    /// [`DEFAULT_MODEL`].
    pub model: Option<String>,
    /// Plan as if so much memory were free.
    pub free: Option<ByteSize>,
    /// Plan as if the card had so much memory.
    pub total: Option<ByteSize>,
    /// Plan with no more than so many bytes of it, however much is free.
    pub most: Option<u64>,
    /// The card: part of the name of one that is here, or the name of one that is not, whose memory is given.
    pub gpu: Option<String>,
    /// Where is kept what earlier pictures taught about cards.
    pub history: Option<Utf8PathBuf>,
}

/// A server that can paint, and what is known of it now.
#[derive(Debug, Clone)]
pub struct Prospect {
    /// Where it is, what it is, what it paints on and with which model, in a few words.
    pub about: String,
    /// The model it paints with.
    pub model: ModelFacts,
    /// The server.
    pub facts: ServerFacts,
    /// Its card, with no more memory than may be used; `None` where it paints on its processor.
    pub card: Option<GpuReading>,
    /// What earlier pictures taught about that card.
    pub corrections: plan::MemoryCorrections,
}

/// What a card can paint.
#[derive(Debug, Clone, Serialize)]
pub struct Forecast {
    /// The card; `None` where there is none.
    pub gpu: Option<GpuReading>,
    /// The server that is planned for, in a few words; `None` where a card is, and no server.
    pub server: Option<String>,
    /// The model that is planned for.
    pub model: String,
    /// What a person should know of how the card was found out, one line each.
    pub notes: Vec<String>,
    /// One plan for each quality, worst quality first.
    pub plans: Vec<PaintPlan>,
}

/// Plans what `wish` asks for. `probe` is asked for the cards of this machine; the wish may name one of them, or imagine its
/// memory to be another. A `server` that would paint is planned for as it is, unless the wish names a card or its size.
///
/// # Errors
/// [`Error::Value`] for a model that is not known, a card that is not here and memory that contradicts itself;
/// [`Error::Cancelled`]. That there is no card is no error.
pub async fn forecast(
    wish: &ForecastRequest,
    server: Option<Prospect>,
    probe: &dyn GpuProbe,
    cancel: &CancellationToken,
) -> Result<Forecast, Error> {
    let mut notes = Vec::new();
    let mut subject = match server {
        Some(server) if wish.gpu.is_none() && wish.total.is_none() => {
            Subject::of_server(wish, server)?
        }
        _ => Subject::of_card(wish, probe, &mut notes, cancel).await?,
    };
    if let (Some(card), Some(most)) = (&mut subject.card, wish.most) {
        card.free = card.sane_free().min(FreeBytes::new(Bytes::new(most)));
    }
    let planner = plan::Planner::new();
    let Subject {
        server,
        model,
        facts,
        card,
        corrections,
    } = subject;
    let plans = Quality::all()
        .filter(|quality| wish.quality.is_none_or(|wanted| wanted == *quality))
        .map(|quality| {
            let request = plan::PlanRequest {
                // A server without a card paints on its processor, and nobody else does.
                allow_cpu: server.is_some() && (card.is_none() || facts.flags.cpu),
                unload: plan::UnloadPolicy::Never,
                tenants: card.as_ref().map(tenants).unwrap_or_default(),
                ..plan::PlanRequest::new(model.clone(), quality, wish.aspect)
            };
            planner.plan(&request, card.as_ref(), &facts, &corrections)
        })
        .collect();
    Ok(Forecast {
        server,
        model: model.name,
        gpu: card,
        notes,
        plans,
    })
}

/// What is planned for.
struct Subject {
    server: Option<String>,
    model: ModelFacts,
    facts: ServerFacts,
    card: Option<GpuReading>,
    corrections: plan::MemoryCorrections,
}

impl Subject {
    /// A server, as it is; with the model and the free memory of the wish, where it has them.
    fn of_server(wish: &ForecastRequest, server: Prospect) -> Result<Self, Error> {
        let named = wish.model.as_deref().map(|name| model(Some(name)));
        let (mut facts, mut card) = (server.facts, server.card);
        if let (Some(card), Some(free)) = (&mut card, wish.free) {
            // As if: what the server holds now is part of that.
            facts.held = Bytes::ZERO;
            card.free = FreeBytes::new(Bytes::new(free.get()));
        }
        Ok(Self {
            server: Some(server.about),
            model: named.transpose()?.unwrap_or(server.model),
            facts,
            card: card.map(checked).transpose()?,
            corrections: server.corrections,
        })
    }

    /// A card that is here, or is imagined.
    async fn of_card(
        wish: &ForecastRequest,
        probe: &dyn GpuProbe,
        notes: &mut Vec<String>,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let model = model(wish.model.as_deref())?;
        let card = card(wish, probe, notes, cancel).await?;
        let corrections = match (&card, &wish.history) {
            (Some(card), Some(file)) => {
                let history = history::PaintHistory::new(file.clone());
                let (corrections, warning) = history.corrections(&card.key(), SystemTime::now());
                notes.extend(warning);
                corrections
            }
            _ => plan::MemoryCorrections::NONE,
        };
        let facts = ServerFacts {
            os: if cfg!(windows) {
                OsKind::Windows
            } else {
                OsKind::Unix
            },
            ..ServerFacts::default()
        };
        Ok(Self {
            server: None,
            model,
            facts,
            card,
            corrections,
        })
    }
}

fn invalid(what: &'static str, value: &str, allowed: &str) -> Error {
    InvalidValue::new(what, value, allowed).into()
}

/// The model of this name.
fn model(name: Option<&str>) -> Result<ModelFacts, Error> {
    let Some(name) = name else {
        return Ok(ModelFacts::of(DEFAULT_MODEL));
    };
    if let Ok(family) = name.parse() {
        return Ok(ModelFacts::of(family));
    }
    recognise::model_from_name(name.trim()).ok_or_else(|| {
        let names: Vec<&str> = Family::ALL.iter().map(|family| family.name()).collect();
        InvalidValue::unknown("model", name, &names).into()
    })
}

/// The card that is planned for.
async fn card(
    wish: &ForecastRequest,
    probe: &dyn GpuProbe,
    notes: &mut Vec<String>,
    cancel: &CancellationToken,
) -> Result<Option<GpuReading>, Error> {
    if let Some(card) = described(wish) {
        return checked(card).map(Some);
    }
    let asked = probe.read(cancel).await;
    let mut readings = match asked {
        Ok(readings) => readings,
        Err(error @ Error::Cancelled) => return Err(error),
        // A chain of probes fails only so; a single one may fail, and then there is no card to plan for.
        Err(error) => {
            notes.push(videogen_text::chain(&error));
            GpuReadings::default()
        }
    };
    let count = readings.cards.len();
    let named = |card: &GpuReading, name: &str| {
        card.index.to_string() == name
            || card
                .name
                .to_lowercase()
                .contains(&name.trim().to_lowercase())
    };
    let here = match &wish.gpu {
        Some(name) => readings.cards.iter().position(|card| named(card, name)),
        None => (count > 0).then_some(0),
    };
    let here = here.map(|at| readings.cards.swap_remove(at));
    if let (None, Some(name), None, None) = (&here, &wish.gpu, wish.free, wish.total) {
        let allowed =
            "a card of this machine, or any card whose memory is given, in total and free";
        return Err(invalid("graphics card", name, allowed));
    }
    let bytes = |size: ByteSize| Bytes::new(size.get());
    let card = match (here, wish.free.map(bytes), wish.total.map(bytes)) {
        (here, None, None) => {
            if count > 1 && wish.gpu.is_none() {
                notes.push(format!(
                    "{count} cards are here; this is for the first; another one can be named"
                ));
            }
            // Why others found nothing matters only where nobody found a card.
            let told = readings.notes.into_iter();
            let told = told.filter(|note| here.is_none() || note.kind != ProbeNoteKind::Absent);
            notes.extend(told.map(|note| format!("{}: {}", note.probe, note.text)));
            return Ok(here);
        }
        (Some(mut card), free, total) => {
            // Another amount of memory than is there now: who holds what, then, is not known.
            if let Some(total) = total {
                card.total = TotalBytes::new(total);
            }
            let now = card.sane_free();
            card.free = free.map_or(now, FreeBytes::new);
            card.used = card.total.bytes().minus(card.free.bytes());
            card.processes = Vec::new();
            card
        }
        (None, free, total) => {
            let total = total.or(free).unwrap_or_default();
            let name = wish.gpu.clone().unwrap_or_else(|| "a card".to_owned());
            GpuReading::fixed(
                name.trim(),
                TotalBytes::new(total),
                FreeBytes::new(free.unwrap_or(total)),
            )
        }
    };
    checked(card).map(Some)
}

/// The card of a wish that says all of it: no driver has to be asked, which may hang. A number is the place of a card
/// that is here.
fn described(wish: &ForecastRequest) -> Option<GpuReading> {
    let (name, free, total) = (wish.gpu.as_deref()?.trim(), wish.free?, wish.total?);
    let bytes = |size: ByteSize| Bytes::new(size.get());
    let (total, free) = (TotalBytes::new(bytes(total)), FreeBytes::new(bytes(free)));
    name.parse::<u32>()
        .is_err()
        .then(|| GpuReading::fixed(name, total, free))
}

/// The card, unless its amounts contradict each other.
fn checked(card: GpuReading) -> Result<GpuReading, Error> {
    if card.free.bytes() > card.total.bytes() {
        let allowed = format!("at most the memory of the card, {}", card.total.bytes());
        return Err(invalid(
            "free memory",
            &card.free.bytes().to_string(),
            &allowed,
        ));
    }
    Ok(card)
}

/// Programs on the card that can be asked to leave it.
fn tenants(card: &GpuReading) -> Vec<plan::PlanOccupant> {
    let of = |process: &GpuProcess| {
        let models = [ProcessKind::Ollama, ProcessKind::LanguageModel];
        models.contains(&process.kind).then(|| plan::PlanOccupant {
            name: if process.name.is_empty() {
                process.kind.name().to_owned()
            } else {
                process.name.clone()
            },
            kind: plan::OccupantKind::LanguageModel,
            bytes: process.used.unwrap_or_default(),
        })
    };
    card.processes.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use crate::probe::FixedProbe;

    use super::*;
    use videogen_types::Choice;

    fn run(wish: &ForecastRequest, cards: Vec<GpuReading>) -> Result<Forecast, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let (probe, cancel) = (FixedProbe::new(cards), CancellationToken::new());
        runtime.block_on(forecast(wish, None, &probe, &cancel))
    }

    fn gib(gib: u64) -> Bytes {
        Bytes::from_gib(gib)
    }

    fn card(name: &str, total: u64, free: u64) -> GpuReading {
        GpuReading::fixed(name, TotalBytes::new(gib(total)), FreeBytes::new(gib(free)))
    }

    #[test]
    fn pictures_have_the_size_of_the_video() {
        for quality in Quality::all() {
            for &(_, aspect) in Aspect::ALL {
                let video = quality.size(aspect);
                let picture = plan::promised_size(quality, aspect);
                assert_eq!(
                    (picture.width, picture.height),
                    (video.width(), video.height()),
                    "{quality:?} {aspect:?}"
                );
            }
        }
    }

    #[test]
    fn a_card_that_is_not_here_is_planned_for() {
        let wish = ForecastRequest {
            free: Some("6GiB".parse().unwrap()),
            total: Some("12GiB".parse().unwrap()),
            gpu: Some("RTX A2000".to_owned()),
            ..ForecastRequest::default()
        };
        let outlook = run(&wish, Vec::new()).unwrap();
        assert_eq!(outlook.plans.len(), 5);
        let ultra = outlook.plans.last().unwrap();
        assert_eq!((ultra.output.width, ultra.output.height), (1440, 2560));
        assert!(ultra.predicted_peak_bytes <= ultra.budget_bytes);
        assert!(ultra.budget_bytes <= gib(6));
        assert!(!ultra.is_degraded(), "{ultra:?}");
    }

    /// A probe that must not be asked.
    #[derive(Debug)]
    struct Hangs;

    impl GpuProbe for Hangs {
        fn name(&self) -> &'static str {
            "hangs"
        }

        fn read<'a>(
            &'a self,
            _: &'a CancellationToken,
        ) -> crate::probe::BoxFuture<'a, Result<GpuReadings, crate::Error>> {
            panic!("the driver was asked")
        }
    }

    #[tokio::test]
    async fn a_card_that_is_wholly_described_is_not_looked_for() {
        let wish = ForecastRequest {
            free: Some("6GiB".parse().unwrap()),
            total: Some("12GiB".parse().unwrap()),
            gpu: Some("RTX A2000".to_owned()),
            ..ForecastRequest::default()
        };
        let outlook = forecast(&wish, None, &Hangs, &CancellationToken::new()).await;
        assert_eq!(outlook.unwrap().gpu.unwrap().name, "RTX A2000");
    }

    #[test]
    fn without_a_card_the_built_in_painter_paints() {
        let outlook = run(&ForecastRequest::default(), Vec::new()).unwrap();
        assert!(outlook.gpu.is_none());
        assert!(
            outlook
                .plans
                .iter()
                .all(|plan| plan.strategy == plan::PaintStrategy::BuiltIn)
        );
    }

    #[test]
    fn the_memory_of_a_card_that_is_here_can_be_imagined_otherwise() {
        let mut here = card("NVIDIA RTX A2000 12GB", 12, 3);
        here.processes = vec![GpuProcess {
            pid: 1,
            name: "ollama".to_owned(),
            used: Some(gib(5)),
            kind: ProcessKind::Ollama,
        }];
        let now = run(&ForecastRequest::default(), vec![here.clone()]).unwrap();
        let told: String = now
            .plans
            .iter()
            .flat_map(|plan| plan.suggestions.clone())
            .collect();
        assert!(told.contains("ollama"), "{told}");
        let wish = ForecastRequest {
            free: Some("10GiB".parse().unwrap()),
            ..ForecastRequest::default()
        };
        let then = run(&wish, vec![here]).unwrap().gpu.unwrap();
        assert_eq!(then.free.bytes(), gib(10));
        assert_eq!(then.total.bytes(), gib(12));
        assert!(then.processes.is_empty());
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        let refused = |wish: &ForecastRequest| {
            let error = run(wish, vec![card("NVIDIA RTX A2000 12GB", 12, 6)]).unwrap_err();
            videogen_text::chain(&error)
        };
        let free = |text: &str| Some(text.parse().unwrap());
        let more = refused(&ForecastRequest {
            free: free("13GiB"),
            ..ForecastRequest::default()
        });
        assert!(
            more.contains("free memory") && more.contains("12 GiB"),
            "{more}"
        );
        let gpu = refused(&ForecastRequest {
            gpu: Some("Voodoo".to_owned()),
            ..ForecastRequest::default()
        });
        assert!(
            gpu.contains("Voodoo") && gpu.contains("in total and free"),
            "{gpu}"
        );
        let model = refused(&ForecastRequest {
            model: Some("sdxx".to_owned()),
            ..ForecastRequest::default()
        });
        assert!(model.contains("sdxx"), "{model}");
    }

    #[test]
    fn a_model_is_known_by_its_family_or_its_file() {
        assert_eq!(model(None).unwrap().family, Family::Sd15);
        assert_eq!(model(Some("SDXL")).unwrap().family, Family::Sdxl);
        assert_eq!(model(Some("flux")).unwrap().family, Family::Flux1Dev);
        let file = model(Some("juggernautXL_v9.safetensors")).unwrap();
        assert_eq!(file.family, Family::Sdxl);
    }
}

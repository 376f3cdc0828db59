//! Tests of the order in which speakers are taken.

use tokio_util::sync::CancellationToken;
use videogen_types::Observer;

use super::*;
use crate::{BoxFuture, Request, Speech};

/// Has the name of a backend, and a voice of it.
#[derive(Debug)]
struct Named(&'static str, [Voice; 1]);

impl Named {
    fn shared(id: &'static str, language: &str) -> Arc<dyn Synthesizer> {
        let voice = Voice {
            key: format!("{id}-{language}"),
            language: language.to_owned(),
            description: String::new(),
        };
        Arc::new(Self(id, [voice]))
    }
}

impl Synthesizer for Named {
    fn id(&self) -> &str {
        self.0
    }

    fn version(&self) -> &str {
        self.0
    }

    fn voices(&self) -> &[Voice] {
        &self.1
    }

    fn speak<'a>(
        &'a self,
        _: &'a Request,
        _: &'a dyn Observer,
        _: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Speech, Error>> {
        unreachable!("nobody speaks")
    }
}

/// Who speaks English of `available`, and what is told of who does not.
async fn best(available: &[&'static str], absent: &[(&str, &str)]) -> (String, String) {
    let available: Vec<_> = available.iter().map(|id| Named::shared(id, "en")).collect();
    let absent = absent
        .iter()
        .map(|(id, why)| ((*id).to_owned(), (*why).to_owned()));
    let absent: Vec<(String, String)> = absent.collect();
    let request = SpeakerRequest {
        available: &available,
        absent: &absent,
        speech: SpeechChoice::Auto,
        voice: None,
        language: "en",
        text: "",
        may_fall_back: &|_| false,
    };
    let chosen = request.choose().await.unwrap();
    let ids: Vec<&str> = chosen.speakers.iter().map(|one| one.id()).collect();
    let told = chosen.degradations.iter();
    let told: Vec<String> = told
        .map(|one| format!("{}: {}", one.from, one.reason))
        .collect();
    (ids.join(" "), told.join("|"))
}

#[tokio::test]
async fn a_voice_of_pipers_is_what_is_wished_whoever_speaks_with_it() {
    let all = ["native", "piper", "flite", "espeak-ng"];
    let (ids, told) = best(&all, &[]).await;
    assert_eq!((&*ids, &*told), ("native piper flite espeak-ng silent", ""));
    let absent = [("piper", "the program piper is not installed")];
    assert_eq!(best(&["native", "flite"], &absent).await.1, "");
    let absent = [("native", "espeak-ng is not installed")];
    assert_eq!(best(&["piper", "flite"], &absent).await.1, "");
    // One reason for both is told once.
    let none = "no Piper voice is configured";
    let absent = [("native", none), ("piper", none)];
    let (ids, told) = best(&["flite", "espeak-ng"], &absent).await;
    assert_eq!(ids, "flite espeak-ng silent");
    assert_eq!(told, "piper: no Piper voice is configured");
    let absent = [("native", "it is a web page"), ("piper", "not installed")];
    let (_, told) = best(&["espeak-ng"], &absent).await;
    assert_eq!(
        told,
        "piper: it is a web page; not installed; flite has no voice for en"
    );
}

//! Servers on this machine that no setting names.

use videogen_core::{LookFor, Nearby, nearby};
use videogen_net::ServerUrl;

use super::layer::{Given, Origin, Value};
use super::{NONE, Settings};
use crate::commands::Runtime;

impl Settings {
    /// Takes the servers that answer on their usual ports of this machine, where nothing is said of such servers.
    pub(crate) fn look_nearby(&mut self, runtime: &Runtime) {
        let look = self.unnamed();
        if look.comfyui || look.llm {
            self.take(runtime.block_on(nearby(look)));
        }
    }

    /// What nothing is said of: neither an address, nor that there is none, nor how one is started.
    fn unnamed(&self) -> LookFor {
        let is_unset = |name: &str| !self.values.contains_key(name);
        let all = |names: &[&str]| names.iter().all(|name| is_unset(name));
        LookFor {
            comfyui: all(&["comfyui_url", "comfyui_fallbacks", "comfyui_command"]),
            // A key is for a server that somebody knows, and not for whoever listens here.
            llm: all(&["llm_url", "llm_fallbacks", "llm_key"]),
        }
    }

    fn take(&mut self, found: Nearby) {
        let mut set = |name: &'static str, value: Value| {
            let origin = Origin::Found;
            self.values.insert(name, Given { value, origin });
        };
        if let Some(url) = found.comfyui {
            set("comfyui_url", Value::One(url.to_string()));
        }
        let mut writers = found.llm.iter().map(ServerUrl::to_string);
        if let Some(first) = writers.next() {
            set("llm_url", Value::One(first));
        }
        let others: Vec<String> = writers.collect();
        if !others.is_empty() {
            set("llm_fallbacks", Value::Many(others));
        }
    }
}

/// Whether an address says that there is no server, and none is to be looked for.
pub(crate) fn is_none(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings_of;

    fn found() -> Nearby {
        let mut found = Nearby::default();
        found.comfyui = "http://127.0.0.1:8188".parse().ok();
        found.llm = ["http://127.0.0.1:11434", "http://127.0.0.1:8080"]
            .map(|url| url.parse().expect("a URL"))
            .to_vec();
        found
    }

    #[test]
    fn what_is_found_is_used_where_nothing_is_said() {
        let mut settings = settings_of(&[]);
        assert!(settings.unnamed().comfyui && settings.unnamed().llm);
        settings.take(found());
        let tools = settings.tools();
        assert_eq!(tools.comfyui.servers.len(), 1);
        assert_eq!(tools.llm.servers.len(), 2);
        assert_eq!(settings.origin("llm_url"), Some(&Origin::Found));
    }

    #[test]
    fn none_is_no_server_and_none_is_looked_for() {
        let settings = settings_of(&[("COMFYUI_URL", "none"), ("VIDEOGEN_LLM_URL", " None ")]);
        assert_eq!(
            settings.unnamed(),
            LookFor {
                comfyui: false,
                llm: false
            }
        );
        let tools = settings.tools();
        assert!(tools.comfyui.servers.is_empty() && tools.llm.servers.is_empty());
        let started = settings_of(&[("VIDEOGEN_COMFYUI_COMMAND", "python main.py")]);
        assert!(!started.unnamed().comfyui && started.unnamed().llm);
        assert!(
            !settings_of(&[("VIDEOGEN_LLM_KEY", "sk-0123")])
                .unnamed()
                .llm
        );
        let fallback = settings_of(&[("QWEN_FALLBACKS", "http://box:1")]);
        assert!(fallback.unnamed().comfyui && !fallback.unnamed().llm);
    }
}

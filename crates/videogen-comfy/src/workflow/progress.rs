//! How far a workflow is, from which nodes are done: sampling takes most of the time.

use std::collections::BTreeMap;

use super::Workflow;

/// The share of the work that each node is, and how far each is.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    weights: BTreeMap<String, f64>,
    done: BTreeMap<String, f64>,
    total: f64,
    reached: f64,
}

impl Share {
    pub(crate) fn of(workflow: &Workflow) -> Self {
        let weights: BTreeMap<String, f64> = workflow
            .nodes()
            .iter()
            .map(|(id, node)| {
                let steps = node
                    .inputs
                    .get("steps")
                    .and_then(serde_json::Value::as_f64)
                    .unwrap_or(0.0);
                let denoise = node
                    .inputs
                    .get("denoise")
                    .and_then(serde_json::Value::as_f64)
                    .unwrap_or(1.0);
                let sampling = steps.clamp(0.0, 10_000.0) * denoise.clamp(0.0, 1.0);
                let fixed = match node.class.as_str() {
                    "VAEDecode" | "VAEDecodeTiled" | "VAEEncode" | "VAEEncodeTiled" => 2.0,
                    "ImageUpscaleWithModel" => 4.0,
                    // Loading takes long once and nothing afterwards; what is cached is done at once.
                    class if class.contains("Loader") => 1.0,
                    _ => 0.1,
                };
                (id.clone(), fixed + sampling)
            })
            .collect();
        let total = weights.values().sum();
        Self {
            weights,
            done: BTreeMap::new(),
            total,
            reached: 0.0,
        }
    }

    /// `node` is `value` of `max` through.
    pub(crate) fn node(&mut self, node: &str, value: f64, max: f64) {
        if !self.weights.contains_key(node) {
            return;
        }
        let part = if max > 0.0 {
            (value / max).clamp(0.0, 1.0)
        } else {
            0.0
        };
        if part.is_finite() {
            let done = self.done.entry(node.to_owned()).or_insert(0.0);
            *done = done.max(part);
        }
    }

    /// `node` is done.
    pub(crate) fn finished(&mut self, node: &str) {
        self.node(node, 1.0, 1.0);
    }

    /// 0..=1, never less than it was.
    pub(crate) fn fraction(&mut self) -> f64 {
        let sum: f64 = self
            .done
            .iter()
            .filter_map(|(node, part)| Some(self.weights.get(node)? * part))
            .sum();
        if self.total > 0.0 {
            self.reached = self.reached.max((sum / self.total).clamp(0.0, 1.0));
        }
        self.reached
    }

    /// The work starts over.
    pub(crate) fn restart(&mut self) {
        self.done.clear();
    }
}

//! The strongly connected components of a graph of modules: Tarjan's algorithm (1972).

use std::collections::{BTreeMap, BTreeSet};

/// Who imports whom.
pub(crate) type Edges = BTreeMap<String, BTreeSet<String>>;

/// Every set of two or more modules that reach each other, each in alphabetical order, the first of each in order.
pub(crate) fn circles(edges: &Edges) -> Vec<Vec<String>> {
    let mut search = Search {
        edges,
        numbers: BTreeMap::new(),
        lowest: BTreeMap::new(),
        stack: Vec::new(),
        circles: Vec::new(),
    };
    for module in edges.keys() {
        if !search.numbers.contains_key(module.as_str()) {
            search.visit(module);
        }
    }
    search.circles.sort();
    search.circles
}

struct Search<'a> {
    edges: &'a Edges,
    /// In which order each module was found.
    numbers: BTreeMap<&'a str, usize>,
    /// The earliest module on the stack that each reaches.
    lowest: BTreeMap<&'a str, usize>,
    stack: Vec<&'a str>,
    circles: Vec<Vec<String>>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, module: &'a str) {
        let number = self.numbers.len();
        self.numbers.insert(module, number);
        self.lowest.insert(module, number);
        self.stack.push(module);
        let edges = self.edges;
        for to in edges.get(module).into_iter().flatten() {
            let reached = match self.numbers.get(to.as_str()) {
                None => {
                    self.visit(to);
                    self.lowest[to.as_str()]
                }
                Some(&number) if self.stack.contains(&to.as_str()) => number,
                Some(_) => continue,
            };
            let lowest = self.lowest.get_mut(module).expect("it was entered above");
            *lowest = reached.min(*lowest);
        }
        if self.lowest[module] == number {
            let begin = self.stack.iter().position(|on| *on == module);
            let mut circle: Vec<String> = self
                .stack
                .drain(begin.expect("it was pushed above")..)
                .map(str::to_owned)
                .collect();
            if circle.len() > 1 {
                circle.sort_unstable();
                self.circles.push(circle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Edges {
        let mut graph = Edges::new();
        for (from, to) in edges {
            graph
                .entry((*from).to_owned())
                .or_default()
                .insert((*to).to_owned());
            graph.entry((*to).to_owned()).or_default();
        }
        graph
    }

    #[test]
    fn a_chain_has_none() {
        assert!(circles(&graph(&[("a", "b"), ("b", "c"), ("a", "c")])).is_empty());
    }

    #[test]
    fn each_circle_is_found_once_with_all_its_modules() {
        let found = circles(&graph(&[
            ("a", "b"),
            ("b", "c"),
            ("c", "a"),
            ("c", "d"),
            ("d", "e"),
            ("e", "d"),
            ("e", "f"),
        ]));
        assert_eq!(found, [vec!["a", "b", "c"], vec!["d", "e"]]);
    }
}

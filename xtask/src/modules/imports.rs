//! Which top-level module of a crate names which other, read from its tokens. Tests do not count: they may know everything.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenTree};

use super::circles::Edges;
use super::sources::{Sources, declared, ident, is_punct, without_tests};

/// The imports of one crate.
pub(crate) struct Imports {
    edges: Edges,
}

impl Imports {
    /// Takes what the modules of a crate name.
    pub(crate) fn of(sources: &Sources) -> Self {
        let root = &sources.root().tokens;
        let modules = declared(root);
        let exports = exports(root, &modules);
        let mut edges: Edges = modules
            .iter()
            .map(|module| (module.clone(), BTreeSet::new()))
            .collect();
        for file in &sources.files {
            let Some(others) = file.top.as_ref().and_then(|top| edges.get_mut(top)) else {
                continue;
            };
            let mut paths = Vec::new();
            collect(&file.tokens, file.depth, &mut paths);
            others.extend(paths.into_iter().filter_map(|name| {
                if modules.contains(&name) {
                    Some(name)
                } else {
                    exports.get(&name).cloned()
                }
            }));
        }
        for (module, others) in &mut edges {
            others.remove(module);
        }
        Self { edges }
    }

    /// Every top-level module and those it names.
    pub(crate) fn edges(&self) -> &Edges {
        &self.edges
    }
}

/// Which names the crate's root takes from which module: `pub use module::{Name, other::Name}`.
fn exports(tokens: &[TokenTree], modules: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for (index, token) in tokens.iter().enumerate() {
        if ident(token).is_none_or(|word| word != "use") {
            continue;
        }
        let Some(module) = tokens.get(index + 1).and_then(ident) else {
            continue;
        };
        if modules.contains(&module) {
            let end = tokens[index..]
                .iter()
                .position(|token| is_punct(token, ';'));
            let end = index + end.unwrap_or(tokens.len() - index);
            for name in last_names(&tokens[index + 2..end]) {
                exports.insert(name, module.clone());
            }
        }
    }
    exports
}

/// The last name of each path in the rest of a `use`, or what it is called instead.
fn last_names(tokens: &[TokenTree]) -> Vec<String> {
    let mut names = Vec::new();
    for part in tokens.split(|token| is_punct(token, ',')) {
        match part.last() {
            Some(TokenTree::Group(group)) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                names.extend(last_names(&inner));
            }
            Some(token) => names.extend(ident(token)),
            None => {}
        }
    }
    names
}

/// The first names after `crate::`, or after as many `super::` as lead to the root, in `tokens` and all groups in them.
fn collect(tokens: &[TokenTree], depth: usize, paths: &mut Vec<String>) {
    let mut index = 0;
    while index < tokens.len() {
        if let TokenTree::Group(group) = &tokens[index] {
            let inner = without_tests(group.stream());
            // Within braces of its own, `mod name { … }` lies deeper.
            let is_module = index >= 2
                && group.delimiter() == Delimiter::Brace
                && ident(&tokens[index - 2]).is_some_and(|word| word == "mod");
            collect(&inner, depth + usize::from(is_module), paths);
        }
        let (begins, after) = root_path(&tokens[index..], depth);
        if begins {
            first_names(&tokens[index + after..], paths);
        }
        index += after.max(1);
    }
}

/// Whether a path to the crate's root begins here, and how many tokens it takes.
fn root_path(tokens: &[TokenTree], depth: usize) -> (bool, usize) {
    let separated = |at: usize| {
        let punct = |at: usize| tokens.get(at).is_some_and(|token| is_punct(token, ':'));
        punct(at) && punct(at + 1)
    };
    let word = |at: usize| tokens.get(at).and_then(ident);
    if word(0).is_some_and(|word| word == "crate") && separated(1) {
        return (true, 3);
    }
    let mut climbed = 0;
    while word(climbed * 3).is_some_and(|word| word == "super") && separated(climbed * 3 + 1) {
        climbed += 1;
    }
    (climbed > 0 && climbed == depth, climbed * 3)
}

/// The name that follows, or the first of each path in the braces that follow.
fn first_names(tokens: &[TokenTree], paths: &mut Vec<String>) {
    match tokens.first() {
        Some(TokenTree::Group(group)) => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            for part in inner.split(|token| is_punct(token, ',')) {
                paths.extend(part.first().and_then(ident));
            }
        }
        Some(token) => paths.extend(ident(token)),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &str, depth: usize) -> Vec<String> {
        let tokens = without_tests(source.parse().expect("Rust"));
        let mut paths = Vec::new();
        collect(&tokens, depth, &mut paths);
        paths
    }

    #[test]
    fn paths_to_the_root_are_found_wherever_they_stand() {
        let source = "
            //! [`crate::doc`] is a link.
            use crate::{a::B, c, Error};
            fn f() -> crate::d::E { format!(\"{}\", crate::g::h()) }
            /// Of [`crate::doc`].
            struct S(super::i::J, super::super::K);
        ";
        assert_eq!(named(source, 1), ["a", "c", "Error", "d", "g", "i"]);
        assert_eq!(named(source, 2), ["a", "c", "Error", "d", "g", "K"]);
    }

    #[test]
    fn tests_may_know_everything() {
        let source = "
            #[cfg(test)] use crate::a;
            #[cfg(test)] #[path = \"x\"] mod tests { use crate::b::*; }
            #[derive(Debug)] struct S { #[serde(default)] field: crate::c::C }
            mod inner { use super::super::d; use super::e; }
        ";
        assert_eq!(named(source, 1), ["c", "d"]);
    }

    #[test]
    fn what_the_root_exports_belongs_to_its_module() {
        let source = "mod error; mod plan; pub use error::{Error, kind::ErrorKind as Kind}; pub use plan::Plan;
            pub use elsewhere::Other; #[cfg(test)] mod tests;";
        let tokens = without_tests(source.parse().expect("Rust"));
        let modules = declared(&tokens);
        assert_eq!(modules.iter().collect::<Vec<_>>(), ["error", "plan"]);
        let exports = exports(&tokens, &modules);
        let names: Vec<_> = exports
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(
            names,
            [("Error", "error"), ("Kind", "error"), ("Plan", "plan")]
        );
    }
}

//! Which top-level module of a crate names which other, read from its tokens. Tests do not count: they may know everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::circles::Edges;

/// The imports of one crate.
pub(crate) struct Imports {
    edges: Edges,
}

impl Imports {
    /// Reads the crate whose sources lie in `source`, from its `lib.rs` or `main.rs` on.
    ///
    /// # Errors
    /// When a file cannot be read, or is no Rust.
    pub(crate) fn of(source: &Path) -> Result<Self, String> {
        let root = ["lib.rs", "main.rs"]
            .map(|name| source.join(name))
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(|| format!("{} has neither lib.rs nor main.rs", source.display()))?;
        let tokens = tokens(&root)?;
        let modules = declared(&tokens);
        let exports = exports(&tokens, &modules);
        let mut edges = Edges::new();
        for module in &modules {
            let mut paths = Vec::new();
            read(source, module, 1, &mut paths)?;
            let targets = paths.into_iter().filter_map(|name| {
                if modules.contains(&name) {
                    Some(name)
                } else {
                    exports.get(&name).cloned()
                }
            });
            let others: BTreeSet<String> = targets.filter(|to| to != module).collect();
            edges.insert(module.clone(), others);
        }
        Ok(Self { edges })
    }

    /// Every top-level module and those it names.
    pub(crate) fn edges(&self) -> &Edges {
        &self.edges
    }
}

/// The tokens of a file, without those of tests.
fn tokens(path: &Path) -> Result<Vec<TokenTree>, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("reading {}: {error}", path.display()))?;
    let stream = TokenStream::from_str(&text)
        .map_err(|error| format!("{} is no Rust: {error}", path.display()))?;
    Ok(without_tests(stream))
}

/// `stream` without attributes, which doc comments are too, and without every item that is for tests.
fn without_tests(stream: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut skips = false;
    let mut tokens = stream.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if is_punct(&token, '#') {
            if let Some(TokenTree::Punct(_)) = tokens.peek() {
                // `#![…]` is about all of the file.
                tokens.next();
            }
            let attribute = tokens.next().map(|group| group.to_string());
            skips |= attribute.is_some_and(|text| is_for_tests(&text));
            continue;
        }
        if skips {
            // An item ends with its braces or its semicolon.
            let ends = is_punct(&token, ';')
                || matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
            skips = !ends;
            continue;
        }
        kept.push(token);
    }
    kept
}

/// Whether an attribute, as `[cfg (test)]`, says that what follows is there in tests only.
fn is_for_tests(attribute: &str) -> bool {
    let text: String = attribute.split_whitespace().collect();
    text == "[cfg(test)]" || text.starts_with("[cfg(all(test,") || text == "[cfg(doctest)]"
}

fn is_punct(token: &TokenTree, what: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == what)
}

fn ident(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    }
}

/// The modules that are declared with `mod name;`.
fn declared(tokens: &[TokenTree]) -> BTreeSet<String> {
    tokens
        .windows(3)
        .filter(|three| ident(&three[0]).is_some_and(|word| word == "mod"))
        .filter(|three| is_punct(&three[2], ';'))
        .filter_map(|three| ident(&three[1]))
        .collect()
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

/// Collects what the module `name` in `directory` and all modules below it name of the crate's root. It lies `depth` below.
fn read(directory: &Path, name: &str, depth: usize, paths: &mut Vec<String>) -> Result<(), String> {
    let below = directory.join(name);
    let file = [directory.join(format!("{name}.rs")), below.join("mod.rs")]
        .into_iter()
        .find(|path: &PathBuf| path.is_file())
        .ok_or_else(|| format!("module {name} of {} is nowhere", directory.display()))?;
    let tokens = tokens(&file)?;
    collect(&tokens, depth, paths);
    for module in declared(&tokens) {
        read(&below, &module, depth + 1, paths)?;
    }
    Ok(())
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

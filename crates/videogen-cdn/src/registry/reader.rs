//! Reads TOML by its keys, and knows the line of everything that is wrong.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use videogen_text::{nearest, shown};

use super::error::{RegistryError, RegistryProblem};
use super::limits::SHOWN;

/// A value with its place.
pub(super) type Found<T> = (T, Range<usize>);

/// The text that is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'s> {
    /// Its name for messages.
    pub(super) file: &'s str,
    /// The text.
    pub(super) text: &'s str,
}

impl<'s> Source<'s> {
    /// Returns the line of a place, from 1.
    pub(super) fn line(self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    /// Returns the error of a place.
    pub(super) fn error(
        self,
        at: &Range<usize>,
        asset: Option<&str>,
        problem: RegistryProblem,
    ) -> RegistryError {
        RegistryError::Content {
            file: self.file.to_owned(),
            line: self.line(at.start),
            asset: asset.map(str::to_owned),
            problem,
        }
    }

    /// Parses the text. The tree borrows from it.
    pub(super) fn parse(self) -> Result<Spanned<DeTable<'s>>, RegistryError> {
        DeTable::parse(self.text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or_default();
            let message = shown(message, 2 * SHOWN).into_owned();
            let at = error.span().unwrap_or(0..0);
            self.error(&at, None, RegistryProblem::NotToml { message })
        })
    }
}

/// A table, as far as it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'t, 's> {
    /// What it is a part of.
    pub(super) source: Source<'s>,
    /// Its entries.
    pub(super) table: &'t DeTable<'s>,
    /// Where it begins.
    pub(super) at: usize,
    /// The id of the asset that it belongs to, once it is known.
    pub(super) asset: Option<&'t str>,
}

impl<'t, 's> Node<'t, 's> {
    /// Returns the error of a place in this table.
    pub(super) fn error(self, at: &Range<usize>, problem: RegistryProblem) -> RegistryError {
        self.source.error(at, self.asset, problem)
    }

    /// Returns the error of the table itself.
    pub(super) fn error_here(self, problem: RegistryProblem) -> RegistryError {
        self.error(&(self.at..self.at), problem)
    }

    /// Refuses every key that is not one of these.
    pub(super) fn only(self, known: &'static [&'static str]) -> Result<(), RegistryError> {
        let unknown = self
            .table
            .keys()
            .find(|key| !known.contains(&&**key.get_ref()));
        match unknown {
            None => Ok(()),
            Some(key) => {
                let near = nearest(key.get_ref(), known, 2);
                let problem = RegistryProblem::UnknownKey {
                    key: shown(key.get_ref(), SHOWN).into_owned(),
                    nearest: near.into_iter().map(str::to_owned).collect(),
                    known,
                };
                Err(self.error(&key.span(), problem))
            }
        }
    }

    fn typed<T>(
        self,
        key: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'t DeValue<'s>) -> Option<T>,
    ) -> Result<Option<Found<T>>, RegistryError> {
        let Some(value) = self.table.get(key) else {
            return Ok(None);
        };
        match read(value.get_ref()) {
            Some(found) => Ok(Some((found, value.span()))),
            None => Err(self.wrong_type(key, expected, value)),
        }
    }

    fn wrong_type(
        self,
        key: &str,
        expected: &'static str,
        value: &Spanned<DeValue<'_>>,
    ) -> RegistryError {
        let problem = RegistryProblem::WrongType {
            key: key.to_owned(),
            expected,
            found: value.get_ref().type_str(),
        };
        self.error(&value.span(), problem)
    }

    /// Returns a text.
    pub(super) fn text(self, key: &'static str) -> Result<Option<Found<&'t str>>, RegistryError> {
        self.typed(key, "text in quotes", DeValue::as_str)
    }

    /// Returns a text that has to be there.
    pub(super) fn required(self, key: &'static str) -> Result<Found<&'t str>, RegistryError> {
        let missing = || self.error_here(RegistryProblem::MissingKey { key });
        self.text(key)?.ok_or_else(missing)
    }

    /// Returns a text that passes a check.
    pub(super) fn checked<T>(
        self,
        key: &'static str,
        check: impl FnOnce(&'t str) -> Result<T, String>,
    ) -> Result<Option<T>, RegistryError> {
        let Some((text, at)) = self.text(key)? else {
            return Ok(None);
        };
        check(text)
            .map(Some)
            .map_err(|reason| self.error(&at, RegistryProblem::BadValue { key, reason }))
    }

    /// Returns a whole number.
    pub(super) fn number(self, key: &'static str) -> Result<Option<Found<i128>>, RegistryError> {
        self.typed(key, "a whole number", |value| {
            let digits = value.as_integer()?;
            i128::from_str_radix(digits.as_str(), digits.radix()).ok()
        })
    }

    /// Returns yes or no, where no is what is not there.
    pub(super) fn flag(self, key: &'static str) -> Result<bool, RegistryError> {
        let flag = self.typed(key, "true or false", DeValue::as_bool)?;
        Ok(flag.is_some_and(|(flag, _)| flag))
    }

    /// Returns the items of a list, none where it is not there.
    pub(super) fn list(
        self,
        key: &'static str,
    ) -> Result<&'t [Spanned<DeValue<'s>>], RegistryError> {
        let list = self.typed(key, "a list", |value| value.as_array().map(|list| &**list))?;
        Ok(list.map_or(&[], |(list, _)| list))
    }

    /// Returns the tables of a list of tables, none where it is not there.
    pub(super) fn tables(
        self,
        key: &'static str,
    ) -> Result<impl Iterator<Item = Result<Self, RegistryError>>, RegistryError> {
        let items = self.list(key)?.iter();
        Ok(items.map(move |item| {
            let table = item.get_ref().as_table();
            let table = table.ok_or_else(|| self.wrong_type(key, "a list of tables", item))?;
            Ok(Self {
                table,
                at: item.span().start,
                ..self
            })
        }))
    }

    /// Returns a table.
    pub(super) fn table(self, key: &'static str) -> Result<Option<Self>, RegistryError> {
        let table = self.typed(key, "a table", DeValue::as_table)?;
        Ok(table.map(|(table, at)| Self {
            table,
            at: at.start,
            ..self
        }))
    }
}

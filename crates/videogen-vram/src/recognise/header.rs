//! Reads the header of a safetensors file: bounded, and whatever the bytes are.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The longest header that is read, in bytes. The largest models have some 2,000 tensors and 300 KiB; merged ones with
/// long metadata a few MiB.
pub const MAX_SAFETENSORS_HEADER: u64 = 32 << 20;
/// More tensors than any model has.
const MAX_TENSORS: usize = 65_536;
/// More dimensions than any tensor has.
const MAX_DIMENSIONS: usize = 8;

/// How the numbers of a tensor are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TensorDtype {
    /// Single precision, and what is as wide.
    Fp32,
    /// Half precision.
    Fp16,
    /// bfloat16.
    Bf16,
    /// One byte each.
    Fp8,
    /// Anything else: integers, packed quantisations.
    #[default]
    Other,
}

/// One tensor of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its shape; dimensions after the eighth are dropped.
    pub shape: Vec<u64>,
    /// Number type.
    pub stored: TensorDtype,
    /// Bytes in the file.
    pub bytes: u64,
}

impl TensorInfo<'_> {
    /// Elements; at most 2⁶⁴ − 1.
    pub fn params(&self) -> u64 {
        self.shape
            .iter()
            .fold(1, |product: u64, &n| product.saturating_mul(n))
    }
}

/// The tensors of a file, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SafetensorsHeader<'a> {
    /// Sorted by name.
    tensors: Vec<TensorInfo<'a>>,
}

/// Length of the JSON part, from the first 8 bytes of a file, so that a caller can read just that much.
///
/// # Errors
/// [`Error::Header`] when there are fewer than 8 bytes or the length is 0 or above [`MAX_SAFETENSORS_HEADER`].
pub fn safetensors_header_len(bytes: &[u8]) -> Result<usize, Error> {
    let first: [u8; 8] = bytes
        .get(..8)
        .and_then(|first| first.try_into().ok())
        .ok_or_else(|| problem("it has fewer than 8 bytes"))?;
    let length = u64::from_le_bytes(first);
    if !(2..=MAX_SAFETENSORS_HEADER).contains(&length) {
        return Err(problem(&format!(
            "it says that its header has {length} bytes; this is read from 2 to {MAX_SAFETENSORS_HEADER}"
        )));
    }
    Ok(length as usize)
}

fn problem(text: &str) -> Error {
    Error::Header {
        problem: text.to_owned(),
    }
}

impl<'a> SafetensorsHeader<'a> {
    /// Reads a header from the beginning of a file. What follows the header is not looked at.
    ///
    /// # Errors
    /// [`Error::Header`], see [`model_from_header`](super::model_from_header).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let length = safetensors_header_len(bytes)?;
        let json = bytes
            .get(8..8 + length)
            .ok_or_else(|| problem(&format!("it ends before the {length} bytes of its header")))?;
        let json = std::str::from_utf8(json).map_err(|_| problem("it is not UTF-8"))?;
        let mut reader = serde_json::Deserializer::from_str(json);
        let mut header = reader
            .deserialize_map(Tensors)
            .map_err(|error| problem(&error.to_string()))?;
        reader.end().map_err(|error| problem(&error.to_string()))?;
        header.tensors.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(header)
    }

    /// All tensors, sorted by name.
    pub fn tensors(&self) -> &[TensorInfo<'a>] {
        &self.tensors
    }

    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<&TensorInfo<'a>> {
        self.tensors
            .binary_search_by(|tensor| tensor.name.as_ref().cmp(name))
            .ok()
            .map(|at| &self.tensors[at])
    }

    /// The tensors whose names begin so.
    pub fn under(&self, prefix: &str) -> &[TensorInfo<'a>] {
        let from = self.tensors.partition_point(|t| t.name.as_ref() < prefix);
        let rest = &self.tensors[from..];
        let count = rest.partition_point(|t| t.name.starts_with(prefix));
        &rest[..count]
    }
}

/// What stands behind a name. Unknown fields are skipped without being built, so depth and size cost nothing.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    dtype: Cow<'a, str>,
    shape: Shape,
    data_offsets: [u64; 2],
}

struct Shape(Vec<u64>);

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Dimensions;
        impl<'de> Visitor<'de> for Dimensions {
            type Value = Shape;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a shape")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> Result<Shape, A::Error> {
                let mut shape = Vec::with_capacity(4);
                while let Some(n) = seq.next_element::<u64>()? {
                    if shape.len() == MAX_DIMENSIONS {
                        return Err(serde::de::Error::custom(
                            "a tensor with more than 8 dimensions",
                        ));
                    }
                    shape.push(n);
                }
                Ok(Shape(shape))
            }
        }
        deserializer.deserialize_seq(Dimensions)
    }
}

struct Tensors;

impl<'de> Visitor<'de> for Tensors {
    type Value = SafetensorsHeader<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tensors = Vec::new();
        while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if tensors.len() == MAX_TENSORS {
                return Err(serde::de::Error::custom("more than 65536 tensors"));
            }
            let Entry {
                dtype,
                shape,
                data_offsets: [begin, end],
            } = map.next_value()?;
            let bytes = end
                .checked_sub(begin)
                .ok_or_else(|| serde::de::Error::custom("a tensor that ends before it begins"))?;
            tensors.push(TensorInfo {
                name,
                shape: shape.0,
                stored: stored(&dtype),
                bytes,
            });
        }
        Ok(SafetensorsHeader { tensors })
    }
}

/// A key that borrows where the JSON has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

fn stored(dtype: &str) -> TensorDtype {
    match dtype {
        "F64" | "F32" => TensorDtype::Fp32,
        "F16" => TensorDtype::Fp16,
        "BF16" => TensorDtype::Bf16,
        _ if dtype.starts_with("F8") => TensorDtype::Fp8,
        _ => TensorDtype::Other,
    }
}

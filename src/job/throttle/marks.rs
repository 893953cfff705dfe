//! Marks of a signal: above the high one a backfill stops, at the low one it goes on.

use super::words;
use serde::Deserialize;
use serde::Deserializer;
use serde::de;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde::de::value::MapAccessDeserializer;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// The marks of a signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Marks<T> {
    /// Above it the backfill stops.
    pub high: T,
    /// At it, or below, the backfill goes on.
    pub low: T,
}

/// What is wrong with marks in the wrong order.
pub(super) const CROSSED: &str = "the low mark is above the high one";

/// How the marks of a signal are written.
pub(super) trait Unit: Sized {
    /// What is expected, for messages.
    const EXPECTED: &'static str;
    /// What a text means.
    fn text(text: &str) -> Option<Self>;
    /// What a number means.
    fn number(number: f64) -> Option<Self>;
    /// The low mark where only the high one is given.
    fn low(&self) -> Self;
}

/// A size in bytes.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Bytes(u64);

/// A span of time.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Span(Duration);

/// How many of something.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Count(u64);

/// A share of a whole.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Share(f64);

impl Unit for Bytes {
    const EXPECTED: &'static str = "a size such as \"256MB\"";
    fn text(text: &str) -> Option<Bytes> {
        words::read_bytes(text).map(Bytes)
    }
    fn number(number: f64) -> Option<Bytes> {
        whole(number).map(Bytes)
    }
    fn low(&self) -> Bytes {
        Bytes(self.0 / 2)
    }
}

impl Unit for Span {
    const EXPECTED: &'static str = "a span of time such as \"10s\" or \"5m\"";
    fn text(text: &str) -> Option<Span> {
        words::read_span(text).map(Span)
    }
    fn number(_: f64) -> Option<Span> {
        None
    }
    fn low(&self) -> Span {
        Span(self.0 / 2)
    }
}

impl Unit for Count {
    const EXPECTED: &'static str = "a whole number, zero or more";
    fn text(_: &str) -> Option<Count> {
        None
    }
    fn number(number: f64) -> Option<Count> {
        whole(number).map(Count)
    }
    fn low(&self) -> Count {
        Count(self.0 / 2)
    }
}

impl Unit for Share {
    const EXPECTED: &'static str = "a share between 0 and 1";
    fn text(_: &str) -> Option<Share> {
        None
    }
    fn number(number: f64) -> Option<Share> {
        (0.0..=1.0).contains(&number).then_some(Share(number))
    }
    fn low(&self) -> Share {
        Share(self.0 * 8.0 / 9.0)
    }
}

/// A number of things, which has no fraction.
fn whole(number: f64) -> Option<u64> {
    let text = number.to_string();
    text.parse().ok()
}

/// What is written for a signal.
enum Given<T> {
    Off,
    Marks(T, Option<T>),
}

/// The two marks, written out.
#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    bound = "T: Unit",
    expecting = "a table such as { high = …, low = … }"
)]
struct Both<T> {
    #[serde(deserialize_with = "one")]
    high: T,
    #[serde(default, deserialize_with = "maybe")]
    low: Option<T>,
}

fn one<'de, T: Unit, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    match from.deserialize_any(Reader { alone: true, of: PhantomData })? {
        Given::Marks(mark, _) => Ok(mark),
        Given::Off => Err(de::Error::custom(format!("expected {}", T::EXPECTED))),
    }
}

fn maybe<'de, T: Unit, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    one(from).map(Some)
}

struct Reader<T> {
    /// Only one mark makes sense here.
    alone: bool,
    of: PhantomData<T>,
}

impl<T: Unit> Reader<T> {
    fn mark<E: de::Error>(found: Option<T>) -> Result<Given<T>, E> {
        let found = found.ok_or_else(|| E::custom(format!("expected {}", T::EXPECTED)))?;
        Ok(Given::Marks(found, None))
    }
}

impl<'de, T: Unit> Visitor<'de> for Reader<T> {
    type Value = Given<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let table = if self.alone { "" } else { ", a table { high = …, low = … }" };
        write!(f, "{}{table} or \"off\"", T::EXPECTED)
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<Given<T>, E> {
        if on {
            return Err(E::invalid_value(de::Unexpected::Bool(on), &self));
        }
        Ok(Given::Off)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Given<T>, E> {
        if text == super::OFF { Ok(Given::Off) } else { Reader::mark(T::text(text)) }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Given<T>, E> {
        // Nobody writes a mark that a float cannot hold.
        #[expect(clippy::cast_precision_loss, reason = "marks are small numbers")]
        Reader::mark(T::number(number as f64))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Given<T>, E> {
        Reader::mark(T::number(number))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Given<T>, A::Error> {
        if self.alone {
            return Err(de::Error::invalid_type(de::Unexpected::Map, &self));
        }
        let both = Both::<T>::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Given::Marks(both.high, both.low))
    }
}

/// Reads the two marks of a signal; none if it is off.
fn both<'de, T, V, D>(from: D, value: impl Fn(T) -> V) -> Result<Option<Marks<V>>, D::Error>
where
    T: Unit + Copy + PartialOrd,
    D: Deserializer<'de>,
{
    match from.deserialize_any(Reader::<T> { alone: false, of: PhantomData })? {
        Given::Off => Ok(None),
        Given::Marks(high, low) => {
            let low = low.unwrap_or_else(|| high.low());
            if low > high {
                return Err(de::Error::custom(CROSSED));
            }
            Ok(Some(Marks { high: value(high), low: value(low) }))
        }
    }
}

/// Reads the only mark of a signal; none if it is off.
fn alone<'de, T: Unit, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    match from.deserialize_any(Reader::<T> { alone: true, of: PhantomData })? {
        Given::Off => Ok(None),
        Given::Marks(mark, _) => Ok(Some(mark)),
    }
}

pub(super) fn bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Marks<u64>>, D::Error> {
    both(from, |Bytes(value)| value)
}

pub(super) fn counts<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Marks<u64>>, D::Error> {
    both(from, |Count(value)| value)
}

pub(super) fn shares<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Marks<f64>>, D::Error> {
    both(from, |Share(value)| value)
}

pub(super) fn spans<'de, D>(from: D) -> Result<Option<Marks<Duration>>, D::Error>
where
    D: Deserializer<'de>,
{
    both(from, |Span(value)| value)
}

pub(super) fn size<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    alone(from).map(|mark| mark.map(|Bytes(value)| value))
}

pub(super) fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    alone(from).map(|mark| mark.map(|Span(value)| value))
}

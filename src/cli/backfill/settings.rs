//! `[backfill]` of a `change.toml`: how the data of a change is filled in.

use crate::job::Options;
use crate::job::Order;
use crate::job::ROWS_MOST;
use crate::job::Way;
use crate::job::throttle::Limits;
use crate::ledger::Moment;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;
use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;

/// What a `change.toml` may say of its backfill.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Settings {
    key: Option<Vec<String>>,
    #[serde(default, deserialize_with = "way")]
    walk: Option<Way>,
    #[serde(default, deserialize_with = "order")]
    order: Option<Order>,
    stripes: Option<NonZeroU32>,
    #[serde(default, deserialize_with = "span")]
    target: Option<Duration>,
    least: Option<Spanned<NonZeroU32>>,
    most: Option<Spanned<NonZeroU32>>,
    workers: Option<NonZeroU32>,
    poison: Option<u32>,
    priority: Option<i32>,
    verify: Option<String>,
    #[serde(default, deserialize_with = "window")]
    window: Option<(u16, u16)>,
    #[serde(default)]
    throttle: Limits,
}

impl Settings {
    /// The options that they say; a mistake with its place, in words.
    pub(in crate::cli) fn options(self) -> Result<Options, (Range<usize>, String)> {
        let usual = Options::default();
        let rows = |said: &Option<Spanned<NonZeroU32>>| said.as_ref().map(|it| it.get_ref().get());
        let (least, most) = (rows(&self.least), rows(&self.most));
        let options = Options {
            key: self.key,
            walk: self.walk.unwrap_or(usual.walk),
            order: self.order.unwrap_or(usual.order),
            stripes: self.stripes.map(NonZeroU32::get),
            target: self.target.unwrap_or(usual.target),
            least: least.unwrap_or(usual.least),
            most,
            workers: self.workers.map_or(usual.workers, NonZeroU32::get),
            poison: self.poison.unwrap_or(usual.poison),
            priority: self.priority.unwrap_or(usual.priority),
            verify: self.verify,
            window: self.window,
            limits: self.throttle,
        };
        let (least, most) = (options.least, options.most.unwrap_or(ROWS_MOST));
        if least > most {
            let at = self.least.or(self.most).map_or(0..0, |said| said.span());
            return Err((at, format!("least is {least}, and most is {most}")));
        }
        Ok(options)
    }
}

fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    let span = Moment::span(&text).filter(|span| !span.is_zero());
    span.map(Some)
        .ok_or_else(|| D::Error::custom(format!("`{text}` is no span of time, like \"150ms\"")))
}

fn way<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Way>, D::Error> {
    match String::deserialize(from)?.as_str() {
        "any" => Ok(Some(Way::Any)),
        "key" => Ok(Some(Way::Key)),
        "blocks" => Ok(Some(Way::Blocks)),
        other => Err(D::Error::custom(format!("`{other}` is none of any, key, blocks"))),
    }
}

fn order<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Order>, D::Error> {
    match String::deserialize(from)?.as_str() {
        "ascending" => Ok(Some(Order::Ascending)),
        "descending" => Ok(Some(Order::Descending)),
        other => Err(D::Error::custom(format!("`{other}` is none of ascending, descending"))),
    }
}

/// A span of the day, like `22:00-06:00`.
fn window<'de, D: Deserializer<'de>>(from: D) -> Result<Option<(u16, u16)>, D::Error> {
    let minutes = |text: &str| {
        let (hours, minutes) = text.trim().split_once(':')?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
    };
    let text = String::deserialize(from)?;
    let both = text.split_once('-').and_then(|(from, to)| Some((minutes(from)?, minutes(to)?)));
    both.filter(|(from, to)| from != to).map(Some).ok_or_else(|| {
        D::Error::custom(format!("`{text}` is no span of the day, like \"22:00-06:00\""))
    })
}

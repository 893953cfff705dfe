//! `[backfill]` of a `change.toml`: how the data of a change is filled in.

use crate::job::Options;
use crate::job::Way;
use crate::job::throttle::Limits;
use crate::ledger::Moment;
use std::time::Duration;

/// What a `change.toml` may say of its backfill.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Settings {
    key: Option<Vec<String>>,
    walk: Option<String>,
    stripes: Option<u32>,
    target: Option<String>,
    least: Option<u32>,
    most: Option<u32>,
    workers: Option<u32>,
    poison: Option<u32>,
    priority: Option<i32>,
    verify: Option<String>,
    window: Option<String>,
    #[serde(default)]
    throttle: Limits,
}

impl Settings {
    /// The options that they say; a mistake in words.
    pub(in crate::cli) fn options(&self) -> Result<Options, String> {
        let usual = Options::default();
        let target = match &self.target {
            Some(text) => span(text).ok_or("target is a span of time, like \"150ms\"")?,
            None => usual.target,
        };
        let window = self.window.as_deref().map(window).transpose()?;
        let options = Options {
            key: self.key.clone(),
            walk: self.walk.as_deref().map_or(Ok(usual.walk), way)?,
            stripes: self.stripes,
            target,
            least: self.least.unwrap_or(usual.least),
            most: self.most.unwrap_or(usual.most),
            workers: self.workers.unwrap_or(usual.workers),
            poison: self.poison.unwrap_or(usual.poison),
            priority: self.priority.unwrap_or(usual.priority),
            verify: self.verify.clone(),
            window,
            limits: self.throttle.clone(),
        };
        if options.least == 0 || options.least > options.most || options.workers == 0 {
            return Err("least and workers are at least 1, and least is at most most".to_owned());
        }
        Ok(options)
    }
}

fn span(text: &str) -> Option<Duration> {
    Moment::span(text).filter(|span| !span.is_zero())
}

fn way(text: &str) -> Result<Way, String> {
    match text {
        "any" => Ok(Way::Any),
        "key" => Ok(Way::Key),
        "blocks" => Ok(Way::Blocks),
        other => Err(format!("walk = \"{other}\" is none of any, key, blocks")),
    }
}

/// A span of the day, like `22:00-06:00`.
fn window(text: &str) -> Result<(u16, u16), String> {
    let minutes = |text: &str| {
        let (hours, minutes) = text.trim().split_once(':')?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
    };
    let both = text.split_once('-').and_then(|(from, to)| Some((minutes(from)?, minutes(to)?)));
    both.filter(|(from, to)| from != to)
        .ok_or_else(|| format!("window = \"{text}\" is no span of the day, like \"22:00-06:00\""))
}

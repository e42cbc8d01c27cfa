//! `wait` and `until` of queries, and the bounded room for those who wait.

use super::app::App;
use super::error::ApiError;
use crate::limits::WAIT_MAX;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, timeout_at};
use utoipa::{IntoParams, ToSchema};

/// How firm an outcome is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize, serde::Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Finality {
    /// Executed in a decided block.
    Final,
    /// One block later: provable offline.
    Certified,
}

/// Query of what can be waited for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaitQuery {
    /// How long to wait: digits and `ms`, `s` or `m`, at most 60s.
    #[param(example = "30s")]
    pub(crate) wait: Option<String>,
    /// What to wait for; `final` unless said otherwise.
    pub(crate) until: Option<Finality>,
}

/// A parsed `wait`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Wait {
    /// How long.
    pub(crate) for_at_most: Duration,
    /// For what.
    pub(crate) until: Finality,
}

impl WaitQuery {
    /// # Errors
    /// `bad_request` for anything but digits and a unit.
    pub(crate) fn parse(&self) -> Result<Wait, ApiError> {
        let text = self.wait.as_deref().unwrap_or("0s");
        let for_at_most = parse_duration(text).ok_or_else(|| {
            ApiError::bad_request("wait", "digits and a unit, such as 500ms, 30s or 2m").actual(shorten(text))
        })?;
        Ok(Wait { for_at_most: for_at_most.min(WAIT_MAX), until: self.until.unwrap_or(Finality::Final) })
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = if digits <= 9 { number.parse().ok()? } else { return None };
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number * 60)),
        _ => None,
    }
}

/// A client's text as far as an answer repeats it.
pub(crate) fn shorten(text: &str) -> String {
    const CHARS_MAX: usize = 64;
    text.chars().take(CHARS_MAX).collect()
}

/// Asks `look` at once and after every executed block until it says that it has enough, or the time is over: then what it
/// found last.
///
/// # Errors
/// `busy` when too many wait already; what `look` says.
pub(crate) async fn watch<T: Send + 'static>(
    app: &Arc<App>,
    wait: Wait,
    look: impl Fn(&App) -> Result<(T, bool), ApiError> + Clone + Send + 'static,
) -> Result<T, ApiError> {
    let until = Instant::now() + wait.for_at_most;
    let mut chain = app.chain.clone();
    let mut place: Option<SemaphorePermit<'_>> = None;
    loop {
        chain.borrow_and_update();
        let (found, enough) = app.read(look.clone()).await?;
        if enough || Instant::now() >= until {
            return Ok(found);
        }
        if place.is_none() {
            place = Some(app.waiters.try_acquire().map_err(|_| ApiError::busy(super::RETRY_AFTER_MS))?);
        }
        let over = tokio::select! {
            changed = timeout_at(until, chain.changed()) => !matches!(changed, Ok(Ok(()))),
            () = app.stop.requested() => true,
        };
        if over {
            return Ok(app.read(look).await?.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_digits_and_a_unit_and_cut_to_the_longest() {
        let parse = |text: &str| WaitQuery { wait: Some(text.into()), until: None }.parse();
        assert_eq!(parse("500ms").unwrap().for_at_most, Duration::from_millis(500));
        assert_eq!(parse("30s").unwrap().for_at_most, Duration::from_secs(30));
        assert_eq!(parse("2m").unwrap().for_at_most, Duration::from_secs(60));
        for bad in ["", "s", "30", "30 s", "-1s", "1h", "9999999999s", "1.5s", "３０s"] {
            assert_eq!(parse(bad).unwrap_err().object.name, "bad_request", "{bad}");
        }
        assert_eq!(WaitQuery::default().parse().unwrap().for_at_most, Duration::ZERO);
    }
}

//! `GET /v1/events`: all events of final blocks in order, resumable by cursor (docs/contract.md §3).
//!
//! The ledger logs one event for each package; here those of one transaction and kind are one event with its codes, and
//! its cursor is that of the last of them. A stream reads the log from its cursor to the end, then waits for the next
//! block. A slow reader costs no memory, since nothing is read for it ahead of time; one that had caught up and then fell
//! [`EVENTS_BEHIND_MAX`] blocks behind is told so with an event `lagged` and cut off, and resumes by its cursor.

use super::app::{App, Progress};
use super::body::Parameters;
use super::error::{ApiError, ErrorObject};
use super::reading::{self, ReadError};
use super::wait::shorten;
use crate::access::asker::Asker;
use crate::access::credentials;
use crate::limits::{EVENT_CODES_MAX, EVENT_KEEP_ALIVE, EVENTS_BEHIND_MAX, EVENTS_PER_READ};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{self, KeepAlive, Sse};
use bencao_access::policy::{Reach, Right};
use bencao_chaincode::execute::DEADLINE_INDEX_FIRST;
use bencao_chaincode::receipt::Position;
use bencao_chaincode::rejection::rule;
use bencao_chaincode::state::OrgNo;
use bencao_chaincode::{AlarmRecord, EventBody, EventId, EventRecord, Subject};
use bencao_genesis::Height;
use bencao_ledger::Logged;
use futures::Stream;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, watch};
use utoipa::{IntoParams, ToSchema};

/// Where to begin.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// `H-T-E` of the last event seen; `0-0-0` from genesis; from the next event on if absent.
    #[param(example = "41-3-0")]
    pub(crate) cursor: Option<String>,
}

/// One event of the stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct EventObject {
    cursor: String,
    height: u64,
    transaction: u32,
    event: u32,
    time: String,
    kind: String,
    by: String,
    transaction_id: Option<String>,
    document_no: Option<String>,
    /// At most 100 of them.
    codes: Vec<String>,
    codes_count: u64,
    /// Number of the hold, recall or bill for countersigning that the event is about.
    case: Option<u32>,
    /// Number of the proposal of governance that the event is about.
    motion: Option<u32>,
    alarm: Option<AlarmObject>,
}

/// Something illegal was tried.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct AlarmObject {
    /// Number of the type.
    r#type: u8,
    name: &'static str,
    name_zh: &'static str,
    /// `high` or `medium`
    level: &'static str,
    /// The package, if the operation named one.
    code: Option<String>,
    /// The rule that refused it.
    rule: Option<&'static str>,
}

/// Events of final blocks.
#[utoipa::path(
    get, path = "/v1/events", tag = "chain",
    params(EventsQuery),
    responses(
        (status = 200, description = "server-sent events", content_type = "text/event-stream", body = EventObject),
        (status = 400, description = "not a cursor", body = ErrorObject),
        (status = 503, description = "too many streams", body = ErrorObject),
    )
)]
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    asker: Asker,
    headers: HeaderMap,
    Parameters(query): Parameters<EventsQuery>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, ApiError> {
    let place = app.streams.clone().try_acquire_owned().map_err(|_| ApiError::busy(super::RETRY_AFTER_MS))?;
    let resumed = headers.get("last-event-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let cursor = match resumed.or(query.cursor) {
        Some(text) => parse(&text)?,
        None => app.read(|app| Ok(app.state.log_end().map_err(ReadError::from)?)).await?,
    };
    let reader = Reader {
        chain: app.chain.clone(),
        app,
        asker,
        cursor,
        ready: VecDeque::new(),
        group: None,
        read_to: None,
        ended: false,
        _place: place,
    };
    let stream = futures::stream::unfold(reader, Reader::step);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(EVENT_KEEP_ALIVE)))
}

/// `H-T-E`, digits only.
fn parse(text: &str) -> Result<EventId, ApiError> {
    let bad = || ApiError::bad_request("cursor", "height-transaction-event, such as 41-3-0").actual(shorten(text));
    let parts: Vec<&str> = text.split('-').collect();
    let [height, transaction, event] = parts.as_slice() else { return Err(bad()) };
    if !parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit())) {
        return Err(bad());
    }
    Ok(EventId {
        height: Height(height.parse().map_err(|_| bad())?),
        transaction: transaction.parse().map_err(|_| bad())?,
        event: event.parse().map_err(|_| bad())?,
    })
}

fn show(id: EventId) -> String {
    format!("{}-{}-{}", id.height, id.transaction, id.event)
}

/// One stream.
struct Reader {
    app: Arc<App>,
    asker: Asker,
    chain: watch::Receiver<Progress>,
    /// Last event read from the log.
    cursor: EventId,
    ready: VecDeque<EventObject>,
    /// What the last read left open.
    group: Option<EventObject>,
    /// Height up to which the log was read when it was last read to its end.
    read_to: Option<Height>,
    ended: bool,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    /// The next event; `None` ends the stream.
    async fn step(mut self) -> Option<(Result<sse::Event, Infallible>, Reader)> {
        while !self.ended {
            if let Some(event) = self.ready.pop_front() {
                let sent = sse::Event::default().id(&event.cursor).event(&event.kind).json_data(&event);
                return Some((Ok(sent.expect("plain data serialises")), self));
            }
            if let Some(behind) = self.lag() {
                self.ended = true;
                let data = serde_json::json!({"cursor": show(self.cursor), "blocks_behind": behind});
                return Some((Ok(sse::Event::default().event("lagged").data(data.to_string())), self));
            }
            self.fill().await?;
        }
        None
    }

    /// How many blocks a reader that had caught up is behind, if too many.
    fn lag(&self) -> Option<u64> {
        let behind = self.chain.borrow().executed.0.saturating_sub(self.read_to?.0);
        Some(behind).filter(|behind| *behind > EVENTS_BEHIND_MAX)
    }

    /// Reads what follows the cursor, or waits for the next block. `None` when the node stops or cannot read.
    async fn fill(&mut self) -> Option<()> {
        let executed = self.chain.borrow_and_update().executed;
        let (app, asker, cursor, group) = (self.app.clone(), self.asker.clone(), self.cursor, self.group.take());
        let read = move || match credentials::still_count(&app, &asker)? {
            true => Page::read(&app, &asker, cursor, group).map(Some),
            false => Ok(None),
        };
        let page = match tokio::task::spawn_blocking(read).await.ok()? {
            Ok(Some(page)) => page,
            // The token was revoked, or the key has ended.
            Ok(None) => return None,
            Err(error) => {
                tracing::error!(error = %crate::error::Chain(&error), "an event stream ended");
                return None;
            }
        };
        (self.cursor, self.group) = (page.end, page.group);
        let caught_up = page.is_last && page.events.is_empty();
        self.ready.extend(page.events);
        if !caught_up {
            return Some(());
        }
        self.read_to = Some(executed);
        let stop = self.app.stop.clone();
        tokio::select! {
            changed = self.chain.changed() => changed.ok(),
            () = stop.requested() => None,
        }
    }
}

/// Events from one cursor on, as far as one read goes.
struct Page {
    events: Vec<EventObject>,
    /// Events of one transaction and kind whose last is not read yet.
    group: Option<EventObject>,
    end: EventId,
    is_last: bool,
}

impl Page {
    /// Reads [`EVENTS_PER_READ`] entries of the log; `group` is what the read before left open.
    fn read(app: &App, asker: &Asker, cursor: EventId, group: Option<EventObject>) -> Result<Page, ReadError> {
        let rows = app.state.log_after(cursor, EVENTS_PER_READ)?;
        let mut sight = Sight { app, asker, members: BTreeMap::new() };
        let mut page = Page { events: Vec::new(), group, end: cursor, is_last: rows.len() < EVENTS_PER_READ };
        for (id, logged) in &rows {
            page.end = *id;
            if sight.shows(logged)? {
                page.take(app, *id, logged)?;
            }
        }
        // A block is written as a whole, so that the end of the log is the end of a group.
        if page.is_last {
            page.events.extend(page.group.take());
        }
        Ok(page)
    }

    fn take(&mut self, app: &App, id: EventId, logged: &Logged) -> Result<(), ReadError> {
        let code = code_of(logged);
        match (&mut self.group, logged) {
            (Some(open), Logged::Event(event)) if open.belongs(event) => open.grow(id, code),
            _ => {
                let mut next = EventObject::of(app, id, logged)?;
                next.grow(id, code);
                self.events.extend(self.group.replace(next));
            }
        }
        Ok(())
    }
}

/// What of the log concerns who asks: what it did, what was shipped to it, and for an authority what they did for whom it
/// answers.
struct Sight<'a> {
    app: &'a App,
    asker: &'a Asker,
    /// Looked at before, in this read.
    members: BTreeMap<OrgNo, bool>,
}

impl Sight<'_> {
    fn shows(&mut self, logged: &Logged) -> Result<bool, ReadError> {
        if self.asker.reach(Right::Chain) == Reach::All {
            return Ok(true);
        }
        let (actor, other) = match logged {
            Logged::Event(event) => (event.actor, receiver(&event.body)),
            Logged::Alarm(alarm) => (alarm.organisation, alarm.agent),
        };
        Ok(self.member(actor)? || other.map_or(Ok(false), |other| self.member(other))?)
    }

    fn member(&mut self, number: OrgNo) -> Result<bool, ReadError> {
        if let Some(known) = self.members.get(&number) {
            return Ok(*known);
        }
        let shown = match reading::organisation_id(self.app, number)? {
            Some(id) => self.asker.sees(&self.app.state.view(), Right::Chain, &[&id])?,
            None => false,
        };
        self.members.insert(number, shown);
        Ok(shown)
    }
}

/// To whom something was shipped.
fn receiver(body: &EventBody) -> Option<OrgNo> {
    match body {
        EventBody::Shipped(shipped) => Some(shipped.receiver),
        EventBody::LotShipped(shipped) => Some(shipped.receiver),
        _ => None,
    }
}

fn code_of(logged: &Logged) -> Option<String> {
    match logged {
        Logged::Event(EventRecord { subject: Subject::Unit(code), .. }) => Some(code.to_string()),
        Logged::Event(_) => None,
        Logged::Alarm(alarm) => alarm.code.map(|code| code.to_string()),
    }
}

/// The hold, recall or proposal: the event's own subject, or the one that holds its subject.
fn case_of(logged: &Logged) -> Option<u32> {
    let Logged::Event(event) = logged else { return None };
    match (&event.subject, &event.body) {
        (Subject::Case(case), _) => Some(case.0),
        (_, EventBody::HoldSet(e)) => Some(e.case.0),
        (_, EventBody::HoldLifted(e)) => Some(e.case.0),
        _ => None,
    }
}

/// The hold, recall or proposal that the first event of a transaction is about.
pub(super) fn case_at(app: &App, position: Position) -> Result<Option<u32>, ReadError> {
    let Position { height, index } = position;
    let (height_before, transaction) = match index.checked_sub(1) {
        Some(before) => (height, before),
        None => (Height(height.0.saturating_sub(1)), u32::MAX),
    };
    let before = EventId { height: height_before, transaction, event: u32::MAX };
    let first = app.state.log_after(before, 1)?;
    let own = first.first().filter(|(id, _)| (id.height, id.transaction) == (height, index));
    Ok(own.and_then(|(_, logged)| case_of(logged)))
}

/// The proposal of governance: the event's own subject, or the one that was carried out.
fn motion_of(logged: &Logged) -> Option<u32> {
    let Logged::Event(event) = logged else { return None };
    match (&event.subject, &event.body) {
        (Subject::Motion(number), _) => Some(*number),
        (_, EventBody::OrganisationAdded(e)) => Some(e.motion),
        (_, EventBody::StandingChanged(e)) => Some(e.motion),
        (_, EventBody::RolesChanged(e)) => Some(e.motion),
        _ => None,
    }
}

impl EventObject {
    fn of(app: &App, id: EventId, logged: &Logged) -> Result<EventObject, ReadError> {
        let position = Position { height: id.height, index: id.transaction };
        let receipt = app.state.receipt(position)?;
        let (time, actor, kind, document_no, alarm) = match logged {
            Logged::Event(e) => (e.time, e.actor, e.body.name(), Some(e.document.to_string()), None),
            Logged::Alarm(a) => {
                let facts = match position.index < DEADLINE_INDEX_FIRST {
                    true => reading::facts_at(app, position)?.map(|(_, facts)| facts.document_number.to_string()),
                    // What came due by itself is no transaction.
                    false => None,
                };
                (a.time, a.organisation, "alarm", facts, Some(AlarmObject::of(a)))
            }
        };
        Ok(EventObject {
            cursor: show(id),
            height: id.height.0,
            transaction: id.transaction,
            event: id.event,
            time: time.to_string(),
            kind: kind.to_owned(),
            by: reading::organisation_id(app, actor)?.map(|id| id.to_string()).unwrap_or_default(),
            transaction_id: receipt.map(|r| r.transaction.to_string()),
            document_no,
            codes: Vec::new(),
            codes_count: 0,
            case: case_of(logged),
            motion: motion_of(logged),
            alarm,
        })
    }

    fn belongs(&self, event: &EventRecord) -> bool {
        let same_bill = (self.height, self.transaction) == (event.id.height.0, event.id.transaction);
        same_bill && self.kind == event.body.name() && matches!(event.subject, Subject::Unit(_)) && self.codes_count > 0
    }

    fn grow(&mut self, id: EventId, code: Option<String>) {
        self.cursor = show(id);
        self.event = id.event;
        let Some(code) = code else { return };
        self.codes_count += 1;
        if self.codes.len() < EVENT_CODES_MAX {
            self.codes.push(code);
        }
    }
}

impl AlarmObject {
    fn of(alarm: &AlarmRecord) -> AlarmObject {
        AlarmObject {
            r#type: alarm.kind.byte(),
            name: alarm.kind.name(),
            name_zh: alarm.kind.name_zh(),
            level: if alarm.kind.is_high() { "high" } else { "medium" },
            code: alarm.code.map(|code| code.to_string()),
            rule: rule(alarm.rule).map(|r| r.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_three_numbers() {
        let id = EventId { height: Height(41), transaction: 3, event: 7 };
        assert_eq!(parse(&show(id)).unwrap(), id);
        assert_eq!(parse("0-0-0").unwrap(), EventId::default());
        for bad in [
            "",
            "41",
            "41-3",
            "41-3-0-0",
            "-1-3-0",
            "a-b-c",
            "41-3-",
            "99999999999999999999-0-0",
            "1-4294967296-0",
            "+1-0-0",
        ] {
            assert_eq!(parse(bad).unwrap_err().object.name, "bad_request", "{bad}");
        }
    }
}

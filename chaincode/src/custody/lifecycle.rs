//! The unit state machine of domain §3.10 as data. Rows stand in the order of the document, with its columns; the last
//! column says which of the row's bill types this rule version executes. Everything not in the table is refused.

byte_enum! {
    /// Lifecycle states.
    pub enum Lifecycle {
        /// 已申码未激活
        Allocated = 0 as "allocated", "已申码未激活",
        /// 已激活, 未放行. Computed: in stock, batch not released.
        Commissioned = 1 as "commissioned", "已激活(未放行)",
        /// 在库
        InStock = 2 as "in_stock", "在库",
        /// 在途
        InTransit = 3 as "in_transit", "在途(已发未收)",
        /// 已拆零
        Partial = 4 as "partial", "已拆零",
        /// 已售出
        Dispensed = 5 as "dispensed", "已售出/已使用",
        /// 待处理
        Blocked = 6 as "blocked", "不合格/待处理",
        /// 抽检耗用
        Sampled = 7 as "sampled", "抽检耗用",
        /// 已销毁
        Destroyed = 8 as "destroyed", "已销毁",
        /// 丢失
        Lost = 9 as "lost", "盘亏/丢失/被盗",
        /// 已出口
        Exported = 10 as "exported", "已出口",
        /// 内部耗用
        Consumed = 11 as "consumed", "生产投料/内部使用/留样",
        /// 码作废
        Voided = 12 as "voided", "码作废",
    }
}

impl Lifecycle {
    /// The column *Terminal?* of the document.
    pub fn is_terminal(self) -> bool {
        use Lifecycle::*;
        matches!(self, Dispensed | Sampled | Destroyed | Lost | Exported | Consumed | Voided)
    }

    /// The column *Platform* of the document: status on the national platform (domain §3.3).
    pub fn platform_status(self) -> &'static str {
        use Lifecycle::*;
        match self {
            Allocated => "E",
            Commissioned => "A",
            InStock | InTransit | Blocked => "I",
            Partial | Dispensed | Sampled | Exported | Consumed => "O",
            Destroyed | Lost | Voided => "C",
        }
    }
}

/// The column *From*.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The code was never seen.
    Nothing,
    /// Never seen, or one of these.
    NothingOr(&'static [Lifecycle]),
    /// One of these.
    States(&'static [Lifecycle]),
    /// Any state that is not terminal.
    NonTerminal,
    /// Any state with a hold.
    Held,
}

/// Whether this rule version executes a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Availability {
    /// For these bill types of the row; empty if the row has none.
    Now(&'static [u16]),
    /// Not yet: no operation leads here.
    Later,
}

/// One row of the document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transition {
    /// `T1` to `T18`.
    pub row: &'static str,
    /// Column *From*.
    pub from: Origin,
    /// Column *Event*.
    pub event: &'static str,
    /// Bill types named in that column.
    pub bills: &'static [u16],
    /// Column *To*; empty for "same".
    pub to: &'static [Lifecycle],
    /// Column *Role*.
    pub role: &'static str,
    /// Column *Guards*, shortened.
    pub guards: &'static str,
    /// What is executed.
    pub availability: Availability,
}

use Availability::Now;
use Lifecycle::*;
use Origin::{Held, NonTerminal, Nothing, NothingOr, States};

macro_rules! rows {
    ($($row:literal | $from:expr => $event:literal $bills:expr => $to:expr, $role:literal, $guards:literal, $availability:expr;)+) => {
        /// Domain §3.10, line by line.
        pub const TRANSITIONS: [Transition; 18] = [
            $(Transition {
                row: $row, from: $from, event: $event, bills: &$bills, to: &$to, role: $role, guards: $guards,
                availability: $availability,
            },)+
        ];
    };
}

rows! {
    "T1" | Nothing => "Allocate codes" [] => [Allocated], "MAH/producer/issuer", "scheme filed, never seen", Now(&[]);
    "T2" | NothingOr(&[Allocated]) => "Commission + aggregate" [] => [Commissioned], "MAH or contract producer", "spec, prefix, licence scope, dates, H1-H8", Now(&[]);
    "T3" | States(&[Commissioned]) => "Release" [101] => [InStock], "MAH quality person", "MAH release key; vaccine: lot release", Now(&[101]);
    // From Blocked, which the document does not name, with 202, 211, 218 and 237 only: what was returned to a wholesaler,
    // or refused at the border, goes on to its own supplier. From Partial with returns under a recall only, and to T11, T12 and T13: what was
    // opened is recalled, expires and breaks as what was not.
    "T4" | States(&[InStock, Blocked, Partial]) => "Ship" [201, 202, 203, 207, 209, 211, 212, 237] => [InTransit], "custodian", "no hold, not expired, receiver licensed for the class, route", Now(&[201, 202, 203, 207, 209, 211, 212, 217, 218, 237]);
    "T5" | States(&[InTransit]) => "Receive" [102, 103, 104, 107, 108] => [InStock, Blocked], "designated receiver only", "same document, code in shipment, xt_is_check", Now(&[102, 103, 104, 106, 107, 108, 109, 110, 113, 114, 115, 117]);
    // Then the sender takes back (Blocked), or both sides accept a loss (Lost).
    "T6" | States(&[InTransit]) => "Reject / shortage" [] => [InTransit, Blocked, Lost], "receiver", "reason", Now(&[]);
    "T7" | States(&[InTransit]) => "Cancel shipment" [] => [InStock, Blocked], "sender", "before any receipt, or the rest of an abandoned one", Now(&[]);
    "T8" | States(&[Blocked]) => "Quality accept" [] => [InStock], "custodian quality", "not recalled, not expired", Now(&[]);
    "T9" | States(&[InStock]) => "Dispense / retail / vaccinate" [321, 322, 323, 326, 320] => [Dispensed, Partial, Consumed], "retail / medical / vaccination", "level 1, no hold, not expired, Rx, class ok", Now(&[320, 321, 322, 323, 326, 327]);
    "T10" | States(&[Partial]) => "Dispense rest" [] => [Partial, Dispensed], "same holder", "sum used within content", Now(&[]);
    "T11" | States(&[InStock, Blocked, Partial]) => "Sample" [206] => [Sampled], "regulator countersign", "sampling document", Now(&[206]);
    "T12" | States(&[InStock, Blocked, Partial]) => "Destroy, scrap" [205, 216] => [Destroyed], "custodian + supervisor", "executor differs from supervisor", Now(&[205, 216]);
    "T13" | States(&[InStock, Partial]) => "Stock-take loss, damage" [214, 215, 220] => [Lost, Blocked], "custodian", "reason, audit flag", Now(&[214, 215, 220]);
    "T14" | States(&[InStock]) => "Export" [] => [Exported], "exporter + customs no.", "permit for narcotics", Now(&[]);
    "T15" | States(&[InStock, Blocked]) => "Rework / replace code" [204] => [Voided], "producer/MAH", "old-new link kept", Now(&[204]);
    "T16" | States(&[Dispensed]) => "Consumer return" [116] => [Blocked], "seller of record", "only to its seller", Now(&[116]);
    "T17" | NonTerminal => "Recall start / freeze" [] => [], "MAH / regulator", "scope resolves", Now(&[]);
    "T18" | Held => "Lift hold" [] => [], "who set it, or a superior regulator", "reason", Now(&[]);
}

impl Transition {
    /// The row that executes `bill_type` in this rule version.
    pub fn for_bill(bill_type: u16) -> Option<&'static Transition> {
        TRANSITIONS.iter().find(|t| matches!(t.availability, Now(bills) if bills.contains(&bill_type)))
    }

    /// The row with this name.
    pub(crate) fn named(row: &str) -> Result<&'static Transition, crate::state::Stop> {
        let found = TRANSITIONS.iter().find(|t| t.row == row);
        found.ok_or(crate::state::Stop::View(crate::state::ViewError::Damaged))
    }

    /// Whether the row leaves `state`.
    pub fn leaves(&self, state: Lifecycle) -> bool {
        match self.from {
            States(states) | NothingOr(states) => states.contains(&state),
            NonTerminal => !state.is_terminal(),
            Nothing | Held => false,
        }
    }
}

//! The record of a batch.

use crate::custody::Holds;
use crate::event::History;
use crate::state::{OrgNo, Record};
use bencao_genesis::CalendarDate;
use bincode::{Decode, Encode};

/// A batch. Number, dates and product never change after the first bill (《药品管理法》 Art. 98).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BatchRecord {
    /// Format: 1.
    pub version: u8,
    /// 产品批号
    pub batch_no: String,
    /// 生产日期
    pub made_on: CalendarDate,
    /// 有效期至, inclusive.
    pub expires_on: CalendarDate,
    /// 生产车间
    pub workshop: String,
    /// 生产线
    pub line: String,
    /// Who commissions it.
    pub producer: OrgNo,
    /// Smallest units declared.
    pub declared_units: u32,
    /// Smallest units commissioned.
    pub units: u32,
    /// Packages of all levels commissioned.
    pub packages: u32,
    /// Packages neither full nor marked 零头.
    pub incomplete: u32,
    /// Released: open to circulation, closed to commissioning.
    pub released: bool,
    /// Holds on every unit of it.
    pub holds: Holds,
    /// Its own events.
    pub history: History,
}

impl Record for BatchRecord {}

//! From cells to the fields of a document: one place for tables and JSON.

use super::columns::Column;
use super::error::Problem;
use super::values::Cell;
use super::{BillTime, Movement};

macro_rules! fields {
    ($($field:ident = $column:ident by $parse:expr;)+) => {
        /// Fills the fields of a document that may be absent. `read` gives the cell of a column through a parser, and
        /// notes what is wrong with it.
        pub(super) fn fill(movement: &mut Movement, cells: &dyn Cells) {
            $(movement.$field = read(cells, movement, Column::$column, $parse);)+
        }
    };
}

/// Where cells are found and mistakes are noted.
pub(super) trait Cells {
    /// The cell of a column, if there is one.
    fn cell(&self, column: Column) -> Option<&Cell>;
    /// Notes a mistake in it.
    fn note(&self, column: Column, problem: Problem);
}

fn read<T>(
    cells: &dyn Cells,
    movement: &mut Movement,
    column: Column,
    parse: fn(&Cell) -> Result<T, Problem>,
) -> Option<T> {
    let cell = cells.cell(column).filter(|cell| **cell != Cell::Empty)?;
    match parse(cell) {
        Ok(value) => Some(value),
        Err(problem) => {
            cells.note(column, problem);
            movement.damaged.insert(column);
            None
        }
    }
}

/// The bill type, without which nothing else of a document can be judged.
pub(super) fn bill_type(movement: &mut Movement, cells: &dyn Cells) {
    match read(cells, movement, Column::BillType, Cell::bill_type) {
        Some(number) => movement.bill_type = number,
        None if movement.damaged.contains(&Column::BillType) => {}
        None => {
            cells.note(Column::BillType, Problem::Missing);
            movement.damaged.insert(Column::BillType);
        }
    }
}

fn date(cell: &Cell) -> Result<bencao_genesis::CalendarDate, Problem> {
    cell.bill_time().map(|BillTime { date, .. }| date)
}

fields! {
    bill_time = BillTime by Cell::bill_time;
    ref_user_id = RefUserId by Cell::organisation;
    from_user_id = FromUserId by Cell::organisation;
    to_user_id = ToUserId by Cell::organisation;
    from_bill_code = FromBillCode by Cell::document_no;
    order_code = OrderCode by Cell::free_text;
    dis_ent_id = DisEntId by Cell::organisation;
    from_address = FromAddress by Cell::free_text;
    to_address = ToAddress by Cell::free_text;
    from_person = FromPerson by Cell::free_text;
    to_person = ToPerson by Cell::free_text;
    rxno = Rxno by Cell::free_text;
    dest_user_id = DestUserId by Cell::organisation;
    ass_ent_id = AssEntId by Cell::organisation;
    physic_type = PhysicType by Cell::special;
    qu_receivable = QuReceivable by Cell::count;
    xt_is_check = XtIsCheck by Cell::yes_no;
    xt_check_code = XtCheckCode by Cell::public_text;
    xt_check_code_desc = XtCheckCodeDesc by Cell::public_text;
    return_reason_code = ReturnReasonCode by Cell::return_reason;
    cancel_reason_code = CancelReasonCode by Cell::cancel_reason;
    executer_name = ExecuterName by Cell::free_text;
    executer_code = ExecuterCode by Cell::free_text;
    superviser_name = SuperviserName by Cell::free_text;
    superviser_code = SuperviserCode by Cell::free_text;
    customer_id_type = CustomerIdType by Cell::id_type;
    customer_id = CustomerId by Cell::free_text;
    network_bill_flag = NetworkBillFlag by Cell::yes_no;
    medic_dispenser = MedicDispenser by Cell::free_text;
    delivery_note = DeliveryNote by Cell::digest;
    temperature_record = TemperatureRecord by Cell::digest;
    temperature_min = TemperatureMin by Cell::celsius;
    temperature_max = TemperatureMax by Cell::celsius;
    declaration_no = DeclarationNo by Cell::free_text;
    clearance_no = ClearanceNo by Cell::free_text;
    port = Port by Cell::free_text;
    inspection_report = InspectionReport by Cell::digest;
    permit_no = PermitNo by Cell::free_text;
    postal_flag = PostalFlag by Cell::yes_no;
    platform_id = PlatformId by Cell::organisation;
    patient_type = PatientType by Cell::patient;
    medic_days = MedicDays by Cell::days;
    rx_quantity = RxQuantity by Cell::quantity;
    minor_flag = MinorFlag by Cell::yes_no;
    vaccinator = Vaccinator by Cell::free_text;
    valid_to = ValidTo by date;
    remark = Remark by Cell::public_text;
}

//! Fields of movement documents (domain §3.4) and of retail and use records (§3.7), with their Chinese headers.

/// A field that the ledger records or that decides what it records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// 单据编号
    BillCode,
    /// 单据类型
    BillType,
    /// 单据时间
    BillTime,
    /// 货主
    RefUserId,
    /// 发货企业
    FromUserId,
    /// 收货企业
    ToUserId,
    /// 发货单编号
    FromBillCode,
    /// 订货单编号
    OrderCode,
    /// 药品配送企业
    DisEntId,
    /// 发货地址
    FromAddress,
    /// 收货地址
    ToAddress,
    /// 发货人
    FromPerson,
    /// 收货人
    ToPerson,
    /// 处方号
    Rxno,
    /// 直调企业标识
    DestUserId,
    /// 单据委托企业
    AssEntId,
    /// 药品类型
    PhysicType,
    /// 应收货总数量
    QuReceivable,
    /// 是否验证
    XtIsCheck,
    /// 未验证通过原因
    XtCheckCode,
    /// 未验证通过原因说明
    XtCheckCodeDesc,
    /// 退货原因
    ReturnReasonCode,
    /// 注销原因
    CancelReasonCode,
    /// 执行人姓名
    ExecuterName,
    /// 执行人证件号
    ExecuterCode,
    /// 监督人姓名
    SuperviserName,
    /// 监督人证件号
    SuperviserCode,
    /// 证件类型
    CustomerIdType,
    /// 证件号
    CustomerId,
    /// 互联网订单标志
    NetworkBillFlag,
    /// 调剂药师
    MedicDispenser,
    /// 拆零标志
    TrdnFlag,
    /// 销售/退货数量
    SelRetnCnt,
    /// 随货同行单摘要
    DeliveryNote,
    /// 温度记录摘要
    TemperatureRecord,
    /// 最低温度
    TemperatureMin,
    /// 最高温度
    TemperatureMax,
    /// 报关单号
    DeclarationNo,
    /// 通关单号
    ClearanceNo,
    /// 口岸
    Port,
    /// 口岸检验报告摘要
    InspectionReport,
    /// 许可证明编号
    PermitNo,
    /// 邮寄证明标志
    PostalFlag,
    /// 第三方平台
    PlatformId,
    /// 患者类别
    PatientType,
    /// 用药天数
    MedicDays,
    /// 处方数量
    RxQuantity,
    /// 未成年人标志
    MinorFlag,
    /// 接种人员
    Vaccinator,
    /// 指令有效期至
    ValidTo,
    /// 备注
    Remark,
    /// 追溯码
    TraceCode,
}

/// A column, its field name, and the headers that mean it besides.
const KNOWN: [(Column, &str, &[&str]); 52] = [
    (Column::BillCode, "bill_code", &["单据编号", "单据号", "单号"]),
    (Column::BillType, "bill_type", &["单据类型"]),
    (Column::BillTime, "bill_time", &["单据时间", "扫码时间", "单据时间(扫码时间)"]),
    (Column::RefUserId, "ref_user_id", &["货主", "上传单位", "货主(上传单位)"]),
    (Column::FromUserId, "from_user_id", &["发货企业", "发货单位"]),
    (Column::ToUserId, "to_user_id", &["收货企业", "收货单位"]),
    (Column::FromBillCode, "from_bill_code", &["发货单编号", "发货单号"]),
    (Column::OrderCode, "order_code", &["订货单编号", "订货单号"]),
    (Column::DisEntId, "dis_ent_id", &["药品配送企业", "配送企业"]),
    (Column::FromAddress, "from_address", &["发货地址"]),
    (Column::ToAddress, "to_address", &["收货地址"]),
    (Column::FromPerson, "from_person", &["发货人"]),
    (Column::ToPerson, "to_person", &["收货人"]),
    (Column::Rxno, "rxno", &["处方号"]),
    (Column::DestUserId, "dest_user_id", &["直调企业标识", "直调企业"]),
    (Column::AssEntId, "ass_ent_id", &["单据委托企业", "委托企业"]),
    (Column::PhysicType, "physic_type", &["药品类型"]),
    (Column::QuReceivable, "qu_receivable", &["应收货总数量"]),
    (Column::XtIsCheck, "xt_is_check", &["是否验证"]),
    (Column::XtCheckCode, "xt_check_code", &["未验证通过原因"]),
    (Column::XtCheckCodeDesc, "xt_check_code_desc", &["未验证通过原因说明"]),
    (Column::ReturnReasonCode, "return_reason_code", &["退货原因"]),
    (Column::CancelReasonCode, "cancel_reason_code", &["注销原因", "销毁原因"]),
    (Column::ExecuterName, "executer_name", &["执行人姓名"]),
    (Column::ExecuterCode, "executer_code", &["执行人证件号"]),
    (Column::SuperviserName, "superviser_name", &["监督人姓名"]),
    (Column::SuperviserCode, "superviser_code", &["监督人证件号"]),
    (Column::CustomerIdType, "customer_id_type", &["证件类型"]),
    (Column::CustomerId, "customer_id", &["证件号"]),
    (Column::NetworkBillFlag, "network_bill_flag", &["互联网订单标志"]),
    (Column::MedicDispenser, "medic_dispenser", &["调剂药师"]),
    (Column::TrdnFlag, "trdn_flag", &["拆零标志"]),
    (Column::SelRetnCnt, "sel_retn_cnt", &["销售/退货数量", "销售数量"]),
    (Column::DeliveryNote, "delivery_note_sm3", &["随货同行单摘要"]),
    (Column::TemperatureRecord, "temperature_record_sm3", &["温度记录摘要"]),
    (Column::TemperatureMin, "temperature_min", &["最低温度"]),
    (Column::TemperatureMax, "temperature_max", &["最高温度"]),
    (Column::DeclarationNo, "declaration_no", &["报关单号"]),
    (Column::ClearanceNo, "clearance_no", &["通关单号", "进口药品通关单号"]),
    (Column::Port, "port", &["口岸"]),
    (Column::InspectionReport, "inspection_report_sm3", &["口岸检验报告摘要"]),
    (Column::PermitNo, "permit_no", &["许可证明编号", "运输证明编号"]),
    (Column::PostalFlag, "postal_flag", &["邮寄证明标志"]),
    (Column::PlatformId, "platform_id", &["第三方平台", "网络交易平台"]),
    (Column::PatientType, "patient_type", &["患者类别"]),
    (Column::MedicDays, "medic_days", &["用药天数"]),
    (Column::RxQuantity, "rx_quantity", &["处方数量"]),
    (Column::MinorFlag, "minor_flag", &["未成年人标志"]),
    (Column::Vaccinator, "vaccinator", &["接种人员"]),
    (Column::ValidTo, "valid_to", &["指令有效期至"]),
    (Column::Remark, "remark", &["备注"]),
    (Column::TraceCode, "trace_code", &["trace_codes", "drug_trac_codg", "追溯码", "药品追溯码"]),
];

/// Documented fields that stay outside the ledger: persons, prices, and what the ledger knows from the codes themselves.
const OFF_LEDGER: [(&str, &str); 23] = [
    ("agent", "代理企业"),
    ("oper_ic_code", "单据提交者编号"),
    ("oper_ic_name", "单据提交者"),
    ("warehouse_id", "仓号"),
    ("drug_list", "品种汇总"),
    ("user_tel", "电话"),
    ("medic_doctor", "开方医师"),
    ("user_name", "用药人"),
    ("user_agent", "代理领药人"),
    ("med_list_codg", "医保目录编码"),
    ("fixmedins_bchno", "批次流水号"),
    ("psn_name", "人员姓名"),
    ("manu_lotnum", "生产批号"),
    ("manu_date", "生产日期"),
    ("expy_end", "有效期止"),
    ("rx_flag", "处方药标志"),
    ("rx_circ_flag", "外购处方标志"),
    ("rtal_docno", "零售单据号"),
    ("stoout_no", "销售出库单据号"),
    ("bchno", "批次号"),
    ("drug_prod_barc", "药品条形码"),
    ("shelf_posi", "货架位"),
    ("sel_retn_time", "销售/退货时间"),
];

/// What a header means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// A field in use.
    Used(Column),
    /// A documented field that does not go on the ledger.
    OffLedger(&'static str),
}

impl Column {
    /// Name in JSON and in error messages.
    pub fn name(self) -> &'static str {
        KNOWN.iter().find(|(c, ..)| *c == self).map(|(_, name, _)| *name).expect("every column is listed")
    }

    /// The Chinese header that templates carry.
    pub fn title_zh(self) -> &'static str {
        KNOWN
            .iter()
            .find(|(c, ..)| *c == self)
            .map(|(_, _, titles)| titles)
            .map_or("", |titles| titles.iter().find(|t| !t.is_ascii()).expect("every column has a Chinese header"))
    }

    /// All columns in the order of templates.
    pub fn all() -> impl Iterator<Item = Column> {
        KNOWN.iter().map(|(column, ..)| *column)
    }
}

/// Reads a header cell: English or Chinese, spaces around it, a full-width parenthesis or a closing asterisk (必填) ignored.
pub(super) fn header(text: &str) -> Option<Header> {
    let plain = text.trim().trim_end_matches(['*', '＊', '★']).trim().replace('（', "(").replace('）', ")");
    let lower = plain.to_ascii_lowercase();
    let used = KNOWN.iter().find(|(_, name, titles)| *name == lower || titles.contains(&lower.as_str()));
    if let Some((column, ..)) = used {
        return Some(Header::Used(*column));
    }
    OFF_LEDGER.iter().find(|(name, title)| *name == lower || *title == plain).map(|(name, _)| Header::OffLedger(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_in_both_languages_and_are_distinct() {
        assert_eq!(header(" 追溯码* "), Some(Header::Used(Column::TraceCode)));
        assert_eq!(header("Trace_Code"), Some(Header::Used(Column::TraceCode)));
        assert_eq!(header("单据时间（扫码时间）"), Some(Header::Used(Column::BillTime)));
        assert_eq!(header("warehouse_id"), Some(Header::OffLedger("warehouse_id")));
        assert_eq!(header("追溯妈"), None);
        let mut names: Vec<&str> =
            KNOWN.iter().flat_map(|(_, n, t)| std::iter::once(n).chain(t.iter())).copied().collect();
        names.extend(OFF_LEDGER.iter().flat_map(|(a, b)| [*a, *b]));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(Column::all().all(|c| !c.title_zh().is_ascii()));
    }
}

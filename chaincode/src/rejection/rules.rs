//! The rules, in order of their numbers.

use super::Rule;
use crate::codes::UnitKey;
use crate::receipt::{Arg, Refusal};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, OrgId, TimestampMs};

/// What a field of a rejection becomes in a receipt.
trait IntoArg {
    fn into_arg(self) -> Arg;
}

macro_rules! into_arg {
    ($($from:ty => $variant:ident),+ $(,)?) => {
        $(impl IntoArg for $from {
            fn into_arg(self) -> Arg {
                Arg::$variant(self.into())
            }
        })+
    };
}

into_arg!(
    UnitKey => Code, OrgId => Organisation, String => Text, &'static str => Text, u8 => Number, u16 => Number,
    u32 => Number, u64 => Number, CalendarDate => Date, TimestampMs => Time, Digest => Digest,
);

macro_rules! rejections {
    ($($(#[$meta:meta])* $code:literal $variant:ident $name:literal { $($field:ident : $ty:ty),* $(,)? } $zh:literal $en:literal;)+) => {
        /// A rule that says no, with what it compared.
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[allow(missing_docs, reason = "fields are explained by the texts")]
        pub enum Rejection {
            $($(#[$meta])* $variant { $($field: $ty),* },)+
        }

        /// Every rule, in order of numbers.
        pub const CATALOGUE: &[Rule] = &[
            $(Rule { code: $code, name: $name, fields: &[$(stringify!($field)),*], zh: $zh, en: $en },)+
        ];

        impl Rejection {
            /// Stable number.
            pub fn code(&self) -> u16 {
                match self { $(Rejection::$variant { .. } => $code,)+ }
            }

            /// Stable name.
            pub fn name(&self) -> &'static str {
                match self { $(Rejection::$variant { .. } => $name,)+ }
            }

            /// The hashed form.
            pub fn refusal(self) -> Refusal {
                match self {
                    $(Rejection::$variant { $($field),* } => {
                        Refusal { code: $code, args: vec![$($field.into_arg()),*] }
                    })+
                }
            }
        }
    };
}

rejections! {
    /// Not canonical bytes of a signed transaction.
    1001 Malformed "malformed" {}
        "不是规范编码的签名交易。请按线格式文档重新编码。"
        "Not the canonical bytes of a signed transaction. Encode it again as the wire format says.";
    /// More bytes than the chain allows.
    1002 TransactionTooLarge "transaction_too_large" { expected: u64, actual: u64 }
        "交易为 {actual} 字节，上限 {expected} 字节。请拆分单据。"
        "The transaction has {actual} bytes, at most {expected} are allowed. Split the bill.";
    /// Version of the body.
    1003 UnsupportedVersion "unsupported_version" { expected: u8, actual: u8 }
        "交易版本 {actual} 不受支持，应为 {expected}。"
        "Transaction version {actual} is not supported; use {expected}.";
    /// Signed for another chain.
    1004 WrongChain "wrong_chain" { expected: Digest, actual: Digest }
        "交易属于另一条链 {actual}，本链为 {expected}。"
        "The transaction is for chain {actual}; this chain is {expected}.";
    /// A field that is not as documented.
    1005 FieldForm "field_form" { field: &'static str, expected: &'static str }
        "字段 {field} 格式不符，应为：{expected}。"
        "Field {field} does not have the documented form: {expected}.";
    /// More codes than one bill may name.
    1006 TooManyCodes "too_many_codes" { expected: u64, actual: u64 }
        "单据含 {actual} 个追溯码，上限 {expected}。请拆分为 单据号_1、单据号_2 ……"
        "The bill names {actual} codes, at most {expected} are allowed. Split it into bill_1, bill_2 and so on.";
    /// A bill that names nothing.
    1007 NoCodes "no_codes" {}
        "单据没有追溯码。请补充追溯码后重新提交。"
        "The bill names no code. Add the codes and send it again.";
    /// Declared writes outside the allowed range.
    1008 WritesDeclared "writes_declared" { minimum: u32, expected: u32, actual: u32 }
        "声明的写入数 {actual} 不在 {minimum} 至 {expected} 之间。"
        "{actual} declared writes are not between {minimum} and {expected}.";
    /// The principal is no member.
    1009 UnknownOrganisation "unknown_organisation" { actual: OrgId }
        "{actual} 不是本链成员。请核对统一社会信用代码，或先办理加入。"
        "{actual} is not a member of this chain. Check the identifier, or have the organisation admitted first.";
    /// The key is not the signer's.
    1010 UnknownKey "unknown_key" { organisation: OrgId, actual: String }
        "密钥 {actual} 不属于 {organisation}。请使用本单位登记的密钥。"
        "Key {actual} does not belong to {organisation}. Sign with a registered key of it.";
    /// The key does not count at this height.
    1011 KeyNotValid "key_not_valid" { actual: String, height: u64 }
        "密钥 {actual} 在高度 {height} 尚未生效或已失效。请换用有效密钥。"
        "Key {actual} does not count at height {height}. Use a key that is in force.";
    /// The key is for something else.
    1012 KeyPurpose "key_purpose" { expected: &'static str, actual: &'static str }
        "该操作需要用途为 {expected} 的密钥，所用密钥用途为 {actual}。"
        "This operation needs a key with purpose {expected}; the key has purpose {actual}.";
    /// The signature does not verify.
    1013 BadSignature "bad_signature" {}
        "SM2 签名验证失败。请检查密钥、用户标识（1234567812345678）与待签消息。"
        "The SM2 signature does not verify. Check the key, the user ID (1234567812345678) and the signed message.";
    /// Too late.
    1014 TransactionExpired "transaction_expired" { expected: TimestampMs, actual: TimestampMs }
        "交易有效期至 {expected}，出块时间为 {actual}。请重新签名提交。"
        "The transaction was valid until {expected}; block time is {actual}. Sign it again.";
    /// Too early.
    1015 ValidUntilTooFar "valid_until_too_far" { expected: TimestampMs, actual: TimestampMs }
        "交易有效期 {actual} 超出允许的最晚时间 {expected}。"
        "Valid-until {actual} lies beyond {expected}, the latest that is allowed now.";
    /// The block's declared writes are used up.
    1016 BlockFull "block_full" { expected: u32 }
        "本区块的写入额度 {expected} 已用完，交易未执行。请稍后重发。"
        "The block's {expected} declared writes are used up; nothing was executed. Send it again later.";
    /// Personal data in clear.
    1017 PersonalData "personal_data" { field: &'static str, actual: &'static str }
        "字段 {field} 含明文个人信息（{actual}）。请改为带密钥的 HMAC-SM3 摘要，或 SM4-GCM 密文。"
        "Field {field} holds personal data in clear ({actual}). Use a keyed HMAC-SM3 digest, or SM4-GCM ciphertext.";
    /// Outside the scope of the key.
    1018 KeyScope "key_scope" { actual: String, operation: &'static str }
        "密钥 {actual} 的授权范围不含 {operation}。请换用有此权限的密钥。"
        "The scope of key {actual} does not include {operation}. Use a key that may sign it.";
    /// Frozen or suspended.
    1019 MemberSuspended "member_suspended" { organisation: OrgId, standing: &'static str, operation: &'static str }
        "{organisation} 状态为 {standing}，期间不能办理 {operation}；召回、退回、锁定等不受影响。"
        "{organisation} is {standing} and cannot submit {operation} meanwhile; recalls, returns and locks still work.";
    /// No member any more.
    1020 MemberRemoved "member_removed" { organisation: OrgId }
        "{organisation} 已被移除，不再是本链成员。"
        "{organisation} was removed and is no member of this chain any more.";

    /// Another content under a number that an applied document has.
    2001 DocumentNumberTaken "document_number_taken" { document: String, expected: Digest, actual: Digest }
        "单据编号 {document} 已被内容不同的单据占用（已生效交易 {expected}）。请换用新的单据编号。"
        "Document number {document} was taken by a document with another content (transaction {expected}). Use a new number.";
    /// No such mandate.
    2002 UnknownMandate "unknown_mandate" { organisation: OrgId, agent: OrgId, mandate: String }
        "{organisation} 没有给 {agent} 的授权委托 {mandate}。请由本单位签名提交。"
        "{organisation} has given {agent} no mandate {mandate}. Have the principal sign.";
    /// More writes than declared.
    2003 WritesExceeded "writes_exceeded" { expected: u32, actual: u32 }
        "执行需要 {actual} 次写入，超过声明的 {expected}。请提高声明值后重新提交。"
        "Execution needs {actual} writes, more than the declared {expected}. Declare more and send it again.";
    /// A fault of the software.
    2004 Internal "internal" {}
        "执行时发生内部错误，未作任何更改。请将交易号报告给运维人员。"
        "An internal fault stopped the execution; nothing was changed. Report the transaction id to the operators.";
    /// Never under a mandate.
    2005 NotDelegable "not_delegable" { mandate: String, actual: &'static str }
        "操作 {actual} 不得由代理机构办理（授权 {mandate}）。请由本单位签名提交。"
        "Operation {actual} is never done by an agent (mandate {mandate}). Have the principal sign.";
    /// Outside its dates.
    2006 MandateNotInForce "mandate_not_in_force" { mandate: String, from: CalendarDate, expected: CalendarDate, actual: CalendarDate }
        "授权 {mandate} 有效期 {from} 至 {expected}，今日 {actual} 不在有效期内。请由委托单位重新授权。"
        "Mandate {mandate} runs from {from} to {expected} and is not in force today, {actual}. Have a new one given.";
    /// Revoked.
    2007 MandateRevoked "mandate_revoked" { mandate: String }
        "授权 {mandate} 已撤销。请由委托单位重新授权，或由其签名提交。"
        "Mandate {mandate} is revoked. Have a new one given, or the principal sign.";
    /// Another operation than those it names.
    2008 MandateScope "mandate_scope" { mandate: String, actual: &'static str }
        "授权 {mandate} 不含操作 {actual}。"
        "Mandate {mandate} does not cover operation {actual}.";
    /// Another product than those it names.
    2009 MandateProduct "mandate_product" { mandate: String, actual: String }
        "授权 {mandate} 不含 {actual}。"
        "Mandate {mandate} does not cover {actual}.";
    /// All uses made.
    2010 MandateUsedUp "mandate_used_up" { mandate: String, expected: u32 }
        "授权 {mandate} 限用 {expected} 次，已用完。请由委托单位重新授权。"
        "Mandate {mandate} was for {expected} uses and is used up. Have a new one given.";
    /// Not its participant.
    2011 NotHost "not_host" { organisation: OrgId, participant: OrgId }
        "{organisation} 不是 {participant} 的代管单位，或其已有自己的密钥。"
        "{organisation} does not host {participant}, or it has a key of its own.";

    /// More than a record may hold.
    2012 RecordTooLarge "record_too_large" { expected: u64, actual: u64 }
        "单据将使一条记录达到 {actual} 字节，上限 {expected} 字节。请减少内容（如缩短文字、减少来源批次）。"
        "The bill would leave a record of {actual} bytes, at most {expected} are allowed. Put less into it: shorter texts, fewer origins.";
    /// The same code twice in one bill.
    3001 CodeRepeated "code_repeated" { code: UnitKey }
        "追溯码 {code} 在单据中重复。请删除重复项。"
        "Code {code} stands in the bill twice. Remove one.";
    /// Never commissioned.
    3002 UnknownCode "unknown_code" { code: UnitKey }
        "追溯码 {code} 未激活。请向供货单位核实，勿收货、勿销售。"
        "Code {code} was never commissioned. Ask the supplier; neither accept nor sell the package.";
    /// Somebody else has it.
    3003 NotCustodian "not_custodian" { code: UnitKey, expected: OrgId, actual: OrgId }
        "追溯码 {code} 登记的持有单位是 {expected}，提交单位是 {actual}。请先完成收货，或核对追溯码。"
        "Code {code} is recorded in the custody of {expected}, not of {actual}. Receive it first, or check the code.";
    /// On its way.
    3004 InTransit "in_transit" { code: UnitKey, expected: OrgId, actual: OrgId }
        "追溯码 {code} 已发往 {expected}，尚未收货，{actual} 不能再次处置。"
        "Code {code} was shipped to {expected} and not yet received; {actual} cannot dispose of it.";
    /// 未放行
    3005 NotReleased "not_released" { code: UnitKey, batch: String }
        "追溯码 {code} 所在批次 {batch} 尚未放行。请待质量受权人放行后再发货。"
        "Batch {batch} of code {code} is not released. Wait for the release by the qualified person.";
    /// Past its expiry date.
    3006 Expired "expired" { code: UnitKey, expected: CalendarDate, actual: CalendarDate }
        "追溯码 {code} 有效期至 {expected}，今日 {actual} 已过期。请隔离并按规定处理。"
        "Code {code} expired after {expected}; today is {actual}. Set it apart.";
    /// Somebody else was to receive.
    3007 NotDesignatedReceiver "not_designated_receiver" { document: String, owner: OrgId, expected: OrgId, actual: OrgId }
        "发货单 {document}（登记持有单位 {owner}）的收货单位是 {expected}，提交单位是 {actual}。请由指定单位收货。"
        "Shipment {document} of {owner} goes to {expected}, not to {actual}. Only the designated receiver may receive.";
    /// A hold forbids it.
    3008 Held "held" { code: UnitKey, actual: String }
        "追溯码 {code} 被锁定：{actual}。请停止流通并联系发布单位。"
        "Code {code} is on hold: {actual}. Stop and ask who set the hold.";
    /// The role does not allow it.
    3009 RoleNotAllowed "role_not_allowed" { organisation: OrgId, expected: &'static str, bill_type: u16 }
        "{organisation} 的角色不能办理单据类型 {bill_type}，需要：{expected}。"
        "The roles of {organisation} do not allow bill type {bill_type}; it takes {expected}.";
    /// No licence of the kind.
    3010 NotLicensed "not_licensed" { organisation: OrgId, expected: &'static str }
        "{organisation} 没有登记 {expected}。请先登记许可证。"
        "{organisation} has no {expected} on record. Have the licence registered.";
    /// No licence in force on that day.
    3011 LicenceNotInForce "licence_not_in_force" { organisation: OrgId, expected: CalendarDate, actual: CalendarDate }
        "{organisation} 的许可证有效期至 {expected}，今日 {actual} 不在有效期内。"
        "The licence of {organisation} runs until {expected} and is not in force today, {actual}.";
    /// The class is not in the scope.
    3012 OutOfScope "out_of_scope" { organisation: OrgId, code: String, actual: &'static str }
        "{organisation} 的许可范围不含 {actual}（追溯码 {code}）。"
        "The licence of {organisation} does not cover {actual} (code {code}).";
    /// The receiver is no member.
    3013 UnknownReceiver "unknown_receiver" { actual: OrgId }
        "收货单位 {actual} 不是本链成员。请核对统一社会信用代码。"
        "Receiver {actual} is not a member of this chain. Check the identifier.";
    /// Shipping to oneself.
    3014 ReceiverIsSender "receiver_is_sender" { actual: OrgId }
        "收货单位与发货单位相同：{actual}。"
        "Sender and receiver are the same: {actual}.";
    /// No shipment under that number.
    3015 UnknownShipment "unknown_shipment" { sender: OrgId, document: String }
        "{sender} 没有编号为 {document} 的发货单。请核对发货单编号。"
        "{sender} has no shipment {document}. Check the number on the delivery note.";
    /// Not shipped by that document.
    3016 NotInShipment "not_in_shipment" { code: UnitKey, document: String }
        "追溯码 {code} 不在发货单 {document} 的待收货物中。请核对货物与随货同行单。"
        "Code {code} is not outstanding in shipment {document}. Compare the goods with the delivery note.";
    /// Inside a package that was shipped as a whole.
    3017 InsidePackage "inside_package" { code: UnitKey, expected: UnitKey }
        "追溯码 {code} 在外包装 {expected} 内，随整件发运、售出或处置。请使用外包装的追溯码。"
        "Code {code} is inside {expected}, which goes as a whole. Name the outer package.";
    /// Verification result is missing.
    3018 NotVerified "not_verified" {}
        "收货须先核验追溯信息（xt_is_check=1）。未通过核验的货物不能入库，请拒收并说明原因。"
        "Trace information must be verified at receipt (xt_is_check=1). Refuse goods that failed it, with the reason.";
    /// It is in no package.
    3019 NotPacked "not_packed" { code: UnitKey }
        "追溯码 {code} 不在任何外包装内，无需拆箱。"
        "Code {code} is in no outer package; there is nothing to take it out of.";
    /// A route that the class does not take.
    3020 RouteNotAllowed "route_not_allowed" { code: UnitKey, class: &'static str, organisation: OrgId }
        "{class} 不能发往或用于 {organisation}（追溯码 {code}）。"
        "{class} may not go to or be used by {organisation} (code {code}).";
    /// A bill type that this operation does not take.
    3021 BillTypeNotAllowed "bill_type_not_allowed" { expected: &'static str, actual: u16 }
        "单据类型 {actual} 在此不可用，可用：{expected}。"
        "Bill type {actual} cannot be used here; allowed: {expected}.";
    /// A package that held others and holds none.
    3022 EmptyPackage "empty_package" { code: UnitKey }
        "外包装 {code} 已无内装单元，不能流转。"
        "Package {code} is empty and can no longer move.";
    /// In a state that does not allow it.
    3023 WrongState "wrong_state" { code: UnitKey, expected: &'static str, actual: &'static str }
        "追溯码 {code} 状态为 {actual}，该操作要求 {expected}。"
        "Code {code} is {actual}; the operation needs {expected}.";
    /// Something inside is on hold.
    3024 HoldsHeldUnit "holds_held_unit" { code: UnitKey, actual: u32 }
        "外包装 {code} 内有 {actual} 个单元被锁定。请先取出被锁定的单元。"
        "Package {code} holds {actual} units that are on hold. Take them out first.";
    /// 随货同行单
    3030 DeliveryNoteRequired "delivery_note_required" { bill_type: u16 }
        "收货（单据类型 {bill_type}）须提供随货同行单的 SM3 摘要（进货查验）。没有随货同行单的货物请拒收。"
        "A receipt of bill type {bill_type} needs the SM3 digest of the delivery note (随货同行单). Refuse goods that came without one.";
    /// 《疫苗管理法》 Art. 39
    3031 TemperatureRequired "temperature_required" { code: UnitKey }
        "追溯码 {code} 须冷链运输，收货必须有本次运输全过程温度记录。没有记录不得接收，请拒收并报告。"
        "Code {code} travels in the cold chain; a receipt needs the full temperature record of the transport. Refuse the goods and report it.";
    /// 《疫苗管理法》 Art. 39
    3032 TemperatureOutOfRange "temperature_out_of_range" { code: UnitKey, expected: String, actual: String }
        "追溯码 {code} 运输温度 {actual} 超出要求 {expected}。不得接收，请拒收并报告。"
        "Code {code} was carried at {actual}; {expected} is required. Refuse the goods and report it.";
    /// Terminal for ever (domain §3.3 #1).
    3033 Retired "retired" { code: UnitKey, actual: &'static str }
        "追溯码 {code} 已退出流通（{actual}），不得再次处置，疑似假药或回流药。请停止并报告。"
        "Code {code} has left the loop for ever ({actual}); nothing more may happen to it. Stop and report it.";
    /// 已注销 (domain §3.3 #6).
    3034 CodeVoided "code_voided" { code: UnitKey }
        "追溯码 {code} 已注销作废，不得使用。请停止并报告。"
        "Code {code} is void. Stop and report it.";
    /// Frozen or locked.
    3035 PartySuspended "party_suspended" { organisation: OrgId, actual: String }
        "{organisation} 被暂停经营：{actual}。解除前不能收发货。"
        "{organisation} is suspended: {actual}. It neither sends nor receives until that is lifted.";
    /// GSP 附录: a return is entered from the original sale.
    3036 NotSupplier "not_supplier" { code: UnitKey, expected: String, actual: OrgId }
        "追溯码 {code} 的原供货单位是 {expected}，不能退给 {actual}。请按原销售记录退货。"
        "Code {code} was bought of {expected} and cannot go back to {actual}. Return it along its original sale.";
    /// 211 without a recall.
    3037 NotRecalled "not_recalled" { code: UnitKey }
        "追溯码 {code} 没有召回，不能用召回出库。退货请用退货出库（202）。"
        "Code {code} is not under recall; use bill type 202 to return it.";
    /// 运输证明, 出口准许证, 调剂批件
    3038 PermitRequired "permit_required" { code: UnitKey, class: &'static str }
        "追溯码 {code}（{class}）须填写许可证明编号（运输证明、邮寄证明、进口准许证、出口准许证或调剂批件）。"
        "Code {code} ({class}) needs the number of its permit (transport, postal, import, export, or transfer between institutions).";
    /// The receipt's bill type does not answer the shipment's.
    3039 WrongReceipt "wrong_receipt" { document: String, shipped: u16, actual: u16 }
        "发货单 {document} 的单据类型为 {shipped}，不能用 {actual} 收货。请按单据类型对应表选择。"
        "Shipment {document} has bill type {shipped}, which {actual} does not answer. See the table of bill types.";
    /// Cancelled too late.
    3040 ShipmentAnswered "shipment_answered" { document: String, actual: u32 }
        "发货单 {document} 已有 {actual} 件被收货或拒收，不能撤销。请由收货单位办理退货或拒收。"
        "{actual} packages of shipment {document} were received or refused; it can no longer be cancelled.";
    /// Not refused.
    3041 NotDisputed "not_disputed" { code: UnitKey, document: String }
        "追溯码 {code} 在发货单 {document} 中未被拒收。"
        "Code {code} was not refused in shipment {document}.";
    /// Accepted by this side before.
    3042 LossAccepted "loss_accepted" { code: UnitKey, expected: OrgId }
        "追溯码 {code} 的丢失 {expected} 已确认，等待对方确认。"
        "{expected} has already accepted the loss of code {code}; the other side has not.";
    /// No such order.
    3043 UnknownOrder "unknown_order" { organisation: OrgId, document: String }
        "{organisation} 没有编号为 {document} 的委托指令。"
        "{organisation} has given no order {document}.";
    /// The bill is not what was ordered.
    3044 OrderDiffers "order_differs" { document: String, field: &'static str, expected: String, actual: String }
        "委托指令 {document} 的 {field} 为 {expected}，单据为 {actual}。"
        "{field} of order {document} is {expected}; the bill says {actual}.";
    /// Carried out before.
    3045 OrderDone "order_done" { document: String }
        "委托指令 {document} 已执行。"
        "Order {document} was carried out before.";
    /// Past its last day.
    3046 OrderExpired "order_expired" { document: String, expected: CalendarDate, actual: CalendarDate }
        "委托指令 {document} 有效期至 {expected}，今日 {actual}。"
        "Order {document} was valid until {expected}; today is {actual}.";
    /// 《疫苗管理法》 Art. 36
    3047 DesignationRequired "designation_required" { code: UnitKey, organisation: OrgId }
        "追溯码 {code}：持有人直接配送接种单位 {organisation} 须由疾控机构指定。请引用疾控机构的指定单据。"
        "Code {code}: a holder delivers to vaccination site {organisation} only if a CDC has named it. Refer to the designation.";
    /// 区域性批发
    3048 OtherProvince "other_province" { organisation: OrgId, expected: String, actual: String }
        "区域性批发企业（{expected}）不能向外省单位 {organisation}（{actual}）销售。"
        "A regional wholesaler ({expected}) may not sell to {organisation} in another province ({actual}).";
    /// 《药品管理法》 Art. 64
    3049 ImportPapersRequired "import_papers_required" { organisation: OrgId }
        "从境外单位 {organisation} 收货须填写报关单号、进口药品通关单号和口岸。"
        "A receipt from {organisation} abroad needs the customs declaration, the clearance (通关单) and the port.";
    /// Not from abroad.
    3050 NotAnImport "not_an_import" { organisation: OrgId }
        "{organisation} 不是境外单位，请用拒收。"
        "{organisation} is not abroad; refuse the goods instead.";
    /// Herbs leave with documents.
    3051 ExportDocuments "export_documents" { code: UnitKey, class: &'static str }
        "追溯码 {code}（{class}）出口须有防疫体系文件和溯源管理文件的摘要。"
        "The export of code {code} ({class}) needs the digests of the quarantine and the traceability document.";
    /// No member, or one of the other sides.
    3052 UnknownParty "unknown_party" { actual: OrgId }
        "{actual} 不是本链成员，或与单据另一方相同。请核对。"
        "{actual} is not a member of this chain, or is another side of the same bill.";
    /// 106 of a full package.
    3053 NotRemainder "not_remainder" { code: UnitKey }
        "追溯码 {code} 不是零头包装，不能用零头入库。"
        "Code {code} is no incomplete package (零头).";
    /// Stock does not move between these without a sale.
    3054 TransferPair "transfer_pair" { sender: OrgId, actual: OrgId }
        "{sender} 与 {actual} 之间不能调拨，请用销售或退货单据。"
        "Stock is not transferred between {sender} and {actual}; use a bill of sale or return.";
    /// 境外持有人 without a 境内责任人.
    3055 ResponsibleRequired "responsible_required" { organisation: OrgId, product: String }
        "境外持有人 {organisation} 尚未指定境内责任人，品种 {product} 不能向境内发货。请先用 name_responsible 指定。"
        "{organisation}, a holder abroad, has named nobody responsible here; {product} cannot be shipped into the country. Name the organisation first (name_responsible).";

    /// 邮寄证明 serves one parcel
    3056 PermitUsed "permit_used" { permit: String, document: String }
        "邮寄证明 {permit} 已用于单据 {document}，一证一次。请另行申领。"
        "Postal permit {permit} was used for document {document}; it serves one parcel. Apply for another.";
    /// 直调 without a word of the firm in between.
    3057 DropShipmentOrder "drop_shipment_order" { organisation: OrgId }
        "直调须有直调企业 {organisation} 签发的指令（instruct，单据类型 207）。请在 terms.order 中引用该指令。"
        "A drop shipment needs an order signed by {organisation}, the firm in between (instruct, bill type 207). Name it in terms.order.";
    /// Not from the consignor.
    3058 NotKeptFor "not_kept_for" { code: UnitKey, expected: OrgId }
        "追溯码 {code} 不是受 {expected} 委托储存的货物，不能按其指令出库。"
        "Code {code} is not kept for {expected}; it does not leave on its order.";
    /// 《药品管理法》 Art. 35
    3059 AgreementRequired "agreement_required" { organisation: OrgId, expected: CalendarDate }
        "与 {organisation} 没有截至 {expected} 有效的委托储存、运输协议。请先登记 storage_agreement。"
        "No agreement on storage or transport with {organisation} is on file and in force until {expected}. Submit a filing storage_agreement.";
    /// 《药品管理法》 Art. 64
    3060 PortNotApproved "port_not_approved" { port: String }
        "口岸 {port} 不是允许药品进口的口岸。"
        "Drugs do not come in by the port {port}. Only the ports of import_ports of the law are open to them.";
    /// Goods of two owners in one package.
    3061 OwnersDiffer "owners_differ" { code: UnitKey, expected: OrgId, actual: OrgId }
        "追溯码 {code} 是 {actual} 的货物，不能装入 {expected} 货物的包装。请分别装箱。"
        "Code {code} belongs to {actual}; it does not go into a package with goods of {expected}. Pack them apart.";
    /// The product name is taken.
    4001 ProductExists "product_exists" { product: String, expected: OrgId }
        "品种编号 {product} 已由 {expected} 备案。"
        "Product {product} is already registered by {expected}.";
    /// The prefix is taken.
    4002 PrefixTaken "prefix_taken" { prefix: String, expected: String, actual: String }
        "药品标识码 {prefix} 已属于品种 {expected}，不能用于 {actual}。"
        "Prefix {prefix} belongs to product {expected} and cannot be used for {actual}.";
    /// Only the holder registers and releases.
    4003 NotHolder "not_holder" { product: String, expected: OrgId, actual: OrgId }
        "品种 {product} 的上市许可持有人是 {expected}，提交单位是 {actual}。"
        "The marketing authorisation holder of {product} is {expected}, not {actual}.";
    /// The producer is no member.
    4004 UnknownProducer "unknown_producer" { actual: OrgId }
        "生产企业 {actual} 不是本链成员。"
        "Producer {actual} is not a member of this chain.";
    /// `89` and special classes go together.
    4005 SpecialPrefix "special_prefix" { prefix: String, class: &'static str }
        "药品标识码 {prefix} 与药品类别 {class} 不符：89 开头当且仅当特药。"
        "Prefix {prefix} does not fit class {class}: 89 marks special drugs and only those.";
    /// No authority of that department and region.
    4010 NoAuthority "no_authority" { organisation: OrgId, expected: &'static str, region: String }
        "{organisation} 无权在行政区划 {region} 办理此事项，须由 {expected} 且管辖该区划的部门办理。"
        "{organisation} has no such authority in region {region}; it takes {expected} with jurisdiction there.";
    /// Effective before today.
    4011 PastDated "past_dated" { expected: CalendarDate, actual: CalendarDate }
        "生效日期 {actual} 早于今日 {expected}。请改为今日或以后。"
        "The effective date {actual} lies before today, {expected}. Use today or later.";
    /// A register has no room.
    4012 RegisterFull "register_full" { register: &'static str, expected: u32 }
        "{register} 登记已达上限 {expected}。请先撤销或等待已有条目生效。"
        "The register of {register} holds its {expected} entries. Revoke one, or wait until pending ones are in force.";
    /// No member.
    4013 UnknownMember "unknown_member" { actual: OrgId }
        "{actual} 不是本链成员，也未登记。请核对标识，或先办理登记。"
        "{actual} is neither a member nor registered. Check the identifier, or have it registered first.";
    /// The licence is on record.
    4014 LicenceExists "licence_exists" { organisation: OrgId, licence: &'static str, number: String }
        "{organisation} 已登记 {licence} {number}。变更请用 change_licence。"
        "{organisation} already has {licence} {number} on record. Use change_licence to change it.";
    /// A step that the status does not allow.
    4015 StatusNotAllowed "status_not_allowed" { action: &'static str, actual: &'static str }
        "当前状态 {actual} 不能办理 {action}。"
        "{action} is not possible while the status is {actual}.";
    /// Longer than the law allows.
    4016 TooLong "too_long" { expected: CalendarDate, actual: CalendarDate }
        "截止日期 {actual} 晚于允许的 {expected}。"
        "The last day {actual} lies beyond {expected}, the latest allowed.";
    /// Suspended or revoked.
    4017 LicenceSuspended "licence_suspended" { organisation: OrgId, licence: String, actual: &'static str }
        "{organisation} 的许可证 {licence} 状态为 {actual}。请与发证部门联系。"
        "Licence {licence} of {organisation} is {actual}. Ask the department that granted it.";
    /// Neither narrower nor wider.
    4018 ScopeNotChanged "scope_not_changed" { number: String, expected: &'static str }
        "许可证 {number} 的新范围须比原范围{expected}。"
        "The new scope of licence {number} must be {expected} than the old one.";
    /// 分类码
    4019 ClassLetter "class_letter" { organisation: OrgId, expected: String }
        "{organisation} 的药品生产许可证分类码缺少 {expected}，不能委托或受托生产。"
        "The production licence of {organisation} lacks class letter {expected}, which contract manufacture needs.";
    /// Another filed the prefix.
    4020 CodingPrefixTaken "coding_prefix_taken" { prefix: String, expected: OrgId, actual: OrgId }
        "码段 {prefix} 已由 {expected} 备案编码规则或登记品种，{actual} 不能备案、登记品种或赋码。"
        "Prefix {prefix} was filed or registered by {expected}; {actual} can neither file it, nor register products or commission codes under it.";
    /// Coding before filing.
    4021 CodingRuleNotFiled "coding_rule_not_filed" { prefix: String, expected: OrgId }
        "码段 {prefix} 的编码规则未备案。请 {expected} 先用 file_coding_rule 备案。"
        "No coding rule was filed for prefix {prefix}. {expected} must file it first (file_coding_rule).";
    /// 追溯管理制度
    4022 TracePolicyRequired "trace_policy_required" { organisation: OrgId, class: &'static str }
        "{class} 已纳入追溯目录，{organisation} 须先备案追溯管理制度。"
        "{class} is in the catalogue in force; {organisation} must file its trace policy first.";
    /// 不得委托生产
    4023 ContractBanned "contract_banned" { product: String, class: &'static str, producer: OrgId }
        "品种 {product}（{class}）不得委托 {producer} 生产（《药品管理法》第三十二条）。"
        "Product {product} ({class}) may not be made under contract by {producer} (《药品管理法》 Art. 32).";
    /// Outside the schema.
    4024 ExtensionField "extension_field" { field: String, expected: &'static str }
        "扩展字段 {field}：{expected}。"
        "Extension field {field}: {expected}.";
    /// The standard is on record, replaced or withdrawn.
    4025 StandardExists "standard_exists" { standard: String }
        "标准 {standard} 已登记，或已被代替、废止。"
        "Standard {standard} is already registered, or was replaced or withdrawn.";
    /// No such standard.
    4026 UnknownStandard "unknown_standard" { standard: String }
        "标准 {standard} 未登记。"
        "Standard {standard} is not registered.";
    /// The entry is on record.
    4027 FilingExists "filing_exists" { organisation: OrgId, register: &'static str, number: String }
        "{organisation} 在 {register} 已有编号 {number} 的登记。"
        "{organisation} already has entry {number} in the register {register}.";
    /// No such entry.
    4028 UnknownFiling "unknown_filing" { organisation: OrgId, register: &'static str, number: String }
        "{organisation} 在 {register} 没有编号 {number} 的登记。"
        "{organisation} has no entry {number} in the register {register}.";
    /// The organisation is on record.
    4029 OrganisationExists "organisation_exists" { actual: OrgId }
        "{actual} 已登记。"
        "{actual} is already registered.";
    /// The key is on record.
    4030 KeyExists "key_exists" { actual: String }
        "密钥 {actual} 已登记。每个密钥只能属于一个单位、一种用途。"
        "Key {actual} is already registered. One key has one owner and one purpose.";
    /// In force in the catalogue.
    4031 TracingMandatory "tracing_mandatory" { organisation: OrgId, class: &'static str }
        "{class} 已纳入追溯目录，{organisation} 不得从非追溯来源购入。"
        "{class} is in the catalogue in force; {organisation} may not take it from an untraced source.";
    /// Not in force on the day that counts.
    4032 StandardNotInForce "standard_not_in_force" { standard: String, expected: String, actual: CalendarDate }
        "标准 {standard} 的施行期为 {expected}，不能作为 {actual} 的执行标准。请改用现行标准。"
        "Standard {standard} is in force {expected}; it is no execution standard for {actual}. Name the one that is in force.";
    /// A higher standard says something about it.
    4033 StandardOutranked "standard_outranked" { standard: String, expected: String, actual: &'static str }
        "标准 {standard}（{actual}）之上有现行的 {expected}，应执行后者（《药品管理法》第四十四条）。"
        "Standard {standard} ({actual}) has {expected} in force above it, which governs (《药品管理法》 Art. 44).";
    /// About something else, of another region, or of a kind that does not count.
    4034 StandardOutOfScope "standard_out_of_scope" { standard: String, field: &'static str, expected: String, actual: String }
        "标准 {standard} 不适用：{field} 应为 {expected}，实为 {actual}。"
        "Standard {standard} does not apply: {field} must be {expected}, not {actual}.";

    /// Not a trace code at all.
    5001 NotATraceCode "not_a_trace_code" { actual: String, reason: String }
        "“{actual}”不是药品追溯码：{reason}。请扫描标有“药品追溯码”的 20 位码或 GS1 码。"
        "\"{actual}\" is not a trace code: {reason}. Scan the 20-digit or GS1 code marked 药品追溯码.";
    /// A wrong check digit.
    5002 CheckDigit "check_digit" { code: String, expected: String, actual: String }
        "“{code}”校验位为 {actual}，应为 {expected}。请重新扫描，勿手工改码。"
        "The check digit of \"{code}\" is {actual}, should be {expected}. Scan again; do not repair codes by hand.";
    /// No product has this prefix.
    5003 UnknownPrefix "unknown_prefix" { code: UnitKey, prefix: String }
        "追溯码 {code} 的药品标识码 {prefix} 未备案（非平台码段）。请核对追溯码，或先备案品种。"
        "Prefix {prefix} of code {code} is not registered. Check the code, or register the product first.";
    /// A code is never used twice.
    5004 CodeExists "code_exists" { code: UnitKey, product: String, batch: String }
        "追溯码 {code} 已用于 {product} 批次 {batch}，一物一码，不得重用。"
        "Code {code} was used for {product}, batch {batch}; a code is never used again.";
    /// No such product.
    5005 UnknownProduct "unknown_product" { product: String }
        "品种 {product} 未备案。请先备案品种。"
        "Product {product} is not registered. Register it first.";
    /// Only holder and producer commission.
    5006 NotProducer "not_producer" { product: String, expected: OrgId, actual: OrgId }
        "品种 {product} 的生产企业是 {expected}，{actual} 不能赋码激活。"
        "The producer of {product} is {expected}; {actual} may not commission it.";
    /// The prefix says another product.
    5007 WrongProduct "wrong_product" { code: UnitKey, expected: String, actual: String }
        "追溯码 {code} 属于品种 {actual}，单据品种为 {expected}。"
        "Code {code} is of product {actual}; the bill says {expected}.";
    /// The prefix says another level.
    5008 WrongLevel "wrong_level" { code: UnitKey, expected: u8, actual: u8 }
        "追溯码 {code} 的包装级别应为 {expected}，单据为 {actual}。"
        "The prefix of code {code} says level {expected}; the bill says {actual}.";
    /// The outer package is unknown.
    5009 ParentUnknown "parent_unknown" { code: UnitKey, actual: UnitKey }
        "追溯码 {code} 的上级码 {actual} 不在本单据中，也未激活。请先提交上级码。"
        "The parent {actual} of code {code} is neither in this bill nor commissioned. Send the parent first.";
    /// The outer package has another level than the next.
    5010 ParentLevel "parent_level" { code: UnitKey, expected: u8, actual: u8 }
        "追溯码 {code} 的上级包装级别应为 {expected}，实际为 {actual}。"
        "The package around code {code} must have level {expected}, not {actual}.";
    /// The outer package is full.
    5011 ParentFull "parent_full" { code: UnitKey, expected: u32, actual: u32 }
        "外包装 {code} 最多装 {expected} 个，将达到 {actual} 个。"
        "Package {code} holds at most {expected}; this would make {actual}.";
    /// Batch data never change.
    5012 BatchDiffers "batch_differs" { batch: String, field: &'static str, expected: String, actual: String }
        "批次 {batch} 已登记的 {field} 为 {expected}，单据为 {actual}。批信息不可更改。"
        "{field} of batch {batch} is on record as {expected}; the bill says {actual}. Batch data never change.";
    /// Released batches take no more codes.
    5013 BatchClosed "batch_closed" { batch: String }
        "批次 {batch} 已放行，不能再赋码。"
        "Batch {batch} is released and takes no more codes.";
    /// Made tomorrow.
    5014 MadeInFuture "made_in_future" { expected: CalendarDate, actual: CalendarDate }
        "生产日期 {actual} 晚于今日 {expected}。"
        "Made on {actual}, which is after today, {expected}.";
    /// Expiry not after production.
    5015 ExpiryBeforeProduction "expiry_before_production" { expected: CalendarDate, actual: CalendarDate }
        "有效期至 {actual} 不晚于生产日期 {expected}。"
        "Expiry {actual} is not after production on {expected}.";
    /// More units than declared.
    5016 CountExceeded "count_exceeded" { batch: String, expected: u32, actual: u32 }
        "批次 {batch} 申报最小包装 {expected} 个，将达到 {actual} 个。"
        "Batch {batch} was declared with {expected} units; this would make {actual}.";
    /// No such batch.
    5017 UnknownBatch "unknown_batch" { product: String, batch: String }
        "品种 {product} 没有批次 {batch}。"
        "Product {product} has no batch {batch}.";
    /// Released before.
    5018 AlreadyReleased "already_released" { batch: String }
        "批次 {batch} 已放行。"
        "Batch {batch} is already released.";
    /// Not all bills of the batch are in.
    5019 CountIncomplete "count_incomplete" { batch: String, expected: u32, actual: u32 }
        "批次 {batch} 申报 {expected} 个最小包装，已激活 {actual} 个。请先提交其余单据再放行。"
        "Batch {batch} was declared with {expected} units, {actual} are commissioned. Send the other bills before the release.";
    /// Packages that are neither full nor marked 零头.
    5020 PackagesIncomplete "packages_incomplete" { batch: String, actual: u32 }
        "批次 {batch} 有 {actual} 个外包装未装满且未标记零头。"
        "{actual} packages of batch {batch} are neither full nor marked as remainder.";
    /// 批签发
    5021 LotReleaseRequired "lot_release_required" { batch: String }
        "疫苗批次 {batch} 放行须提供批签发证明编号。"
        "The release of vaccine batch {batch} needs the number of its lot release certificate.";
    /// Another batch in an ordinary package.
    5022 ParentBatch "parent_batch" { code: UnitKey, expected: String, actual: String }
        "外包装 {code} 属于批次 {expected}，不能装入批次 {actual}（未标记零头）。"
        "Package {code} is of batch {expected} and not marked as remainder; it cannot take batch {actual}.";
    /// More batches than one package may hold.
    5023 TooManyBatches "too_many_batches" { code: UnitKey, expected: u32 }
        "外包装 {code} 内的批次数超过上限 {expected}。"
        "Package {code} would hold more than {expected} batches.";
    /// Released or opened before.
    5030 BatchOpen "batch_open" { batch: String }
        "批次 {batch} 已建立，不能再作为返工批次。"
        "Batch {batch} is open already; goods are reworked into a batch that is not.";
    /// A prefix of another product.
    5031 PrefixNotOfProduct "prefix_not_of_product" { prefix: String, expected: String }
        "药品标识码 {prefix} 不属于品种 {expected}。请核对品种与包装级别。"
        "Prefix {prefix} is not one of product {expected}. Check product and package level.";
    /// The range overlaps one that was allocated.
    5032 SerialAllocated "serial_allocated" { prefix: String, actual: u64 }
        "药品标识码 {prefix} 的序列号 {actual} 已申码。请申请其他号段。"
        "Serial {actual} of prefix {prefix} is allocated already. Ask for another range.";
    /// Too many ranges under one prefix.
    5033 TooManyRanges "too_many_ranges" { prefix: String, expected: u32 }
        "药品标识码 {prefix} 的号段超过 {expected} 段。请申请相邻的连续号段。"
        "Prefix {prefix} would have more than {expected} ranges. Allocate ranges that adjoin.";
    /// The code is allocated or used.
    5034 CodeAllocated "code_allocated" { code: UnitKey }
        "追溯码 {code} 已申码或已使用，一码不得重复。"
        "Code {code} is allocated or used already.";
    /// Codes of this prefix are allocated, and not this one.
    5035 CodeNotAllocated "code_not_allocated" { code: UnitKey }
        "追溯码 {code} 不在已申码范围内。请先申码。"
        "Code {code} is not among the allocated ones. Allocate it first.";
    /// Voided before it was used.
    5036 CodeWasVoided "code_was_voided" { code: UnitKey }
        "追溯码 {code} 已作废，永不再用。"
        "Code {code} was voided and is never used again.";
    /// Something is inside.
    5037 PackageNotEmpty "package_not_empty" { code: UnitKey, actual: u32 }
        "外包装 {code} 内仍有 {actual} 个单元。请先拆箱取出。"
        "Package {code} still holds {actual} units. Take them out first.";
    /// Never under contract.
    5038 ContractForbidden "contract_forbidden" { product: String, class: &'static str }
        "品种 {product}（{class}）不得委托生产（《药品管理法》第三十二条）。"
        "Product {product} ({class}) may not be made under contract (《药品管理法》 Art. 32).";
    /// No contract of manufacture in force.
    5039 NoContract "no_contract" { product: String, actual: OrgId }
        "{actual} 没有品种 {product} 的有效委托生产协议。请持有人先登记协议。"
        "{actual} has no contract in force to make {product}. Have the holder register it.";
    /// On hold.
    5040 BatchHeld "batch_held" { batch: String, actual: String }
        "批次 {batch} 被锁定：{actual}，不能放行。"
        "Batch {batch} is on hold: {actual}. It is not released.";
    /// The last test failed.
    5041 TestFailed "test_failed" { batch: String }
        "批次 {batch} 检验不合格，不能放行。"
        "Batch {batch} failed its test and is not released.";
    /// No passed test on record.
    5042 TestRequired "test_required" { batch: String }
        "批次 {batch} 放行须有检验合格结论。请先提交批检验结果。"
        "The release of batch {batch} needs a passed test on record.";
    /// The producer has not released it.
    5043 ProducerReleaseRequired "producer_release_required" { batch: String }
        "批次 {batch} 尚无生产企业出厂放行。"
        "The producer of batch {batch} has not released it yet.";
    /// 进口药品通关单
    5044 ImportClearanceRequired "import_clearance_required" { batch: String }
        "进口批次 {batch} 放行须提供进口药品通关单等通关资料，麻醉药品和精神药品还须有进口准许证（《药品管理法》第六十四、六十六条）。"
        "The release of imported batch {batch} needs its customs clearance papers, and for narcotic and psychotropic drugs the import permit (《药品管理法》 Art. 64, 66).";
    /// 口岸检验
    5045 ImportInspectionRequired "import_inspection_required" { batch: String }
        "进口批次 {batch} 放行或入库须提供口岸检验报告（《药品管理法》第六十八条）。"
        "The release or receipt of imported batch {batch} needs its inspection report (《药品管理法》 Art. 68).";
    /// Reworked goods do not live longer.
    5046 ReworkExpiry "rework_expiry" { batch: String, expected: CalendarDate, actual: CalendarDate }
        "返工批次 {batch} 的有效期不得晚于原批次 {expected}，单据为 {actual}。"
        "Reworked batch {batch} expires on {expected} at the latest, not {actual}.";
    /// Only a holder abroad names who is responsible here.
    5047 NotAbroad "not_abroad" { actual: OrgId }
        "{actual} 不是境外持有人，无需指定境内责任人。"
        "{actual} is not abroad; nobody needs to be responsible for it here.";
    /// Abroad as well.
    5048 NotDomestic "not_domestic" { actual: OrgId }
        "{actual} 不在境内，不能作为境内责任人。"
        "{actual} is abroad and cannot be responsible here.";
    /// Later than the 有效期 of the product allows.
    5049 ExpiryBeyondTerm "expiry_beyond_term" { expected: CalendarDate, actual: CalendarDate }
        "按品种登记的有效期，该批最晚有效至 {expected}，不能为 {actual}（《药品管理法》第九十八条）。"
        "By the term of the product the batch expires on {expected} at the latest, not {actual} (《药品管理法》 Art. 98).";
    /// Not asked to report on it.
    5050 BatchLaboratoryNotNamed "batch_laboratory_not_named" { batch: String, actual: OrgId }
        "{actual} 不是批次 {batch} 的持有人或生产企业指定的检验机构。"
        "{actual} is not the laboratory that holder or producer of batch {batch} named.";
    /// 不合格 is not tested away.
    5051 TestFailureStands "test_failure_stands" { batch: String, expected: OrgId }
        "批次 {batch} 已由 {expected} 检验不合格，只能由该检验机构或持有人所在地药品监督管理部门更正；企业自检不合格的，只能由药品监督管理部门更正。"
        "Batch {batch} failed the test of {expected}; only that laboratory, or a drug regulator of the holder's region, finds otherwise; of what a maker found itself, the regulator alone.";
    /// Later than the 保质期 of what is in it.
    5052 ExpiryBeyondLots "expiry_beyond_lots" { batch: String, expected: CalendarDate, actual: CalendarDate }
        "批次 {batch} 投料批次的保质期最早至 {expected}，该批有效期至 {actual}，不能放行（《药品管理法》第九十八条）。"
        "The lots that batch {batch} is made of keep until {expected} at the earliest, and it expires on {actual}; it is not released (《药品管理法》 Art. 98).";

    /// Sold before.
    6001 AlreadyDispensed "already_dispensed" { code: UnitKey, expected: OrgId, time: TimestampMs, actual: OrgId }
        "追溯码 {code} 已于 {time} 由 {expected} 售出或使用，{actual} 不能再次处置，疑似回流药。请停止销售并报告。"
        "Code {code} was dispensed by {expected} at {time}; {actual} cannot dispose of it again. Stop the sale and report it.";
    /// Not a smallest unit.
    6002 NotSmallestUnit "not_smallest_unit" { code: UnitKey, expected: u8, actual: u8 }
        "追溯码 {code} 为 {actual} 级包装，只能按最小销售包装（{expected} 级）售出或使用。"
        "Code {code} has package level {actual}; only smallest units (level {expected}) are dispensed.";
    /// 处方药
    6003 PrescriptionRequired "prescription_required" { code: UnitKey }
        "追溯码 {code} 为处方药，须凭处方销售。"
        "Code {code} is a prescription drug; a pharmacy needs the prescription.";
    /// Class × channel.
    6010 ChannelForbidden "channel_forbidden" { code: UnitKey, class: &'static str, bill_type: u16 }
        "追溯码 {code}（{class}）不得以单据类型 {bill_type} 在此销售或使用。"
        "Code {code} ({class}) may not be dispensed here with bill type {bill_type}.";
    /// 药师审方
    6011 ReviewRequired "review_required" { code: UnitKey }
        "追溯码 {code} 为处方药，处方须经药师审核，请填写审方药师。"
        "Code {code} is a prescription drug; name the pharmacist who reviewed the prescription.";
    /// 《药品管理法》 Art. 76
    6012 OwnPreparationOnly "own_preparation_only" { code: UnitKey, expected: OrgId, actual: OrgId }
        "追溯码 {code} 是 {expected} 的医疗机构制剂，{actual} 未经调剂批准不得使用。"
        "Code {code} is a preparation of {expected}; {actual} may not use it without an approved transfer.";
    /// 二类精神药品
    6013 MinorPatient "minor_patient" { code: UnitKey, class: &'static str }
        "追溯码 {code}（{class}）不得向未成年人销售。"
        "Code {code} ({class}) is not sold to minors.";
    /// A limit exists and the bill does not say how much treatment it is.
    6014 DaysNotStated "days_not_stated" { code: UnitKey, class: &'static str }
        "追溯码 {code}（{class}）有处方限量，请填写用药天数（0 为一次常用量）。"
        "Code {code} ({class}) is limited; state the days of treatment (0 for one single dose).";
    /// 处方限量
    6015 DaysExceeded "days_exceeded" { code: UnitKey, expected: u16, actual: u16 }
        "追溯码 {code} 的处方限量为 {expected} 日（0 为一次常用量），单据为 {actual} 日。"
        "Code {code} is limited to {expected} days of treatment (0 for one single dose); the bill says {actual}.";
    /// 未登记装量
    6016 ContentNotDeclared "content_not_declared" { code: UnitKey }
        "追溯码 {code} 的品种未登记装量，不能拆零。"
        "The product of code {code} declares no content; parts of it cannot be dispensed.";
    /// More than is left.
    6017 QuantityExceeded "quantity_exceeded" { code: UnitKey, expected: u64, actual: u64 }
        "追溯码 {code} 剩余 {expected}（万分之一最小制剂单位），不足 {actual}。"
        "Code {code} has {expected} left (10⁻⁴ of a preparation unit), less than {actual}.";
    /// Only the seller of record.
    6018 NotSeller "not_seller" { code: UnitKey, expected: OrgId, actual: OrgId }
        "追溯码 {code} 由 {expected} 售出，{actual} 不能撤销或接受退货。"
        "Code {code} was sold by {expected}; {actual} can neither undo the sale nor take it back.";
    /// The window is over.
    6019 ReversalTooLate "reversal_too_late" { code: UnitKey, expected: TimestampMs, actual: TimestampMs }
        "追溯码 {code} 的销售可在 {expected} 前撤销，现为 {actual}。请办理消费者退货。"
        "The sale of code {code} could be undone until {expected}; it is {actual}. Use a consumer return.";
    /// Vaccinated, or undone before.
    6020 NotReversible "not_reversible" { code: UnitKey }
        "追溯码 {code} 已接种，或最近一次销售已撤销，不能再撤销或退回。"
        "Code {code} was vaccinated, or its newest sale was undone before; nothing more can be undone.";
    /// Special drugs: how much the prescription is for.
    6021 QuantityNotStated "quantity_not_stated" { code: UnitKey, class: &'static str }
        "{class} 类药品 {code} 须填写处方开具的总量（quantity）。"
        "A prescription of {class}, code {code}, states the quantity that it is for (quantity).";
    /// More than the prescription is for.
    6022 PrescriptionExceeded "prescription_exceeded" { code: UnitKey, expected: u64, actual: u64 }
        "追溯码 {code} 使本单共发出 {actual}，超过处方开具的 {expected}（万分之一最小制剂单位）。"
        "With code {code} the bill hands out {actual}; the prescription is for {expected} (10⁻⁴ of a preparation unit).";
    /// Filled before.
    6023 PrescriptionUsed "prescription_used" { document: String, expected: TimestampMs }
        "该处方已由单据 {document} 调配，{expected} 之前不得再次调配。"
        "The prescription was filled by document {document}; it is not filled again before {expected}.";

    /// No drug regulator of that region.
    7001 NoJurisdiction "no_jurisdiction" { organisation: OrgId, expected: String, actual: String }
        "{organisation} 不是 {expected} 的药品监督管理部门（管辖 {actual}）。"
        "{organisation} is no drug regulator of {expected}; it answers for {actual}.";
    /// This party may not set this hold here.
    7002 HoldNotAllowed "hold_not_allowed" { organisation: OrgId, actual: &'static str }
        "{organisation} 不能对该对象设置锁定 {actual}。"
        "{organisation} may not set the hold {actual} on this target.";
    /// More open holds than one target may have.
    7003 TooManyHolds "too_many_holds" { expected: u32 }
        "该对象上的锁定已达上限 {expected} 个。请先解除已无必要的锁定。"
        "The target has {expected} open holds. Lift those that are no longer needed.";
    /// No hold, recall or proposal under this number.
    7004 UnknownCase "unknown_case" { actual: u32 }
        "没有编号为 {actual} 的锁定、召回或待会签单据。"
        "There is no hold, recall or proposal with number {actual}.";
    /// It has ended.
    7005 HoldEnded "hold_ended" { actual: u32 }
        "锁定 {actual} 已解除。"
        "Hold {actual} has ended.";
    /// Only who set it, or a superior regulator.
    7006 NotHoldSetter "not_hold_setter" { expected: OrgId, actual: OrgId }
        "该锁定或责令召回由 {expected} 作出，{actual} 不能处理。请由其本身（锁定亦可由上级监管部门）办理。"
        "The hold or ordered recall is of {expected}; {actual} may not end it. It does itself, of a hold also a superior regulator.";
    /// The recall is not completed.
    7007 RecallOpen "recall_open" { actual: u32 }
        "召回 {actual} 尚未完成，不能解除锁定。"
        "Recall {actual} is not completed; its hold stays.";
    /// In the past.
    7008 TimePast "time_past" { expected: TimestampMs, actual: TimestampMs }
        "时间 {actual} 不晚于当前区块时间 {expected}。"
        "{actual} is not later than the time of this block, {expected}.";
    /// Too far ahead.
    7009 TimeTooFar "time_too_far" { expected: TimestampMs, actual: TimestampMs }
        "时间 {actual} 超过允许的最晚时间 {expected}。"
        "{actual} is later than the latest allowed, {expected}.";
    /// A second signature is needed.
    7010 CountersignatureRequired "countersignature_required" { code: UnitKey, actual: &'static str }
        "追溯码 {code}（{actual}）的销毁须由药品监督管理部门或公证机构会签。请提交待会签单据。"
        "Code {code} ({actual}) is destroyed only with the countersignature of a regulator or a notary. Propose the bill to one.";
    /// Neither regulator nor notary.
    7011 NotSupervisor "not_supervisor" { expected: String, actual: OrgId }
        "{actual} 不是 {expected} 的药品监督管理部门，也不是公证机构，不能会签。"
        "{actual} is neither a drug regulator of {expected} nor a notary and cannot countersign.";
    /// One person twice.
    7012 SamePerson "same_person" { actual: Digest }
        "执行人与监督人为同一人（摘要 {actual}），须由两人进行。"
        "Executor and supervisor are the same person (digest {actual}); it takes two.";
    /// One party twice.
    7013 SameParty "same_party" { actual: OrgId }
        "双方为同一单位 {actual}。"
        "Both parties are {actual}.";
    /// Named as countersigner by the proposal.
    7014 NotCountersigner "not_countersigner" { expected: OrgId, actual: OrgId }
        "该单据待 {expected} 会签，{actual} 不能处理。"
        "The bill waits for the countersignature of {expected}, not of {actual}.";
    /// It has ended.
    7015 ProposalClosed "proposal_closed" { proposal: u32, actual: &'static str }
        "待会签单据 {proposal} 已结束：{actual}。"
        "Proposal {proposal} has ended: {actual}.";
    /// Not the bill that was proposed.
    7016 AnotherBill "another_bill" { expected: Digest, actual: Digest }
        "会签单据与提交的单据不同：{actual}，应为 {expected}。"
        "The bill to countersign is {actual}; proposed was {expected}.";
    /// Unfit to be sold again.
    7017 NotAcceptable "not_acceptable" { code: UnitKey, actual: &'static str }
        "追溯码 {code} 不能验收合格入库：{actual}。只能退回或销毁。"
        "Code {code} cannot go back into stock: {actual}. Return or destroy it.";
    /// Notified before.
    7018 AlreadyNotified "already_notified" { actual: OrgId }
        "{actual} 已通知过。"
        "{actual} has been notified already.";
    /// Never notified.
    7019 NotNotified "not_notified" { actual: OrgId }
        "{actual} 不在该召回的通知范围内。"
        "{actual} was not notified of this recall.";
    /// Acknowledged before.
    7020 AlreadyAcknowledged "already_acknowledged" { actual: OrgId }
        "{actual} 已确认过该召回通知。"
        "{actual} has acknowledged the notice already.";
    /// Past that stage.
    7021 RecallClosed "recall_closed" { actual: u32 }
        "召回 {actual} 已完成或已总结，不能再办理此项。"
        "Recall {actual} is completed or reported on; this can no longer be done.";
    /// Decided before.
    7022 AlreadyDecided "already_decided" { actual: u32 }
        "冻结 {actual} 已作出处理决定。"
        "The freeze {actual} has been decided already.";
    /// As many recalls of one product as may be open.
    7023 TooManyRecalls "too_many_recalls" { product: String, expected: u32 }
        "药品 {product} 进行中的召回已达上限 {expected} 个。请先完成已结束的召回。"
        "Product {product} has {expected} open recalls. Complete those that have ended first.";
    /// The maker has a lot of that number.
    7101 LotExists "lot_exists" { lot: String }
        "批次 {lot} 已存在，批次号不得重用。"
        "Lot {lot} exists; a lot number is never used again.";
    /// No such lot.
    7102 UnknownLot "unknown_lot" { lot: String }
        "批次 {lot} 不存在。请核对“批次号@单位”。"
        "There is no lot {lot}. Check number@organisation.";
    /// Somebody else has it.
    7103 NotLotOwner "not_lot_owner" { lot: String, expected: OrgId, actual: OrgId }
        "批次 {lot} 登记的持有单位是 {expected}，提交单位是 {actual}。"
        "Lot {lot} is recorded with {expected}; {actual} cannot dispose of it.";
    /// On its way.
    7104 LotInTransit "lot_in_transit" { lot: String, expected: OrgId, actual: OrgId }
        "批次 {lot} 正在运往 {expected}，{actual} 须等收货或撤回后再操作。"
        "Lot {lot} is on its way to {expected}; {actual} has to wait until it is received or refused.";
    /// In a state that does not allow it.
    7105 LotState "lot_state" { lot: String, expected: String, actual: &'static str }
        "批次 {lot} 状态为 {actual}，该操作要求：{expected}。"
        "Lot {lot} is {actual}; the operation needs one of: {expected}.";
    /// Frozen, at one of four levels.
    7106 LotHeld "lot_held" { lot: String, level: &'static str, actual: String }
        "批次 {lot} 被锁定（层级 {level}：{actual}）。请停止流通并联系发布单位。"
        "Lot {lot} is held at level {level}: {actual}. Stop and ask who set the hold.";
    /// M1, M2: more than there is.
    7107 LotStockExceeded "lot_stock_exceeded" { lot: String, expected: u64, actual: u64 }
        "批次 {lot} 库存 {expected} 毫克，单据为 {actual} 毫克。物料不能凭空增加。"
        "Lot {lot} has {expected} mg in stock; the document says {actual} mg.";
    /// M3: output and loss differ from input.
    7108 MassBalance "mass_balance" { lot: String, expected: u64, actual: u64 }
        "批次 {lot} 投料（含辅料）{expected} 毫克，产出与损耗合计 {actual} 毫克，物料不平衡。"
        "Lot {lot}: {expected} mg went in, output and loss make {actual} mg. They must be equal.";
    /// Outside the yield band.
    7109 YieldOutOfBand "yield_out_of_band" { lot: String, minimum: u32, expected: u32, input: u64, output: u64 }
        "批次 {lot} 投料 {input} 毫克、产出 {output} 毫克，收率超出百万分之 {minimum} 至 {expected}。"
        "Lot {lot}: {output} mg out of {input} mg is outside {minimum} to {expected} parts per million.";
    /// Too many or too few entries.
    7110 EntryCount "entry_count" { field: &'static str, minimum: u64, expected: u64, actual: u64 }
        "{field} 有 {actual} 项，允许 {minimum} 至 {expected} 项。"
        "{field} has {actual} entries; {minimum} to {expected} are allowed.";
    /// More origins or ancestors than a lot may have.
    7111 LotTooMixed "lot_too_mixed" { lot: String, what: &'static str, expected: u64, actual: u64 }
        "批次 {lot} 的 {what} 将达到 {actual} 项，上限 {expected}。请减少混批来源。"
        "Lot {lot} would have {actual} {what}, at most {expected} are allowed. Blend fewer lots.";
    /// Lots that may not go together.
    7112 LotsDiffer "lots_differ" { lot: String, what: &'static str, expected: String, actual: String }
        "批次 {lot} 的 {what} 为 {actual}，应为 {expected}，不能一起投料。"
        "{what} of lot {lot} is {actual}, not {expected}; they cannot go together.";
    /// Named twice.
    7113 LotRepeated "lot_repeated" { lot: String }
        "单据中重复出现批次 {lot}。"
        "The document names lot {lot} twice.";
    /// The role does not allow it.
    7114 RoleRequired "role_required" { organisation: OrgId, expected: &'static str }
        "{organisation} 的角色不能办理，需要：{expected}。"
        "The roles of {organisation} do not allow this; it takes {expected}.";
    /// Herb not in the catalogue.
    7115 UnknownHerb "unknown_herb" { herb: String }
        "中药材编码 {herb} 不在品种目录中。请先由药监部门登记。"
        "Herb {herb} is not in the catalogue. Have the drug regulator register it.";
    /// 《药品管理法》 Art. 63
    7116 HerbNotApproved "herb_not_approved" { herb: String }
        "新发现或从境外引种的药材 {herb} 未经批准，不得种植销售（《药品管理法》第六十三条）。"
        "Herb {herb} is newly found or introduced and has no approval (《药品管理法》 Art. 63).";
    /// The catalogue says otherwise.
    7117 HerbExists "herb_exists" { herb: String, expected: String }
        "中药材编码 {herb} 已登记为 {expected}，除补充批准文号外不可更改。"
        "Herb {herb} is on record as {expected}; nothing but a missing approval number can be added.";
    /// No such garden.
    7118 UnknownGarden "unknown_garden" { garden: String }
        "定制药园 {garden} 未备案。"
        "Garden {garden} is not registered.";
    /// The sponsor has a garden of that number.
    7119 GardenExists "garden_exists" { garden: String }
        "定制药园 {garden} 已备案。变更请用 amend_garden。"
        "Garden {garden} is registered. Use amend_garden to change it.";
    /// Outside the term of the contract.
    7120 GardenContract "garden_contract" { garden: String, from: CalendarDate, expected: CalendarDate, actual: CalendarDate }
        "定制药园 {garden} 的合同期为 {from} 至 {expected}，{actual} 不在期内。"
        "The contract of garden {garden} runs from {from} to {expected}, not on {actual}.";
    /// Not a household of the garden.
    7121 NotGardenMember "not_garden_member" { garden: String, actual: Digest }
        "农户 {actual} 不是定制药园 {garden} 的成员。"
        "Household {actual} is not a member of garden {garden}.";
    /// Not a grower of the garden.
    7122 NotGardenGrower "not_garden_grower" { garden: String, actual: OrgId }
        "{actual} 不是定制药园 {garden} 的主办企业或种植成员，不能以其名义登记。"
        "{actual} is neither sponsor nor grower of garden {garden} and cannot claim it.";
    /// Not a herb of the garden.
    7123 GardenHerb "garden_herb" { garden: String, actual: String }
        "定制药园 {garden} 的备案品种不含 {actual}。"
        "Herb {actual} is not among those of garden {garden}.";
    /// Not the county of the garden.
    7124 GardenCounty "garden_county" { garden: String, expected: String, actual: String }
        "定制药园 {garden} 位于 {expected}，产地为 {actual}。"
        "Garden {garden} lies in {expected}; the plants are said to be in {actual}.";
    /// 《中医药法》 Art. 22
    7125 BannedPesticide "banned_pesticide" { lot: String, expected: String, actual: String }
        "批次 {lot}：{actual} 含禁用的剧毒、高毒农药 {expected}（《中医药法》第二十二条）。"
        "Lot {lot}: {actual} contains {expected}, a prohibited pesticide (《中医药法》 Art. 22).";
    /// 安全间隔期
    7126 SafetyInterval "safety_interval" { lot: String, expected: CalendarDate, actual: CalendarDate }
        "批次 {lot} 的农药安全间隔期至 {expected} 方满，不能于 {actual} 采收。"
        "The safety interval of lot {lot} ends on {expected}; it cannot be harvested on {actual}.";
    /// Tomorrow.
    7127 DateInFuture "date_in_future" { field: &'static str, expected: CalendarDate, actual: CalendarDate }
        "{field} 为 {actual}，晚于今日 {expected}。"
        "{field} is {actual}, after today, {expected}.";
    /// Before the lot was there.
    7128 DateBeforeLot "date_before_lot" { lot: String, field: &'static str, expected: CalendarDate, actual: CalendarDate }
        "{field} 为 {actual}，早于批次 {lot} 的形成日期 {expected}。"
        "{field} is {actual}, before lot {lot} was made on {expected}.";
    /// Not tested.
    7129 LotTestRequired "lot_test_required" { lot: String }
        "批次 {lot} 尚未检验，须检验合格后办理。"
        "Lot {lot} has not been tested; it needs a passed test first.";
    /// Failed.
    7130 LotTestFailed "lot_test_failed" { lot: String }
        "批次 {lot} 检验不合格，只能退回或销毁。"
        "Lot {lot} failed its test; it can only be returned or destroyed.";
    /// Not asked to report on it.
    7131 LaboratoryNotNamed "laboratory_not_named" { lot: String, actual: OrgId }
        "{actual} 既非批次 {lot} 的持有单位，也非其指定的检验机构。"
        "{actual} is neither the owner of lot {lot} nor the laboratory that the owner named.";
    /// No 合格证.
    7132 ExitCertificateRequired "exit_certificate_required" { lot: String }
        "批次 {lot} 离开产地前须附农产品质量合格证（二维码）。"
        "Lot {lot} needs its certificate of quality (合格证) before it leaves its origin.";
    /// It has left.
    7133 LotLeftOrigin "lot_left_origin" { lot: String }
        "批次 {lot} 已离开产地，不能再开具产地合格证。"
        "Lot {lot} has left its origin; a certificate of origin can no longer be given.";
    /// No 炮制范围 in force.
    7134 NoProcessingScope "no_processing_scope" { organisation: OrgId }
        "{organisation} 没有有效的炮制范围登记。"
        "{organisation} has no processing scope in force on record.";
    /// 炮制方法 outside the licence.
    7135 MethodOutOfScope "method_out_of_scope" { organisation: OrgId, expected: &'static str, actual: &'static str }
        "{organisation} 的炮制范围不含 {expected}，不能进行 {actual}。"
        "The processing scope of {organisation} does not include {expected}, which {actual} needs.";
    /// No 工艺档案.
    7136 PieceNotDefined "piece_not_defined" { product: String }
        "饮片品种 {product} 没有工艺档案（执行标准、收率）。请先提交 define_piece。"
        "Product {product} has no processing profile (standard, yield). Send define_piece first.";
    /// Of another class.
    7137 NotAPiece "not_a_piece" { product: String, actual: &'static str }
        "品种 {product} 的类别为 {actual}，不是中药饮片。"
        "Product {product} is of class {actual}, not decoction pieces.";
    /// A band that the law does not allow.
    7138 YieldBandTooWide "yield_band_too_wide" { product: String, minimum: u32, expected: u32, actual: u32 }
        "品种 {product} 的收率 {actual}（百万分比）超出法定范围 {minimum} 至 {expected}。"
        "A yield of {actual} parts per million for {product} is outside {minimum} to {expected}.";
    /// 保质期
    7139 BestBeforeRequired "best_before_required" { expected: CalendarDate }
        "自 {expected} 起生产的中药饮片须标注保质期。"
        "Decoction pieces made from {expected} on must state their 保质期.";
    /// Past its 保质期.
    7140 LotExpired "lot_expired" { lot: String, expected: CalendarDate, actual: CalendarDate }
        "批次 {lot} 保质期至 {expected}，今日为 {actual}。请退回或销毁。"
        "Lot {lot} was best before {expected}; today is {actual}. Return or destroy it.";
    /// Only crude herb goes out of the system.
    7141 UntracedNotCrude "untraced_not_crude" { lot: String, actual: &'static str }
        "批次 {lot} 为 {actual}，只有中药材可与非溯源单位交易。"
        "Lot {lot} is {actual}; only crude herb may be traded with a party outside the system.";
    /// Not a merchant of that market.
    7142 NotAdmitted "not_admitted" { market: OrgId, actual: OrgId }
        "{actual} 未获市场或平台 {market} 准入，或已到期。请由开办者审查后准入。"
        "{actual} is not admitted to the market or platform of {market} today. The operator has to admit it first.";
    /// Not outstanding in that shipment.
    7143 LotNotInShipment "lot_not_in_shipment" { lot: String, document: String }
        "批次 {lot} 不在发货单 {document} 的待收货物中。"
        "Lot {lot} is not outstanding in shipment {document}.";
    /// M2: more arrived than was sent.
    7144 LotWeightGained "lot_weight_gained" { lot: String, expected: u64, actual: u64 }
        "批次 {lot} 发货 {expected} 毫克，收货 {actual} 毫克，不能多于发货。请复称或拒收。"
        "{expected} mg of lot {lot} were sent, {actual} mg are said to have arrived. Weigh again or refuse it.";
    /// More was lost on the way than may be.
    7145 LotTransitLoss "lot_transit_loss" { lot: String, ppm: u32, expected: u64, actual: u64 }
        "批次 {lot} 发货 {expected} 毫克，收货 {actual} 毫克，途耗超过百万分之 {ppm}。请拒收并查明。"
        "{expected} mg of lot {lot} were sent, {actual} mg arrived: a loss above {ppm} parts per million. Refuse it.";
    /// 《中医药法》 Art. 28
    7146 OwnUseOnly "own_use_only" { lot: String, actual: OrgId }
        "批次 {lot} 为医疗机构炮制，只供本机构使用，不能给 {actual}（《中医药法》第二十八条）。"
        "Lot {lot} was processed by a hospital for its own use and cannot go to {actual} (《中医药法》 Art. 28).";
    /// Neither sells nor buys 饮片.
    7147 PieceRoute "piece_route" { lot: String, actual: OrgId }
        "{actual} 不能经营或使用饮片批次 {lot}。"
        "{actual} may not deal in the decoction pieces of lot {lot}.";
    /// A return to somebody it did not come from.
    7148 LotNotSupplier "lot_not_supplier" { lot: String, expected: OrgId, actual: OrgId }
        "批次 {lot} 只能退回其供货单位 {expected}，不能退给 {actual}。"
        "Lot {lot} can be returned to {expected} only, not to {actual}.";
    /// M4: packages of more than there is.
    7149 PacksExceedLot "packs_exceed_lot" { lot: String, expected: u64, actual: u64 }
        "批次 {lot} 未包装的库存为 {expected} 毫克，单据包装合计 {actual} 毫克。"
        "Lot {lot} has {expected} mg that are not packed; the packages make {actual} mg.";
    /// M4: a package around others weighs what they do.
    7150 PackWeight "pack_weight" { code: UnitKey, expected: u64, actual: u64 }
        "外包装 {code} 标重 {expected} 毫克，内装合计 {actual} 毫克，超出允差。"
        "Package {code} is said to weigh {expected} mg; what is in it weighs {actual} mg.";
    /// 箱 around 包 around 袋.
    7151 PackNesting "pack_nesting" { code: UnitKey, expected: &'static str, actual: &'static str }
        "外包装 {code} 为 {actual}，不能装 {expected}。"
        "Package {code} is a {actual} and cannot hold a {expected}.";
    /// A package of another lot, or inside another package.
    7152 PackNotOfLot "pack_not_of_lot" { code: UnitKey, lot: String }
        "包装 {code} 不是批次 {lot} 的最外层包装。"
        "Package {code} is not an outermost package of lot {lot}.";
    /// Packed goods go with their packages.
    7153 PacksRequired "packs_required" { lot: String, expected: u64, actual: u64 }
        "批次 {lot} 未包装的只有 {expected} 毫克，分出 {actual} 毫克须列明包装码。"
        "Only {expected} mg of lot {lot} are not packed; {actual} mg have to name the packages that go with them.";
    /// A part weighs what its packages do.
    7154 PartWeight "part_weight" { lot: String, expected: u64, actual: u64 }
        "批次 {lot} 所列包装合计 {expected} 毫克，单据为 {actual} 毫克。"
        "The packages of lot {lot} weigh {expected} mg; the document says {actual} mg.";
    /// 《药品管理法》 Art. 48, 58
    7155 LabelIncomplete "label_incomplete" { lot: String, field: &'static str, expected: String }
        "批次 {lot} 的标签 {field} 应包含：{expected}。"
        "The label of lot {lot} must say in {field}: {expected}.";
    /// 执行人与监督人
    7156 SupervisorIsExecutor "supervisor_is_executor" {}
        "销毁的执行人与监督人不能是同一人。"
        "Executor and supervisor of a destruction must be two persons.";
    /// Of another kind.
    7157 LotKindDiffers "lot_kind_differs" { lot: String, expected: String, actual: &'static str }
        "批次 {lot} 为 {actual}，该操作要求 {expected}。"
        "Lot {lot} is {actual}; the operation needs {expected}.";
    /// Held for that reason.
    7158 LotHoldExists "lot_hold_exists" { lot: String, actual: &'static str }
        "批次 {lot} 已因 {actual} 锁定。"
        "Lot {lot} is already held for {actual}.";
    /// Not held for that reason.
    7159 LotHoldUnknown "lot_hold_unknown" { lot: String, actual: &'static str }
        "批次 {lot} 没有因 {actual} 的锁定。"
        "Lot {lot} is not held for {actual}.";
    /// Set by somebody else.
    7160 LotHoldOther "lot_hold_other" { lot: String, expected: OrgId, actual: OrgId }
        "批次 {lot} 的锁定由 {expected} 设置，{actual} 不能解除。"
        "The hold of lot {lot} was set by {expected}; {actual} cannot lift it.";
    /// Another region's.
    7161 OutsideJurisdiction "outside_jurisdiction" { organisation: OrgId, expected: String, actual: String }
        "{organisation} 的管辖区域为 {actual}，不含 {expected}。"
        "{organisation} answers for {actual}, which does not contain {expected}.";
    /// Not a member.
    7162 NoSuchMember "no_such_member" { actual: OrgId }
        "{actual} 不是本链成员。请核对统一社会信用代码。"
        "{actual} is not a member of this chain. Check the identifier.";
    /// Not in a register of export.
    7163 ExportFilingRequired "export_filing_required" { organisation: OrgId, expected: &'static str }
        "{organisation} 没有有效的{expected}，不能办理中药出口。"
        "{organisation} has no {expected} in force on record; herbs are not exported without it.";
    /// No entry of the base in the register of GAP.
    7164 GapFilingRequired "gap_filing_required" { organisation: OrgId, base: String, actual: CalendarDate }
        "基地 {base} 在 {actual} 没有有效的中药材GAP登记，{organisation} 不能声明符合GAP。请先登记，或不作声明。"
        "Base {base} has no entry of the register of GAP in force on {actual}; {organisation} may not claim GAP for it.";
    /// A label says what the lot does not carry.
    7165 GapNotCarried "gap_not_carried" { lot: String }
        "批次 {lot} 不符合GAP声明条件，标签不能标注“药材符合GAP要求”。"
        "Lot {lot} does not carry the GAP claim; its label may not say so.";
    /// A second signature is needed.
    7166 LotCountersignatureRequired "lot_countersignature_required" { lot: String, actual: &'static str }
        "批次 {lot}（{actual}）的销毁须由药品监督管理部门会签，仅被召回的也可由公证机构会签。请提交待会签单据。"
        "Lot {lot} ({actual}) is destroyed only with the countersignature of a drug regulator; if it is only recalled, a notary will do. Propose the bill.";
    /// Not on the base of the garden.
    7167 GardenBase "garden_base" { garden: String, expected: String, actual: String }
        "定制药园 {garden} 的基地编码为 {expected}，单据为 {actual}。"
        "The base of garden {garden} is {expected}; the plants are said to be on {actual}.";
    /// 饮片 or 药材 with codes, of nothing on record.
    7168 BatchLotsRequired "batch_lots_required" { batch: String }
        "批次 {batch} 没有投料批次，无法追溯到产地，不能放行。请先提交 use_lots。"
        "Batch {batch} is made of no lot on record and cannot be followed back to its origin. Send use_lots before its release.";
    /// M4: packages with codes of more than was put into their batch.
    7169 BatchWeight "batch_weight" { batch: String, expected: u64, actual: u64 }
        "批次 {batch} 投料合计 {expected} 毫克，赋码包装按装量合计 {actual} 毫克，超出允差。请核对投料批次与赋码数量。"
        "Batch {batch} is made of {expected} mg; by the content of its product its packages hold {actual} mg. Check the lots put in and the units declared.";
    /// 药材 under the name of another herb.
    7170 AnotherHerb "another_herb" { lot: String, product: String, expected: String, actual: String }
        "批次 {lot} 是{actual}，品种 {product} 的通用名称为{expected}，不能以该品种赋码（《药品管理法》第九十八条）。"
        "Lot {lot} is {actual}; product {product} is named {expected}, and no other herb goes under its codes (《药品管理法》 Art. 98).";
    /// 名录限制
    7300 Barred "barred" { organisation: OrgId, list: &'static str, expected: CalendarDate, operation: &'static str }
        "{organisation} 已列入 {list}（至 {expected}），不能办理 {operation}。请向列入部门申请移出。"
        "{organisation} stands on the list {list} until {expected} and is barred from {operation}. Ask the authority.";
    /// On the list already.
    7301 AlreadyListed "already_listed" { organisation: OrgId, list: &'static str, expected: CalendarDate }
        "{organisation} 已在 {list}（至 {expected}）。"
        "{organisation} already stands on the list {list} until {expected}.";
    /// Not on the list.
    7302 NotListed "not_listed" { organisation: OrgId, list: &'static str }
        "{organisation} 不在 {list}。"
        "{organisation} does not stand on the list {list}.";
    /// No such alarm.
    7303 UnknownAlarm "unknown_alarm" { height: u64, index: u32 }
        "高度 {height} 第 {index} 笔交易没有预警记录。"
        "There is no alarm of transaction {index} in block {height}.";
    /// The same result again.
    7304 TriageUnchanged "triage_unchanged" { actual: &'static str }
        "预警核查结果已是 {actual}。"
        "The result of the triage is {actual} already.";
    /// No such dossier.
    7305 UnknownDossier "unknown_dossier" { organisation: OrgId, number: String }
        "{organisation} 没有卷宗 {number}。"
        "{organisation} has opened no dossier {number}.";
    /// No such proposal.
    7400 UnknownMotion "unknown_motion" { motion: u32 }
        "没有第 {motion} 号提案。"
        "There is no proposal {motion}.";
    /// Not a voter, or its vote rests.
    7401 NoVote "no_vote" { organisation: OrgId }
        "{organisation} 当前没有表决权，不能提案或表决。"
        "{organisation} has no vote now; it can neither propose nor vote.";
    /// Not in the electorate of that proposal.
    7402 NotElector "not_elector" { organisation: OrgId, motion: u32 }
        "{organisation} 不在第 {motion} 号提案的表决名单（提案时有表决权、且非提案所涉的组织）。"
        "{organisation} is not in the electorate of proposal {motion}: the voters of its moment, but for whom it is about.";
    /// One organisation, one vote.
    7403 AlreadyVoted "already_voted" { organisation: OrgId, motion: u32 }
        "{organisation} 已对第 {motion} 号提案表决，每个组织只有一票，不能更改。"
        "{organisation} has voted on proposal {motion} already; it has one vote, and it is final.";
    /// Not open any more.
    7404 MotionClosed "motion_closed" { motion: u32, actual: &'static str }
        "第 {motion} 号提案状态为 {actual}，不能再表决或撤回。"
        "Proposal {motion} is {actual}; it can no longer be voted on or withdrawn.";
    /// The vote is for something else.
    7405 OtherContent "other_content" { motion: u32, expected: Digest, actual: Digest }
        "第 {motion} 号提案的内容摘要为 {expected}，表决所指为 {actual}。请核对提案内容。"
        "The content of proposal {motion} has digest {expected}; the vote names {actual}. Look at the proposal again.";
    /// The same is pending.
    7406 MotionPending "motion_pending" { motion: u32 }
        "内容相同的第 {motion} 号提案尚未办结。"
        "Proposal {motion} says the same and is not settled yet.";
    /// Height of execution.
    7407 EffectiveHeight "effective_height" { expected: u64, limit: u64, actual: u64 }
        "执行高度 {actual} 应在 {expected} 至 {limit} 之间。"
        "Height {actual} of execution is not between {expected} and {limit}.";
    /// Another's proposal.
    7408 NotProposer "not_proposer" { expected: OrgId, actual: OrgId }
        "提案由 {expected} 提出，{actual} 不能撤回。"
        "The proposal is by {expected}; {actual} cannot withdraw it.";
    /// Approval lost before its execution.
    7409 NotEnoughVotes "not_enough_votes" { expected: u32, actual: u32 }
        "需要 {expected} 票赞成，执行时有效赞成票为 {actual} 票。"
        "{expected} votes in favour are needed; {actual} count at the moment of execution.";
    /// The regulator's consent is missing.
    7410 NoRegulator "no_regulator" { region: String }
        "须有管辖 {region} 的药品监督管理部门赞成。"
        "A drug regulator that answers for {region} has to be in favour.";
    /// Not a key of that organisation.
    7420 KeyNotOfOrganisation "key_not_of_organisation" { organisation: OrgId, actual: String }
        "密钥 {actual} 不是 {organisation} 的密钥。"
        "Key {actual} is not one of {organisation}.";
    /// Who names it does not have it.
    7421 KeyProof "key_proof" { actual: String }
        "新密钥 {actual} 的持有证明验证失败。请用该私钥对本链、本组织、该用途重新签名。"
        "The proof of possession of key {actual} does not verify. Sign it with that key for this chain, organisation and purpose.";
    /// Heights that are past or out of order.
    7422 KeyHeights "key_heights" { expected: u64, actual: u64 }
        "密钥生效或失效高度 {actual} 不符，最早为 {expected}，且失效在生效之后、不晚于原定；共识节点所用密钥须立即生效且不设期限。"
        "Height {actual} of a key is not allowed: from {expected} on, its end after its start and not later than stated before; keys of a validator begin at once and have no end.";
    /// It counts no more.
    7423 KeyEnded "key_ended" { actual: String, height: u64 }
        "密钥 {actual} 已定于高度 {height} 失效。"
        "Key {actual} ends at height {height} already.";
    /// A validator votes with it.
    7424 KeyInUse "key_in_use" { actual: String, validator: String }
        "密钥 {actual} 正由共识节点 {validator} 使用。请轮换，而不是停用。"
        "Validator {validator} uses key {actual}. Rotate it instead of revoking it.";
    /// Nobody could manage its keys.
    7425 LastAdministrator "last_administrator" { organisation: OrgId }
        "变更后 {organisation} 将没有长期有效的管理员密钥。"
        "{organisation} would be left without the key of an administrator that has no end.";
    /// Of another purpose.
    7426 RotationPurpose "rotation_purpose" { expected: &'static str, actual: &'static str }
        "轮换的新密钥用途应为 {expected}，所给为 {actual}。"
        "The new key of a rotation has to be for {expected}, not {actual}.";
    /// No such change of keys.
    7427 UnknownKeyOrder "unknown_key_order" { order: String }
        "没有待会签的密钥变更 {order}。"
        "There is no change of keys {order} to approve.";
    /// Carried out, or too late.
    7428 KeyOrderClosed "key_order_closed" { order: String, expected: TimestampMs }
        "密钥变更 {order} 已完成或已逾期（{expected}）。"
        "The change of keys {order} is done, or has lapsed at {expected}.";
    /// One administrator, one approval.
    7429 AlreadyApproved "already_approved" { order: String, actual: String }
        "管理员密钥 {actual} 已会签 {order}。"
        "Administrator's key {actual} has approved {order} already.";
    /// The approval is for something else.
    7430 OtherChanges "other_changes" { order: String, expected: Digest, actual: Digest }
        "密钥变更 {order} 的内容摘要为 {expected}，会签所指为 {actual}。"
        "The change of keys {order} has digest {expected}; the approval names {actual}.";
    /// More than there are.
    7431 AdminQuorum "admin_quorum" { expected: u32, actual: u32 }
        "管理员会签人数 {actual} 超过长期有效的管理员密钥数 {expected}。"
        "A quorum of {actual} administrators is more than the {expected} keys of theirs that have no end.";
    /// No such validator.
    7440 UnknownValidator "unknown_validator" { actual: String }
        "没有共识节点 {actual}。"
        "There is no validator {actual}.";
    /// Name or keys are taken.
    7441 ValidatorExists "validator_exists" { actual: String }
        "共识节点 {actual} 的名称或密钥已被使用。"
        "The name or a key of validator {actual} is in use.";
    /// Not a key for that.
    7442 ValidatorKey "validator_key" { organisation: OrgId, expected: &'static str, actual: String }
        "密钥 {actual} 不是 {organisation} 登记的、届时有效且无期限的 {expected} 密钥。请先登记。"
        "Key {actual} is not a key of {organisation} for {expected}, in force by then and without an end. Register it first.";
    /// Too few to bear a fault.
    7443 ValidatorsTooFew "validators_too_few" { expected: u32, actual: u32 }
        "变更后只有 {actual} 个共识节点，不得少于 {expected} 个。"
        "{actual} validators would be left; there have to be {expected}.";
    /// One could halt the chain.
    7444 PowerConcentrated "power_concentrated" { organisation: OrgId, expected: u64, actual: u64 }
        "变更后 {organisation} 的共识权重为 {actual}，达到总权重三分之一，上限 {expected}。"
        "{organisation} would hold a power of {actual}, a third of the total; at most {expected} are allowed.";
    /// Too much at a time.
    7445 QuorumAtRisk "quorum_at_risk" { expected: u64, actual: u64 }
        "变更过快：持续在任的共识权重只有 {actual}，须不少于 {expected}。请待新节点稳定后再变更。"
        "Too much changes at a time: those that stay hold a power of {actual}, {expected} are needed. Wait until the new ones work.";
    /// Not in this standing.
    7450 StandingNotAllowed "standing_not_allowed" { organisation: OrgId, action: &'static str, actual: &'static str }
        "{organisation} 状态为 {actual}，不能变更为 {action}。"
        "{organisation} is {actual}; {action} is not possible.";
    /// Nobody could vote for it.
    7451 VoterNeedsAdministrator "voter_needs_administrator" { organisation: OrgId }
        "{organisation} 没有管理员密钥，不能有表决权。"
        "{organisation} has no key of an administrator and cannot have a vote.";
    /// It could not receive them.
    7452 PartyNotActive "party_not_active" { actual: OrgId, standing: &'static str }
        "{actual} 状态为 {standing}，不能作为该业务的相对方。"
        "{actual} is {standing}; it cannot be the other side of this.";
    /// Outside the documented values.
    7460 ParameterRange "parameter_range" { field: String, expected: &'static str }
        "参数 {field} 超出允许范围：{expected}。"
        "Parameter {field} is outside its allowed values: {expected}.";
    /// Versions follow one another.
    7461 RuleVersion "rule_version" { expected: u32, actual: u32 }
        "下一个规则版本为 {expected}，不是 {actual}。"
        "The next rule version is {expected}, not {actual}.";
    /// It is so already.
    7462 NothingChanges "nothing_changes" {}
        "内容与现状相同。"
        "It is so already.";
    /// No freeze in force.
    7470 NotFrozen "not_frozen" { motion: u32 }
        "第 {motion} 号提案不是有效的紧急冻结。"
        "Proposal {motion} is no emergency freeze that is in force.";
    /// Stopped by an emergency freeze.
    7471 OperationFrozen "operation_frozen" { operation: &'static str, motion: u32, expected: TimestampMs }
        "{operation} 已被第 {motion} 号紧急冻结停办，至 {expected}。"
        "Emergency freeze {motion} stops {operation} until {expected}.";
}

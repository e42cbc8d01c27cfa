//! Bounds that the rules of this version fix; those that a consortium chooses are `bencao_genesis::Limits`.

/// Longest document number, characters.
pub const DOCUMENT_NUMBER_CHARS_MAX: usize = 64;
/// Longest batch number, bytes: AI 10 of GS1 allows 20, the insurance field 30.
pub const BATCH_NUMBER_BYTES_MAX: usize = 30;
/// Longest free text field of a bill or product, characters.
pub const TEXT_CHARS_MAX: usize = 128;
/// Furthest a transaction's valid-until may lie ahead of the admitting node's clock (D5), milliseconds. At execution
/// `Params::valid_until_ahead_ms` decides against block time.
pub const VALID_UNTIL_AHEAD_MS_MAX: u64 = 72 * 3_600_000;
/// State writes that a transaction costs whatever it does: its live id, and at most three of the alarm layer (D9).
/// It is the least that may be declared.
pub const WRITES_MIN: u32 = 4;
/// Levels of packages around and including the smallest unit (domain §3.9 H2).
pub const LEVELS_MAX: u8 = 5;
/// Sales that a unit remembers for the way back; more than a chain of trade has.
pub const LEGS_MAX: usize = 8;
/// Different batches that one package may hold (零头): bounds what a movement of it has to look at (D7).
pub const BATCHES_PER_PACKAGE_MAX: usize = 4;
/// Alarms recorded for one organisation within one hour of block time; more are counted, not recorded (D9).
pub const ALARMS_PER_ORGANISATION_HOUR: u16 = 60;
/// Expired live ids removed by one block that holds transactions.
pub const LIVE_IDS_PRUNED_PER_BLOCK: usize = 4_096;
/// Largest record, canonical bytes. Forms bound most records far below it; a transaction that would leave a larger one is
/// refused, and an organisation's of a genesis file with many licences is checked when the state is founded.
pub const RECORD_BYTES_MAX: usize = 64 << 10;
/// Ciphertext of one sealed text with nonce and tag, bytes.
pub const SEALED_BYTES_MAX: usize = 512;
/// Licences of one organisation.
pub const LICENCES_MAX: usize = 32;
/// Entries of one organisation in one register.
pub const FILINGS_MAX: usize = 16;
/// The same of agreements with keepers and of annual reports.
pub const AGREEMENTS_MAX: usize = 64;
/// Prefixes of one coding rule.
pub const CODING_PREFIXES_MAX: usize = 64;
/// Herbs that one standard covers: more than GB/T 31774-2015 has crude herbs.
pub const STANDARD_HERBS_MAX: usize = 2_048;
/// Standards about one herb or one class that have not ended.
pub const STANDARDS_COVERING_MAX: usize = 16;
/// Operations, and products, that one mandate names.
pub const MANDATE_NAMES_MAX: usize = 32;
/// Authorities that share one case.
pub const DOSSIER_PARTIES_MAX: usize = 16;
/// Steps of one dossier.
pub const DOSSIER_STEPS_MAX: u32 = 256;
/// Fields of an extension schema, and of one product.
pub const EXTENSION_FIELDS_MAX: usize = 32;
/// Rule sets of one region that are yet to come into force, each chapter by itself.
pub const LAW_PENDING_MAX: usize = 4;
/// Regions with rule sets of their own: a block reads the rules of each once.
pub const LAW_REGIONS_MAX: usize = 256;
/// Canonical bytes of one chapter of a rule set.
pub const LAW_CHAPTER_BYTES_MAX: usize = 8 << 10;
/// Event chains of one status proof or history: of more there is no proof, and a node shows a part of the history.
pub const CHAINS_PER_HISTORY_MAX: usize = 64;
/// Events of one history, the same.
pub const EVENTS_PER_HISTORY_MAX: usize = 20_000;
/// Heaviest lot, milligrams: a million tonnes.
pub const WEIGHT_MG_MAX: u64 = 1_000_000_000_000_000;
/// Lots that one lot is made of by one document, and that one document puts into a production batch.
pub const INPUTS_PER_LOT_MAX: usize = 32;
/// Lots that a production batch is made of altogether.
pub const INPUTS_PER_BATCH_MAX: usize = 128;
/// Lots that a production batch descends from: bounds what its release looks at.
pub const BATCH_LINEAGE_MAX: usize = 1_024;
/// Members of a lot's origin set.
pub const ORIGINS_PER_LOT_MAX: usize = 64;
/// 执行标准 of the lots of 饮片 that one batch of them is made of.
pub const STANDARDS_PER_BATCH_MAX: usize = 8;
/// Lots that a lot descends from: bounds what a question about its holds looks at (D7).
pub const LINEAGE_MAX: usize = 256;
/// Holds of one lot.
pub const LOT_HOLDS_MAX: usize = 16;
/// Of these, doubts of firms: the room of authorities is not used up by owners and laboratories.
pub const LOT_DOUBTS_MAX: usize = 8;
/// Laboratories of one lot that have not reported: a name that is forgotten would be a report that never comes.
pub const LABORATORIES_PER_LOT_MAX: usize = 4;
/// Owners that a lot remembers, for returns.
pub const SUPPLIERS_PER_LOT_MAX: usize = 16;
/// New lots out of one by one document.
pub const PARTS_PER_SPLIT_MAX: usize = 64;
/// Lots of one shipment or receipt.
pub const LOTS_PER_SHIPMENT_MAX: usize = 64;
/// Lots on one prescription.
pub const LOTS_PER_PRESCRIPTION_MAX: usize = 32;
/// 炮制 steps of one lot.
pub const PROCESS_STEPS_MAX: usize = 32;
/// 辅料 of one lot.
pub const AUXILIARIES_MAX: usize = 16;
/// Longest 安全间隔期, days.
pub const SAFETY_INTERVAL_DAYS_MAX: u16 = 365;
/// Herbs registered by one document.
pub const HERBS_PER_BILL_MAX: usize = 64;
/// Households of one 药园: 32 bytes each in its record.
pub const GARDEN_HOUSEHOLDS_MAX: usize = 512;
/// Growers of one 药园 that are members of the chain.
pub const GARDEN_GROWERS_MAX: usize = 64;
/// 品种 of one 药园.
pub const GARDEN_HERBS_MAX: usize = 64;
/// Lots of one trace through lots; more are cut off, and the answer says so.
pub const LOTS_PER_TRACE_MAX: usize = 1_000;
/// Products that one answer about 重点追溯品种 looks at.
pub const PRODUCTS_PER_ANSWER_MAX: u32 = 1_000;
/// Products of the holder in one answer of an annual report.
pub const PRODUCTS_PER_REPORT_MAX: usize = 100;
/// Batches that one answer of an annual report looks at.
pub const BATCHES_PER_REPORT_MAX: u32 = 1_000;
/// Counters behind the recall rate that one answer of an annual report sums: a batch that more organisations had is told
/// without them.
pub const TALLIES_PER_REPORT_MAX: usize = 20_000;
/// Recalls that one answer of an annual report looks at.
pub const RECALLS_PER_REPORT_MAX: usize = 1_000;
/// Contracts of manufacture of one product in an annual report.
pub const CONTRACTS_PER_REPORT_MAX: usize = 64;
/// Events of a file that an annual report counts its inspections and penalties from.
pub const FILE_EVENTS_PER_REPORT_MAX: u32 = 5_000;
/// Lots of a household in one answer.
pub const HOUSEHOLD_LOTS_PER_ANSWER_MAX: u32 = 200;
/// Longest text that may be a trace code with its symbology identifier and attributes, bytes.
pub const CODE_TEXT_BYTES_MAX: usize = 512;
/// Deadlines that one block runs, the earliest first; the rest is left to the next block.
pub const DEADLINES_PER_BLOCK: usize = 256;
/// State writes after which a block runs no further deadline.
pub const DEADLINE_WRITES_PER_BLOCK: usize = 8_000;
/// Codes that one hold or one recall names; for more, its batch is the target.
pub const HOLD_CODES_MAX: usize = 500;
/// Open holds on one package, batch, product or organisation.
pub const HOLDS_PER_TARGET_MAX: usize = 40;
/// Of these, set by firms: holders, producers and custodians.
pub const HOLDS_OF_FIRMS_MAX: usize = 16;
/// Of these, voluntary recalls, which are counted apart from other holds of firms.
pub const RECALLS_OF_FIRMS_MAX: usize = 8;
/// Recalls of one product that are not completed, after which its holder starts no further one.
pub const RECALLS_PER_PRODUCT_MAX: u32 = 64;
/// Progress reports of one recall that are missed before it is told for the last time.
pub const PROGRESS_MISSED_MAX: u16 = 30;
/// Participants without a key of their own that one organisation hosts.
pub const PARTICIPANTS_PER_HOST_MAX: u32 = 20_000;
/// Entries that one body which is no authority makes in one register of an organisation.
pub const FILINGS_PER_BODY_MAX: usize = 4;
/// Batches that one recall names; for more, its product is the target.
pub const RECALL_BATCHES_MAX: usize = 64;
/// Parties notified of a recall by one bill.
pub const RECALL_PARTIES_MAX: usize = 500;
/// Regions that a recall names.
pub const RECALL_REGIONS_MAX: usize = 32;
/// Ranges of one bill that allocates codes.
pub const RANGES_PER_BILL_MAX: usize = 64;
/// Ranges allocated under one prefix, neighbours joined.
pub const RANGES_PER_PREFIX_MAX: usize = 512;
/// Codes replaced by one bill.
pub const REPLACEMENTS_MAX: usize = 500;
/// Children of a logistic package (SSCC).
pub const LOGISTIC_CHILDREN_MAX: u32 = 100_000;
/// Organisations with a vote: a record of a proposal holds one ballot of each.
pub const VOTERS_MAX: usize = 500;
/// Nodes of all organisations together, ended ones included: what a node reads when the membership has changed.
pub const NODES_MAX: usize = 20_000;
/// Keys of one organisation that are not ended.
pub const KEYS_PER_ORGANISATION_MAX: usize = 256;
/// Changes of keys in one document.
pub const KEY_CHANGES_MAX: usize = 16;
/// Operations or modules that the scope of one key names.
pub const KEY_SCOPE_MAX: usize = 16;
/// Proposals of governance that are not settled.
pub const MOTIONS_PENDING_MAX: usize = 128;
/// Of these, proposed by one organisation.
pub const MOTIONS_PER_ORGANISATION_MAX: usize = 8;
/// Canonical bytes of what a proposal of governance is to do.
pub const MOTION_BYTES_MAX: usize = 24 << 10;
/// Heights ahead that a proposal of governance may name for its execution.
pub const EFFECTIVE_AHEAD_MAX: u64 = 50_000_000;
/// Operations and modules that emergency freezes stop at one time.
pub const FROZEN_MAX: usize = 64;
/// Longest name of a validator, bytes.
pub const VALIDATOR_NAME_BYTES_MAX: usize = 32;
/// Lots, production batches and holders that one trace through lots tells of beside its nodes, all nodes together; more
/// are cut off, and the answer says so.
pub const EDGES_PER_TRACE_MAX: usize = 20_000;

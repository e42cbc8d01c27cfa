//! What can be wrong with the files of a ceremony, in both languages.

use super::seal::FounderStanding;
use crate::genesis::{GENESIS_BYTES_MAX, GenesisError};
use crate::ids::OrgId;
use bencao_crypto::KeyId;
use bencao_crypto::x509::X509Error;

/// Why a file of a ceremony cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CeremonyError {
    /// Longer than [`GENESIS_BYTES_MAX`].
    #[error("file is larger than {GENESIS_BYTES_MAX} bytes")]
    TooLarge,
    /// Another file of a ceremony than the one that is needed.
    #[error("this is a {actual} file; a {expected} file is needed")]
    OtherFile {
        /// What is needed.
        expected: &'static str,
        /// What the file says it is.
        actual: String,
    },
    /// Not JSON of the documented shape.
    #[error("not a {expected} file: line {line}, column {column}: {reason}")]
    Json {
        /// What is needed.
        expected: &'static str,
        /// Line from 1.
        line: usize,
        /// Column from 1.
        column: usize,
        /// What the parser expected.
        reason: String,
    },
    /// A format version this build does not read.
    #[error("version {0} of the file is not supported")]
    Version(u8),
    /// A request for another chain.
    #[error("the request of {organisation} is for chain {actual:?}, the draft is of {expected:?}")]
    OtherChain {
        /// Whose.
        organisation: OrgId,
        /// The draft's.
        expected: String,
        /// The request's.
        actual: String,
    },
    /// Something is wrong with one organisation's request.
    #[error("request of {organisation}: {fault}")]
    Join {
        /// Whose.
        organisation: OrgId,
        /// What.
        fault: JoinFault,
    },
    /// The organisation is in the draft already, with another request.
    #[error("{organisation} is in the draft already, with another request")]
    AlreadyIn {
        /// Which.
        organisation: OrgId,
    },
    /// Founders out of order or twice.
    #[error("founders are not in ascending order without repeats")]
    Order,
    /// The authority's certificate cannot be read, or is none.
    #[error("authorities[{index}]: {source}")]
    Authority {
        /// Position, from 0.
        index: usize,
        /// Why.
        source: X509Error,
    },
    /// The genesis that follows is not usable.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The genesis in a sealed file is not the one that follows from its founders' requests.
    #[error("the genesis is not the one that its founders' requests give")]
    Altered,
    /// The chain id written in a sealed file is not the genesis's.
    #[error("the file names chain {actual}, its genesis has {expected}")]
    WrongChainId {
        /// The genesis's.
        expected: String,
        /// The file's.
        actual: String,
    },
    /// Not every founder has signed this genesis.
    #[error("not every founder has signed: {}", list(.0, FounderStanding::text_en))]
    Unsigned(Vec<FounderStanding>),
    /// A signature of an organisation that is not a founder.
    #[error("{organisation} signed, but is no founder")]
    Stranger {
        /// Who.
        organisation: OrgId,
    },
}

/// What is wrong with a request to join.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinFault {
    /// The organisation's own data.
    #[error("{0}")]
    Organisation(Box<GenesisError>),
    /// No key with purpose `admin`: nobody could sign.
    #[error("no admin key")]
    NoAdminKey,
    /// A founding key with a height of its own.
    #[error("key {0} must count from genesis on, without an end")]
    KeyHeights(KeyId),
    /// A node's name.
    #[error("node name {0:?} must have 1 to 64 printable characters and occur once")]
    NodeName(String),
    /// A node's address.
    #[error("node {node}: address {actual:?} must be host:port of at most 256 characters")]
    Address {
        /// Which node.
        node: String,
        /// As written.
        actual: String,
    },
    /// A node's key is not among the organisation's keys with that purpose.
    #[error("node {node}: key {key} is not listed with purpose {purpose}")]
    NodeKey {
        /// Which node.
        node: String,
        /// Its key.
        key: KeyId,
        /// The purpose that it needs.
        purpose: &'static str,
    },
    /// A validator or node key of no node, or of two.
    #[error("key {0} must belong to exactly one node")]
    Owner(KeyId),
    /// A validator without power, or power without a vote.
    #[error("node {0}: voting power must be 1 to 1000000000 with a validator key, and 0 without")]
    Power(String),
    /// A certificate request that cannot be read, or is not for the node's key.
    #[error("node {node}: certificate request: {source}")]
    Request {
        /// Which node.
        node: String,
        /// Why.
        source: X509Error,
    },
    /// A key without a proof of possession.
    #[error("key {0} has not proved that its owner holds it")]
    NoProof(KeyId),
    /// A proof that does not verify: the request was changed, or somebody else's key was put in.
    #[error("the proof of key {0} is wrong: the request was changed, or the key is somebody else's")]
    WrongProof(KeyId),
    /// A proof of a key that is not in the request.
    #[error("a proof of key {0}, which is not in the request")]
    StrayProof(KeyId),
}

fn list<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join("; ")
}

impl CeremonyError {
    /// The same in Chinese.
    pub fn message_zh(&self) -> String {
        match self {
            CeremonyError::TooLarge => format!("文件超过 {GENESIS_BYTES_MAX} 字节"),
            CeremonyError::OtherFile { expected, actual } => format!("这是 {actual} 文件，需要的是 {expected} 文件"),
            CeremonyError::Json { expected, line, column, reason } => {
                format!("不是 {expected} 文件：第 {line} 行第 {column} 列：{reason}")
            }
            CeremonyError::Version(v) => format!("不支持文件版本 {v}"),
            CeremonyError::OtherChain { organisation, expected, actual } => {
                format!("{organisation} 的加入申请属于链“{actual}”，草案的链是“{expected}”")
            }
            CeremonyError::Join { organisation, fault } => format!("{organisation} 的加入申请：{}", fault.message_zh()),
            CeremonyError::AlreadyIn { organisation } => format!("{organisation} 已在草案中，且申请内容不同"),
            CeremonyError::Order => "创始成员未按标识升序排列或有重复".into(),
            CeremonyError::Authority { index, source } => format!("第 {} 个证书机构：{source}", index + 1),
            CeremonyError::Genesis(source) => format!("创世内容有误：{source}"),
            CeremonyError::Altered => "创世内容与创始成员的申请不一致，文件被改动".into(),
            CeremonyError::WrongChainId { expected, actual } => {
                format!("文件写明链标识 {actual}，实际内容为 {expected}")
            }
            CeremonyError::Unsigned(standing) => {
                format!("并非所有创始成员都已签名：{}", list(standing, FounderStanding::text_zh))
            }
            CeremonyError::Stranger { organisation } => format!("{organisation} 有签名，但不是创始成员"),
        }
    }
}

impl JoinFault {
    /// The same in Chinese.
    pub fn message_zh(&self) -> String {
        match self {
            JoinFault::Organisation(source) => format!("单位信息有误：{source}"),
            JoinFault::NoAdminKey => "缺少 admin 用途的密钥".into(),
            JoinFault::KeyHeights(key) => format!("创始密钥 {key} 须自创世起有效且不设终止高度"),
            JoinFault::NodeName(name) => format!("节点名“{name}”须为 1 至 64 个可见字符且不重复"),
            JoinFault::Address { node, actual } => format!("节点 {node}：地址“{actual}”须为 主机:端口"),
            JoinFault::NodeKey { node, key, purpose } => format!("节点 {node}：密钥 {key} 没有以用途 {purpose} 登记"),
            JoinFault::Owner(key) => format!("密钥 {key} 须恰好属于一个节点"),
            JoinFault::Power(node) => format!("节点 {node}：有投票密钥时投票权为 1 至 1000000000，没有时为 0"),
            JoinFault::Request { node, source } => format!("节点 {node}：证书申请有误：{source}"),
            JoinFault::NoProof(key) => format!("密钥 {key} 没有持有证明"),
            JoinFault::WrongProof(key) => format!("密钥 {key} 的持有证明有误：申请被改动，或冒用了他人的密钥"),
            JoinFault::StrayProof(key) => format!("有不在申请中的密钥 {key} 的证明"),
        }
    }
}

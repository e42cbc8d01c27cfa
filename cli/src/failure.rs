//! What a command ends with: a report or a failure, each with an exit code.

use bencao_chaincode::rejection::render_code_error;
use bencao_client::api::{ApiError, Fault};
use bencao_client::documents::{ImportError, ImportErrors, Problem};
use bencao_crypto::keyfile::KeyFileError;
use serde_json::Value;
use std::path::Path;

/// Exit codes of `docs/contract.md` §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Internal = 1,
    Input = 2,
    Rejected = 3,
    Unreachable = 4,
    Unverified = 5,
}

/// What a command found or did.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) json: Value,
    pub(crate) text: String,
    pub(crate) exit: Exit,
}

impl Report {
    pub(crate) fn done(json: Value, text: String) -> Report {
        Report { json, text, exit: Exit::Done }
    }
}

/// Why a command stopped.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) fault: Box<Fault>,
}

/// Numbers and names of what the command line itself finds wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Local {
    BadInput,
    CodeSavedAsNumber,
    BadKeyFile,
    File,
    Unreachable,
    NotFinalInTime,
    Internal,
}

impl Local {
    fn parts(self) -> (u16, &'static str, Exit) {
        match self {
            Local::BadInput => (8001, "bad_input", Exit::Input),
            Local::CodeSavedAsNumber => (8002, "code_saved_as_number", Exit::Input),
            Local::BadKeyFile => (8003, "bad_key_file", Exit::Input),
            Local::File => (8004, "file", Exit::Input),
            Local::Unreachable => (8005, "unreachable", Exit::Unreachable),
            Local::NotFinalInTime => (8006, "not_final_in_time", Exit::Unreachable),
            Local::Internal => (8007, "internal", Exit::Internal),
        }
    }
}

impl Failure {
    pub(crate) fn new(kind: Local, zh: impl Into<String>, en: impl Into<String>) -> Failure {
        let (code, name, exit) = kind.parts();
        let fault = Fault { code, name: name.into(), message_zh: zh.into(), message_en: en.into(), ..Fault::default() };
        Failure { exit, fault: Box::new(fault) }
    }

    pub(crate) fn input(zh: impl Into<String>, en: impl Into<String>) -> Failure {
        Failure::new(Local::BadInput, zh, en)
    }

    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Failure {
        Failure::new(Local::Internal, format!("内部错误：{error}"), format!("internal error: {error}"))
    }

    /// Reading or writing `path` failed.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Failure {
        let path = path.display();
        Failure::new(Local::File, format!("{path}：{error}"), format!("{path}: {error}"))
    }

    pub(crate) fn key_file(path: &Path, error: KeyFileError) -> Failure {
        let path = path.display();
        let zh = match error {
            KeyFileError::WrongPassphrase => "口令不正确".to_string(),
            KeyFileError::PassphraseNeeded => "密钥文件已加密，需要口令（--passphrase-file）".to_string(),
            KeyFileError::BadPassphrase => "口令不能为空或过长".to_string(),
            other => format!("密钥文件无法使用：{other}"),
        };
        Failure::new(Local::BadKeyFile, format!("{path}：{zh}"), format!("{path}: {error}"))
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Failure {
        let kind = match error.problem {
            Problem::CodeSavedAsNumber => Local::CodeSavedAsNumber,
            Problem::Unreadable(_) => Local::File,
            _ => Local::BadInput,
        };
        let mut failure = Failure::new(kind, error.message_zh(), error.to_string());
        if let Problem::NotACode { error: code, actual } = &error.problem {
            // Under the number and name that the ledger gives it.
            let view = render_code_error(actual, *code);
            (failure.fault.code, failure.fault.name) = (view.code, view.name);
        }
        failure.fault.expected = error.problem.expected();
        failure.fault.actual = error.problem.actual();
        failure.fault.line = error.line;
        failure.fault.field = error.field;
        failure
    }
}

impl From<ImportErrors> for Failure {
    /// The first mistake decides number and place; the text tells of all.
    fn from(errors: ImportErrors) -> Failure {
        let (zh, en, alone) = (errors.message_zh(), errors.to_string(), errors.errors.len() == 1);
        let mut failure = Failure::from(errors.first().clone());
        (failure.fault.message_zh, failure.fault.message_en) = (zh, en);
        if !alone {
            (failure.fault.expected, failure.fault.actual) = (None, None);
        }
        failure
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Failure {
        match error {
            ApiError::Address(_) => Failure::input(format!("节点地址有误：{error}"), error.to_string()),
            ApiError::Authorities(_) => Failure::input(format!("--ca：{error}"), error.to_string()),
            ApiError::NoRandomness => Failure::internal(&error),
            ApiError::Unreachable { .. } => {
                Failure::new(Local::Unreachable, format!("无法连接节点：{error}"), format!("cannot reach {error}"))
            }
            ApiError::Answer(_) => Failure::new(Local::Internal, format!("节点应答异常：{error}"), error.to_string()),
            ApiError::Refused { status, fault } => {
                let exit = match status {
                    503 | 410 => Exit::Unreachable,
                    500..=599 => Exit::Internal,
                    _ if (9000..9100).contains(&fault.code) => Exit::Input,
                    _ => Exit::Rejected,
                };
                Failure { exit, fault }
            }
        }
    }
}

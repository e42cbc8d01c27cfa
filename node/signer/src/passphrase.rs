//! Where the passphrase of a key file comes from: a file, a command, or the environment. Asking a person is the command line's
//! affair.

use bencao_crypto::keyfile::{KeyFileError, PASSPHRASE_BYTES_MAX, Passphrase};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// Environment variable that holds a passphrase.
pub const VARIABLE: &str = "BENCAO_PASSPHRASE";

/// Where to look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// The first line of a file.
    File(PathBuf),
    /// What a command prints on its first line: program, then arguments; no shell is asked.
    Command(Vec<String>),
    /// An environment variable.
    Environment(&'static str),
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The command is empty or cannot be run.
    #[error("passphrase command {program:?} cannot be run: {source}")]
    Command {
        /// Its program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// The command says that it failed.
    #[error("passphrase command {program:?} failed: {status}")]
    Failed {
        /// Its program.
        program: String,
        /// How it ended.
        status: String,
    },
    /// The variable is not set, or not text.
    #[error("environment variable {0} holds no passphrase")]
    Environment(&'static str),
    /// Not a passphrase: empty or too long.
    #[error("{from}: {source}")]
    Form {
        /// Where it came from.
        from: String,
        /// Why.
        source: KeyFileError,
    },
}

impl Source {
    /// [`VARIABLE`], if it is set.
    pub fn environment() -> Option<Source> {
        std::env::var_os(VARIABLE).map(|_| Source::Environment(VARIABLE))
    }

    /// A command as people type it: words separated by spaces.
    pub fn command(text: &str) -> Source {
        Source::Command(text.split_ascii_whitespace().map(str::to_owned).collect())
    }

    /// Fetches the passphrase. Runs the command if it is one.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn read(&self) -> Result<Passphrase, SourceError> {
        let bytes = match self {
            Source::File(path) => first_line(read_file(path)?),
            Source::Command(words) => first_line(run(words)?),
            Source::Environment(name) => {
                let text = std::env::var(name).map_err(|_| SourceError::Environment(name))?;
                Zeroizing::new(text.into_bytes())
            }
        };
        let form = |source| SourceError::Form { from: self.to_string(), source };
        Passphrase::new(bytes.to_vec()).map_err(form)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => path.display().fmt(f),
            Source::Command(words) => write!(f, "command {:?}", words.first().map_or("", String::as_str)),
            Source::Environment(name) => f.write_str(name),
        }
    }
}

/// One byte more than a passphrase may have, and its line end, so that a longer one is seen.
const READ_BYTES_MAX: u64 = PASSPHRASE_BYTES_MAX as u64 + 3;

fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, SourceError> {
    let failed = |source| SourceError::File { path: path.to_owned(), source };
    let mut bytes = Zeroizing::new(Vec::with_capacity(READ_BYTES_MAX as usize));
    std::fs::File::open(path).map_err(failed)?.take(READ_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Standard error and the terminal stay with the command: it may have to ask for something itself.
fn run(words: &[String]) -> Result<Zeroizing<Vec<u8>>, SourceError> {
    let program = words.first().cloned().unwrap_or_default();
    let failed = |source| SourceError::Command { program: program.clone(), source };
    let mut child = Command::new(&program)
        .args(words.get(1..).unwrap_or_default())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(READ_BYTES_MAX as usize));
    let read = match child.stdout.take() {
        Some(out) => out.take(READ_BYTES_MAX).read_to_end(&mut bytes),
        None => Ok(0),
    };
    let status = child.wait().map_err(failed)?;
    read.map_err(failed)?;
    if status.success() { Ok(bytes) } else { Err(SourceError::Failed { program, status: status.to_string() }) }
}

/// Everything before the first line end.
fn first_line(bytes: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    let line = bytes.get(..end).unwrap_or_default();
    Zeroizing::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_crypto::SigningKey;
    use bencao_crypto::keyfile::{Form, Sealing, open, seal_pem};

    fn opens(source: &Source, passphrase: &str) -> bool {
        let key = SigningKey::from_bytes(&[7; 32]).unwrap();
        let right = Passphrase::new(passphrase.as_bytes().to_vec()).unwrap();
        let sealing = Sealing { form: Form::National, iterations: 10, salt: [1; 16], iv: [2; 16] };
        let file = seal_pem(&key, &right, &sealing).unwrap();
        open(file.as_bytes(), Some(&source.read().unwrap())).is_ok()
    }

    #[test]
    fn a_file_and_a_command_give_their_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        for text in ["correct horse", "correct horse\n", "correct horse\r\n", "correct horse\nnot this\n"] {
            std::fs::write(&path, text).unwrap();
            assert!(opens(&Source::File(path.clone()), "correct horse"), "{text:?}");
            let command = Source::command(&format!("cat {}", path.display()));
            assert!(opens(&command, "correct horse"), "{text:?}");
        }
    }

    #[test]
    fn what_gives_no_passphrase_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        let read = |source: Source| source.read().map(drop).unwrap_err();
        assert!(matches!(read(Source::File(path.clone())), SourceError::File { .. }));
        std::fs::write(&path, "\nsecond").unwrap();
        assert!(matches!(read(Source::File(path.clone())), SourceError::Form { .. }));
        std::fs::write(&path, vec![b'x'; PASSPHRASE_BYTES_MAX + 1]).unwrap();
        assert!(matches!(read(Source::File(path)), SourceError::Form { .. }));
        assert!(matches!(read(Source::Command(vec![])), SourceError::Command { .. }));
        assert!(matches!(read(Source::command("/nonexistent/program")), SourceError::Command { .. }));
        assert!(matches!(read(Source::command("false")), SourceError::Failed { .. }));
        assert!(matches!(read(Source::Environment("BENCAO_NO_SUCH")), SourceError::Environment(_)));
    }
}

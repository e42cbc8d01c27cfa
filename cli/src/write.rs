//! Files that a command writes: never over something that exists, secrets readable by their owner alone.

use crate::failure::Failure;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Writes a new file.
pub(crate) fn new_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    create(path, bytes, OpenOptions::new().write(true).create_new(true))
}

/// Writes a new file that only its owner may read.
pub(crate) fn new_secret(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    create(path, bytes, &options)
}

/// Writes a file in the place of what is there: at no moment is it half of either.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.new"));
    create(&beside, bytes, OpenOptions::new().write(true).create(true).truncate(true))?;
    std::fs::rename(&beside, path).map_err(|e| Failure::file(path, &e))
}

fn create(path: &Path, bytes: &[u8], options: &OpenOptions) -> Result<(), Failure> {
    let mut file = options.open(path).map_err(|e| Failure::file(path, &e))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| Failure::file(path, &e))
}

/// Makes a folder that only its owner may enter, and those around it.
#[cfg(all(unix, feature = "node"))]
pub(crate) fn private_folder(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|e| Failure::file(path, &e))
}

/// Makes a folder and those around it.
pub(crate) fn folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|e| Failure::file(path, &e))
}

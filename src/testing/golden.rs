//! Golden texts: what a report looked like when someone last looked at it. `UPDATE_GOLDEN=1` accepts what it looks like
//! now.

use std::fs;
use std::path::Path;

/// Compares `text` with `tests/suite/golden/<name>.txt`.
///
/// # Panics
/// When they differ.
pub fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/golden").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == text,
        "{} differs; UPDATE_GOLDEN=1 accepts this:\n{text}\n--- expected ---\n{expected}",
        path.display()
    );
}

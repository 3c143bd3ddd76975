//! The files that scripts of a snapshot were loaded from, where they can be had on this machine, and reading them without
//! harm: regular files only, up to a size, and none of another host.
//!
//! A snapshot may come from anywhere, so a name in it is a claim and not an order: devices, pipes and network shares are
//! never opened, and of what is read only positions and names ever reach an answer. `O(bytes)`.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The path that a script's URL names, if it is a file of this machine: an absolute path or a `file:` URL.
pub(super) fn path_of(url: &str) -> Option<PathBuf> {
    let path = match url.strip_prefix("file://") {
        // `file://host/…` is another machine's.
        Some(rest) if !rest.starts_with('/') => return None,
        Some(rest) => {
            let path = percent_decoded(rest.split(['?', '#']).next().unwrap_or_default())?;
            // `/C:/app/a.js`
            if is_drive(&path[1..]) { path[1..].to_owned() } else { path }
        }
        None => url.to_owned(),
    };
    let is_share = path.starts_with("//") || path.starts_with("\\\\");
    (!is_share && !path.contains('\0') && Path::new(&path).is_absolute()).then(|| PathBuf::from(path))
}

/// Whether the path begins with a drive of Windows: `C:\` or `C:/`.
pub(super) fn is_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// The contents of a regular file of at most `most` bytes; `None` for everything else, whatever the reason.
pub(super) fn read(path: &Path, most: u64) -> Option<Vec<u8>> {
    // Asked before it is opened: opening a pipe would wait for somebody to write to it.
    let is_readable = |data: &fs::Metadata| data.is_file() && data.len() <= most;
    fs::metadata(path).ok().filter(is_readable)?;
    let file = File::open(path).ok()?;
    let length = file.metadata().ok().filter(is_readable)?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
    // It may have grown since.
    file.take(most + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= most).then_some(bytes)
}

/// `%20` as a space; `None` if that gives no UTF-8.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let hex = |digit: u8| (digit as char).to_digit(16);
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = bytes.get(at + 1).and_then(|&high| hex(high)).zip(bytes.get(at + 2).and_then(|&low| hex(low)));
        match pair.filter(|_| byte == b'%') {
            Some((high, low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            None => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn paths_and_file_urls_name_files_of_this_machine() {
        let cases = [
            ("/srv/app/a.js", Some("/srv/app/a.js")),
            ("file:///srv/my%20app/a.mjs?v=1", Some("/srv/my app/a.mjs")),
            ("file://host/srv/a.js", None),
            ("//host/share/a.js", None),
            ("\\\\host\\share\\a.js", None),
            ("file:////host/share/a.js", None),
            ("node:events", None),
            ("a.js", None),
            ("webpack-internal:///./a.js", None),
            ("/a\0.js", None),
            ("", None),
        ];
        for (url, path) in cases {
            assert_eq!(path_of(url).as_deref(), path.map(Path::new), "{url}");
        }
    }

    #[test]
    fn only_regular_files_up_to_the_size_are_read() {
        let directory = std::env::temp_dir().join(format!("leakscan-source-files-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let file = directory.join("a.js");
        fs::write(&file, "12345").unwrap();
        assert_eq!(read(&file, 5).as_deref(), Some(&b"12345"[..]));
        assert_eq!(read(&file, 4), None);
        assert_eq!(read(&directory, 100), None);
        assert_eq!(read(&directory.join("absent"), 100), None);
        #[cfg(unix)]
        assert_eq!(read(Path::new("/dev/zero"), 100), None);
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn broken_escapes_stay() {
        let cases =
            [("a%20b", Some("a b")), ("100%", Some("100%")), ("%zz", Some("%zz")), ("%ff", None), ("%€", Some("%€"))];
        for (text, decoded) in cases {
            assert_eq!(percent_decoded(text).as_deref(), decoded);
        }
    }
}

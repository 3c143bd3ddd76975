//! Redacting a file, from a path or a feed to a path.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use napi::bindgen_prelude::{Either, Env, Object};
use napi_derive::napi;

use super::feed::{Feed, FeedReader};
use super::job::{self, Cancellation, ProgressListener};
use super::questions::json;
use crate::analysis::redaction::{Redacted, Redaction};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::progress::Progress;
use crate::snapshot::{Packed, Source, rewrite};

/// Writes a redacted copy to `target`, compressed if its name ends in `.gz` or `.zst`; answers with the counts, as JSON. The target
/// is there once it is whole, and not before.
#[napi(ts_return_type = "Promise<string>")]
pub fn redact_job<'env>(
    env: &'env Env,
    source: Either<String, &Feed>,
    target: String,
    salt: String,
    cancellation: Option<&Cancellation>,
    listener: Option<ProgressListener<'_>>,
) -> napi::Result<Object<'env>> {
    let feed = match &source {
        Either::A(_) => None,
        Either::B(feed) => Some(FeedReader::new(feed.queue())),
    };
    let path = match source {
        Either::A(path) => path,
        Either::B(_) => String::new(),
    };
    let work = move |cancel: &CancelToken, progress: &Progress| {
        let source = match feed {
            Some(reader) => Source::Reader(Box::new(reader)),
            None => Source::Path(Path::new(&path)),
        };
        json(&redact(source, Path::new(&target), &salt, cancel, progress)?)
    };
    job::start(env, cancellation, listener, work, |_, counts| Ok(counts))
}

fn redact(
    source: Source<'_>,
    target: &Path,
    salt: &str,
    cancel: &CancelToken,
    progress: &Progress,
) -> Result<Redacted> {
    let part = Part::beside(target);
    let mut redaction = Redaction::new(salt);
    let cannot = |error: io::Error| io::Error::new(error.kind(), format!("cannot write {}: {error}", target.display()));
    let file = BufWriter::new(File::create(&part.path).map_err(cannot)?);
    let mut out = Packed::for_name(target, file);
    rewrite(source, &mut out, &mut redaction, cancel, progress)?;
    out.finish()?;
    fs::rename(&part.path, target).map_err(cannot)?;
    Ok(redaction.counts())
}

/// A file in the making; removed unless it is renamed.
struct Part {
    path: PathBuf,
}

impl Part {
    fn beside(target: &Path) -> Self {
        let mut name = target.as_os_str().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        Self { path: name.into() }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It is not there if all went well.
        let _ = fs::remove_file(&self.path);
    }
}

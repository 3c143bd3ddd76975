//! The handle to a comparison: its answer, and the ids of what came, which are too many to hand over unasked.

use napi::bindgen_prelude::{Env, Object, Uint32Array, Utf16String};
use napi_derive::napi;

use super::failure::{guard, to_napi};
use super::handle::{Opened, SnapshotHandle};
use super::job::{self, Cancellation, ProgressListener};
use super::questions::{json, parse};
use crate::analysis::diff::{Diff, DiffOptions, diff};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::progress::Progress;
use crate::report::Report;
use crate::snapshot::Text;

/// A comparison in native memory: 4 bytes for each object that came or went.
#[napi]
pub struct DiffHandle {
    diff: Diff,
    value: String,
}

#[napi]
impl DiffHandle {
    /// The comparison, as JSON.
    #[napi]
    pub fn value(&self) -> String {
        self.value.clone()
    }

    /// Its text; `style` is JSON.
    #[napi]
    pub fn text(&self, style: String) -> napi::Result<String> {
        guard(|| Ok(self.diff.told(&parse(&style)?))).map_err(|error| to_napi(&error))
    }

    /// Ids of a class's new objects, ascending.
    #[napi]
    pub fn added(&self, class_key: Utf16String, offset: f64, limit: f64) -> Uint32Array {
        let ids = self.diff.added(&Text::from(&*class_key)).iter().map(|id| id.0);
        Uint32Array::new(ids.skip(offset as usize).take(limit as usize).collect())
    }
}

fn compare(
    before: &Opened,
    after: &Opened,
    options: &str,
    cancel: &CancelToken,
    progress: &Progress,
) -> Result<DiffHandle> {
    let options: DiffOptions = parse(options)?;
    let diff = diff(&before.snapshot, &after.snapshot, &options, cancel, progress)?;
    Ok(DiffHandle { value: json(&diff)?, diff })
}

/// Compares two snapshots now. `options` are JSON of [`DiffOptions`].
#[napi(js_name = "diff")]
pub fn diff_now(before: &SnapshotHandle, after: &SnapshotHandle, options: String) -> napi::Result<DiffHandle> {
    let (before, after) = (before.opened()?, after.opened()?);
    guard(|| compare(&before, &after, &options, &CancelToken::new(), &Progress::none()))
        .map_err(|error| to_napi(&error))
}

/// Compares two snapshots on a thread of its own.
#[napi(ts_return_type = "Promise<DiffHandle>")]
pub fn diff_job<'env>(
    env: &'env Env,
    before: &SnapshotHandle,
    after: &SnapshotHandle,
    options: String,
    cancellation: Option<&Cancellation>,
    listener: Option<ProgressListener<'_>>,
) -> napi::Result<Object<'env>> {
    let (before, after) = (before.opened()?, after.opened()?);
    let work = move |cancel: &CancelToken, progress: &Progress| compare(&before, &after, &options, cancel, progress);
    job::start(env, cancellation, listener, work, |_, handle| Ok(handle))
}

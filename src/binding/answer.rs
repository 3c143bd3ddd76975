//! Handles to answers that can be told: the value as JSON, and its text in whatever style is asked for.

use napi::bindgen_prelude::{Env, Object};
use napi_derive::napi;
use serde::{Deserialize, Serialize};

use super::failure::{guard, to_napi};
use super::handle::SnapshotHandle;
use super::job::{self, Cancellation, ProgressListener};
use super::questions::{json, parse, subject};
use crate::analysis::diff::Diff;
use crate::analysis::ignore::IgnoreRule;
use crate::analysis::trend::Trend;
use crate::cancel::CancelToken;
use crate::causes::{ListenerAudit, Summary};
use crate::error::Result;
use crate::progress::Progress;
use crate::report::{Report, Rows, Style, rows_text};

/// An answer in native memory: some kilobytes.
#[napi]
pub struct AnswerHandle {
    value: String,
    report: Box<dyn Report + Send>,
}

impl AnswerHandle {
    pub(super) fn new(answer: impl Report + Serialize + Send + 'static) -> Result<Self> {
        Ok(Self { value: json(&answer)?, report: Box::new(answer) })
    }
}

#[napi]
impl AnswerHandle {
    /// The answer, as JSON.
    #[napi]
    pub fn value(&self) -> String {
        self.value.clone()
    }

    /// Its text; `style` is JSON.
    #[napi]
    pub fn text(&self, style: String) -> napi::Result<String> {
        guard(|| Ok(self.report.told(&parse(&style)?))).map_err(|error| to_napi(&error))
    }
}

/// Answers with something that can be told, now.
#[napi]
pub fn tell(handles: Vec<&SnapshotHandle>, question: String) -> napi::Result<AnswerHandle> {
    let subject = subject(&handles)?;
    guard(|| super::questions::tell(&question, &subject, &CancelToken::new(), &Progress::none()))
        .map_err(|error| to_napi(&error))
}

/// The same on a thread of its own.
#[napi(ts_return_type = "Promise<AnswerHandle>")]
pub fn tell_job<'env>(
    env: &'env Env,
    handles: Vec<&SnapshotHandle>,
    question: String,
    cancellation: Option<&Cancellation>,
    listener: Option<ProgressListener<'_>>,
) -> napi::Result<Object<'env>> {
    let subject = subject(&handles)?;
    let work =
        move |cancel: &CancelToken, progress: &Progress| super::questions::tell(&question, &subject, cancel, progress);
    job::start(env, cancellation, listener, work, |_, answer| Ok(answer))
}

/// What an answer of another process is.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Summary,
    Diff,
    Trend,
    ListenerAudit,
}

/// The text of an answer that another process gave; all three are JSON.
#[napi]
pub fn retold(kind: String, value: String, style: String) -> napi::Result<String> {
    guard(|| {
        let style = parse::<Style>(&style)?;
        Ok(match parse(&kind)? {
            Kind::Summary => parse::<Summary>(&value)?.told(&style),
            Kind::Diff => parse::<Diff>(&value)?.told(&style),
            Kind::Trend => parse::<Trend>(&value)?.told(&style),
            Kind::ListenerAudit => parse::<ListenerAudit>(&value)?.told(&style),
        })
    })
    .map_err(|error| to_napi(&error))
}

/// A summary without what rules match; both are JSON.
#[napi]
pub fn without_ignored(summary: String, rules: String) -> napi::Result<AnswerHandle> {
    guard(|| AnswerHandle::new(parse::<Summary>(&summary)?.without(&parse::<Vec<IgnoreRule>>(&rules)?)))
        .map_err(|error| to_napi(&error))
}

/// Any list as a table; `rows` and `style` are JSON.
#[napi]
pub fn table(rows: String, style: String) -> napi::Result<String> {
    guard(|| Ok(rows_text(&parse::<Rows>(&rows)?, &parse::<Style>(&style)?))).map_err(|error| to_napi(&error))
}

//! Questions to snapshots, as JSON in and JSON out. One table: what can be asked, and which function answers it.

use std::path::Path;
use std::sync::Arc;

use napi::bindgen_prelude::{Env, Object};
use napi_derive::napi;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::answer::AnswerHandle;
use super::failure::{guard, to_napi};
use super::handle::{Opened, SnapshotHandle};
use super::job::{self, Cancellation};
use crate::analysis::browse::{Browser, NodeOrder, Search, Window};
use crate::analysis::class_rows::{ClassQuery, class_rows};
use crate::analysis::disclosure::StringContents;
use crate::analysis::node_ref::Describer;
use crate::analysis::paths::retaining_paths;
use crate::analysis::statistics::{statistics, total_size};
use crate::analysis::strings::duplicate_strings;
use crate::cancel::CancelToken;
use crate::causes::{AuditOptions, CAUSES, SummaryOptions, audit_listeners, listeners_of, summarize};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Phase, Progress};
use crate::report::export;
use crate::snapshot::Text;

/// Everything that JavaScript can ask. The fields are checked there, where the messages name the caller's own arguments.
#[derive(Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Question {
    Totals,
    Statistics,
    Classes(ClassQuery),
    Instances {
        class: Text,
        #[serde(default)]
        sort_by: NodeOrder,
        #[serde(flatten)]
        window: Window,
    },
    Find {
        #[serde(flatten)]
        search: Search,
        #[serde(default)]
        sort_by: NodeOrder,
        #[serde(flatten)]
        window: Window,
    },
    Node {
        id: u64,
    },
    Edges {
        id: u64,
        #[serde(flatten)]
        window: Window,
    },
    Retainers {
        id: u64,
        #[serde(flatten)]
        window: Window,
    },
    Dominator {
        id: u64,
    },
    Dominated {
        id: u64,
        #[serde(default)]
        sort_by: NodeOrder,
        #[serde(flatten)]
        window: Window,
    },
    RetainingPaths {
        id: u64,
        #[serde(default = "default_path_count")]
        limit: usize,
    },
    DuplicateStrings {
        #[serde(flatten)]
        window: Window,
    },
}

/// What can be asked of snapshots that is answered with something to tell.
#[derive(Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase")]
enum Telling {
    /// Of one snapshot, or of two: the older first.
    Summary(SummaryOptions),
    /// Of any number of snapshots, the oldest first.
    Listeners(AuditOptions),
}

/// How many retaining paths are shown when nobody says.
const fn default_path_count() -> usize {
    5
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotTotals {
    node_count: usize,
    edge_count: usize,
    total_size: u64,
    meta: Meta,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    node_count: usize,
    edge_count: usize,
    string_count: usize,
    extra_native_bytes: u64,
    max_id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<Partial>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Partial {
    section: String,
    offset: u64,
    edge_count: u64,
    has_all_edges: bool,
    lost_string_count: u64,
}

impl Question {
    fn answer(&self, subject: &[Arc<Opened>], cancel: &CancelToken) -> Result<String> {
        let [first, ..] = subject else {
            return Err(about_nothing());
        };
        let Opened { snapshot, scripts } = &**first;
        let browser = Browser::new(snapshot, scripts);
        match self {
            Self::Totals => json(&totals(first)),
            Self::Statistics => json(&statistics(snapshot)),
            Self::Classes(query) => json(&class_rows(snapshot, scripts, query, cancel)?),
            Self::Instances { class, sort_by, window } => json(&browser.instances(class, *sort_by, *window)),
            Self::Find { search, sort_by, window } => {
                json(&browser.find(search, *sort_by, *window, listeners_of, cancel)?)
            }
            Self::Node { id } => json(&browser.node(browser.index_of(*id)?)),
            Self::Edges { id, window } => json(&browser.edges(browser.index_of(*id)?, *window)),
            Self::Retainers { id, window } => json(&browser.retainers(browser.index_of(*id)?, *window)),
            Self::Dominator { id } => {
                let dominator = snapshot.graph.dominators.immediate_dominator(browser.index_of(*id)?);
                json(&browser.node(dominator))
            }
            Self::Dominated { id, sort_by, window } => {
                json(&browser.dominated(browser.index_of(*id)?, *sort_by, *window))
            }
            Self::RetainingPaths { id, limit } => {
                let describer = Describer::new(snapshot, scripts, StringContents::None);
                let paths = retaining_paths(snapshot, browser.index_of(*id)?, *limit, cancel)?;
                json(&paths.iter().map(|path| describer.steps(path)).collect::<Vec<_>>())
            }
            Self::DuplicateStrings { window } => {
                let end = window.range(usize::MAX).end;
                let strings = duplicate_strings(snapshot, end, cancel)?;
                json(&strings[window.range(strings.len())])
            }
        }
    }
}

/// Answers a [`Telling`].
pub(super) fn tell(
    question: &str,
    subject: &[Arc<Opened>],
    cancel: &CancelToken,
    progress: &Progress,
) -> Result<AnswerHandle> {
    match parse(question)? {
        Telling::Summary(options) => {
            let (before, after) = match subject {
                [before, after, ..] => (Some(&before.snapshot), &after.snapshot),
                [only] => (None, &only.snapshot),
                [] => return Err(about_nothing()),
            };
            progress.report(Phase::Explaining, 0, Some(1));
            let summary = summarize(before, after, &options, cancel)?;
            progress.report(Phase::Explaining, 1, Some(1));
            AnswerHandle::new(summary)
        }
        Telling::Listeners(options) => {
            let snapshots: Vec<_> = subject.iter().map(|opened| &opened.snapshot).collect();
            AnswerHandle::new(audit_listeners(&snapshots, &options, cancel)?)
        }
    }
}

fn about_nothing() -> Error {
    Error::new(ErrorKind::Internal("a question about nothing".into()))
}

fn totals(opened: &Opened) -> SnapshotTotals {
    let heap = &opened.snapshot.heap;
    let (node_count, edge_count) = (heap.nodes.len(), heap.edges.len());
    SnapshotTotals {
        node_count,
        edge_count,
        total_size: total_size(&opened.snapshot),
        meta: Meta {
            node_count,
            edge_count,
            string_count: heap.strings.len(),
            extra_native_bytes: heap.layout.extra_native_bytes,
            // Objects of the program have odd ids.
            max_id: heap.nodes.ids().iter().copied().filter(|id| id % 2 == 1).max().unwrap_or(0),
            partial: heap.cut.as_ref().map(|cut| Partial {
                section: cut.section.clone(),
                offset: cut.offset,
                edge_count: cut.edge_count,
                has_all_edges: cut.has_all_edges(&heap.edges),
                lost_string_count: cut.lost_string_count,
            }),
        },
    }
}

pub(super) fn json(answer: &(impl Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(answer).map_err(|error| Error::new(ErrorKind::Internal(error.to_string())))
}

/// What JavaScript says, of whatever shape: it was checked there.
pub(super) fn parse<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::new(ErrorKind::Internal(error.to_string())))
}

pub(super) fn subject(handles: &[&SnapshotHandle]) -> napi::Result<Vec<Arc<Opened>>> {
    handles.iter().map(|handle| handle.opened()).collect()
}

/// Writes the tables of a snapshot into a directory; `options` are JSON of `ExportOptions`. Answers with what was written.
#[napi(ts_return_type = "Promise<string>")]
pub fn export_job<'env>(
    env: &'env Env,
    handle: &SnapshotHandle,
    directory: String,
    options: String,
    cancellation: Option<&Cancellation>,
) -> napi::Result<Object<'env>> {
    let opened = handle.opened()?;
    let work = move |cancel: &CancelToken, _: &Progress| {
        let Opened { snapshot, scripts } = &*opened;
        json(&export(snapshot, scripts, Path::new(&directory), &parse(&options)?, cancel)?)
    };
    job::start(env, cancellation, None, work, |_, written| Ok(written))
}

/// The names of all causes, as findings and ignore rules have them.
#[napi]
pub fn causes() -> Vec<&'static str> {
    CAUSES.iter().map(|cause| cause.name()).collect()
}

/// Answers now.
#[napi]
pub fn ask(handles: Vec<&SnapshotHandle>, question: String) -> napi::Result<String> {
    let subject = subject(&handles)?;
    guard(|| parse::<Question>(&question)?.answer(&subject, &CancelToken::new())).map_err(|error| to_napi(&error))
}

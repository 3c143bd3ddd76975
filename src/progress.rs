//! Progress: how far the work is, told to whoever wants to know.

use serde::Serialize;

/// A stretch of work a user can be told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Reading the snapshot's bytes into columns; counted in bytes of input.
    Reading,
    /// Deriving the graph's facts (dominators, sizes, classes …); counted in passes.
    Analyzing,
    /// Comparing snapshots.
    Comparing,
    /// Looking for leak causes.
    Explaining,
}

/// One report: `done` of `total` units of `phase`; `total` is absent when the input's length is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What is being done.
    pub phase: Phase,
    /// Units done so far; never falls within a phase.
    pub done: u64,
    /// Units in all, when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

type Listener = Box<dyn Fn(Report) + Send + Sync>;

/// Where reports go. The default drops them.
#[derive(Default)]
pub struct Progress(Option<Listener>);

impl Progress {
    /// Reports to nobody.
    pub fn none() -> Self {
        Self(None)
    }

    /// Reports to `listener`, from any thread; it must be quick.
    pub fn new(listener: impl Fn(Report) + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(listener)))
    }

    /// Tells the listener, if there is one.
    pub fn report(&self, phase: Phase, done: u64, total: Option<u64>) {
        if let Some(listener) = &self.0 {
            listener(Report { phase, done, total });
        }
    }
}

//! The handle to a series of snapshots: what is kept of those that have passed, so that only the last must stay in memory.

use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{Env, Object};
use napi_derive::napi;
use serde::Deserialize;

use super::answer::AnswerHandle;
use super::failure::{guard, to_napi};
use super::handle::{Opened, SnapshotHandle};
use super::job::{self, Cancellation, ProgressListener};
use super::questions::parse;
use crate::analysis::trend::{Known, TrendBuilder, TrendOptions};
use crate::cancel::CancelToken;
use crate::causes::{Series, SeriesOptions, SummaryOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Phase, Progress};

/// What JavaScript says of a series before it begins.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    /// How many snapshots will come.
    count: usize,
    /// Whether the merged paths will be asked for.
    trend: bool,
    #[serde(flatten)]
    options: SeriesOptions,
}

struct State {
    plan: Plan,
    causes: Option<Series>,
    paths: TrendBuilder,
    last: Option<Arc<Opened>>,
    /// Why a snapshot could not be added: what is asked later would miss it.
    is_broken: bool,
}

impl State {
    fn add(&mut self, next: Arc<Opened>, cancel: &CancelToken, progress: &Progress) -> Result<()> {
        const STEPS: Option<u64> = Some(2);
        self.is_broken = true;
        progress.report(Phase::Comparing, 0, STEPS);
        if self.plan.trend {
            self.paths.add(&next.snapshot, cancel)?;
        }
        progress.report(Phase::Comparing, 1, STEPS);
        match (&mut self.causes, &self.last) {
            (Some(causes), Some(last)) => causes.add(&last.snapshot, &next.snapshot, cancel)?,
            (causes, _) => *causes = Some(Series::new(&next.snapshot, self.plan.count, self.plan.options.clone())),
        }
        progress.report(Phase::Comparing, 2, STEPS);
        self.last = Some(next);
        self.is_broken = false;
        Ok(())
    }

    fn causes(&self) -> Result<&Series> {
        let known = self.causes.as_ref().filter(|_| !self.is_broken);
        known.ok_or_else(|| Error::new(ErrorKind::Internal("a series that misses a snapshot".into())))
    }

    fn summary(&self, options: &str) -> Result<AnswerHandle> {
        AnswerHandle::new(self.causes()?.summary(&parse::<SummaryOptions>(options)?))
    }

    /// The trend; the last snapshot, which its rows are shown by, is let go of.
    fn trend(&mut self, options: &str, cancel: &CancelToken) -> Result<AnswerHandle> {
        let options: TrendOptions = parse(options)?;
        let (identity, sources) = (self.causes()?.identity(), self.causes()?.sources());
        let Some(last) = self.last.take() else {
            return Err(Error::new(ErrorKind::Internal("a series whose trend was told".into())));
        };
        let SeriesOptions { rounds, unit, strings, .. } = &self.plan.options;
        let known = Known { identity, rounds: rounds.as_ref(), unit, strings: *strings, sources: &sources };
        let trend = self.paths.trend(&last.snapshot, &known, &options, cancel)?;
        self.paths = TrendBuilder::new(0);
        AnswerHandle::new(trend)
    }
}

/// A series in native memory: the last snapshot, the findings of every window, and the places with their figures.
#[napi]
pub struct SeriesHandle {
    state: Arc<Mutex<State>>,
}

#[napi]
impl SeriesHandle {
    /// A series that has no snapshot yet. `plan` is JSON of [`Plan`].
    #[napi(constructor)]
    pub fn new(plan: String) -> napi::Result<Self> {
        let state = guard(|| {
            let plan: Plan = parse(&plan)?;
            let paths = TrendBuilder::new(plan.count);
            Ok(State { plan, causes: None, paths, last: None, is_broken: false })
        });
        Ok(Self { state: Arc::new(Mutex::new(state.map_err(|error| to_napi(&error))?)) })
    }

    /// Adds the next snapshot now.
    #[napi]
    pub fn add(&self, snapshot: &SnapshotHandle) -> napi::Result<()> {
        let next = snapshot.opened()?;
        self.with(|state| state.add(next, &CancelToken::new(), &Progress::none()))
    }

    /// Adds the next snapshot on a thread of its own.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn add_job<'env>(
        &self,
        env: &'env Env,
        snapshot: &SnapshotHandle,
        cancellation: Option<&Cancellation>,
        listener: Option<ProgressListener<'_>>,
    ) -> napi::Result<Object<'env>> {
        let next = snapshot.opened()?;
        let state = Arc::clone(&self.state);
        let work = move |cancel: &CancelToken, progress: &Progress| {
            state.lock().unwrap_or_else(PoisonError::into_inner).add(next, cancel, progress)
        };
        job::start(env, cancellation, listener, work, |_, ()| Ok(()))
    }

    /// The leak summary. Quick.
    #[napi]
    pub fn summary(&self, options: String) -> napi::Result<AnswerHandle> {
        self.with(|state| state.summary(&options))
    }

    /// The trend; lets go of the last snapshot.
    #[napi]
    pub fn trend(&self, options: String) -> napi::Result<AnswerHandle> {
        self.with(|state| state.trend(&options, &CancelToken::new()))
    }

    /// The same on a thread of its own.
    #[napi(ts_return_type = "Promise<AnswerHandle>")]
    pub fn trend_job<'env>(
        &self,
        env: &'env Env,
        options: String,
        cancellation: Option<&Cancellation>,
        listener: Option<ProgressListener<'_>>,
    ) -> napi::Result<Object<'env>> {
        let state = Arc::clone(&self.state);
        let work = move |cancel: &CancelToken, _: &Progress| {
            state.lock().unwrap_or_else(PoisonError::into_inner).trend(&options, cancel)
        };
        job::start(env, cancellation, listener, work, |_, answer| Ok(answer))
    }
}

impl SeriesHandle {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> Result<T>) -> napi::Result<T> {
        guard(|| work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))).map_err(|error| to_napi(&error))
    }
}

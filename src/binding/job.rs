//! Work on a thread of its own, with a promise for its end.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use napi::JsDeferred;
use napi::bindgen_prelude::{Env, Function, Object, ToNapiValue};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;

use super::failure::{guard, to_napi};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::progress::{Phase, Progress, Report};

/// Stops a job. JavaScript ties it to an `AbortSignal`: Node-API's own handling of signals replaces `onabort` and ignores
/// signals that have fired already.
#[napi]
#[derive(Default)]
pub struct Cancellation {
    token: CancelToken,
}

#[napi]
impl Cancellation {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi]
    pub fn cancel(&self) {
        self.token.cancel();
    }
}

/// Told of a job's progress, as JSON of [`Report`].
pub(super) type ProgressListener<'a> = Function<'a, String, ()>;

type Resolver<T> = Box<dyn FnOnce(Env) -> napi::Result<T> + Send>;

thread_local! {
    /// Tokens of the jobs that this JavaScript thread has started; all are cancelled when its environment goes.
    static RUNNING: RefCell<Option<Arc<Mutex<Vec<CancelToken>>>>> = const { RefCell::new(None) };
}

/// Runs `work` on a thread of its own and settles a promise with what `convert` makes of it on the JavaScript thread.
///
/// The job ends early when `cancellation` is used or the environment goes away (a worker is terminated); the promise then
/// rejects with a failure without a code. While it runs, the promise keeps the event loop alive, the progress listener
/// does not.
pub(super) fn start<'env, T: ToNapiValue + 'static, R: Send + 'static>(
    env: &'env Env,
    cancellation: Option<&Cancellation>,
    listener: Option<ProgressListener<'_>>,
    work: impl FnOnce(&CancelToken, &Progress) -> Result<R> + Send + 'static,
    convert: impl FnOnce(Env, R) -> napi::Result<T> + Send + 'static,
) -> napi::Result<Object<'env>> {
    let token = cancellation.map(|it| it.token.clone()).unwrap_or_default();
    let running = running(env)?;
    let progress = match listener {
        Some(listener) => throttled(&listener)?,
        None => Progress::none(),
    };
    let (deferred, promise): (JsDeferred<T, Resolver<T>>, _) = env.create_deferred()?;
    running.lock().unwrap_or_else(PoisonError::into_inner).push(token.clone());
    let spawned = std::thread::Builder::new().name("leakscan".into()).spawn(move || {
        let result = guard(|| work(&token, &progress));
        running.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| !other.is_same(&token));
        deferred.resolve(match result {
            Ok(result) => Box::new(move |env| convert(env, result)),
            Err(error) => Box::new(move |_| Err(to_napi(&error))),
        });
    });
    spawned.map(|_| promise).map_err(|error| to_napi(&error.into()))
}

fn running(env: &Env) -> napi::Result<Arc<Mutex<Vec<CancelToken>>>> {
    RUNNING.with_borrow_mut(|running| {
        if let Some(running) = running {
            return Ok(Arc::clone(running));
        }
        let tokens = Arc::new(Mutex::new(Vec::new()));
        *running = Some(Arc::clone(&tokens));
        env.add_env_cleanup_hook(Arc::clone(&tokens), |tokens: Arc<Mutex<Vec<CancelToken>>>| {
            tokens.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(CancelToken::cancel);
        })?;
        Ok(tokens)
    })
}

/// At most one report in 50 ms within a phase: a listener is for people.
fn throttled(listener: &ProgressListener<'_>) -> napi::Result<Progress> {
    const INTERVAL_MS: u64 = 50;
    let call = listener.build_threadsafe_function::<String>().callee_handled::<false>().weak::<true>().build()?;
    let started = Instant::now();
    // The time and the phase of the last report, in one word.
    let last = AtomicU64::new(u64::MAX);
    Ok(Progress::new(move |report: Report| {
        let now = started.elapsed().as_millis() as u64;
        let phase = match report.phase {
            Phase::Reading => 0,
            Phase::Analyzing => 1,
            Phase::Comparing => 2,
            Phase::Explaining => 3,
        };
        let before = last.load(Ordering::Relaxed);
        let is_due = before & 3 != phase || before == u64::MAX || now >= (before >> 2) + INTERVAL_MS;
        let complete = report.total == Some(report.done);
        if (is_due || complete)
            && last.compare_exchange(before, now << 2 | phase, Ordering::Relaxed, Ordering::Relaxed).is_ok()
            && let Ok(json) = serde_json::to_string(&report)
        {
            call.call(json, ThreadsafeFunctionCallMode::NonBlocking);
        }
    }))
}

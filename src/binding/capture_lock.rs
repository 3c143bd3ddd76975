//! One capture at a time in a process, whatever worker thread asks: V8 needs several times the heap for each.

use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::{Env, ObjectFinalize};
use napi_derive::napi;

static TAKEN: AtomicBool = AtomicBool::new(false);

/// The right to capture. It is given back by `release`, or when its environment goes away (a worker is terminated).
#[napi(custom_finalize)]
pub struct CaptureLock {
    held: bool,
}

#[napi]
impl CaptureLock {
    /// Asks for the lock; `held` tells whether it was free.
    #[napi(factory)]
    pub fn acquire() -> Self {
        Self { held: !TAKEN.swap(true, Ordering::AcqRel) }
    }

    /// Whether this one has it.
    #[napi(getter)]
    pub fn held(&self) -> bool {
        self.held
    }

    /// Gives it back; once is enough.
    #[napi]
    pub fn release(&mut self) {
        if std::mem::take(&mut self.held) {
            TAKEN.store(false, Ordering::Release);
        }
    }
}

impl ObjectFinalize for CaptureLock {
    fn finalize(mut self, _: Env) -> napi::Result<()> {
        self.release();
        Ok(())
    }
}

//! Failures on their way to JavaScript.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

use crate::error::{Error, ErrorKind};

/// What JavaScript makes a `LeakscanError` of. It crosses as the JSON message of a plain error.
#[derive(Serialize)]
struct Failure<'a> {
    /// `None` for a cancellation: JavaScript answers with the signal's reason.
    code: Option<&'static str>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

/// An error as Node-API throws it.
pub(super) fn to_napi(error: &Error) -> napi::Error {
    let place = error.place();
    let failure = Failure {
        code: error.code(),
        message: error.to_string(),
        section: place.map(|place| place.section.as_str()),
        offset: place.map(|place| place.offset),
    };
    napi::Error::from_reason(serde_json::to_string(&failure).unwrap_or_default())
}

/// Runs `work`; a panic in it, which is always a bug of leakscan, becomes an error instead of the host's end.
pub(super) fn guard<T>(work: impl FnOnce() -> crate::error::Result<T>) -> crate::error::Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(Error::new(ErrorKind::Internal(message_of(&*panic)))))
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(message), _) => (*message).to_owned(),
        (_, Some(message)) => message.clone(),
        _ => "a panic without a message".to_owned(),
    }
}

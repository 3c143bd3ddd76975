// @ts-check
'use strict';

const native = require('../native.js');
const { fromNative } = require('./errors.js');

/**
 * Runs a native job under an `AbortSignal`, and reports its progress.
 *
 * The signal stays on this side: Node-API's own handling replaces `onabort` and ignores signals that have fired already.
 *
 * @template T
 * @param {{ signal?: AbortSignal, onProgress?: (progress: object) => void }} options
 * @param {(cancellation: any, listener: ((json: string) => void) | undefined) => Promise<T>} start
 * @param {{ subject?: string, onCancel?: () => void }} [more] what a failure is about; what else to stop
 * @returns {Promise<T>}
 */
async function runJob({ signal, onProgress }, start, { subject, onCancel } = {}) {
  signal?.throwIfAborted();
  const cancellation = new native.Cancellation();
  const abort = () => {
    cancellation.cancel();
    onCancel?.();
  };
  signal?.addEventListener('abort', abort, { once: true });
  let failed = false;
  /** @type {unknown} */
  let listenerError;
  const listener =
    onProgress &&
    ((/** @type {string} */ json) => {
      if (failed) return;
      try {
        onProgress(JSON.parse(json));
      } catch (error) {
        // A listener that throws ends the job: its error is the caller's, and must neither be lost nor end the process.
        failed = true;
        listenerError = error;
        abort();
      }
    });
  try {
    const result = await start(cancellation, listener);
    if (failed) throw listenerError;
    return result;
  } catch (thrown) {
    if (failed) throw listenerError;
    const error = fromNative(thrown, subject);
    if (error === undefined) throw signal?.aborted ? signal.reason : new DOMException('This operation was aborted', 'AbortError');
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

module.exports = { runJob };

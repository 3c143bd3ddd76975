'use strict';
// Leaks stream-backlog or unbounded-collection, 1 per round, less 1.
// A queue of the package async, whose one worker never calls back; the job that it has does not wait.

const async = require('async');
const load = require('../load.cjs');

const queue = async.queue((job, done) => job.number < 0 && done(), 1);

exports.round = async (number) => void queue.push({ number, text: load.text(number) });

'use strict';
// What the threads of a pool run: a job that is done at once, or hangs.

module.exports = ({ text, hangs }) => (hangs ? new Promise((resolve) => setTimeout(resolve, 1e8)) : text.length);

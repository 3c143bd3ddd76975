#!/usr/bin/env node
// @ts-check
// Renews the part of docs/cli.md that comes from the command line's own table of commands.

import { readFileSync, writeFileSync } from 'node:fs';

import { renewed } from '../lib/cli/reference.js';

const file = new URL('../docs/cli.md', import.meta.url);
writeFileSync(file, renewed(readFileSync(file, 'utf8')));

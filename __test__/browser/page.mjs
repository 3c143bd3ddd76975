// A page in Chromium whose errors and requests are recorded.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const axe = createRequire(import.meta.url).resolve('axe-core');

/** Widths of a desk and of a phone. */
export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/**
 * @param {import('playwright-core').Browser} browser
 * @param {{ url: string, viewport?: { width: number, height: number }, colorScheme?: 'light' | 'dark', offline?: boolean }} options
 */
export async function open(browser, { url, viewport = DESK, colorScheme = 'light', offline = false }) {
  const context = await browser.newContext({ viewport, colorScheme, offline, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const errors = [];
  const requests = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, context, errors, requests };
}

/** No error, and no request beyond the origin. */
export function assertQuiet({ errors, requests }, origin) {
  assert.deepEqual(errors, []);
  assert.deepEqual(requests.filter((url) => !url.startsWith(origin) && !url.startsWith('data:')), []);
}

/** What axe-core has to say against the page as it is now. Rules of WCAG 2.2, A and AA, and best practices. */
export async function accessibility(page) {
  // Through the debugger: the page's own policy would not let a script in.
  await page.evaluate(await source());
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary.replaceAll(/\s+/g, ' ')}`).join(' | ')}`);
}

let text;
async function source() {
  const { readFile } = await import('node:fs/promises');
  return (text ??= await readFile(axe, 'utf8'));
}

/** By how much the page is wider than its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/**
 * Waits until the elements show these texts, in this order: each holds its own. A look at once would see what was there before the answer.
 * @param {{ all?: boolean }} [options] `all`: and there are no others behind them
 */
export async function shows(page, selector, texts, { all = false } = {}) {
  const shown = () => page.$$eval(selector, (elements) => elements.map(({ textContent }) => textContent));
  try {
    await page.waitForFunction(
      ([of, wanted, isAll]) => {
        const found = [...document.querySelectorAll(of)].map(({ textContent }) => textContent);
        return wanted.every((text, at) => found[at]?.includes(text)) && (!isAll || found.length === wanted.length);
      },
      [selector, texts, all],
    );
  } catch (error) {
    assert.deepEqual(await shown(), texts, `${selector}: ${error.message}`);
  }
}

/** The texts of a table's rows that are drawn, cell by cell. */
export const rowsOf = (page, label) =>
  page.evaluate((name) => {
    const table = document.querySelector(`[role=grid][aria-label="${name}"]`);
    return [...table.querySelectorAll('[role=row][data-row]')].map((row) => [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent.trim()));
  }, label);

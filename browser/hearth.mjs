// Starting the real server on a fresh demo and a real Chromium on it.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** The repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** The program under test. */
export const HEARTH = process.env.HEARTH ?? join(ROOT, 'target/debug/hearth');
/** Where pictures for people to look at are put. */
export const SCREENS = join(ROOT, 'target/screens');

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * The demo with a small town on a copy of the pack, in a file or in the `database` of an address; resolves when it answers. While writing tests, HEARTH_RUNNING names
 * a demo that runs already as `address folder pack`; its town is used up by the tests.
 */
export async function startDemo({ people = 150, from = 'packs/korea', database } = {}) {
  if (process.env.HEARTH_RUNNING && from === 'packs/korea' && !database) {
    const [url, data, pack] = process.env.HEARTH_RUNNING.split(' ');
    return { url, data, pack, told: told(data), said: () => '', stop: async () => {} };
  }
  const folder = mkdtempSync(join(tmpdir(), 'hearth-browser-'));
  const [data, pack] = [join(folder, 'data'), join(folder, 'pack')];
  cpSync(join(ROOT, from), pack, { recursive: true });
  const port = await freePort();
  const args = ['demo', '--data', data, '--port', String(port), '--people', String(people)];
  const env = { ...process.env, HEARTH_REQUESTS_PER_SECOND: '10000', HEARTH_PACK: pack, ...(database ? { HEARTH_DATABASE: database } : {}) };
  const server = spawn(HEARTH, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => { said += chunk; });
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + 300_000;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the demo ended:\n${said}`);
    if (Date.now() > until) {
      server.kill('SIGKILL');
      throw new Error(`the demo was not ready in time:\n${said}`);
    }
    const ready = await fetch(`${url}/healthz`).then((r) => r.ok, () => false);
    if (ready && said.includes('Try first')) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const stop = async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, data, pack, database, told: told(data), said: () => said, stop };
}

function told(data) {
  return JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8'));
}

/** A headless Chromium that reaches nothing but loopback. */
export function startBrowser() {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 900 };

// One sign-in a person and run.
const sessions = new Map();

async function session(browser, demo, subject) {
  const key = `${demo.url} ${subject}`;
  if (!sessions.has(key)) {
    const context = await browser.newContext({ baseURL: demo.url });
    const page = await context.newPage();
    // Sign-ins are limited per minute, as they should be: whoever is told to wait waits.
    for (;;) {
      const answer = await page.goto(`/sign-in/go?hint=${subject}&next=/`);
      if (answer.status() !== 429) break;
      await page.waitForTimeout(1_000 * Number(answer.headers()['retry-after'] ?? 5));
    }
    if (page.url().includes('sign-in')) throw new Error(`${subject} could not sign in: ${await page.textContent('body')}`);
    sessions.set(key, await context.storageState());
    await context.close();
  }
  return sessions.get(key);
}

/** Nobody is signed in to a demo any more: its clock was moved past the end of every sign-in. */
export function forget(demo) {
  for (const key of sessions.keys()) if (key.startsWith(`${demo.url} `)) sessions.delete(key);
}

/** A browser window signed in as one of the demo's people (or nobody). What it complains about fails the run. */
export async function signedIn(browser, demo, subject, options = {}) {
  const { viewport = DESK, locale = 'en', colorScheme = 'light', ...more } = options;
  const storageState = subject ? await session(browser, demo, subject) : undefined;
  const context = await browser.newContext({ viewport, locale, colorScheme, storageState, baseURL: demo.url, ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => check(`no script error on ${page.url()}`, false, String(error)));
  page.on('console', (message) => {
    // Chromium reports every answer of 400 and above; those are asked for here.
    const asked = message.text().startsWith('Failed to load resource') && message.location().url === page.url();
    if (message.type() === 'error' && !asked) check(`no console error on ${page.url()}`, false, message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 500) check(`no fault of the server on ${response.url()}`, false, String(response.status()));
  });
  return page;
}

let failures = 0;
let checks = 0;

/** One thing that must hold. */
export function check(what, holds, detail = '') {
  checks += 1;
  if (holds) return;
  failures += 1;
  console.error(`FAILED ${what}${detail ? `\n  ${detail}` : ''}`);
}

/** Prints the closing line; the exit code says whether all held. */
export function finish() {
  console.log(`${checks - failures} passed, ${failures} failed`);
  process.exitCode = failures === 0 && checks > 0 ? 0 : 1;
}

/** A picture of the whole page for people to look at. */
export async function picture(page, name) {
  mkdirSync(SCREENS, { recursive: true });
  await page.screenshot({ path: join(SCREENS, `${name}.png`), fullPage: true, animations: 'disabled' });
}

/** Today at the demo's offices, as `YYYY-MM-DD`, `days` later. */
export function officeDay(days = 0) {
  return new Date(Date.now() + 9 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
}

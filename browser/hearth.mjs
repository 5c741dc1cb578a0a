// Starting the real server on a fresh demo and a real Chromium on it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

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

/** The demo with a small town; resolves when it answers. */
export async function startDemo({ people = 150, environment = {} } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'hearth-browser-'));
  const port = await freePort();
  const args = ['demo', '--data', data, '--port', String(port), '--people', String(people)];
  const env = { ...process.env, HEARTH_REQUESTS_PER_SECOND: '10000', ...environment };
  const server = spawn(process.env.HEARTH, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => { said += chunk; });
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + 300_000;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the demo ended:\n${said}`);
    if (Date.now() > until) throw new Error(`the demo was not ready in time:\n${said}`);
    const ready = await fetch(`${url}/healthz`).then((r) => r.ok, () => false);
    if (ready && said.includes('Try first')) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const stop = async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  return { url, data, said: () => said, stop };
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

/** A browser window signed in as one of the demo's people (or nobody). */
export async function signedIn(browser, demo, subject, { viewport = DESK, locale = 'en', colorScheme = 'light', javaScriptEnabled = true } = {}) {
  const context = await browser.newContext({ viewport, locale, colorScheme, javaScriptEnabled, baseURL: demo.url });
  const page = await context.newPage();
  if (subject) {
    await page.goto(`/sign-in/go?hint=${subject}&next=/`);
    if (page.url().includes('sign-in')) throw new Error(`${subject} could not sign in: ${await page.textContent('body')}`);
  }
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

export function save(path, bytes) {
  writeFileSync(path, bytes);
}

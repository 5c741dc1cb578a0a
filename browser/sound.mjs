// Whether a page is sound, for whoever reads it by ear, by keyboard or on a small screen.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DESK, PHONE, ROOT, check } from './hearth.mjs';
import { routeOf } from './routes.mjs';

const AXE = readFileSync(join(ROOT, 'browser/node_modules/axe-core/axe.min.js'), 'utf8');
const NARROW = { width: 320, height: 640 };

/** Both windows, each in both lights. */
export const ALL_VIEWS = [[PHONE, 'light'], [DESK, 'dark'], [PHONE, 'dark'], [DESK, 'light']];
const LOOKED = new Map();

/** In which windows and lights no page of this pattern was looked at. */
export function unseen(pattern) {
  return ALL_VIEWS.filter((view) => !LOOKED.get(pattern)?.has(String(view.map((part) => part.width ?? part))));
}

/** Notes what is looked at; a page that says that there is none, or not for this person, is none of its pattern. */
async function note(page, views) {
  const status = await page.evaluate(() => performance.getEntriesByType('navigation')[0]?.responseStatus);
  const pattern = routeOf(new URL(page.url()).pathname)?.pattern;
  if (!pattern || (status >= 400 && status !== 422)) return;
  const seen = LOOKED.get(pattern) ?? new Set();
  for (const view of views) seen.add(String(view.map((part) => part.width ?? part)));
  LOOKED.set(pattern, seen);
}

/** What holds on every page: one heading, its language, a title, nothing that axe finds, no sideways scrolling. */
export async function axe(page, name, locale, views) {
  await note(page, views);
  const facts = await page.evaluate(() => ({
    headings: document.querySelectorAll('h1').length,
    lang: document.documentElement.lang,
    title: document.title,
  }));
  check(`${name}: one h1`, facts.headings === 1, `${facts.headings} on ${page.url()}`);
  check(`${name}: lang`, facts.lang === locale, facts.lang);
  check(`${name}: a title`, facts.title.length > 6, facts.title);
  await page.evaluate(() => { for (const folded of document.querySelectorAll('details')) folded.open = true; });
  await page.evaluate(AXE);
  for (const [viewport, colorScheme] of views) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    const told = found.violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join(' | ')}`);
    check(`${name} ${viewport.width} ${colorScheme}: axe`, told.length === 0, told.join('\n  '));
  }
  for (const viewport of [PHONE, NARROW]) {
    await page.setViewportSize(viewport);
    const wide = await page.evaluate(() => {
      const room = document.documentElement.clientWidth;
      const over = document.documentElement.scrollWidth - room;
      if (over <= 0) return null;
      const culprit = [...document.querySelectorAll('main *, header *, footer *')].find((e) => e.getBoundingClientRect().right > room + 1);
      return `${over} px too wide: ${culprit?.outerHTML.slice(0, 160)}`;
    });
    check(`${name}: no sideways scrolling at ${viewport.width}`, wide === null, wide ?? '');
  }
  await page.setViewportSize(PHONE);
  await page.emulateMedia({ colorScheme: 'light' });
}

// Every page, in two languages, on a phone and on a desk, light and dark: axe finds nothing, nothing scrolls sideways.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DESK, PHONE, ROOT, check, picture, signedIn } from './hearth.mjs';
import { survey, visits } from './pages.mjs';

const AXE = readFileSync(join(ROOT, 'browser/node_modules/axe-core/axe.min.js'), 'utf8');
const NARROW = { width: 320, height: 640 };

// Pages whose pictures are kept.
const PICTURED = new Set(['home', 'check-people', 'check-more', 'check-result', 'sign-in', 'offers', 'family', 'looked', 'forbidden',
  'search', 'search-error', 'results', 'household', 'event-birth', 'event-birth-error', 'duplicates', 'programmes', 'programme',
  'parameter', 'try-result', 'log', 'log-entry', 'verified', 'complain', 'complain-error', 'complaints', 'complaint', 'complaint-error', 'powers',
  'household-powers', 'household-apply', 'consents', 'event-fact']);

// Each language with each size, each size with each light, each light with each language.
const VIEWS = {
  ko: [[PHONE, 'light'], [DESK, 'dark']],
  en: [[PHONE, 'dark'], [DESK, 'light']],
};

export async function pages(browser, demo) {
  const town = await survey(browser, demo);
  const all = visits(town).filter((v) => !process.env.ONLY || process.env.ONLY.split(',').some((part) => v.name.includes(part)));
  await Promise.all(Object.keys(VIEWS).map(async (locale) => {
    for (const who of new Set(all.map((v) => v.who))) {
      const page = await signedIn(browser, demo, who, { locale, bypassCSP: true, viewport: PHONE, reducedMotion: 'reduce' });
      // An official states a purpose before a household opens.
      if (who === 'counter') await visits(town).find((v) => v.name === 'results').go(page);
      for (const visit of all.filter((v) => v.who === who)) {
        await look(page, visit, locale).catch((error) => check(`${visit.name}-${locale}`, false, error.stack));
      }
      await page.context().close();
    }
  }));
}

async function look(page, visit, locale) {
  const name = `${visit.name}-${locale}`;
  await visit.go(page);
  const facts = await page.evaluate(() => ({
    headings: document.querySelectorAll('h1').length,
    lang: document.documentElement.lang,
    title: document.title,
  }));
  check(`${name}: one h1`, facts.headings === 1, `${facts.headings} on ${page.url()}`);
  check(`${name}: lang`, facts.lang === locale, facts.lang);
  check(`${name}: a title`, facts.title.length > 6, facts.title);
  if (PICTURED.has(visit.name)) await pictures(page, visit.name, locale);
  await page.evaluate(() => { for (const folded of document.querySelectorAll('details')) folded.open = true; });
  await page.evaluate(AXE);
  for (const [viewport, colorScheme] of VIEWS[locale]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
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

/** Korean as on a phone, English as on a desk, and English in the dark. */
async function pictures(page, name, locale) {
  if (locale === 'ko') return picture(page, `${name}-ko-phone`);
  await page.setViewportSize(DESK);
  await picture(page, `${name}-en-desk`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, `${name}-en-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  return page.setViewportSize(PHONE);
}

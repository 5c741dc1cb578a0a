// Every page, in two languages, on a phone and on a desk, light and dark: axe finds nothing, nothing scrolls sideways.
import { DESK, PHONE, check, picture, signedIn } from './hearth.mjs';
import { survey, visits } from './pages.mjs';
import { axe } from './sound.mjs';

// Pages whose pictures are kept.
const PICTURED = new Set(['home', 'check-people', 'check-more', 'check-result', 'sign-in', 'offers', 'family', 'looked', 'forbidden',
  'search', 'search-error', 'results', 'household', 'event-birth', 'event-birth-error', 'duplicates', 'programmes', 'programme',
  'parameter', 'try-result', 'log', 'log-entry', 'verified', 'complain', 'complain-error', 'complaints', 'complaint', 'complaint-error', 'powers',
  'household-powers', 'household-record', 'household-ties', 'referral', 'referrals', 'referral-new', 'referral-answer', 'household-apply', 'consents', 'event-fact']);

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
  await visit.go(page);
  if (PICTURED.has(visit.name)) await pictures(page, visit.name, locale);
  await axe(page, `${visit.name}-${locale}`, locale, VIEWS[locale]);
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

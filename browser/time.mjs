// Time travel in a demonstration: forward only, day by day, and the nurse's day is that of the clock. In both countries.
import { DESK, PHONE, check, picture, signedIn, startDemo } from './hearth.mjs';
import { axe } from './sound.mjs';

const VIEWS = { ko: [[PHONE, 'light']], en: [[DESK, 'dark']], kk: [[PHONE, 'dark']], ru: [[DESK, 'light']] };

/** The day the page shows, without the words around it. */
const shown = (page) => page.locator('h1 .caption').textContent();

async function travel(browser, from, languages) {
  const demo = await startDemo({ people: 60, from });
  try {
    for (const locale of languages) {
      const page = await signedIn(browser, demo, null, { locale, bypassCSP: true, viewport: PHONE, reducedMotion: 'reduce' });
      await page.goto('/demo/time');
      await axe(page, `time-${locale}`, locale, VIEWS[locale]);
      await picture(page, `time-${locale}-phone`);
      await page.fill('main [name=date]', '2020-01-01');
      await page.click('main button[value=date]');
      check(`${from}: the clock does not go back (${locale})`, (await page.locator('main .summary-error').count()) > 0);
      await axe(page, `time-error-${locale}`, locale, VIEWS[locale]);
      await page.context().close();
    }
    const page = await signedIn(browser, demo, null, { locale: 'en', viewport: DESK });
    await page.goto('/demo/time');
    const before = await shown(page);
    await page.click('main button[value=week]');
    check(`${from}: it says where it goes`, (await page.locator('main [role=status]').count()) === 1);
    await page.locator('main [role=status]').waitFor({ state: 'detached', timeout: 120_000 });
    const after = await shown(page);
    const days = (Date.parse(`${after} UTC`) - Date.parse(`${before} UTC`)) / 86_400_000;
    check(`${from}: a week later`, days === 7, `from ${before} to ${after}`);
    await page.context().close();
    const nurse = await signedIn(browser, demo, 'nurse', { locale: 'en', viewport: DESK });
    await nurse.goto('/visits/day');
    check(`${from}: every page says which day it is`, (await nurse.locator('.demo').textContent()).includes(after), after);
    await picture(nurse, `time-nurse-${languages[0]}`);
    await nurse.context().close();
  } finally {
    await demo.stop();
  }
}

export const korea = (browser) => travel(browser, 'packs/korea', ['ko', 'en']);
export const kazakhstan = (browser) => travel(browser, 'packs/kazakhstan', ['kk', 'ru']);

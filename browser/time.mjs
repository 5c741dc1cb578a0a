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
    await asked(browser, demo, from, languages);
  } finally {
    await demo.stop();
  }
}

/** Weeks after the birth a mother is asked how it went: she finds the link on her page, and whoever holds it answers without sign-in, once. */
async function asked(browser, demo, from, languages) {
  const page = await signedIn(browser, demo, null, { locale: 'en', viewport: DESK });
  await page.goto('/demo/time');
  const goal = new Date(Date.parse(`${await shown(page)} UTC`) + 49 * 86_400_000).toISOString().slice(0, 10);
  await page.fill('main [name=date]', goal);
  await page.click('main button[value=date]');
  await page.locator('main [role=status]').waitFor({ state: 'detached', timeout: 300_000 });
  await page.context().close();
  for (const locale of languages) {
    let href = null;
    for (let n = 1; n <= 6 && href === null; n += 1) {
      const mother = await signedIn(browser, demo, `mother-${n}`, { locale, viewport: PHONE });
      await mother.goto('/visits/join');
      const link = mother.locator('main a[href^="/s/"]').first();
      if ((await link.count()) > 0) {
        href = await link.getAttribute('href');
        await picture(mother, `mother-asked-${locale}-phone`);
      }
      await mother.context().close();
    }
    check(`${from}: a mother is asked how it went (${locale})`, href !== null);
    if (href === null) continue;
    const nobody = await signedIn(browser, demo, null, { locale, bypassCSP: true, viewport: PHONE, reducedMotion: 'reduce' });
    await nobody.goto(href);
    await axe(nobody, `survey-${locale}`, locale, VIEWS[locale]);
    await picture(nobody, `survey-${locale}-phone`);
    for (const name of await nobody.locator('main fieldset').evaluateAll((all) => all.map((f) => f.querySelector('input[type=radio]')?.name))) {
      if (name) await nobody.locator(`main input[name="${name}"]`).first().check();
    }
    await nobody.click('main button[value=send]');
    await nobody.goto(href);
    check(`${from}: the link is good for one answer (${locale})`, (await nobody.locator('main form').count()) === 0, await nobody.textContent('main'));
    await nobody.context().close();
  }
}

export const korea = (browser) => travel(browser, 'packs/korea', ['ko', 'en']);
export const kazakhstan = (browser) => travel(browser, 'packs/kazakhstan', ['kk', 'ru']);

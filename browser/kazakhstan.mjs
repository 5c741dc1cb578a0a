// Another country with the same program: its demo starts, a birth is registered, a mother reads and accepts her offers in
// Kazakh and Russian, the agencies are asked, an official sees the case, and axe finds nothing.
import { DESK, PHONE, check, officeDay, picture, signedIn, startDemo } from './hearth.mjs';
import { fillNeeded, openHousehold } from './pages.mjs';
import { axe } from './sound.mjs';

/** An IBAN of nobody: the check digits are right. */
const IBAN = 'KZ18 6010 0000 0000 0099';
const VIEWS = [[PHONE, 'light'], [DESK, 'dark']];
const CITIZEN = ['/', '/offers', '/family', '/looked', '/cases', '/payments', '/payments/account', '/apply', '/report', '/complain', '/powers', '/consents', '/referrals', '/figures', '/account', '/programmes'];
// Names of things that have no other spelling.
const LATIN = /^(Hearth|IBAN|BIC|JPEG|PNG|PDF|Kaspi|Bank|Halyk|ForteBank|Freedom|Bereke|Alatau|City|English)$/;

export async function anotherCountry(browser) {
  const demo = await startDemo({ from: 'packs/kazakhstan' });
  try {
    for (const step of [birth, offers, withoutAnAccount, pages, official]) {
      await step(browser, demo).catch((error) => check(`kazakhstan: ${step.name}`, false, error.stack));
    }
  } finally {
    await demo.stop();
  }
}

/** The counter registers a birth in Russian; what the family gets stands on the next page, in tenge. */
async function birth(browser, demo) {
  let births = 0;
  for (const couple of demo.told.expecting) {
    const [, mother, identifier] = /^(.*) \((.*)\)$/.exec(couple);
    check('an IIN has twelve digits', /^\d{12}$/.test(identifier), identifier);
    for (const who of ['counter', 'rural-counter']) {
      const page = await signedIn(browser, demo, who, { locale: 'ru', viewport: DESK });
      const home = await openHousehold(page, identifier);
      if (home && (await page.textContent('main')).includes(mother)) {
        await page.click(`main a[href="${home}/events/birth"]`);
        await page.getByLabel(mother, { exact: true }).first().check();
        await page.locator('main [name=second]').first().check();
        const same = () => page.evaluate(() => document.querySelector('main [name=mother]:checked').value === document.querySelector('main [name=second]:checked').value);
        if (await same()) await page.locator('main [name=second]').nth(1).check();
        await page.fill('main [name=name]', 'Айым');
        await page.fill('main [name=born]', officeDay(-2));
        await page.locator('main [name=sex][value=female]').check();
        await page.fill('main [name=order]', '1');
        await page.click('main form[method=post] button.btn');
        const text = await page.textContent('main');
        check('the child is a member', text.includes('Айым'), `${page.url()} ${text}`.slice(0, 600));
        check('the birth grant is offered', /164\s350\s₸/.test(text), text.slice(0, 1500));
        if (births === 0) await picture(page, 'kazakhstan-birth-ru-desk');
        births += 1;
      }
      await page.context().close();
    }
  }
  check('a couple whose child is due is served', births > 0, demo.told.expecting.join());
}

/** A mother on her phone, in Kazakh: sums in tenge, reasons, one tap for all, then her cases. */
async function offers(browser, demo) {
  const page = await signedIn(browser, demo, 'mother-1', { viewport: PHONE, locale: 'kk' });
  await page.goto('/offers');
  const cards = page.locator('main form[action="/offers"] article.card');
  const before = await cards.count();
  check('offers wait', before >= 2, `${before}`);
  const text = await page.textContent('main');
  check('sums in tenge', /164\s350\s₸/.test(text) && /₸/.test(text), text.slice(0, 1500));
  check('a law is named', text.includes('Әлеуметтік кодексі'), text.slice(0, 1500));
  for (const card of await cards.all()) check('every offer says why', (await card.locator('details').count()) > 0);
  await picture(page, 'kazakhstan-offers-kk-phone');
  await fillNeeded(page, IBAN);
  await page.click('main button[value=accept-chosen]');
  check('accepted', new URL(page.url()).searchParams.getAll('accepted').length >= 2, `${page.url()} ${await page.textContent('main')}`.slice(0, 900));
  await page.goto('/cases');
  check('the cases are on their way', (await page.locator('main a[href^="/cases/"]').count()) >= 2, await page.textContent('main'));
  await page.context().close();
}

/** *What may I get?* in Russian, without an account. */
async function withoutAnAccount(browser, demo) {
  const page = await signedIn(browser, demo, null, { viewport: PHONE, locale: 'ru', bypassCSP: true, reducedMotion: 'reduce' });
  await page.goto('/check');
  await axe(page, 'kazakhstan check-start', 'ru', VIEWS);
  await page.click('main form[action="/check/place"] button.btn');
  await page.selectOption('main [name=place]', { index: 2 });
  await page.click('main button.btn');
  await page.click('main button[value=add]');
  await page.fill('main [name=m0-born]', '1994-05-06');
  await page.selectOption('main [name=m1-rel]', 'child');
  await page.fill('main [name=m1-born]', officeDay(-20));
  await cyrillic(page, 'check-people');
  await page.click('main button[value=next]');
  await axe(page, 'kazakhstan check-more', 'ru', VIEWS);
  await cyrillic(page, 'check-more');
  await page.click('main form[action="/check/result"] button.btn');
  await axe(page, 'kazakhstan check-result', 'ru', VIEWS);
  await cyrillic(page, 'check-result');
  await page.context().close();
}

/** The pages of families in both languages: nothing in English, nothing that axe finds. */
async function pages(browser, demo) {
  for (const locale of ['kk', 'ru']) {
    const page = await signedIn(browser, demo, 'mother-2', { viewport: PHONE, locale, bypassCSP: true, reducedMotion: 'reduce' });
    for (const path of CITIZEN) {
      await page.goto(path);
      await axe(page, `kazakhstan ${path}`, locale, VIEWS);
      await cyrillic(page, `${path} ${locale}`);
    }
    const languages = await page.locator('ul.langs').first().innerText();
    check('the languages are the pack’s', languages.includes('Русский') && languages.includes('Қазақша') && !languages.includes('한국어'), languages);
    await page.context().close();
  }
}

/** Words in Latin letters on a page in Cyrillic are forgotten translations. */
async function cyrillic(page, name) {
  const text = await page.evaluate(() => [...document.querySelectorAll('main, nav, footer')].map((part) => {
    const copy = part.cloneNode(true);
    for (const code of copy.querySelectorAll('code')) code.remove();
    for (const option of copy.querySelectorAll('option')) option.append(' ');
    return copy.textContent;
  }).join('\n'));
  // Numbers of laws and marks of contents are written in Latin letters everywhere.
  const words = text.replace(/№ [\dIVXLC-]+/g, '').match(/\b[A-Za-z]{3,}\b/g) ?? [];
  const latin = words.filter((word) => !LATIN.test(word));
  check(`${name}: no English`, latin.length === 0, [...new Set(latin)].join(' '));
}

/** The worklist and a household in the office's languages. */
async function official(browser, demo) {
  for (const [who, locale] of [['caseworker', 'ru'], ['rural-caseworker', 'kk'], ['finance', 'kk'], ['privacy', 'ru'], ['analyst', 'kk']]) {
    const page = await signedIn(browser, demo, who, { viewport: DESK, locale, bypassCSP: true, reducedMotion: 'reduce' });
    const path = { finance: '/finance/runs', privacy: '/privacy/log', analyst: '/programmes' }[who] ?? '/work?scope=office';
    await page.goto(path);
    await axe(page, `kazakhstan ${path} as ${who}`, locale, VIEWS);
    await page.context().close();
  }
}

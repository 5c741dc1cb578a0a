// The journey of a birth: the counter registers it, a mother answers her offers on a phone, and sees who looked.
import { DESK, PHONE, check, officeDay, picture, signedIn } from './hearth.mjs';
import { fillNeeded, openHousehold, servedMother } from './pages.mjs';

/** The counter registers a birth; the offers stand on the next page. */
export async function birthAtTheCounter(browser, demo) {
  let births = 0;
  for (const couple of demo.told.expecting) {
    const [, mother, identifier] = /^(.*) \((.*)\)$/.exec(couple);
    const page = await signedIn(browser, demo, 'counter', { locale: 'ko', viewport: DESK, javaScriptEnabled: births === 0 });
    let home = await openHousehold(page, identifier);
    if (!home || !(await page.textContent('main')).includes(mother)) {
      // They live where the other counter serves.
      await page.context().close();
      continue;
    }
    await page.click(`main a[href="${home}/events/birth"]`);
    await page.getByLabel(mother, { exact: true }).first().check();
    await page.locator('main [name=second]').first().check();
    await page.fill('main [name=name]', '김새봄');
    await page.fill('main [name=born]', officeDay(-2));
    await page.locator('main [name=sex][value=female]').check();
    const same = await page.evaluate(() => document.querySelector('main [name=mother]:checked').value === document.querySelector('main [name=second]:checked').value);
    if (same) await page.locator('main [name=second]').nth(1).check();
    const form = await page.evaluate(() => [...new FormData(document.querySelector('main form[method=post]'))]);
    await page.click('main form[method=post] button.btn');
    check('a birth leads to the household', new URL(page.url()).pathname === home, `${page.url()} ${await page.textContent('main')}`.slice(0, 600));
    const offers = page.locator(`form[action="${home}/offers"]`);
    const made = await offers.count();
    check('offers stand right after the birth', made >= 3, `${made}`);
    check('the child is a member', (await page.textContent('main')).includes('김새봄'));
    // The same form sent again is the same birth.
    const again = await page.request.post(`${home}/events/birth`, { form: Object.fromEntries(form) });
    check('the birth sent again answers', again.ok(), `${again.status()}`);
    await page.goto(home);
    check('a birth sent twice is one child', (await page.locator('table').first().locator('tr', { hasText: '김새봄' }).count()) === 1);
    check('and no more offers', (await offers.count()) === made, `${await offers.count()} and ${made}`);
    if (births === 0) await picture(page, 'birth-registered-ko-desk');
    births += 1;
    await page.context().close();
  }
  check('the counter serves a couple whose child is due', births > 0, demo.told.expecting.join());
}

/** A mother on her phone: with scripts and without. */
export async function offersOnAPhone(browser, demo) {
  const mothers = demo.told.sign_ins.filter((s) => s.subject.startsWith('mother-'));
  await answers(browser, demo, mothers[0], true);
  await answers(browser, demo, mothers[3], false);
}

async function answers(browser, demo, mother, javaScriptEnabled) {
  const name = `${mother.subject}${javaScriptEnabled ? '' : ' without scripts'}`;
  const page = await signedIn(browser, demo, mother.subject, { viewport: PHONE, locale: 'ko', javaScriptEnabled });
  await page.goto('/offers');
  const cards = page.locator('main form[action="/offers"] article.card');
  const before = await cards.count();
  check(`${name}: offers wait`, before >= 4, `${before}`);
  const text = await page.textContent('main');
  check(`${name}: a sum and a deadline`, /[0-9]+만|[0-9],000/.test(text) && /까지/.test(text));
  check(`${name}: a law is named`, /법 ?제?/.test(text));
  for (const card of await cards.all()) {
    check(`${name}: every offer says why`, (await card.locator('details').count()) > 0);
  }
  check(`${name}: what is still needed is asked once`, (await page.locator('main form[action="/offers"] fieldset').count()) > 0);
  await fillNeeded(page);

  // Two accepted together: all ticks off, two on.
  const boxes = await page.locator('main [name=offer]').all();
  const sure = await page.locator('main [name=offer]:checked').evaluateAll((list) => list.map((b) => b.value));
  check(`${name}: the best choice is ticked already`, sure.length >= 2 && sure.length <= boxes.length, `${sure.length}`);
  for (const box of boxes) await box.setChecked(sure.slice(0, 2).includes(await box.getAttribute('value')));
  const sent = await fields(page, javaScriptEnabled);
  await page.click('main button[value=accept-chosen]');
  check(`${name}: two accepted`, new URL(page.url()).searchParams.getAll('accepted').length === 2, `${page.url()} ${await errors(page)}`);
  check(`${name}: two fewer wait`, (await cards.count()) === before - 2, `${await cards.count()} of ${before}`);

  // The same tap again, twice at once.
  if (sent) {
    const post = () => page.request.post('/offers', { data: sent, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    const twice = await Promise.all([post(), post()]);
    check(`${name}: the same tap again is no fault`, twice.every((r) => r.status() < 500), twice.map((r) => r.status()).join());
    await page.goto('/offers');
    check(`${name}: and nothing more is applied for`, (await page.locator('main .tag--yes').filter({ hasText: '신청' }).count()) <= 2 && (await cards.count()) === before - 2);
  }

  // A double tap on a button: two requests at once, one application.
  const third = cards.first();
  const [id, revision] = [await third.locator('[name=offer]').getAttribute('value'), await third.locator('input[type=hidden]').first().getAttribute('value')];
  await fillNeeded(page);
  const answersGiven = await fields(page, javaScriptEnabled);
  const form = `${answersGiven ?? `rev-${id}=${revision}`}&accept=${id}`.replace(/(^|&)offer=[^&]*/g, '');
  const tap = () => page.request.post('/offers', { data: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  const taps = await Promise.all([tap(), tap(), tap()]);
  check(`${name}: a triple tap answers`, taps.every((r) => r.status() < 500), taps.map((r) => r.status()).join());
  await page.goto('/offers');
  check(`${name}: a triple tap is one application`, (await cards.count()) === before - 3, `${await cards.count()} of ${before}`);

  const left = await cards.count();
  await page.locator('button[name=refuse]').first().click();
  check(`${name}: one refused`, new URL(page.url()).searchParams.getAll('refused').length === 1, `${page.url()} ${await errors(page)}`);
  check(`${name}: one fewer waits`, (await cards.count()) === left - 1);
  const answered = await page.locator('ul.tasks').last().locator('li').count();
  check(`${name}: answered offers are listed`, answered >= 4, `${answered}`);
  if (javaScriptEnabled) await picture(page, 'offers-answered-ko-phone');
  await page.context().close();
}

async function errors(page) {
  return (await page.locator('.error-summary, [role=alert]').allTextContents()).join(' ');
}

/** The form as the browser would send it; without scripts we cannot look into it. */
async function fields(page, javaScriptEnabled) {
  if (!javaScriptEnabled) return null;
  return page.evaluate(() => new URLSearchParams(new FormData(document.querySelector('main form[action="/offers"]'))).toString());
}

/** Who looked: her own looks, and the official's with organisation and purpose. */
export async function whoLooked(browser, demo) {
  const counter = await signedIn(browser, demo, 'counter', { locale: 'ko' });
  const mother = await servedMother(counter, demo);
  await counter.context().close();
  const page = await signedIn(browser, demo, mother.subject, { viewport: PHONE, locale: 'ko', javaScriptEnabled: false });
  await page.goto('/offers');
  await page.goto('/looked');
  const looks = await page.textContent('main');
  check('who looked: the counter', /창구|담당/.test(looks), looks.slice(0, 500));
  check('who looked: the purpose', looks.includes('목적'), looks.slice(0, 500));
  check('who looked: what was seen', looks.includes('가구 정보를 봄'), looks.slice(0, 500));
  check('who looked: her own', /본인이 본 기록 [1-9]/.test(looks), looks.slice(-500));
  await page.context().close();
}

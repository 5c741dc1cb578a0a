// A worse decision is planned: the mother reads why on her phone and speaks, an official ends the hearing, another signs, and a court
// orders otherwise.
import { DESK, PHONE, check, officeDay, picture, signedIn } from './hearth.mjs';
import { acceptAll, openHousehold, until } from './pages.mjs';
import { axe } from './sound.mjs';

/** A mother in the country, whose newborn's allowance the machine grants. */
const MOTHER = 'mother-4';
const VIEWS = [[PHONE, 'light'], [DESK, 'dark']];
const story = {};

const main = (page) => page.locator('main').innerText();
const staff = (demo, role) => demo.told.sign_ins.filter((s) => s.role === role).map((s) => s.subject);
const open = (browser, demo, who, viewport) => signedIn(browser, demo, who, { viewport, locale: 'en', bypassCSP: true, reducedMotion: 'reduce' });

export async function heardAndOrdered(browser, demo) {
  for (const step of [granted, goesAbroad, speaks, endsIt, ordered]) await step(browser, demo);
}

async function granted(browser, demo) {
  const page = await acceptAll(browser, demo, MOTHER);
  story.case = await until('the allowance is granted', async () => {
    await page.goto('/cases');
    const link = page.locator('main a[href^="/cases/"]', { hasText: 'Child allowance' }).first();
    if ((await link.count()) === 0) return null;
    const path = new URL(await link.getAttribute('href'), demo.url).pathname.split('/').slice(0, 3).join('/');
    await page.goto(path);
    return /You get it/.test(await main(page)) && path;
  });
  await page.context().close();
}

/** The counter enters what the border says: the child has been abroad for 120 days. */
async function goesAbroad(browser, demo) {
  const name = demo.told.sign_ins.find((s) => s.subject === MOTHER).name.split(',')[0];
  for (const who of staff(demo, 'counter_official')) {
    const page = await open(browser, demo, who, DESK);
    await openHousehold(page, name, { name });
    const exact = page.locator('main table tr', { hasText: 'Exact' }).locator('a[href^="/official/households/"]');
    if (await exact.count()) {
      const home = await exact.first().getAttribute('href');
      await page.goto(home);
      await page.goto(`${home}/events/fact`);
      await page.locator('main fieldset', { hasText: 'About whom' }).locator('label').nth(-2).click();
      await page.selectOption('main [name=item]', { label: 'Days abroad in a row' });
      await page.fill('main [name=value]', '120');
      await page.fill('main [name=on]', officeDay(-1));
      await page.locator('main [name=told]').first().check();
      await page.click('main form[method=post] button.btn');
      check('the stay abroad is taken', !page.url().includes('/events/'), (await main(page)).slice(0, 600));
      await page.context().close();
      return;
    }
    await page.context().close();
  }
  check('a counter serves the mother', false);
}

/** On her phone she reads what is planned, and says what she has to say. */
async function speaks(browser, demo) {
  const page = await open(browser, demo, MOTHER, PHONE);
  const form = page.locator('main form[action$="/speak"]');
  await until('the family is asked before it gets worse', async () => {
    await page.goto(story.case);
    return form.count();
  });
  await picture(page, 'hearing-en-phone');
  await axe(page, 'hearing of the family', 'en', VIEWS);
  await page.goto(story.case);
  await form.locator('textarea').fill('We were with my mother and come back in May');
  await form.locator('button').click();
  const said = await main(page);
  check('what she said stands there', /come back in May|told us|heard/i.test(said), said.slice(0, 1200));
  await page.context().close();
}

/** An official reads it and goes on as planned; it is against the family, so somebody else signs. */
async function endsIt(browser, demo) {
  const path = story.case.replace('/cases/', '/work/case/');
  for (const who of staff(demo, 'caseworker')) {
    const page = await open(browser, demo, who, DESK);
    const answer = await page.goto(path);
    const ends = page.locator('main form:has(input[value=close-hearing])');
    if (answer.ok() && (await ends.count())) {
      const said = await main(page);
      check('the official reads what the family said', /come back in May/.test(said), said.slice(0, 2000));
      await picture(page, 'work-hearing-en-desk');
      await axe(page, 'hearing of the official', 'en', VIEWS);
      await page.goto(path);
      await ends.locator('textarea').fill('They come back in May; the allowance begins again then');
      await ends.locator('button[value=yes]').click();
      check('it goes on to a second person', /done=approval/.test(page.url()), page.url());
    }
    await page.context().close();
  }
  story.approver = null;
  for (const who of staff(demo, 'approver')) {
    const page = await open(browser, demo, who, DESK);
    const answer = await page.goto(path);
    const sign = page.locator('main form:has(input[value=sign])');
    if (!story.approver && answer.ok() && (await sign.count())) {
      await sign.locator('[name=agrees][value=yes]').click();
      check('the stop is in force', /done=in-force/.test(page.url()), page.url());
      story.approver = who;
    }
    await page.context().close();
  }
  check('somebody of the office signed', story.approver !== null);
}

/** A court orders the allowance to be paid on: entered by an approver, it is carried out back to the day it says. */
async function ordered(browser, demo) {
  const page = await open(browser, demo, story.approver, DESK);
  const path = story.case.replace('/cases/', '/work/case/');
  await page.goto(path);
  const form = page.locator('main form:has(input[value=court])');
  check('a court’s order can be entered', (await form.count()) === 1, (await main(page)).slice(0, 1500));
  await page.locator('summary', { hasText: 'court' }).first().click();
  await picture(page, 'work-court-en-desk');
  await axe(page, 'order of a court', 'en', VIEWS);
  await page.goto(path);
  await page.locator('summary', { hasText: 'court' }).first().click();
  await form.locator('button').last().click();
  check('an order without reason and law is refused', (await page.locator('main .field-error').count()) >= 2, await main(page));
  const fields = { reason: 'The stay was no longer than the law allows', law: 'Judgment 2026-123' };
  await form.locator('[name=court-grant][value=yes]').check();
  for (const [name, words] of Object.entries(fields)) await form.locator(`[name=court-${name}]`).fill(words);
  await form.locator('[name=court-from-0]').fill(officeDay().slice(0, 8) + '01');
  await form.locator('[name=court-sum-0]').fill('100000');
  await form.locator('button').last().click();
  check('the order is in force', /done=in-force/.test(page.url()), `${page.url()} ${(await main(page)).slice(0, 1500)}`);
  await page.context().close();
  const mother = await open(browser, demo, MOTHER, PHONE);
  await mother.goto(story.case);
  const said = await main(mother);
  check('the mother reads that she gets it again', /You get/.test(said) && /court/i.test(said), said.slice(0, 1500));
  await mother.context().close();
}

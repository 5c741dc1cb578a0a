// *What may I get?* without an account: from the first page to the result, in two languages, nothing kept.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DESK, PHONE, check, officeDay, signedIn } from './hearth.mjs';
import { checkUpTo } from './pages.mjs';
import { ask } from './walk.mjs';

// A birth date that nobody in the town has, so that a trace of it is a trace of us.
const OURS = '1991-02-03';

export async function withoutAnAccount(browser, demo) {
  const before = counts(demo);
  for (const [locale, viewport, javaScriptEnabled] of [['ko', PHONE, true], ['ko', PHONE, false], ['en', DESK, true]]) {
    const page = await signedIn(browser, demo, null, { locale, viewport, javaScriptEnabled });
    await endToEnd(page, `${locale}${javaScriptEnabled ? '' : ' without scripts'}`);
    await page.context().close();
  }
  const after = counts(demo);
  check('nothing of the answers is in the database', JSON.stringify(before) === JSON.stringify(after), `${JSON.stringify(before)} ${JSON.stringify(after)}`);
  check('nothing of the answers is in any file', !traces(demo.data).length, traces(demo.data).join(' '));
}

async function endToEnd(page, name) {
  await checkUpTo(page, 'more');
  check(`check ${name}: the third step asks`, (await page.locator('main form[action="/check/result"] .field').count()) > 0);
  await page.click('main form[action="/check/people"] button');
  await page.fill('main [name=m0-born]', OURS);
  await page.click('main button[value=next]');
  await page.click('main form[action="/check/result"] button.btn');
  const yes = await page.locator('main .card').count();
  check(`check ${name}: results as cards`, yes > 2, `${yes}`);
  const body = await page.textContent('main');
  check(`check ${name}: amounts in won`, /[0-9],?000/.test(body));
  check(`check ${name}: laws are named`, /법/.test(body));
  // The language is changed in the middle without losing an answer.
  await page.click('header button[name=lang]:not([aria-current])');
  check(`check ${name}: another language keeps the answers`, (await page.locator('main .card').count()) === yes);
  await page.click('main form[action="/check/people"] button');
  check(`check ${name}: back at the answers`, (await page.inputValue('main [name=m0-born]')) === OURS);
  const cookies = await page.context().cookies();
  check(`check ${name}: no cookie but the language`, cookies.every((c) => c.name === 'hearth_lang' || /lang/.test(c.name)), cookies.map((c) => c.name).join());
}

/** Rows of the tables that hold people. */
function counts(demo) {
  const tables = ['person', 'household', 'person_fact', 'household_fact', 'residence', 'application', 'idempotency'];
  return ask(demo, tables.map((t) => `select '${t}', count(*) from ${t}`).join(' union all '));
}

/** Files below a folder that hold what we typed. */
function traces(folder) {
  return readdirSync(folder, { recursive: true }).filter((name) => {
    const path = join(folder, name);
    return statSync(path).isFile() && readFileSync(path).includes(OURS);
  });
}

export async function emptyAnswersAreNoError(browser, demo) {
  const page = await signedIn(browser, demo, null, { viewport: PHONE });
  await page.goto('/check');
  await page.click('main form[action="/check/place"] button.btn');
  await page.selectOption('main [name=place]', { index: 2 });
  await page.click('main button.btn');
  await page.fill('main [name=m0-born]', '1950-01-01');
  await page.click('main button[value=next]');
  if (page.url().endsWith('/check/people') && (await page.locator('main [name=m0-born]').isVisible().catch(() => false))) check('one person alone goes on', false);
  check('one person alone gets an answer or questions', (await page.locator('h1').count()) === 1);
  await page.goto('/check');
  await page.click('main form[action="/check/place"] button.btn');
  await page.selectOption('main [name=place]', { index: 2 });
  await page.click('main button.btn');
  await page.fill('main [name=m0-born]', officeDay(3));
  await page.click('main button[value=next]');
  check('a birth date to come is told at its field', (await page.locator('[aria-invalid=true][name=m0-born]').count()) === 1);
  check('and kept', (await page.inputValue('main [name=m0-born]')) === officeDay(3));
}

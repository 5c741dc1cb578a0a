// Home visiting in the browser: a nurse's day, a visit, growth, an alert that nobody else sees, and a mother who asks herself.
import { DESK, PHONE, check, officeDay, picture, signedIn } from './hearth.mjs';
import { axe } from './sound.mjs';

const VIEWS = [[PHONE, 'light'], [DESK, 'dark']];
const TABLET = { width: 820, height: 1180 };

/** The nurse's pages on a tablet, without scripts: day, family, record of a visit with figures, growth. */
export async function aVisit(browser, demo) {
  const page = await signedIn(browser, demo, 'nurse', { locale: 'ko', viewport: TABLET, javaScriptEnabled: false });
  await page.goto('/visits/day');
  check('the day has visits', (await page.locator('main article.card').count()) > 0, await page.textContent('main'));
  await picture(page, 'visits-day-ko-tablet');
  await page.goto('/visits/families');
  const links = await page.locator('main table a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  check('the nurse has families', links.length >= 2, links.join());
  let recorded = false;
  for (const href of links) {
    await page.goto(href);
    const record = page.locator('main a.btn[href*="/visit?"]').first();
    if ((await record.count()) === 0) continue;
    await record.click();
    await page.locator('main [name=ending][value=done]').check();
    await page.fill('main [name=on]', officeDay());
    await page.fill('main [name=minutes]', '75');
    const weight = page.locator('main input[name^="weight."]').first();
    const child = (await weight.count()) > 0;
    if (child) await weight.fill('90');
    await page.fill('main [name=steps]', '번갈아 재우기로 했어요');
    if (child) {
      await page.click('main button.btn');
      check('a weight that cannot be is said beside its field', (await page.locator('main .field--bad input[name^="weight."]').count()) === 1, page.url());
      check('and what was typed stays', (await page.inputValue('main [name=steps]')).includes('번갈아'));
      await picture(page, 'visits-record-error-ko-tablet');
      await page.locator('main input[name^="weight."]').first().fill('3,9');
    }
    await page.click('main button.btn');
    check('a visit is taken', new URL(page.url()).searchParams.get('done') === 'visit', `${page.url()} ${await page.textContent('main')}`.slice(0, 900));
    check('and is in the file', (await page.textContent('main')).includes('번갈아 재우기로'));
    await picture(page, 'visits-family-ko-tablet');
    recorded = true;
    if (!child) continue;
    await page.click('main a[href$="/growth"]');
    check('growth is drawn', (await page.locator('main svg > circle').count()) > 0 && (await page.locator('main svg > polyline').count()) > 5);
    check('and told in a table', /z −?-?\d/.test(await page.textContent('main table')));
    await picture(page, 'visits-growth-ko-tablet');
    break;
  }
  check('a visit could be recorded', recorded);
  await page.context().close();
}

/** On a phone one question comes after the other; a dark answer is seen by the supervisor and nowhere else. */
export async function anAlert(browser, demo) {
  const page = await signedIn(browser, demo, 'nurse', { locale: 'en', viewport: PHONE, extraHTTPHeaders: { 'sec-ch-ua-mobile': '?1' } });
  await page.goto('/visits/families');
  const family = await page.locator('main table a').first().getAttribute('href');
  await page.goto(`${family}/form/phq9`);
  check('one question a screen', (await page.locator('main fieldset').count()) === 1, await page.textContent('main'));
  await picture(page, 'visits-question-en-phone');
  for (let n = 1; n <= 9; n += 1) {
    await page.locator(`main input[type=radio][value=${n === 9 ? 'LA6569-3' : 'LA6568-5'}]`).check();
    await page.click('main button[value=next]');
  }
  check('then the whole form to read over', (await page.locator('main fieldset').count()) === 9);
  await page.click('main button[value=send]');
  check('the same words whatever was answered', new URL(page.url()).searchParams.get('done') === 'form', page.url());
  check('nothing of it on the family page', !/self-harm|danger of/i.test(await page.textContent('main')));
  await page.goto(`${family}/form/home-safety`);
  await page.locator('main [name="q.home-safety.hurt"][value=true]').check();
  await page.click('main button[value=send]');
  check('asked only alone', (await page.locator('main .summary-error').count()) === 1);
  await page.check('main [name=alone]');
  await page.click('main button[value=send]');
  check('taken without a word', new URL(page.url()).searchParams.get('done') === 'form', page.url());
  await page.context().close();

  const lead = await signedIn(browser, demo, 'visit-supervisor', { locale: 'en', viewport: DESK });
  await lead.goto('/visits/alerts');
  const rows = lead.locator('main table tbody tr');
  check('two alerts wait', (await rows.count()) === 2, await lead.textContent('main'));
  check('the list does not say what about', !/self-harm|not safe/i.test(await lead.textContent('main')));
  await picture(lead, 'visits-alerts-en-desk');
  await lead.locator('main table a').first().click();
  await lead.check('main [name=alone]');
  await lead.click('main button.btn');
  check('it opens alone', /Danger of self-harm|Not safe at home/.test(await lead.textContent('main')));
  await picture(lead, 'visits-alert-en-desk');
  await lead.click('main form:has([value=take]) button');
  check('taken', /in hand/.test(await lead.textContent('main')), await lead.textContent('main'));
  await lead.context().close();
}

/** The supervisor asks the family that is left and gives it to a nurse. */
export async function aFamilyIsGiven(browser, demo) {
  const page = await signedIn(browser, demo, 'visit-supervisor', { locale: 'ko', viewport: DESK });
  await page.goto('/visits/families');
  await picture(page, 'visits-families-ko-desk');
  await page.locator('main table a').first().click();
  await page.check('main [name=consent]');
  await page.click('main button.btn');
  await page.selectOption('main [name=nurse]', { index: 1 });
  await page.click('main button.btn');
  check('given', new URL(page.url()).searchParams.get('done') === 'nurse', page.url());
  await page.context().close();
}

/** A nurse is sick for a week: what cannot wait goes to a colleague with room, and its family stays hers. */
export async function aColleagueMakesAVisit(browser, demo) {
  const lead = await signedIn(browser, demo, 'visit-supervisor', { locale: 'ko', viewport: DESK });
  await lead.goto('/visits/week');
  const nurses = await lead.locator('main ul a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  let found = false;
  for (const href of nurses) {
    for (let ahead = 0; ahead < 4 && !found; ahead += 1) {
      await lead.goto(href);
      for (let n = 0; n < ahead; n += 1) await lead.locator('main p.facts-line a').nth(1).click();
      if ((await lead.locator('main [name=away]').count()) === 0) continue;
      await lead.locator('main details:has([name=away]) > summary').click();
      for (const box of await lead.locator('main [name=away]').all()) await box.check();
      await lead.locator('main form:has([name=away]) button').click();
      found = (await lead.locator('main button[value=cover]').count()) > 0;
      if (found) break;
      await lead.locator('main details:has([name=away]) > summary').click();
      for (const box of await lead.locator('main [name=away]').all()) await box.uncheck();
      await lead.locator('main form:has([name=away]) button').click();
    }
    if (found) break;
  }
  check('a colleague with room is proposed', found, nurses.join());
  if (found) {
    await picture(lead, 'visits-week-cover-ko-desk');
    await lead.locator('main button[value=cover]').first().click();
    check('a colleague makes the visit', new URL(lead.url()).searchParams.get('done') === 'cover', lead.url());
    check('and it can be given back', (await lead.locator('main button[value=uncover]').count()) > 0);
    await picture(lead, 'visits-week-covered-ko-desk');
  }
  await lead.context().close();
  for (const locale of ['ko', 'en']) {
    const nurse = await signedIn(browser, demo, 'nurse', { locale, viewport: TABLET });
    await nurse.goto('/visits/week');
    await picture(nurse, `visits-week-${locale}-tablet`);
    await nurse.context().close();
  }
}

/** Sound on every page, in two languages. */
export async function sound(browser, demo) {
  for (const [who, locale] of [['nurse', 'ko'], ['nurse', 'en'], ['visit-supervisor', 'en']]) {
    const page = await signedIn(browser, demo, who, { locale, bypassCSP: true, viewport: PHONE, reducedMotion: 'reduce' });
    await page.goto('/visits/families');
    const family = await page.locator('main table a').first().getAttribute('href');
    const nurse = who === 'nurse';
    const paths = ['/visits/families', '/visits/week', family, `${family}/need`, `${family}/alone`, ...(nurse ? ['/visits/day', `${family}/growth`, `${family}/form/phq9`, `${family}/form/home-safety`] : ['/visits/alerts', '/visits/indicators', '/visits/indicators/coverage_4w', '/visits/indicators/cost_visit']), '/visits/surveys', '/visits/groups'];
    for (const path of paths) {
      await page.goto(path);
      await axe(page, `visits ${path.replace(/[0-9a-f-]{36}/, 'ID')} ${who} ${locale}`, locale, VIEWS);
    }
    if (nurse) {
      await page.goto(family);
      const record = page.locator('main a.btn[href*="/visit?"]').first();
      if ((await record.count()) > 0) {
        await record.click();
        await axe(page, `visits record ${locale}`, locale, VIEWS);
      }
    }
    await page.context().close();
  }
  const page = await signedIn(browser, demo, 'mother-1', { locale: 'ko', bypassCSP: true, viewport: PHONE, reducedMotion: 'reduce' });
  await page.goto('/visits/join');
  await axe(page, 'visits join', 'ko', VIEWS);
  await picture(page, 'visits-join-ko-phone');
  await page.goto('/visits/own-groups');
  await axe(page, 'visits own groups', 'ko', VIEWS);
  await page.goto('/visits/study');
  await axe(page, 'visits study', 'ko', VIEWS);
  await picture(page, 'visits-study-ko-phone');
  await page.context().close();
}

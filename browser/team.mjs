// The nurses' own pages in the browser: training, a session and what two write about it, a family that goes to another nurse.
import { DESK, PHONE, check, officeDay, picture, signedIn } from './hearth.mjs';
import { axe } from './sound.mjs';

const VIEWS = [[PHONE, 'light'], [DESK, 'dark']];
const TABLET = { width: 820, height: 1180 };
const SECRET = '그 집에서 나와 한참 걸었어요';

const done = (page) => new URL(page.url()).searchParams.get('done');

/** The supervisor at her desk, without scripts: the team, a course confirmed, a course planned. */
export async function theTeam(browser, demo) {
  const page = await signedIn(browser, demo, 'visit-supervisor', { locale: 'ko', viewport: DESK, javaScriptEnabled: false });
  await page.goto('/visits/team');
  const text = await page.textContent('main');
  check('two nurses against the ceilings', (await page.locator('main table tbody tr').count()) === 2 && /\/ 250/.test(text), text);
  check('what has expired and what is overdue', text.includes('개별 슈퍼비전') && (await page.locator('main .tag').count()) > 2, text);
  await picture(page, 'team-ko-desk');
  await page.locator('main table a').first().click();
  await page.click('main summary');
  await page.selectOption('main [name=course]', { index: 1 });
  await page.fill('main [name=hours]', '999');
  await page.fill('main [name=ended_on]', officeDay(-1));
  await page.locator('main form:has([value=note]) button').click();
  check('too many hours are said beside the field', (await page.locator('main .field--bad [name=hours]').count()) === 1, page.url());
  await picture(page, 'team-nurse-error-ko-desk');
  await page.fill('main [name=hours]', '8');
  await page.locator('main form:has([value=note]) button').click();
  check('a course is confirmed', done(page) === 'saved', await page.textContent('main'));
  await page.goto('/visits/team/cohorts');
  await page.selectOption('main [name=course]', { index: 1 });
  await page.fill('main [name=place]', '서울시 교육센터');
  await page.fill('main [name=starts_on]', officeDay(7));
  await page.fill('main [name=ends_on]', officeDay(8));
  await page.fill('main [name=seats]', '12');
  await page.locator('main form:has([value=plan]) button').click();
  check('a course is planned', done(page) === 'saved', await page.textContent('main'));
  await picture(page, 'team-cohorts-ko-desk');
  await page.context().close();
}

/** A session of two; what the nurse writes on her phone, her supervisor reads and the administrator does not. */
export async function aSession(browser, demo) {
  const lead = await signedIn(browser, demo, 'visit-supervisor', { locale: 'ko', viewport: DESK, javaScriptEnabled: false });
  await lead.goto('/visits/team/session');
  await lead.locator('main [name=kind][value=individual]').check();
  await lead.fill('main [name=minutes]', '60');
  await lead.fill('main [name=topics]', '어려운 방문 나누기');
  await lead.click('main button.btn');
  check('who was there is asked for', (await lead.locator('main .field--bad [name=nurse]').count()) > 0, lead.url());
  const nurses = await lead.locator('main label:has([name=nurse])').allTextContents();
  const first = nurses.findIndex((name) => !name.includes('두 번째'));
  await lead.locator('main [name=nurse]').nth(first).check();
  await lead.click('main button.btn');
  check('a session is written down', done(lead) === 'saved', await lead.textContent('main'));
  const path = new URL(lead.url()).pathname;

  const nurse = await signedIn(browser, demo, 'nurse', { locale: 'ko', viewport: PHONE, javaScriptEnabled: false });
  await nurse.goto('/visits/training');
  check('she sees how far she is', /320시간 가운데/.test(await nurse.textContent('main')));
  await picture(nurse, 'training-ko-phone');
  await nurse.click(`main a[href="${path}"]`);
  await nurse.fill('main [name=words]', SECRET);
  await nurse.click('main button.btn');
  check('what she wrote is there', (await nurse.textContent('main')).includes(SECRET), nurse.url());
  await picture(nurse, 'team-session-ko-phone');
  await nurse.context().close();
  await lead.goto(path);
  check('her supervisor reads it', (await lead.textContent('main')).includes(SECRET));
  await lead.context().close();
  for (const who of ['nurse-2', 'rural-visit-supervisor', 'administrator', 'privacy', 'caseworker']) {
    const other = await signedIn(browser, demo, who, { locale: 'ko', viewport: DESK });
    const answer = await other.goto(path);
    check(`${who} does not`, answer.status() >= 400 && !(await other.content()).includes(SECRET), String(answer.status()));
    await other.context().close();
  }
}

/** A family goes to the other nurse from today on; the first has it no more. */
export async function aHandover(browser, demo) {
  const page = await signedIn(browser, demo, 'visit-supervisor', { locale: 'ko', viewport: TABLET, javaScriptEnabled: false });
  await page.goto('/visits/team/handover');
  const nurses = await page.locator('main [name=from] option').evaluateAll((all) => all.map((o) => [o.value, o.textContent]));
  const [from] = nurses.find(([id, name]) => id && !name.includes('두 번째'));
  const [to] = nurses.find(([, name]) => name.includes('두 번째'));
  await page.selectOption('main [name=from]', from);
  await page.click('main form[method=get] button');
  const families = await page.locator('main [name=family]').count();
  check('her families to choose from', families > 0);
  // The last of the list: other parts of the test go on with the first.
  const name = (await page.locator('main label:has([name=family])').last().textContent()).split('·')[0].trim();
  await page.locator('main [name=family]').last().check();
  await page.selectOption('main [name=to]', to);
  await page.fill('main [name=on]', officeDay(-1));
  await page.fill('main [name=reason]', '육아휴직');
  await page.click('main form[method=post] button.btn');
  check('a day that is over is said beside its field', (await page.locator('main .field--bad [name=on]').count()) === 1, page.url());
  check('and the family stays ticked', await page.locator('main [name=family]').last().isChecked());
  await picture(page, 'team-handover-error-ko-tablet');
  await page.fill('main [name=on]', officeDay());
  await page.click('main form[method=post] button.btn');
  check('it is handed over', done(page) === 'handover', await page.textContent('main'));
  await page.context().close();
  for (const [who, has] of [['nurse', false], ['nurse-2', true]]) {
    const nurse = await signedIn(browser, demo, who, { locale: 'ko', viewport: PHONE });
    await nurse.goto('/visits/families');
    const text = await nurse.textContent('main');
    check(`${who} has the family: ${has}`, text.includes(name) === has, text);
    await nurse.goto('/visits/training');
    check(`${who} is told`, (await nurse.textContent('main')).includes('육아휴직'));
    await nurse.context().close();
  }
}

/** Sound on every page, in two languages. */
export async function sound(browser, demo) {
  const PAGES = { 'visit-supervisor': ['/visits/team', '/visits/team/handover', '/visits/team/session', '/visits/team/cohorts'], nurse: ['/visits/training'] };
  for (const [who, locale] of [['visit-supervisor', 'ko'], ['visit-supervisor', 'en'], ['nurse', 'ko'], ['nurse', 'en']]) {
    const page = await signedIn(browser, demo, who, { locale, bypassCSP: true, viewport: PHONE, reducedMotion: 'reduce' });
    const paths = [...PAGES[who]];
    await page.goto(paths[0]);
    const found = await page.locator('main a[href^="/visits/team/nurse/"], main a[href^="/visits/session/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    paths.push(found[0]);
    for (const path of paths) {
      await page.goto(path);
      await axe(page, `team ${path.replace(/[0-9a-f-]{36}/, 'ID')} ${who} ${locale}`, locale, VIEWS);
    }
    await page.context().close();
  }
}

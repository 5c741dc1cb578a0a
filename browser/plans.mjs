// Case management in the browser: a case opened by the nurse, its plan, the part another agency sees, and the mother's own page.
import { DESK, PHONE, check, officeDay, picture, signedIn } from './hearth.mjs';
import { ALL_VIEWS, axe } from './sound.mjs';

const VIEWS = [[PHONE, 'light'], [DESK, 'dark']];
const TABLET = { width: 820, height: 1180 };
const AGENCY = 'municipality';

async function saved(page, what) {
  await page.click('main button.btn');
  check(what, new URL(page.url()).searchParams.get('done') === 'saved', `${page.url()} ${await page.textContent('main')}`.slice(0, 900));
}

function motherOf(demo, name) {
  return demo.told.sign_ins.find((s) => s.subject.startsWith('mother-') && s.name.startsWith(name));
}

/** The nurse's case, without scripts: opened, a goal, an agency, an action, a conference; a mistake is said beside its field. */
export async function aCase(browser, demo) {
  const page = await signedIn(browser, demo, 'nurse', { locale: 'ko', viewport: TABLET, javaScriptEnabled: false });
  await page.goto('/visits/families');
  // A family whose mother can sign in, so that she answers too.
  const families = await page.locator('main table a').evaluateAll((all) => all.map((a) => [a.textContent.trim(), a.getAttribute('href')]));
  const [, family] = families.find(([name]) => motherOf(demo, name)) ?? families[0];
  const plan = `${family}/plan`;
  await page.goto(family);
  await page.click(`main a[href="${plan}"]`);
  await page.click('main button.btn');
  check('a case is opened with a reason', (await page.locator('main .field--bad [name=why]').count()) === 1, page.url());
  await page.fill('main [name=why]', '여러 위험이 함께 있어요');
  await saved(page, 'a case is opened');
  check('it begins with the first step', /9단계 가운데 1단계/.test(await page.textContent('main')), await page.textContent('main'));
  await page.goto(`${plan}/goal`);
  await page.locator('main [name=voice][value=own]').check();
  await page.fill('main [name=words]', '밤에 다시 자고 싶어요');
  await saved(page, 'a goal in her words');
  await page.goto(`${plan}/action?number=1`);
  await page.fill('main [name=words]', '번갈아 아기 보기');
  await page.fill('main [name=due]', officeDay(-3));
  await page.click('main button.btn');
  check('a day that is over is said beside its field', (await page.locator('main .field--bad [name=due]').count()) === 1);
  await picture(page, 'plan-action-error-ko-tablet');
  await page.fill('main [name=due]', officeDay(14));
  await saved(page, 'an action of the family');
  await page.goto(`${plan}/ask`);
  await page.selectOption('main [name=agency]', AGENCY);
  await page.fill('main [name=why]', '큰 아이 돌봄을 함께 알아보기');
  await page.check('main [name=agreed]');
  await saved(page, 'an agency takes part');
  await page.goto(`${plan}/confer`);
  await page.fill('main [name=on]', officeDay());
  await page.fill('main [name=name-1]', '어머니');
  await page.fill('main [name=name-2]', '박서준');
  await page.selectOption('main [name=of-2]', AGENCY);
  await page.fill('main [name=minutes]', '돌봄을 알아보기로 했다.');
  await page.selectOption('main [name=goal-1]', '1');
  await page.selectOption('main [name=agency-1]', AGENCY);
  await page.fill('main [name=words-1]', '시간제 돌봄 알아보기');
  await page.fill('main [name=due-1]', officeDay(7));
  await picture(page, 'plan-confer-ko-tablet');
  await saved(page, 'a conference');
  check('its decision is an action', (await page.textContent('main ul.cards')).includes('시간제 돌봄 알아보기'));
  await page.goto(plan);
  await picture(page, 'plan-nurse-ko-tablet');
  await page.goto('/visits/plans');
  check('it is on her list', (await page.locator('main table tbody tr').count()) === 1);
  await page.context().close();
}

/** The mother on her phone reads the plan in plain words and agrees to it. */
export async function herPlan(browser, demo) {
  const nurse = await signedIn(browser, demo, 'nurse', { locale: 'ko', viewport: DESK });
  await nurse.goto('/visits/plans');
  const name = (await nurse.textContent('main table tbody th')).trim();
  const mother = motherOf(demo, name);
  check('the family of the case has a sign-in', mother !== undefined, name);
  const page = await signedIn(browser, demo, mother.subject, { locale: 'ko', viewport: PHONE, bypassCSP: true, reducedMotion: 'reduce' });
  await page.goto('/visits/join');
  await page.click('main a[href="/plan"]');
  const text = await page.textContent('main');
  check('her words, and who takes part', text.includes('밤에 다시 자고 싶어요') && text.includes('큰 아이 돌봄'), text);
  await axe(page, 'plan own', 'ko', VIEWS);
  await page.click('main form:has([value=agree]) button');
  check('she agrees', (await page.textContent('main')).includes('이 계획에 동의했어요'), page.url());
  await picture(page, 'plan-own-ko-phone');
  await page.context().close();
  await nurse.locator('main table a').first().click();
  check('the nurse sees that she agreed', (await nurse.textContent('main')).includes('지금 계획에 동의함'));
  await nurse.context().close();
}

/** The other agency sees its part and reports; when the family takes its consent back, it is gone. */
export async function aPart(browser, demo) {
  const page = await signedIn(browser, demo, 'caseworker', { locale: 'ko', viewport: DESK, bypassCSP: true, reducedMotion: 'reduce' });
  await page.goto('/work');
  await page.click('main a[href="/work/plans"]');
  check('one family asks for it', (await page.locator('main table tbody tr').count()) === 1, await page.textContent('main'));
  await page.locator('main table a').first().click();
  const part = page.url();
  const seen = await page.textContent('main');
  check('its own action', seen.includes('시간제 돌봄 알아보기'));
  check('and no other, and no minutes', !seen.includes('번갈아 아기 보기') && !seen.includes('알아보기로 했다'), seen);
  await picture(page, 'plan-part-ko-desk');
  await axe(page, 'plans part', 'ko', ALL_VIEWS);
  await page.locator('main a.btn').first().click();
  await axe(page, 'plans report', 'ko', ALL_VIEWS);
  await page.locator('main [name=how][value=done]').check();
  await page.fill('main [name=words]', '월요일부터 시작해요');
  await saved(page, 'it reports');

  const nurse = await signedIn(browser, demo, 'nurse', { locale: 'ko', viewport: PHONE });
  await nurse.goto('/visits/plans');
  await nurse.locator('main table a').first().click();
  check('the nurse sees what came of it', (await nurse.textContent('main')).includes('월요일부터 시작해요'));
  await picture(nurse, 'plan-nurse-ko-phone');
  await nurse.click('main a[href*="/withdraw?"]');
  await saved(nurse, 'the family takes it back');
  await nurse.context().close();
  const answer = await page.goto(part);
  check('then it is as if there were none', answer.status() === 404, String(answer.status()));
  await page.context().close();
}

/** Sound on every page, in two languages. */
export async function sound(browser, demo) {
  for (const [who, locale] of [['nurse', 'ko'], ['visit-supervisor', 'en']]) {
    const page = await signedIn(browser, demo, who, { locale, bypassCSP: true, viewport: PHONE, reducedMotion: 'reduce' });
    await page.goto('/visits/plans');
    const plan = await page.locator('main table a').first().getAttribute('href');
    const forms = ['goal', 'action?number=1', 'confer', 'end?number=2', 'correct?number=2', 'ask', 'agree', 'review', 'sign', 'back', ...(who === 'nurse' ? [] : ['decline'])];
    for (const path of ['/visits/plans', plan, ...forms.map((form) => `${plan}/${form}`)]) {
      await page.goto(path);
      await axe(page, `plans ${path.replace(/[0-9a-f-]{36}/, 'ID')} ${who} ${locale}`, locale, VIEWS);
    }
    await page.context().close();
  }
  for (const [who, path] of [['mother-1', '/plan'], ['caseworker', '/work/plans']]) {
    const page = await signedIn(browser, demo, who, { locale: 'ko', bypassCSP: true, viewport: PHONE, reducedMotion: 'reduce' });
    await page.goto(path);
    await axe(page, `plans ${path} ${who}`, 'ko', VIEWS);
    await page.context().close();
  }
}

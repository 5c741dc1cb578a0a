// One mother from the day she asks for visits to her child's second birthday and the survey, by clicking alone: a safety answer, the decision on need,
// visits, growth, a service that declines, the clock that runs out, another that helps, and the clock of the demonstration. In both countries.
import { DESK, PHONE, check, forget, picture, signedIn, startDemo } from './hearth.mjs';
import { openHousehold } from './pages.mjs';
import { axe } from './sound.mjs';

const TABLET = { width: 820, height: 1180 };
const DAY = 86_400_000;
/** Two years of a demonstration's time take no longer than this. */
const LONGEST = 600_000;

const COUNTRIES = {
  korea: {
    from: 'packs/korea', mother: 'ko', staff: 'en', child: '하늘',
    risks: ['perinatal-risk.low_income', 'perinatal-risk.single', 'perinatal-risk.housing'], need: 'sustained',
    first: 'parenting', second: 'depression', steps: '번갈아 재우기로 했어요',
  },
  kazakhstan: {
    from: 'packs/kazakhstan', mother: 'kk', staff: 'ru', child: 'Айым',
    risks: ['family-signs.low_mood', 'family-signs.poverty', 'family-signs.alone'], need: 'universal_progressive/moderate',
    first: 'parenting', second: 'depression', steps: 'Кезектесіп ұйықтатамыз',
  },
};

/** A boy or girl near the median of the WHO standards: days of age, kilograms, centimetres. */
const GROWTH = [[7, 3.4, 50.5], [42, 4.7, 56], [182, 7.5, 67], [365, 9.3, 75], [548, 10.6, 81.5], [730, 11.8, 87]];

async function follow(browser, country) {
  const demo = await startDemo({ from: country.from });
  const told = demo.told.sign_ins.find((s) => s.subject === 'expecting');
  check('somebody expects a child and has told nobody', told !== undefined);
  const [, name, identifier] = /^(.*) \((.*)\),/.exec(told.name);
  const walk = { browser, demo, country, name, identifier };
  try {
    // Each step stands on the one before: the first that breaks off ends the walk.
    for (const step of [asks, isGiven, alarms, isDecided, isVisitedBefore, gives, isVisited, isSentOn, growsUp, isAsked, leaves, isCounted]) {
      const begun = Date.now();
      await step(walk);
      if (process.env.TIMES) console.log(`  ${country.from} ${step.name}: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
    }
  } finally {
    await demo.stop();
  }
}

const as = ({ browser, demo, country }, who, options = {}) => signedIn(browser, demo, who, { locale: country.staff, viewport: DESK, ...options });
const day = (iso, days) => new Date(Date.parse(iso) + days * DAY).toISOString().slice(0, 10);
const done = (page) => new URL(page.url()).searchParams.get('done');
const main = async (page) => (await page.textContent('main')).replace(/\s+/g, ' ').slice(0, 900);

/** The day in the demonstration. */
async function today({ browser, demo }) {
  const page = await signedIn(browser, demo, null, { locale: 'en' });
  await page.goto('/demo/time');
  const shown = await page.locator('h1 .caption').textContent();
  await page.context().close();
  return new Date(Date.parse(`${shown} UTC`)).toISOString().slice(0, 10);
}

/** Moves the clock to a day and waits until everything on the way is done. Sign-ins do not last that long. */
async function travel(walk, to) {
  const { browser, demo } = walk;
  const page = await signedIn(browser, demo, null, { locale: 'en' });
  await page.goto('/demo/time');
  const from = new Date(Date.parse(`${await page.locator('h1 .caption').textContent()} UTC`));
  await page.fill('main [name=date]', to);
  const begun = Date.now();
  await page.click('main button[value=date]');
  await page.locator('main [role=status]').waitFor({ state: 'detached', timeout: LONGEST });
  const took = (Date.now() - begun) / 1000;
  const days = Math.round((Date.parse(to) - from.getTime()) / DAY);
  if (days > 300) console.log(`  ${walk.country.from}: ${days} days in ${took.toFixed(0)} s`);
  check(`it is ${to}`, (await today(walk)) === to);
  await page.context().close();
  forget(demo);
}

/** She asks for visits on her telephone, in plain words, and answers what she wants to answer. */
async function asks(walk) {
  walk.begun = await today(walk);
  walk.due = day(walk.begun, 60);
  const page = await as(walk, 'expecting', { locale: walk.country.mother, viewport: PHONE, bypassCSP: true, reducedMotion: 'reduce' });
  await page.goto('/');
  await page.click('nav a[href="/visits/join"]');
  await page.click('main button.btn');
  check('nothing is taken without her yes', (await page.locator('main .summary-error').count()) === 1, await main(page));
  await page.fill('main [name=due]', walk.due);
  await page.check('main [name=consent]');
  await page.click('main button.btn');
  check('she has asked for visits', done(page) === 'joined', `${page.url()} ${await main(page)}`);
  await page.click('main a[href="/visits/join/questions"]');
  for (const risk of walk.country.risks) await page.locator(`main [name="q.${risk}"][value=true]`).check();
  await page.click('main button[value=send]');
  check('her answers are taken, others may be skipped', done(page) === 'answered', `${page.url()} ${await main(page)}`);
  await axe(page, `mother joins ${walk.country.mother}`, walk.country.mother, [[PHONE, 'light']]);
  await picture(page, `mother-joined-${walk.country.mother}-phone`);
  await page.context().close();
}

/** Opens her file from the list of families. */
async function herFile(walk, page) {
  await page.goto('/visits/families');
  await page.locator('main table a').getByText(walk.name, { exact: true }).first().click();
  walk.family = new URL(page.url()).pathname;
}

/** The supervisor finds her on the list and gives her to a nurse. */
async function isGiven(walk) {
  const page = await as(walk, 'visit-supervisor');
  await herFile(walk, page);
  const nurses = await page.locator('main [name=nurse] option').evaluateAll((all) => all.map((o) => o.value).filter(Boolean));
  check('there are two nurses', nurses.length >= 2, nurses.join());
  // The first account of the list is the first nurse's: she is the one who is signed in below, or the family is given once more.
  for (const nurse of nurses) {
    await page.goto(walk.family);
    await page.selectOption('main [name=nurse]', nurse);
    await page.locator('main form:has([name=nurse]) button').click();
    // A full nurse is doubted and given her all the same.
    check('given', ['nurse', 'doubt'].includes(done(page)), page.url());
    const hers = await as(walk, 'nurse');
    const answer = await hers.goto(walk.family);
    await hers.context().close();
    if (answer.ok()) break;
  }
  await page.context().close();
}

/** A dark answer: an urgent task for the supervisor at once, and nothing of it on a page that others may see. */
async function alarms(walk) {
  const nurse = await as(walk, 'nurse', { viewport: TABLET });
  await nurse.goto(walk.family);
  await nurse.click(`main a[href="${walk.family}/form/phq9"]`);
  for (let n = 1; n <= 9; n += 1) await nurse.locator(`main [name="q.phq9.phq9_${n}"][value=${n === 9 ? 'LA6569-3' : 'LA6568-5'}]`).check();
  await nurse.click('main button[value=send]');
  check('taken with the words of every form', done(nurse) === 'form', `${nurse.url()} ${await main(nurse)}`);
  await nurse.context().close();

  const lead = await as(walk, 'visit-supervisor');
  await lead.goto('/visits/families');
  await lead.click('nav a[href="/visits/alerts"]');
  const row = lead.locator('main table tbody tr', { hasText: walk.name });
  check('one urgent task', (await row.count()) === 1, await main(lead));
  await picture(lead, `mother-alert-${walk.country.staff}-desk`);
  await row.locator('a').click();
  await lead.check('main [name=alone]');
  await lead.click('main button.btn');
  await lead.click('main form:has([value=take]) button');
  await lead.locator('main table tbody tr', { hasText: walk.name }).locator('a').click();
  await lead.check('main [name=alone]');
  await lead.click('main button.btn');
  await lead.fill('main [name=outcome]', 'Spoken with today; she is safe.');
  await lead.click('main form:has([value=close]) button');
  check('seen to', done(lead) === 'saved', `${lead.url()} ${await main(lead)}`);
  await lead.context().close();
}

/** The nurse decides on need: the rule proposes from her answers. */
async function isDecided(walk) {
  const page = await as(walk, 'nurse', { viewport: TABLET });
  await page.goto(walk.family);
  await page.click(`main a[href="${walk.family}/need"]`);
  const proposed = await page.locator('main [name=need]:checked').getAttribute('value');
  check('her answers propose more than every family gets', proposed === walk.country.need, `${proposed}: ${await main(page)}`);
  await picture(page, `mother-need-${walk.country.staff}-tablet`);
  await page.click('main button.btn');
  check('decided', done(page) === 'need', `${page.url()} ${await main(page)}`);
  await page.context().close();
}

/** Records the visit that is open, with what was measured; says whether there was one. */
async function visit(walk, on, measured) {
  const page = await as(walk, 'nurse', { viewport: TABLET });
  await page.goto(walk.family);
  const open = page.locator('main a.btn[href*="/visit?"]').first();
  const there = (await open.count()) > 0;
  if (there) {
    await open.click();
    await page.locator('main [name=ending][value=done]').check();
    await page.fill('main [name=on]', on);
    await page.fill('main [name=minutes]', '75');
    await page.fill('main [name=steps]', walk.country.steps);
    const topic = page.locator('main [name=topic]').first();
    if ((await topic.count()) > 0) await topic.check();
    if (measured) {
      await page.locator('main input[name^="weight."]').fill(String(measured[0]));
      await page.locator('main input[name^="length."]').fill(String(measured[1]));
    }
    await page.click('main button.btn');
    check(`the visit of ${on} is taken`, done(page) === 'visit', `${page.url()} ${await main(page)}`);
  }
  await page.context().close();
  return there;
}

async function isVisitedBefore(walk) {
  check('a visit is due before birth', await visit(walk, walk.begun));
}

/** Her child is born, two days before the counter hears of it. */
async function gives(walk) {
  await travel(walk, day(walk.begun, 58));
  walk.born = day(walk.begun, 56);
  const page = await as(walk, 'counter');
  const home = await openHousehold(page, walk.identifier);
  check('her household is found', home !== null, walk.identifier);
  await page.click(`main a[href="${home}/events/birth"]`);
  const mother = page.locator('main fieldset:has([name=mother]) label', { hasText: walk.name });
  await mother.click();
  const other = page.locator('main fieldset:has([name=second]) label').filter({ hasNotText: walk.name }).first();
  await other.click();
  await page.fill('main [name=name]', walk.country.child);
  await page.fill('main [name=born]', walk.born);
  await page.locator('main [name=sex][value=female]').check();
  await page.fill('main [name=order]', '1');
  await page.click('main form[method=post] button.btn');
  check('the child is a member', (await page.textContent('main')).includes(walk.country.child), `${page.url()} ${await main(page)}`);
  await page.context().close();
}

/** At so many days of age, with weight and length. */
async function grows(walk, [age, weight, length]) {
  await travel(walk, day(walk.born, age));
  const made = await visit(walk, day(walk.born, age), [weight, length]);
  walk.measured = (walk.measured ?? 0) + Number(made);
}

async function isVisited(walk) {
  for (const point of GROWTH.slice(0, 2)) await grows(walk, point);
  check('both visits after birth were due', walk.measured === 2, String(walk.measured));
}

/** Sends her on for a need; gives the path of the referral and the service's link. */
async function sendOn(walk, page, need) {
  await page.selectOption('main [name=need]', need);
  await page.click('main form[method=get] button');
  await page.locator('main [name=service]').first().check();
  for (const field of ['person', 'agreed_by']) await page.locator(`main fieldset:has([name=${field}]) label`, { hasText: walk.name }).click();
  await page.fill('main [name=reason]', 'She would like somebody to talk to.');
  await page.click('main form[method=post] button.btn');
  check('sent on', done(page) === 'sent', `${page.url()} ${await main(page)}`);
  await page.locator('main table tbody tr a').first().click();
  return { path: new URL(page.url()).pathname, link: await page.locator('main code').textContent() };
}

/** What a service answers by its link, without an account. */
async function answers(walk, link, act, more = async () => {}) {
  const page = await as(walk, null, { viewport: PHONE });
  await page.goto(link);
  await page.locator(`main [name=do][value=${act}]`).check();
  await more(page);
  await page.fill('main [name=words]', 'Until the summer.');
  await page.click('main button.btn');
  check(`the service answers ${act}`, (await page.locator('main .summary-error').count()) === 0, await main(page));
  const next = await page.locator('main a[href*="/r/"]').first().getAttribute('href').catch(() => null);
  await page.context().close();
  return next;
}

/** A service declines; nobody looks at it; the supervisor is told; another service helps and the loop is closed. */
async function isSentOn(walk) {
  const { country } = walk;
  const nurse = await as(walk, 'nurse');
  await nurse.goto(walk.family);
  await nurse.click(`main a[href="${walk.family}/refer"]`);
  const first = await sendOn(walk, nurse, country.first);
  await nurse.context().close();
  await answers(walk, first.link, 'decline', (page) => page.selectOption('main [name=reason]', 'full'));

  await travel(walk, day(await today(walk), 7));
  const lead = await as(walk, 'visit-supervisor', { bypassCSP: true, reducedMotion: 'reduce' });
  await lead.goto('/visits/families');
  await lead.click('nav a[href="/work/referrals"]');
  const row = lead.locator('main table tbody tr', { hasText: walk.name });
  check('nobody looked at the no: the supervisor sees it', (await row.count()) === 1, await main(lead));
  await axe(lead, `mother escalated ${country.staff}`, country.staff, [[DESK, 'light']]);
  await lead.setViewportSize(DESK);
  await picture(lead, `mother-escalated-${country.staff}-desk`);
  await lead.context().close();

  const again = await as(walk, 'nurse');
  await again.goto('/visits/families');
  await again.click('nav a[href="/work/referrals"]');
  await again.locator('main table tbody tr', { hasText: walk.name }).locator('a').click();
  await again.click('main a[href*="instead_of="]');
  const second = await sendOn(walk, again, country.second);
  check('it is another one', second.path !== first.path);
  for (const act of ['accept', 'start', 'complete']) {
    await again.goto(second.path);
    const link = await again.locator('main code').textContent();
    await answers(walk, link, act, (page) => (act === 'complete' ? page.selectOption('main [name=outcome]', 'met') : undefined));
  }
  await again.goto(second.path);
  await again.fill('main [name=words]', 'She sleeps again and feels better.');
  await again.click('main form:has([value=close]) button');
  check('the loop is closed', done(again) === 'closed', `${again.url()} ${await main(again)}`);
  await picture(again, `mother-closed-${country.staff}-desk`);
  await again.context().close();
}

/** To the second birthday, with the visits that are due on the way. */
async function growsUp(walk) {
  for (const point of GROWTH.slice(2)) await grows(walk, point);
  check('she was visited to the second birthday', walk.measured >= 5, String(walk.measured));
  const page = await as(walk, 'nurse', { viewport: TABLET });
  await page.goto(walk.family);
  await page.click('main a[href$="/growth"]');
  const points = await page.locator('main svg > circle').count();
  check('the curve has her points', points >= walk.measured, String(points));
  await picture(page, `mother-growth-${walk.country.staff}-tablet`);
  await page.context().close();
}

/** The survey comes onto her telephone; the link opens without signing in, once. */
async function isAsked(walk) {
  await travel(walk, day(await today(walk), 2));
  const { country } = walk;
  const page = await as(walk, null, { viewport: PHONE, locale: country.mother, bypassCSP: true, reducedMotion: 'reduce' });
  await page.goto('/visits/join');
  check('nobody is signed in', page.url().includes('/sign-in'), page.url());
  await page.goto('/demo/time');
  await page.click('header a[href="/demo/messages"]');
  await page.fill('main [name=who]', 'expecting');
  await page.click('main form button');
  await axe(page, `mother messages ${country.mother}`, country.mother, [[PHONE, 'light'], [DESK, 'dark']]);
  await picture(page, `mother-messages-${country.mother}-phone`);
  await page.locator('main a[href*="/s/"]').first().click();
  const link = page.url();
  await page.locator('main [name="q.parent-voice.satisfaction"][value="9"]').check();
  for (const part of ['signals', 'soothe', 'feed', 'self', 'help', 'confident']) await page.locator(`main [name="q.parent-voice.p_${part}"][value=better]`).check();
  await axe(page, `mother survey ${country.mother}`, country.mother, [[PHONE, 'light']]);
  await page.click('main button[value=send]');
  check('thanks', (await page.locator('main .notice--done').count()) === 1, `${page.url()} ${await main(page)}`);
  const answer = await page.goto(link);
  check('the link is spent', answer.status() === 410, String(answer.status()));
  await page.context().close();
}

/** The visits have come to their end. */
async function leaves(walk) {
  const lead = await as(walk, 'visit-supervisor');
  await herFile(walk, lead);
  await lead.locator('main details:has([name=left_on]) > summary').click();
  await lead.fill('main [name=left_on]', await today(walk));
  await lead.locator('main [name=left_why][value=graduated]').check();
  await lead.locator('main form:has([name=left_on]) button').click();
  check('the visits have ended', done(lead) === 'end', `${lead.url()} ${await main(lead)}`);
  await picture(lead, `mother-file-${walk.country.staff}-desk`);
  await lead.context().close();
}

/** What supervisor and district read says nothing of one mother. */
async function isCounted(walk) {
  const lead = await as(walk, 'visit-supervisor', { bypassCSP: true, reducedMotion: 'reduce' });
  for (const path of ['/visits/surveys', '/visits/indicators']) {
    await lead.goto('/visits/families');
    await lead.click(`nav a[href="${path}"]`);
    check(`${path} names nobody`, !(await lead.textContent('main')).includes(walk.name));
    await axe(lead, `mother ${path} ${walk.country.staff}`, walk.country.staff, [[DESK, 'light']]);
    await lead.setViewportSize(DESK);
  }
  await lead.context().close();
}

export const korea = (browser) => follow(browser, COUNTRIES.korea);
export const kazakhstan = (browser) => follow(browser, COUNTRIES.kazakhstan);

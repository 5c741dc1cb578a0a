// Every page a person can come to, as a way to get there.
import { PHONE, officeDay, signedIn } from './hearth.mjs';

/** Searches as an official and opens the household of the first person found, or of the one called `name`; gives its path. */
export async function openHousehold(page, what, { name, purpose = 'counter_service', reason = 'asks about the newborn' } = {}) {
  await page.goto('/official/search');
  await page.selectOption('main [name=purpose]', purpose);
  await page.fill('main [name=reason]', reason);
  await page.fill('main [name=q]', what);
  await page.click('main form[action="/official/search"] button.btn');
  const links = page.locator('main table a[href^="/official/households/"]');
  const link = name ? links.getByText(name, { exact: true }) : links;
  if ((await link.count()) === 0) return null;
  await link.first().click();
  return new URL(page.url()).pathname;
}

/** A mother with a newborn and the path of her household, among those this official serves. */
export async function servedMother(page, demo) {
  for (const { subject, name: told } of demo.told.sign_ins.filter((s) => s.subject.startsWith('mother-'))) {
    const name = told.split(',')[0];
    const home = await openHousehold(page, name, { name });
    // Another person may have the same name; the newborn tells the mother.
    if (home && (await page.locator(`form[action="${home}/offers"]`).count()) > 0) return { subject, name, home };
  }
  throw new Error('no mother with a newborn lives where the counter serves');
}

/** What only the mother can tell: the first answer of every question that is asked for the certain offers. */
export async function fillNeeded(page, account = '110-222-000000') {
  const group = page.locator('main form[action="/offers"] > fieldset').first();
  if ((await group.count()) === 0) return;
  for (const select of await group.locator('select').all()) await select.selectOption({ index: 1 });
  for (const radio of await group.locator('.choices label:first-child input[type=radio]').all()) await radio.check();
  for (const input of await group.locator('input[type=text]').all()) {
    // What the page put down itself, such as the holder's name, stays.
    if (await input.inputValue()) continue;
    const number = (await input.getAttribute('inputmode')) !== null;
    const name = (await input.getAttribute('name')) ?? '';
    const known = name.endsWith('bank_account') ? account : name.endsWith('voucher_card') ? '9490-0000-0000-0000' : null;
    await input.fill(known ?? (number ? '100' : '가나다 123-45'));
  }
}

/** *What may I get?* up to a step; `answers` for a couple with a newborn. */
export async function checkUpTo(page, step) {
  await page.goto('/check');
  if (step === 'start') return;
  await page.click('main form[action="/check/place"] button.btn');
  if (step === 'place') return;
  if (step === 'place-error') return page.click('main button.btn');
  await page.selectOption('main [name=place]', { index: 1 });
  await page.click('main button.btn');
  if (step === 'people') return;
  await page.click('main button[value=add]');
  await page.click('main button[value=add]');
  if (step === 'people-error') return page.click('main button[value=next]');
  await page.fill('main [name=m0-born]', '1994-05-06');
  await page.selectOption('main [name=m1-rel]', 'spouse');
  await page.fill('main [name=m1-born]', '1992-01-31');
  await page.selectOption('main [name=m2-rel]', 'child');
  await page.fill('main [name=m2-born]', officeDay(-20));
  await page.click('main button[value=next]');
  if (step === 'more') return;
  if (step === 'more-error') await page.locator('main input[inputmode=numeric]').first().fill('a lot');
  await page.click('main form[action="/check/result"] button.btn');
}

const at = (path) => (page) => page.goto(path);
const sendEmpty = (path) => async (page) => {
  await page.goto(path);
  await page.click('main form[method=post] button.btn');
};

const wrongContact = (path) => async (page) => {
  await page.goto(path);
  await page.fill('main [name=phone]', 'call me');
  await page.click('main form[method=post] button.btn');
};

const follow = (path, link) => async (page) => {
  await page.goto(path);
  await page.locator(`main ${link}`).first().click();
};

/** The services that help with parenting, for the household of the first case of the worklist. */
async function newReferral(page) {
  await follow('/work?scope=office', 'a[href^="/work/case/"]')(page);
  await page.locator('main a[href$="/household"]').click();
  const to = await page.locator('main a[href^="/work/household/"]').first().getAttribute('href');
  await page.goto(`/work/referrals/household/${to.split('/').pop()}/new?need=parenting`);
}

/** A copy of the rules to change. */
export async function newScenario(page) {
  await page.goto('/analyst/scenarios');
  await page.fill('main [name=name]', '아동수당 나이를 높이면');
  await page.click('main form[action="/analyst/scenarios"] button.btn');
}

/** Its first file, open for changes. */
async function scenarioFile(page) {
  await newScenario(page);
  await page.click('main form[method=get] button.btn');
}

/** From an application to the money: what the journey of `money.mjs` left behind. */
function way() {
  const [mother, official] = ['mother-2', 'rural-health-caseworker'];
  return [
    { name: 'cases', who: mother, go: at('/cases') },
    { name: 'case', who: mother, go: follow('/cases', 'a[href^="/cases/"]:not([href*="/decisions/"])') },
    { name: 'decision', who: mother, go: follow('/cases', 'a[href*="/decisions/"]') },
    { name: 'apply', who: mother, go: at('/apply') },
    { name: 'apply-for', who: mother, go: follow('/apply', 'a[href^="/apply/for/"]') },
    { name: 'payments', who: mother, go: at('/payments') },
    { name: 'payments-account', who: mother, go: at('/payments/account') },
    { name: 'payments-account-error', who: mother, go: sendEmpty('/payments/account') },
    { name: 'report', who: mother, go: at('/report') },
    { name: 'report-form', who: mother, go: at('/report?kind=income') },
    { name: 'report-error', who: mother, go: sendEmpty('/report?kind=income') },
    { name: 'complain', who: mother, go: at('/complain') },
    { name: 'complain-error', who: mother, go: sendEmpty('/complain') },
    { name: 'consents', who: mother, go: at('/consents') },
    { name: 'powers', who: mother, go: at('/powers') },
    { name: 'powers-error', who: mother, go: sendEmpty('/powers') },
    { name: 'figures', who: mother, go: at('/figures') },
    { name: 'work', who: official, go: at('/work?scope=office') },
    { name: 'work-mine', who: official, go: at('/work?scope=mine') },
    { name: 'work-case', who: official, go: follow('/work?scope=office', 'a[href^="/work/case/"]') },
    { name: 'work-of-household', who: official, go: async (page) => {
      await follow('/work?scope=office', 'a[href^="/work/case/"]')(page);
      await page.locator('main a[href$="/household"]').click();
      await page.locator('main a[href^="/work/household/"]').click();
    } },
    { name: 'protection', who: official, go: async (page) => {
      await follow('/work?scope=office', 'a[href^="/work/case/"]')(page);
      await page.locator('main a[href$="/household"]').click();
      await page.locator('main a[href*="/protection/"]').first().click();
    } },
    { name: 'work-office', who: 'approver', go: at('/work/office') },
    { name: 'requalify', who: 'approver', go: at('/requalify') },
    { name: 'requalify-error', who: 'analyst', go: async (page) => {
      await page.goto('/requalify');
      await page.fill('main [name=reason]', '하반기 확인조사');
      await page.click('main form[action="/requalify"] button.btn');
    } },
    { name: 'requalify-asked', who: 'approver', go: async (page) => {
      await page.goto('/requalify');
      await page.fill('main [name=reason]', '하반기 확인조사');
      await page.fill('main [name=law]', '사회보장급여법 제19조');
      await page.click('main form[action="/requalify"] button.btn');
      await page.locator('main table a[href^="/requalify/"]').first().click();
    } },
    { name: 'referral-new', who: official, go: newReferral },
    { name: 'referral-new-error', who: official, go: async (page) => {
      await newReferral(page);
      await page.click('main form[method=post] button.btn');
    } },
    { name: 'referral', who: official, go: async (page) => {
      await newReferral(page);
      for (const field of ['service', 'person', 'agreed_by', 'shares']) await page.locator(`main [name=${field}]`).first().check();
      await page.fill('main [name=reason]', '부모 모임에 나가고 싶어 해요.');
      await page.click('main form[method=post] button.btn');
      await page.locator('main table a').first().click();
    } },
    { name: 'referrals', who: official, go: at('/work/referrals') },
    { name: 'referral-answer', who: official, go: async (page) => {
      await follow('/work/referrals', 'table a')(page);
      const link = new URL(await page.locator('main code').textContent());
      await page.goto(link.pathname);
    } },
    { name: 'referral-link-wrong', who: null, go: at('/r/nobody.1.1.00') },
    { name: 'referrals-mine', who: mother, go: at('/referrals') },
    { name: 'complain-done', who: mother, go: async (page) => {
      await page.goto('/complain');
      await page.locator('main [name=kind]').first().check();
      await page.fill('main [name=words]', '전화를 아무도 받지 않아요.');
      await page.click('main form[method=post] button.btn');
    } },
    { name: 'complaints', who: 'rural-caseworker', go: at('/work/complaints') },
    { name: 'complaint', who: 'rural-caseworker', go: follow('/work/complaints', 'a[href^="/work/complaints/"]') },
    { name: 'complaint-error', who: 'rural-caseworker', go: async (page) => {
      await follow('/work/complaints', 'a[href^="/work/complaints/"]')(page);
      await page.locator('main form[method=post] button.btn').first().click();
    } },
    { name: 'runs', who: 'finance', go: at('/finance/runs') },
    { name: 'runs-error', who: 'finance', go: async (page) => {
      await page.goto('/finance/runs');
      await page.fill('main [name=pay_date]', 'soon');
      await page.click('main form[action="/finance/runs"] button');
    } },
    { name: 'run', who: 'finance', go: follow('/finance/runs', 'a[href^="/finance/runs/"]') },
    { name: 'payment', who: 'finance', go: async (page) => {
      await follow('/finance/runs', 'a[href^="/finance/runs/"]')(page);
      await page.locator('main a[href^="/finance/payment/"]').first().click();
    } },
    { name: 'returns', who: 'finance', go: at('/finance/returns') },
    { name: 'returns-error', who: 'finance', go: sendEmpty('/finance/returns') },
    { name: 'recoveries', who: 'finance', go: at('/finance/recoveries') },
    { name: 'ledger', who: 'finance', go: at('/finance/ledger') },
  ];
}

/** All pages: name, who opens it, and how. `town` holds what only this town knows. */
export function visits(town) {
  const { home } = town;
  const check = ['start', 'place', 'place-error', 'people', 'people-error', 'more', 'more-error', 'result']
    .map((step) => ({ name: `check-${step}`, who: null, go: (page) => checkUpTo(page, step) }));
  const events = ['birth', 'pregnancy', 'move', 'income', 'death', 'fact'].flatMap((kind) => [
    { name: `event-${kind}`, who: 'counter', go: at(`${home}/events/${kind}`) },
    ...(['birth', 'fact'].includes(kind) ? [{ name: `event-${kind}-error`, who: 'counter', go: sendEmpty(`${home}/events/${kind}`) }] : []),
  ]);
  return [
    { name: 'life-event', who: null, go: at('/life-events/birth') },
    { name: 'home', who: null, go: at('/') },
    ...check,
    { name: 'sign-in', who: null, go: at('/sign-in') },
    { name: 'sign-in-failed', who: null, go: at('/sign-in/return?code=x&state=y') },
    { name: 'sign-in-local', who: null, go: at('/sign-in/local') },
    { name: 'sign-in-needed', who: null, go: at('/offers') },
    { name: 'not-found', who: null, go: at('/there-is-no-such-page') },
    { name: 'home-signed-in', who: town.mother, go: at('/') },
    { name: 'me', who: town.mother, go: at('/me') },
    { name: 'offers', who: town.mother, go: at('/offers') },
    { name: 'offers-error', who: town.mother, go: async (page) => {
      await page.goto('/offers');
      for (const box of await page.locator('main [name=offer]').all()) await box.uncheck();
      await page.click('main button[value=accept-chosen]');
    } },
    { name: 'family', who: town.mother, go: at('/family') },
    { name: 'contact', who: town.mother, go: at('/family/contact') },
    { name: 'contact-error', who: town.mother, go: wrongContact('/family/contact') },
    { name: 'looked', who: town.mother, go: at('/looked') },
    { name: 'forbidden', who: town.mother, go: at('/official/search') },
    { name: 'protected-family', who: 'protected-0', go: at('/family') },
    { name: 'search', who: 'counter', go: at('/official/search') },
    { name: 'search-error', who: 'counter', go: sendEmpty('/official/search') },
    { name: 'results', who: 'counter', go: async (page) => {
      await page.goto('/official/search');
      await page.fill('main [name=reason]', 'asks about the newborn');
      await page.fill('main [name=q]', town.name);
      await page.click('main form[action="/official/search"] button.btn');
    } },
    { name: 'household', who: 'counter', go: at(home) },
    { name: 'household-past', who: 'counter', go: at(`${home}?on=${officeDay(-100)}`) },
    { name: 'household-error', who: 'counter', go: at(`${home}?on=yesterday`) },
    { name: 'household-absent', who: 'counter', go: at('/official/households/01900000-0000-7000-8000-000000000000') },
    ...events,
    { name: 'household-apply', who: 'counter', go: at(`${home}/apply`) },
    { name: 'household-apply-error', who: 'counter', go: sendEmpty(`${home}/apply`) },
    { name: 'household-address', who: 'counter', go: async (page) => {
      await page.goto(home);
      await page.locator('main a[href*="/address/"]').first().click();
    } },
    { name: 'household-contact', who: 'counter', go: follow(home, 'a[href*="/contact/"]') },
    { name: 'household-record', who: 'counter', go: follow(home, 'a[href*="/record/"]') },
    { name: 'household-record-error', who: 'counter', go: async (page) => {
      await follow(home, 'a[href*="/record/"]')(page);
      await page.click('main form[method=post] button.btn');
    } },
    { name: 'household-ties', who: 'counter', go: follow(home, 'a[href*="/ties/"]') },
    { name: 'household-ties-error', who: 'counter', go: async (page) => {
      await follow(home, 'a[href*="/ties/"]')(page);
      await page.click('main form[method=post] button[value=begin]');
    } },
    { name: 'household-powers', who: 'counter', go: at(`${home}/powers`) },
    { name: 'household-powers-error', who: 'counter', go: sendEmpty(`${home}/powers`) },
    { name: 'account', who: 'counter', go: at('/account') },
    { name: 'mend', who: 'counter', go: async (page) => {
      await page.goto(home);
      await page.locator('main a[href^="/official/happened/"]').first().click();
    } },
    { name: 'event-birth-twins', who: 'counter', go: async (page) => {
      await page.goto(`${home}/events/birth`);
      await page.click('main button[value=add]');
    } },
    { name: 'accounts', who: 'administrator', go: at('/admin/accounts') },
    { name: 'account-new', who: 'administrator', go: at('/admin/accounts/new') },
    { name: 'account-new-error', who: 'administrator', go: sendEmpty('/admin/accounts/new') },
    { name: 'account', who: 'administrator', go: follow('/admin/accounts?organisation=municipality', 'a[href^="/admin/accounts/"]:not([href$="/new"])') },
    { name: 'import', who: 'administrator', go: at('/admin/import') },
    { name: 'import-error', who: 'administrator', go: sendEmpty('/admin/import') },
    { name: 'duplicates', who: 'caseworker', go: at('/official/duplicates') },
    { name: 'programmes', who: 'analyst', go: at('/programmes') },
    { name: 'programme', who: 'analyst', go: at('/programmes/first_meeting') },
    { name: 'studies', who: 'analyst', go: at('/studies') },
    { name: 'parameters', who: 'analyst', go: at('/analyst/parameters') },
    { name: 'parameter', who: 'analyst', go: at('/analyst/parameters/median_income') },
    { name: 'try', who: 'analyst', go: at('/analyst/try') },
    { name: 'try-error', who: 'analyst', go: sendEmpty('/analyst/try') },
    { name: 'try-result', who: 'analyst', go: async (page) => {
      await page.goto('/analyst/try');
      await page.fill('main [name=on]', officeDay());
      await page.fill('main [name=household]', town.household);
      await page.click('main form[action="/analyst/try"] button.btn');
    } },
    { name: 'scenarios', who: 'analyst', go: at('/analyst/scenarios') },
    { name: 'scenarios-error', who: 'analyst', go: sendEmpty('/analyst/scenarios') },
    { name: 'scenario', who: 'analyst', go: newScenario },
    { name: 'scenario-file', who: 'analyst', go: scenarioFile },
    { name: 'scenario-file-error', who: 'analyst', go: async (page) => {
      await scenarioFile(page);
      await page.locator('main textarea').first().fill('age_limit = ');
      await page.click('main form[method=post] button.btn');
    } },
    { name: 'log', who: 'privacy', go: at('/privacy/log') },
    { name: 'log-error', who: 'privacy', go: async (page) => {
      await page.goto('/privacy/log');
      await page.fill('main [name=from]', 'soon');
      await page.click('main form[action="/privacy/log"] button.btn');
    } },
    { name: 'log-entry', who: 'privacy', go: async (page) => {
      await page.goto('/privacy/log');
      await page.locator('main table a[href^="/privacy/log/"]').first().click();
    } },
    { name: 'verify', who: 'privacy', go: at('/privacy/verify') },
    { name: 'verified', who: 'privacy', go: sendEmpty('/privacy/verify') },
    ...way(),
  ];
}

/** What the visits need to know about the town. */
export async function survey(browser, demo) {
  const counter = await signedIn(browser, demo, 'counter', { locale: 'ko' });
  const mother = await servedMother(counter, demo);
  await counter.context().close();
  const household = `household:
  facts: { decline_area: capital }
  members:
    - { id: mother, facts: { birth_date: 1994-05-06, sex: female } }
    - { id: child, parents: [mother], facts: { birth_date: ${officeDay(-20)}, nationality: korean } }
`;
  return { mother: mother.subject, name: mother.name, home: mother.home, household };
}

/** Looks again until `holds`, at most two minutes: agencies and the worker take their time. */
export async function until(what, holds) {
  for (const started = Date.now(); ; ) {
    const found = await holds();
    if (found) return found;
    if (Date.now() - started > 120_000) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
}

/** A mother at her phone who accepts what is certain, unless she has; gives her page. */
export async function acceptAll(browser, demo, who) {
  const page = await signedIn(browser, demo, who, { viewport: PHONE, locale: 'en' });
  await page.goto('/offers');
  if (await page.locator('main button[value=accept-chosen]').count()) {
    await fillNeeded(page);
    await page.click('main button[value=accept-chosen]');
  }
  return page;
}

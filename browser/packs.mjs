// A new amount and a new programme in the files of a pack: checked, tested, in force without a rebuild or a restart. Offers that are open
// keep the version they were made under. A faulty pack changes nothing.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HEARTH, check, officeDay, picture, signedIn } from './hearth.mjs';
import { openHousehold } from './pages.mjs';

const TABLE = 'parameters/first_meeting_amount.csv';

function hearth(demo, ...args) {
  const env = { ...process.env, HEARTH_DATA: demo.data, HEARTH_PACK: demo.pack };
  const done = spawnSync(HEARTH, args, { env, encoding: 'utf8', timeout: 120_000 });
  return { ok: done.status === 0, said: `${done.stdout}${done.stderr}` };
}

/** The page of the programme and that of its amounts. */
async function shown(page) {
  const read = async (path) => {
    await page.goto(path);
    return page.textContent('main');
  };
  return { programme: await read('/programmes/first_meeting'), amounts: await read('/analyst/parameters/first_meeting_amount') };
}

export async function newAmountInForce(browser, demo) {
  const page = await signedIn(browser, demo, 'analyst');
  const file = join(demo.pack, TABLE);
  const before = readFileSync(file, 'utf8');
  const old = await shown(page);
  check('the new amount is not there yet', !old.amounts.includes('2,345,000'));
  const row = '2024-01-01,,1,2000000,S28,high,';
  check('the table is as this test expects', before.includes(row));

  // The old row ends yesterday, the new one begins today.
  writeFileSync(file, before.replace(row, `2024-01-01,${officeDay(-1)},1,2000000,S28,high,\n${officeDay()},,1,2345000,S28,high,`));
  const checked = hearth(demo, 'pack', 'check', demo.pack);
  check('hearth pack check takes the new amount', checked.ok, checked.said);
  const tested = hearth(demo, 'pack', 'test', demo.pack, '--only', 'combination-i3');
  check('hearth pack test runs the cases of the programme', tested.ok && /[1-9][0-9]* /.test(tested.said), tested.said);
  check('nothing changes before it is asked for', !(await shown(page)).amounts.includes('2,345,000'));
  const reloaded = hearth(demo, 'pack', 'reload');
  check('hearth pack reload', reloaded.ok && reloaded.said.includes('in force'), reloaded.said);
  const now = await shown(page);
  check('the new amount is shown', now.amounts.includes('2,345,000'), now.amounts.slice(0, 600));
  check('a family gets the new amount', (await familyGets(page)).includes('2,345,000'), (await familyGets(page)).slice(0, 1500));
  check('the programme stands as before', now.programme === old.programme || now.programme.includes('First-meeting'));

  // A faulty pack: refused whole, with the file and the line, and the one in force stays.
  const good = readFileSync(file, 'utf8');
  writeFileSync(file, good.replace('2345000', 'a lot'));
  const faulty = hearth(demo, 'pack', 'check', demo.pack);
  check('a faulty amount is found with its file and line', !faulty.ok && /first_meeting_amount\.csv:\d+/.test(faulty.said), faulty.said);
  const refused = hearth(demo, 'pack', 'reload');
  check('a faulty pack is refused', !refused.ok && refused.said.includes('stays'), refused.said);
  check('the pack in force stays', (await familyGets(page)).includes('2,345,000'));

  writeFileSync(file, before);
  const back = hearth(demo, 'pack', 'reload');
  check('the old pack again', back.ok, back.said);
  check('and its amount', !(await shown(page)).amounts.includes('2,345,000'));
  await page.context().close();
}

/** A protocol's window changed in a new version: before anybody is moved, the supervisor sees for whom what would change. */
export async function aNewVersionOfAProtocol(browser, demo) {
  const file = join(demo.pack, 'protocols/universal.toml');
  const changed = readFileSync(file, 'utf8').replace('version = "2026.1"', 'version = "2099.1"').replace('from = 2026-01-01', 'from = 2099-01-01').replace('late_days = 14', 'late_days = 7');
  const page = await signedIn(browser, demo, 'visit-supervisor');
  await page.goto('/visits/versions');
  check('one version each', (await page.locator('main select[name=to]').count()) === 0);
  writeFileSync(join(demo.pack, 'protocols/universal-2099.toml'), changed);
  const reloaded = hearth(demo, 'pack', 'reload');
  check('a new version of a protocol is taken', reloaded.ok, reloaded.said);
  await page.goto('/visits/versions');
  await page.selectOption('main select[name=to]', { index: 0 });
  await page.click('main form button');
  check('whose visits would be on other days', (await page.locator('main table tbody tr').count()) > 0, await page.textContent('main'));
  await picture(page, 'visits-versions-en-desk');
  rmSync(join(demo.pack, 'protocols/universal-2099.toml'));
  check('and the old pack again', hearth(demo, 'pack', 'reload').ok);
  await page.context().close();
}

/** What a family with a first child gets, on the page where analysts try one. */
async function familyGets(page) {
  await page.goto('/analyst/try');
  await page.fill('main [name=on]', officeDay());
  await page.fill('main [name=household]', `household:
  members:
    - { id: mother, facts: { birth_date: 1994-05-06, sex: female } }
    - { id: child, parents: [mother], facts: { birth_date: ${officeDay()}, nationality: korean, child_order: 1, birth_registered: true } }
`);
  await page.click('main form[action="/analyst/try"] button.btn');
  return page.textContent('main');
}

/** A programme as CONTRIBUTING shows it: one file, and its worked cases beside it. */
const COAT = `id = "winter_coat"
agency = "mohw"
decided_by = "municipality"
name.ko = "아기 겨울옷"
name.en = "A winter coat"
summary.ko = "돌이 안 된 아이에게 겨울옷값을 드립니다."
summary.en = "A sum for a coat for every child under one."
events = ["birth"]

[[version]]
valid_from = 2026-01-01
subject = "person"
law = "아동복지법 제4조"
sources = ["illustrative"]
confidence = "low"
applies = "person.age_years < 18"

[[version.condition]]
id = "age"
law = "아동복지법 제4조제1항"
words.ko = "만 1세 미만이에요"
words.en = "The child is under 1"
when = "person.age_months < 12"

[version.amount]
value = "77000"
per = "once"
[version.benefit]
form = "cash"
[version.claim]
who = ["parent"]
decision_days = 30
`;

const coatCase = (id, born, result) => `  - id: ${id}
    title: { ko: "겨울옷 ${id}", en: "A coat ${id}" }
    on: 2026-06-01
    household:
      members:
        - { id: mother, facts: { birth_date: 1992-05-10, sex: female } }
        - { id: child, parents: [mother], facts: { birth_date: ${born}, nationality: korean } }
    expect:
      winter_coat: { child: ${result} }
    source: "illustrative"
`;
const COAT_CASES = `cases:
${coatCase('winter-coat-last-day', '2025-06-02', '{ result: "yes", amount: 77000, per: once }')}${coatCase('winter-coat-birthday', '2025-06-01', '{ result: "no" }')}`;

/** The open offers of a household as the interface tells them: under which pack and rules each was made. */
async function openOffers(page, home) {
  const headers = { 'hearth-purpose': 'counter_service', 'hearth-reason': 'asks' };
  const answer = await page.request.get(`/api${home.replace('/official', '')}/offers`, { headers });
  const { offers } = await answer.json();
  return offers.filter((o) => o.status === 'open');
}

/** A household that this counter serves, with open offers of `programme` or of any. */
async function withOffers(page, demo, programme) {
  for (const { name: told } of demo.told.sign_ins.filter((s) => s.subject.startsWith('mother-'))) {
    const name = told.split(',')[0];
    const home = await openHousehold(page, name, { name });
    const offers = home ? await openOffers(page, home) : [];
    if (offers.some((o) => !programme || o.programme === programme)) return { home, offers };
  }
  return null;
}

/** Whatever is worked out anew on another day begins on another day: what must stay the same is not compared over the office's midnight. */
async function awayFromMidnight() {
  const left = 86_400_000 - ((Date.now() + 9 * 3_600_000) % 86_400_000);
  if (left < 180_000) await new Promise((resolve) => setTimeout(resolve, left + 5_000));
}

export async function newProgrammeInForce(browser, demo) {
  const files = [[join(demo.pack, 'programmes/winter_coat.toml'), COAT], [join(demo.pack, 'cases/winter-coat.yaml'), COAT_CASES]];
  const analyst = await signedIn(browser, demo, 'analyst');
  const counter = await signedIn(browser, demo, 'counter', { locale: 'ko' });
  await awayFromMidnight();
  check('nobody knows the programme yet', (await analyst.goto('/programmes/winter_coat')).status() === 404);
  const before = await withOffers(counter, demo);
  check('a family has open offers', before !== null);

  for (const [path, text] of files) writeFileSync(path, text);
  const checked = hearth(demo, 'pack', 'check', demo.pack);
  check('hearth pack check takes the programme', checked.ok, checked.said);
  const tested = hearth(demo, 'pack', 'test', demo.pack, '--only', 'winter-coat');
  check('hearth pack test runs its cases', tested.ok && /\b2 /.test(tested.said), tested.said);
  const reloaded = hearth(demo, 'pack', 'reload');
  check('it is taken into force', reloaded.ok && reloaded.said.includes('in force'), reloaded.said);
  check('and has its page', (await analyst.goto('/programmes/winter_coat')).ok() && (await analyst.textContent('main')).includes('The child is under 1'));
  check('a family gets it', (await familyGets(analyst)).includes('77,000'));

  // All households are worked out again; what was offered before stands under the version it was made under.
  let found = null;
  for (const until = Date.now() + 120_000; !found && Date.now() < until; ) {
    found = await withOffers(counter, demo, 'winter_coat');
    if (!found) await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  check('families are offered it without asking', found !== null);
  const coat = found?.offers.find((o) => o.programme === 'winter_coat');
  const after = new Map((await openOffers(counter, before.home)).map((o) => [o.id, o]));
  for (const old of before.offers) {
    const now = after.get(old.id);
    check(`the open offer of ${old.programme} keeps its version`, now && now.pack_hash === old.pack_hash && now.rule_set === old.rule_set && now.revision === old.revision, JSON.stringify([old, now]));
    check('and the new one has the new version', coat && coat.pack_hash !== old.pack_hash);
  }

  // One fault in the file: refused whole, with file and line, and the programme in force stays.
  writeFileSync(files[0][0], COAT.replace('person.age_months < 12', 'person.age_in_months < 12'));
  const line = COAT.split('\n').findIndex((text) => text.includes('age_months')) + 1;
  const faulty = hearth(demo, 'pack', 'reload');
  check('a faulty programme is refused with its line', !faulty.ok && faulty.said.includes(`winter_coat.toml:${line}`), faulty.said);
  check('and the one in force stays', (await familyGets(analyst)).includes('77,000'));

  for (const [path] of files) rmSync(path);
  check('without its file it is gone', hearth(demo, 'pack', 'reload').ok && (await analyst.goto('/programmes/winter_coat')).status() === 404);
  check('its open offers are still read', (await openOffers(counter, found?.home ?? before.home)).length > 0);
  await analyst.context().close();
  await counter.context().close();
}

// A new amount in a pack file: checked, tested, in force without a rebuild or a restart. A faulty pack changes nothing.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HEARTH, check, officeDay, signedIn } from './hearth.mjs';

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

// Records that may be one person: found when they are registered, compared side by side, joined, taken apart again.
import { DESK, PHONE, check, picture, signedIn } from './hearth.mjs';

const PLACE = 'kr-11-680';

/** Two households with nearly the same woman in them, as two offices would write her down. */
async function writtenTwice(page) {
  const household = (given, phone, line) => ({
    since: '2020-05-01',
    address: { jurisdiction: PLACE, line },
    members: [{ person: { names: [{ script: 'hang', family: '독고', given }], sex: 'female', birth_date: '1988-02-29', phone }, role: 'head' }],
  });
  const made = [];
  for (const [n, body] of [household('새별', '010-0000-4321', '두쪽로 1'), household('새볕', '01000004321', '두쪽로 2')].entries()) {
    const answer = await page.request.post('/api/households', {
      data: body,
      headers: { 'idempotency-key': `written-twice-${n}`, 'hearth-purpose': 'casework', 'hearth-reason': 'a%20test' },
    });
    check(`household ${n} is registered`, answer.status() === 201, `${answer.status()} ${await answer.text()}`);
    made.push((await answer.json()).persons[0]);
  }
  return made;
}

export async function joinedAndApart(browser, demo) {
  const page = await signedIn(browser, demo, 'caseworker', { viewport: DESK, locale: 'en', javaScriptEnabled: false });
  const [left, right] = await writtenTwice(page);
  await page.goto('/official/duplicates');
  const links = page.locator('main table a');
  const pair = `main table a[href*="${left}"][href*="${right}"]`;
  check('the pair is proposed', (await page.locator(pair).count()) === 1, `${await links.count()} proposals`);
  await picture(page, 'duplicates-list');
  await page.click(pair);
  const told = await page.textContent('main');
  check('both names side by side', told.includes('독고새별') && told.includes('독고새볕'), told.slice(0, 400));
  check('what speaks for it', told.includes('Nearly the same name') && told.includes('Born on the same day'), told.slice(0, 400));
  // For the quality of records no address is needed, so none is shown, nor whether it is the same.
  check('nothing that tells a place', !told.includes('010') && !told.includes('두쪽로') && !told.includes('Same telephone'), told.slice(0, 600));
  await picture(page, 'duplicates-compare');
  await page.setViewportSize(PHONE);
  await picture(page, 'duplicates-compare-phone');
  await page.setViewportSize(DESK);

  await page.click('main button[value=merge]');
  check('a reason and a choice are asked for', (await page.locator('main .summary-error li').count()) === 2, await page.textContent('main'));
  await page.locator(`main [name=keep][value="${left}"]`).check();
  await page.fill('main [name=reason]', 'the same woman, misspelt');
  await page.click('main button[value=merge]');
  check('joined', page.url().includes(`/official/duplicates/joined/${left}/`), page.url());
  const joined = page.url();
  const merged = await page.request.get(`/api/persons/${right}`, { headers: { 'hearth-purpose': 'casework', 'hearth-reason': 'a%20test' } });
  check('the other id leads to the one that stays', (await merged.json()).id === left, await merged.text());
  await page.goto('/official/duplicates');
  check('the pair waits no more', (await page.locator(pair).count()) === 0);

  await page.goto(joined);
  await page.click('main button.btn--danger');
  check('taken apart', page.url().includes('done=unmerged'), page.url());
  const apart = await page.request.get(`/api/persons/${right}`, { headers: { 'hearth-purpose': 'casework', 'hearth-reason': 'a%20test' } });
  check('both are there again', (await apart.json()).id === right, await apart.text());
  await page.context().close();
}

export async function keptApart(browser, demo) {
  const page = await signedIn(browser, demo, 'caseworker', { viewport: DESK, locale: 'ko' });
  const headers = { 'hearth-purpose': 'casework', 'hearth-reason': 'a%20test' };
  const person = (given) => ({ names: [{ script: 'hang', family: '선우', given }], sex: 'male', birth_date: '1979-09-09', phone: '010-0000-9876' });
  const ids = [];
  for (const [n, given] of ['한결', '한별'].entries()) {
    const body = { since: '2020-05-01', address: { jurisdiction: PLACE, line: `한길로 ${n}` }, members: [{ person: person(given), role: 'head' }] };
    const answer = await page.request.post('/api/households', { data: body, headers: { ...headers, 'idempotency-key': `kept-apart-${n}` } });
    check(`brother ${n} is registered`, answer.status() === 201, await answer.text());
    ids.push((await answer.json()).persons[0]);
  }
  await page.goto(`/official/duplicates/${ids[0]}/${ids[1]}`);
  await page.fill('main [name=reason]', '쌍둥이 형제');
  await page.click('main button[value=different]');
  check('kept apart', page.url().includes('done=different'), page.url());
  check('and proposed no more', (await page.locator(`main table a[href*="${ids[0]}"]`).count()) === 0);
  await page.context().close();
}

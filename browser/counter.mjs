// What was recorded wrongly is put right in a browser without scripts; what was known before stays to be read; a file is imported.
import { DESK, PHONE, check, officeDay, picture, signedIn } from './hearth.mjs';
import { openHousehold } from './pages.mjs';

const headers = { 'hearth-purpose': 'counter_service', 'hearth-reason': 'a%20test' };

async function newFamily(page) {
  const born = officeDay(-400);
  const body = {
    since: '2020-05-01',
    address: { jurisdiction: 'kr-11-680', line: '바른길 1' },
    members: [
      { person: { names: [{ script: 'hang', family: '남궁', given: '바름' }], sex: 'female', birth_date: '1990-10-10' }, role: 'head' },
      { person: { names: [{ script: 'hang', family: '남궁', given: '아이' }], sex: 'male', birth_date: born }, role: 'child', parents: [0] },
    ],
  };
  const answer = await page.request.post('/api/households', { data: body, headers: { ...headers, 'idempotency-key': 'counter-family' } });
  check('a family is registered', answer.status() === 201, await answer.text());
}

export async function putRight(browser, demo) {
  const page = await signedIn(browser, demo, 'counter', { viewport: PHONE, locale: 'en', javaScriptEnabled: false });
  await newFamily(page);
  const home = await openHousehold(page, '남궁바름');
  check('the place is told, not the street', home !== null);
  const move = async (street) => {
    await page.goto(`${home}/events/move`);
    await page.selectOption('main [name=place]', 'kr-11-680');
    await page.fill('main [name=street]', street);
    await page.fill('main [name=on]', officeDay(-3));
    await page.click('main form[method=post] button.btn');
  };
  await move('그른길 2');
  check('the move is recorded', (await page.textContent('main')).includes('그른길 2'), page.url());
  await page.locator('main a[href^="/official/happened/"]').first().click();
  await page.click('main button[value=correct]');
  check('a reason is asked for by name', (await page.textContent('main .summary-error')).includes('Reason: '), await page.textContent('main'));
  await page.selectOption('main [name=place]', 'kr-11-680');
  await page.fill('main [name=street]', '옳은길 3');
  await page.fill('main [name=reason]', 'misheard at the counter');
  await picture(page, 'mend-phone');
  await page.click('main button[value=correct]');
  const corrected = await page.textContent('main');
  check('the address is right', corrected.includes('옳은길 3') && !corrected.includes('그른길 2'), page.url());
  await page.locator('main a[href^="/official/happened/"]').first().click();
  await page.fill('main [name=reason]', 'the wrong family');
  await page.click('main button[value=withdraw]');
  check('they live where they lived', (await page.textContent('main')).includes('바른길 1'), page.url());

  for (const [value, on] of [['1,000,000', officeDay(-300)], ['2,000,000', officeDay(-30)]]) {
    await page.goto(`${home}/events/income`);
    await page.locator('main [name=person]').first().check();
    await page.selectOption('main [name=item]', 'person.wage');
    await page.fill('main [name=value]', value);
    await page.fill('main [name=on]', on);
    await page.locator('main [name=told]').first().check();
    await page.click('main form[method=post] button.btn');
  }
  const history = page.locator('#facts ~ .scroll details').first();
  await history.locator('summary').click();
  check('what was known before', (await history.textContent()).includes('1,000,000'), await page.textContent('main'));
  await picture(page, 'history-phone');
  await page.setViewportSize(DESK);
  await picture(page, 'history-desk');
  await page.context().close();
}

export async function imported(browser, demo) {
  const page = await signedIn(browser, demo, 'administrator', { viewport: DESK, locale: 'ko', javaScriptEnabled: false });
  await page.goto('/admin/import');
  const file = { name: 'persons.csv', mimeType: 'text/csv', buffer: Buffer.from('ref,family,given,birth_date\nA1,황보,하나,1990-01-02\nA2,황보,둘,1990-13-02\n') };
  for (const [dry, taken] of [[true, '1'], [false, '1'], [false, '0']]) {
    await page.locator('main [name=table][value=persons]').check();
    await page.selectOption('main [name=source]', 'mois');
    await page.setInputFiles('main [name=file]', file);
    await page.locator('main [name=dry]').setChecked(dry);
    await page.click('main form[enctype] button.btn');
    const told = await page.locator('main dl.pairs dd').allTextContents();
    check(`import ${dry ? 'checked' : 'done'}: taken over`, told[1] === taken, told.join());
    check('the refused row is told', (await page.textContent('main')).includes('1990-13-02'));
  }
  await picture(page, 'import-done');
  await page.context().close();
}

export async function everywhere(browser, demo) {
  const page = await signedIn(browser, demo, 'analyst', { locale: 'en' });
  await page.goto('/account');
  check('signing out everywhere is a button', (await page.locator('main form[action="/sign-out/everywhere"] button').count()) === 1);
  await page.context().close();
}

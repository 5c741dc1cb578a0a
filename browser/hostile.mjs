// A hostile street in a real browser: what everyform.mjs sends without one is typed, kept and shown here as the text it is.
import { check, officeDay, signedIn } from './hearth.mjs';
import { servedMother } from './pages.mjs';

const SCRIPT = '"><script>window.hostile=1</script><img src=x onerror="window.hostile=1">';

export async function aStreet(browser, demo) {
  const page = await signedIn(browser, demo, 'counter', { locale: 'ko' });
  const { home } = await servedMother(page, demo);
  await page.goto(`${home}/events/move`);
  // Within the counter's own district, so that the counter still serves them.
  await page.selectOption('main [name=place]', 'kr-11-680');
  await page.fill('main [name=street]', SCRIPT);
  await page.fill('main [name=on]', officeDay());
  await page.click('main form[method=post] button.btn');
  check('a hostile street is taken', ['/official/happened/', home].some((p) => new URL(page.url()).pathname.startsWith(p)), page.url());
  await page.goto(home);
  check('it is shown as the text it is', (await page.locator('main').innerText()).includes(SCRIPT.slice(0, 20)));
  check('and does not run', !(await page.evaluate(() => window.hostile || document.querySelector('main script, main img'))));
  await page.context().close();
}

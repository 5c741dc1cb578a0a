// Whole cases decided by keys alone, on a desk and at a phone's width: Tab, Space, typing, Enter. Nothing is clicked, and no script
// puts the focus anywhere: what Tab does not reach is not reached.
import { DESK, PHONE, check, picture, signedIn } from './hearth.mjs';
import { acceptAll, until } from './pages.mjs';
import { axe } from './sound.mjs';

const VIEWS = [[PHONE, 'light'], [DESK, 'dark']];

/** Presses Tab until the focus is on something that `fits`; says after how many. */
async function tabTo(page, what, fits) {
  for (let pressed = 1; pressed <= 150; pressed += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(`(${fits})(document.activeElement)`)) {
      // Whoever looks sees where they are: a ring, inside the window.
      const seen = await page.evaluate(() => {
        const at = document.activeElement;
        const box = at.getBoundingClientRect();
        const style = getComputedStyle(at);
        const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        return { ring: ring || style.boxShadow !== 'none', inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth };
      });
      check(`${what}: the focus is seen`, seen.ring && seen.inside, JSON.stringify(seen));
      return pressed;
    }
  }
  throw new Error(`${what}: not reached by Tab on ${page.url()}`);
}

/** Two mothers ask for the helper at home, which an official of the health centre decides; two cases of one office. */
async function waiting(browser, demo) {
  for (const who of ['mother-4', 'mother-5', 'mother-6']) await (await acceptAll(browser, demo, who)).context().close();
  const offices = demo.told.sign_ins.filter((s) => s.role === 'caseworker').map((s) => s.subject);
  return until('an office has two cases to decide', async () => {
    for (const who of offices) {
      const page = await signedIn(browser, demo, who, { viewport: DESK, locale: 'en', bypassCSP: true, reducedMotion: 'reduce' });
      await page.goto('/work?scope=office&kind=decide');
      if ((await page.locator('main table a[href^="/work/case/"]').count()) >= 2) return page;
      await page.context().close();
    }
    return null;
  });
}

/** From the list into a case, through its reasons, to the decision and on to the next case. */
async function decides(page, width) {
  await page.setViewportSize(width);
  const name = `by keys at ${width.width}`;
  await page.goto('/work?scope=office&kind=decide');
  await page.keyboard.press('Tab');
  check(`${name}: the first Tab leads past the head of the page`, await page.evaluate(() => document.activeElement.getAttribute('href')?.startsWith('#')));
  await tabTo(page, `${name}: a case in the list`, (el) => el.matches('main a[href^="/work/case/"]'));
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/work\/case\//);
  const first = new URL(page.url()).pathname;
  await tabTo(page, `${name}: words to the family`, (el) => el.name === 'decide-words');
  await page.keyboard.type('Seen and right');
  await tabTo(page, `${name}: the decision`, (el) => el.matches('main form:has(input[value=decide]) button'));
  await page.keyboard.press('Enter');
  await page.waitForURL(/done=/);
  const said = await page.locator('main').innerText();
  check(`${name}: what came of it is said`, /done=(in-force|approval)/.test(page.url()), `${page.url()} ${said.slice(0, 400)}`);
  return first;
}

export async function wholeCasesByKeysAlone(browser, demo) {
  const page = await waiting(browser, demo);
  const first = await decides(page, DESK);
  const next = new URL(page.url()).pathname;
  check('the next case comes by itself', /^\/work\/case\//.test(next) && next !== first, next);
  await picture(page, 'work-next-by-keys-en-desk');
  await axe(page, 'the next case', 'en', VIEWS);
  await decides(page, PHONE);
  await picture(page, 'work-decided-by-keys-en-phone');
  await axe(page, 'after the decision at a phone’s width', 'en', VIEWS);
  await page.context().close();
}

// The two pictures of the README, made anew: `node run.mjs readme`. No part of what a change must pass.
import { join } from 'node:path';
import { ROOT, check, signedIn } from './hearth.mjs';
import { openHousehold, servedMother } from './pages.mjs';

const DOCS = join(ROOT, 'docs');

export async function pictures(browser, demo) {
  const counter = await signedIn(browser, demo, 'counter', { locale: 'ko', viewport: { width: 1280, height: 1100 }, reducedMotion: 'reduce' });
  const { subject, name, home } = await servedMother(counter, demo);
  await openHousehold(counter, name, { name, reason: '출생 신고차 방문' });
  await counter.goto(home);
  check('the household is there', (await counter.locator('main table').count()) > 0);
  await counter.screenshot({ path: join(DOCS, 'household.png'), animations: 'disabled' });
  await counter.context().close();

  // Half as large again, so that it is sharp where it is shown small.
  const phone = { viewport: { width: 390, height: 1500 }, deviceScaleFactor: 1.5 };
  const mother = await signedIn(browser, demo, subject, { locale: 'ko', reducedMotion: 'reduce', ...phone });
  await mother.goto('/offers');
  check('offers wait', (await mother.locator('main form[action="/offers"] article.card').count()) > 3);
  await mother.screenshot({ path: join(DOCS, 'offers.png'), animations: 'disabled' });
  await mother.context().close();
}

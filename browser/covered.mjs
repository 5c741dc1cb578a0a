// No page is forgotten: whatever the router answers with a page was looked at by axe, at both widths, light and dark. What the other
// parts did not look at is looked at here, by somebody who came there; what nobody comes to and nobody looked at fails.
import { PHONE, check, signedIn } from './hearth.mjs';
import { checkUpTo } from './pages.mjs';
import { ROUTES } from './routes.mjs';
import { ALL_VIEWS, axe, unseen } from './sound.mjs';
import { reached, together } from './walk.mjs';

/** Addresses that answer with something else than a page of their own, and with what. */
const NO_PAGES = {
  '/assets/{name}': 'styles, scripts and drawings',
  '/finance': 'leads on to the runs',
  '/me': 'leads on to where somebody begins',
  '/finance/runs/{id}/file': 'the file for the bank',
  '/sign-in/go': 'leads on to the provider',
  '/sign-in/return': 'leads on to whom the provider sent',
  '/visits/indicators/{id}/table.csv': 'a table',
  '/analyst/comparisons/{id}/table.csv': 'a table',
  '/visits/family/{id}/refer': 'leads on to sending a family on',
  '/work/next/{id}': 'leads on to a case',
  '/work/case/{id}/household': 'leads on to the household',
  '/work/case/{id}/paper/{paper}': 'a paper as it was handed in',
  '/work/case/{id}/decision/{decision}': 'a decision file',
};

/** Pages that nobody comes to in a town that is a day old, and who looks at them. */
const LATER = { '/s/{token}': 'a survey’s link comes weeks after a visit: mother.mjs follows it' };

/** Those that are pages: asked for, or the steps of *what may I get?*, which are sent. */
const PAGES = ROUTES.filter((r) => r.get || r.pattern.startsWith('/check/')).map((r) => r.pattern).filter((p) => !(p in NO_PAGES || p in LATER));

/** From a result back to what was asked last: a form leads there and no link. */
export async function backToTheQuestions(browser, demo) {
  const page = await signedIn(browser, demo, null, { locale: 'en', bypassCSP: true, viewport: PHONE, reducedMotion: 'reduce' });
  await checkUpTo(page, 'result');
  await page.click('main form[action="/check/more"] button');
  check('back at the third step', page.url().endsWith('/check/more'), page.url());
  await axe(page, 'back to the questions', 'en', ALL_VIEWS);
  await page.context().close();
}

export async function everyPage(browser, demo) {
  const places = await reached(browser, demo);
  const left = PAGES.filter((pattern) => unseen(pattern).length > 0);
  // One and the same address leads some people on to another page, so everybody's ways are kept.
  const ways = places.filter((p) => left.includes(p.pattern));
  await together([...new Set(ways.map((way) => way.who))], async (who) => {
    const page = await signedIn(browser, demo, who, { locale: 'en', bypassCSP: true, viewport: PHONE, reducedMotion: 'reduce' });
    for (const { pattern, path } of ways.filter((way) => way.who === who)) {
      const views = unseen(pattern);
      if (views.length === 0) continue;
      const answer = await page.goto(path).catch((error) => error);
      check(`${pattern} opens again`, Boolean(answer?.ok?.()), `${path} as ${who}: ${answer?.status?.() ?? answer}`);
      if (answer?.ok?.()) await axe(page, `${pattern} as ${who}`, 'en', views);
    }
    await page.context().close();
  });
  const still = left.filter((pattern) => unseen(pattern).length > 0);
  check('every page was looked at in both windows, light and dark', still.length === 0, still.join('\n  '));
  console.log(`covered: ${PAGES.length} pages, ${left.length} of them looked at here`);
}

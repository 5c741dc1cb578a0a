// No page is forgotten: whatever the router answers with a page was looked at by axe, at both widths, light and dark. What the other
// parts did not look at is looked at here, by somebody who came there; what nobody comes to and nobody looked at fails.
import { PHONE, check, signedIn } from './hearth.mjs';
import { ROUTES } from './routes.mjs';
import { axe, unseen } from './sound.mjs';
import { reached, together } from './walk.mjs';

/** Addresses that answer with something else than a page of their own, and with what. */
const NO_PAGES = {
  '/assets/{name}': 'styles, scripts and drawings',
  '/finance': 'leads on to the runs',
  '/finance/runs/{id}/file': 'the file for the bank',
  '/sign-in/go': 'leads on to the provider',
  '/visits/indicators/{id}/table.csv': 'a table',
  '/analyst/comparisons/{id}/table.csv': 'a table',
  '/work/next/{id}': 'leads on to a case',
  '/work/case/{id}/household': 'leads on to the household',
  '/work/case/{id}/paper/{paper}': 'a paper as it was handed in',
  '/work/case/{id}/decision/{decision}': 'a decision file',
};

/** Those that are pages: asked for, or the steps of *what may I get?*, which are sent. */
const PAGES = ROUTES.filter((r) => r.get || r.pattern.startsWith('/check/')).map((r) => r.pattern);

export async function everyPage(browser, demo) {
  const places = await reached(browser, demo);
  const left = PAGES.filter((pattern) => !(pattern in NO_PAGES) && unseen(pattern).length > 0);
  const ways = new Map(left.map((pattern) => [pattern, places.find((p) => p.pattern === pattern)]));
  for (const [pattern, way] of ways) {
    check(`axe looks at ${pattern}`, Boolean(way) || unseen(pattern).length < 4, 'nobody comes there, and no part of these tests opens it');
    check(`${pattern} is looked at in both windows and lights`, Boolean(way), 'nobody comes there');
  }
  const byWho = grouped([...ways].filter(([, way]) => way));
  await together([...byWho], async ([who, all]) => {
    const page = await signedIn(browser, demo, who, { locale: 'en', bypassCSP: true, viewport: PHONE, reducedMotion: 'reduce' });
    for (const [pattern, { path }] of all) {
      const views = unseen(pattern);
      const answer = await page.goto(path).catch((error) => error);
      if (!answer?.ok?.()) {
        check(`${pattern} opens again`, false, `${path} as ${who}: ${answer?.status?.() ?? answer}`);
        continue;
      }
      await axe(page, `${pattern} as ${who}`, 'en', views);
    }
    await page.context().close();
  });
  const still = left.filter((pattern) => unseen(pattern).length > 0);
  check('every page was looked at in both windows, light and dark', still.length === 0, still.join('\n  '));
  console.log(`covered: ${PAGES.length - Object.keys(NO_PAGES).length} pages, ${left.length} of them looked at here`);
}

function grouped(ways) {
  const all = new Map();
  for (const way of ways) all.set(way[1].who, [...(all.get(way[1].who) ?? []), way]);
  return all;
}

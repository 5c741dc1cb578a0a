// How far somebody comes by following links, and the forms they find there.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { signedIn } from './hearth.mjs';
import { ROUTES, routeOf } from './routes.mjs';

/** A few at a time. */
export async function together(list, each) {
  const waiting = [...list];
  await Promise.all([1, 2, 3, 4].map(async () => {
    while (waiting.length > 0) await each(waiting.shift());
  }));
}

/** The answer of the demo's database to a query, as lines; columns are parted by `|`, ids are blobs: ask for `hex`. */
export function ask(demo, query) {
  const [program, ...args] = demo.database
    ? ['psql', '--no-psqlrc', '--tuples-only', '--no-align', demo.database, '--command', query]
    : ['sqlite3', '-readonly', '-cmd', '.timeout 5000', join(demo.data, 'hearth.sqlite'), query];
  const asked = spawnSync(program, args, { encoding: 'utf8' });
  if (asked.error) throw new Error(`${program} cannot be started (${asked.error.code}): Debian has it as ${demo.database ? 'postgresql-client' : 'sqlite3'}`);
  if (asked.status !== 0) throw new Error(`${program} does not answer ${query}: ${asked.stderr}`);
  return asked.stdout.trim().split('\n').filter(Boolean);
}

/** Ids as they stand in addresses. */
export function ids(demo, query) {
  return ask(demo, query).map((id) => id.toLowerCase().replaceAll('-', '').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
}

/** What addresses are made of: everything that is the protected families' own. */
export function protectedOnes(demo) {
  const whose = 'select person_id from protection';
  const home = `select household_id from person_membership where person_id in (${whose})`;
  const hex = (column, table, where) => ids(demo, `select distinct lower(hex(${column})) from ${table} where ${where}`);
  return {
    persons: hex('person_id', 'person_membership', `household_id in (${home})`),
    households: hex('household_id', 'person_membership', `person_id in (${whose})`),
    cases: hex('case_id', 'benefit_case', `household_id in (${home})`),
    decisions: hex('decision_id', 'decision', `case_id in (select case_id from benefit_case where household_id in (${home}))`),
    offers: hex('offer_id', 'offer', `household_id in (${home})`),
    events: hex('event_id', 'life_event', `household_id in (${home})`),
  };
}

// Whoever leaves sees no further page.
const NOT_FOLLOWED = /^\/(assets|sign-out|sign-in\/go|provider)\b/;
// A link for somebody else is written out, to be copied.
const LINK = /<a\b[^>]*\bhref="([^"]+)"|<code\b[^>]*>(https?:[^<]+)<\/code>/g;

// Who came where, by demo.
const REACHED = new Map();
/** How many addresses of a kind are kept, of all people and of one. */
const [KEPT, OF_ONE] = [16, 3];

/** Where everybody came, some addresses for each pattern and set of names in the query: `{ who, path, pattern }`. Walks where nobody has. */
export async function reached(browser, demo) {
  if (!REACHED.has(demo.url)) {
    for (const who of [null, ...demo.told.sign_ins.map((s) => s.subject)]) await walk(browser, demo, who, () => {});
  }
  return REACHED.get(demo.url).map(({ who, path }) => ({ who, path, pattern: routeOf(new URL(path, demo.url).pathname).pattern }));
}

function remember(demo, who, kind, path) {
  const all = REACHED.get(demo.url) ?? [];
  REACHED.set(demo.url, all);
  const like = all.filter((r) => r.kind === kind);
  if (like.length < KEPT && like.filter((r) => r.who === who).length < OF_ONE) all.push({ who, kind, path });
}

/**
 * Opens every page without a name in its address, and from there whatever links lead to: of each page, and each set of names in the
 * query, at most `most`. `look(path, response, text)` is called for each answer. Returns the addresses, by the router's patterns.
 */
export async function walk(browser, demo, who, look, { most = 3, from = [] } = {}) {
  const page = await signedIn(browser, demo, who, { locale: 'ko' });
  const { request } = page.context();
  const waiting = [...from, ...ROUTES.filter((r) => r.get && !r.pattern.includes('{') && !NOT_FOLLOWED.test(r.pattern)).map((r) => r.pattern)];
  const [seen, counts, found] = [new Set(), new Map(), new Map()];
  while (waiting.length > 0) {
    const path = waiting.shift();
    const url = new URL(path, demo.url);
    const route = routeOf(url.pathname);
    const kind = `${route?.pattern} ${[...url.searchParams.keys()].sort()}`;
    const count = counts.get(kind) ?? 0;
    if (seen.has(path) || count >= most) continue;
    seen.add(path);
    counts.set(kind, count + 1);
    const response = await request.get(path);
    const text = await response.text();
    await look(path, response, text);
    if (route && response.ok()) remember(demo, who, kind, path);
    if (route && response.ok()) found.set(route.pattern, [...(found.get(route.pattern) ?? []), path]);
    for (const [, href, written = href] of text.matchAll(LINK)) {
      const to = new URL(written.replaceAll('&amp;', '&'), response.url());
      to.searchParams.delete('lang');
      if (to.origin === demo.url && !NOT_FOLLOWED.test(to.pathname)) waiting.push(to.pathname + to.search);
    }
  }
  await page.context().close();
  return found;
}

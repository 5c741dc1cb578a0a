// Protected addresses: whatever anybody may open, by any channel, the canary words of the town are not in it.
import { readFileSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { HEARTH, check, signedIn } from './hearth.mjs';
import { ROUTES } from './routes.mjs';
import { ids, protectedOnes, together, walk } from './walk.mjs';

const PURPOSES = {
  counter: ['counter_service'],
  'rural-counter': ['counter_service'],
  caseworker: ['casework', 'protection', 'data_quality'],
  approver: ['approval'],
  finance: ['payment'],
  nurse: ['home_visit'],
};
const SEARCHERS = ['counter', 'rural-counter', 'caseworker'];
/** In which a notice is read again by everybody. */
const LANGUAGES = ['en', 'kk', 'ru', 'ko'];
/** How many of each kind of page everybody opens by its address, without a link that leads there. */
const BY_ADDRESS = 3;

function recipe(demo) {
  const text = readFileSync(join(demo.pack, 'demo/town.toml'), 'utf8');
  const all = (pattern) => [...text.matchAll(pattern)].map((m) => m[1]);
  return {
    canaries: all(/^canary = "(.*)"$/gm),
    streets: all(/^street = "(카나리아.*)"$/gm),
    given: all(/\["([가-힣]{2})", "[A-Z][a-z]+"\]/g),
  };
}

/** What came back, without what we typed ourselves: values of fields are echoed. */
const withoutEcho = (text) => text.replace(/ value="[^"]*"/g, '');

/** Reads answers on behalf of somebody, and tells those that hold a canary. */
function reader(demo) {
  const { canaries } = recipe(demo);
  const held = (text) => canaries.some((word) => text.includes(word) || text.includes(encodeURIComponent(word)));
  const told = { read: 0, held };
  told.look = async (who, what, response, echo = false) => {
    const text = await response.text();
    told.read += 1;
    check(`${who} does not learn a protected address from ${what}`, !held(echo ? withoutEcho(text) : text), response.url());
    check(`${what} is no fault`, response.status() < 500, `${response.status()}`);
    return text;
  };
  return told;
}

export async function protectedAddresses(browser, demo) {
  const { canaries, streets, given } = recipe(demo);
  check('the recipe has canaries', canaries.length === 2 && streets.length === 2 && given.length > 20);
  const victims = demo.told.sign_ins.filter((s) => s.subject.startsWith('protected-')).map((s) => s.name.split(',')[0]);
  const told = reader(demo);
  const homes = new Set(ids(demo, 'select distinct lower(hex(household_id)) from household'));
  for (const [who, purposes] of Object.entries(PURPOSES)) {
    const { request } = (await signedIn(browser, demo, who, { locale: 'ko' })).context();
    const serves = SEARCHERS.includes(who);
    for (const [nth, purpose] of purposes.entries()) {
      const words = [...victims, ...canaries, ...(serves && nth === 0 ? given : [])].map((q) => ({ q }));
      await together(words.concat([...streets, ...canaries].map((address) => ({ address }))), async (question) => {
        const form = { purpose, reason: 'looking for somebody', ...question };
        const text = await told.look(who, `a search for ${JSON.stringify(question)}`, await request.post('/official/search', { form }), true);
        for (const [, id] of text.matchAll(/\/official\/households\/([0-9a-f-]{36})/g)) homes.add(id);
      });
      if (!serves && nth > 0) continue;
      await together([...homes], async (id) => told.look(who, `a household for ${purpose}`, await request.get(`/official/households/${id}`)));
    }
    const headers = { 'hearth-purpose': purposes[0], 'hearth-reason': 'looking' };
    await together([...victims, ...canaries], async (name) => {
      await told.look(who, 'a search by the interface', await request.post('/api/persons/search', { data: { name }, headers }));
    });
  }
  check('officials could open households at all', homes.size > 10, `${homes.size}`);
  console.log(`protected: ${told.read} answers to searches read`);
}

/** The kinds of thing whose id stands in an address behind these words. */
const KINDS = [
  [/\/households?\/\{/, 'households'], [/\/happened\/\{/, 'households'], [/\/cases?\/\{/, 'cases'], [/\/decisions?\/\{/, 'decisions'],
  [/\/offers\/\{/, 'offers'], [/\/events\/\{/, 'events'], [/\/(persons|family|Patient|alerts|\{kind\})\/\{/, 'persons'],
];

/** The addresses of a pattern with these ids in its first place; a pattern with further places is walked, not guessed. */
function addresses(pattern, own) {
  if (!pattern.includes('{')) return [pattern];
  const kind = KINDS.find(([words]) => words.test(pattern))?.[1];
  if (!kind || pattern.match(/\{/g).length > 1) return [];
  return own[kind].slice(0, BY_ADDRESS).map((id) => pattern.replace(/\{[a-z_]+\}/, id));
}

/**
 * Everybody who may sign in walks every page that links lead to, and then opens by its address whatever the protected families
 * themselves and everybody else came to. Only the families' own sign-ins are not held against.
 */
export async function everybodyOnEveryPage(browser, demo) {
  const told = reader(demo);
  const subjects = [null, ...demo.told.sign_ins.map((s) => s.subject)];
  const own = (who) => who?.startsWith('protected-');
  const reached = new Map();
  const note = (found) => {
    for (const [pattern, paths] of found) reached.set(pattern, [...new Set([...(reached.get(pattern) ?? []), ...paths])]);
  };
  // Their own first: what they come to is what everybody else is tried on.
  for (const who of [...subjects].sort((a, b) => Number(own(b) ?? 0) - Number(own(a) ?? 0))) {
    const seen = async (path, response) => {
      if (own(who)) told.read += 1;
      else await told.look(who ?? 'nobody', path, response);
    };
    note(await walk(browser, demo, who, seen));
  }
  for (const { pattern } of ROUTES.filter((r) => r.get)) {
    check(`somebody comes to ${pattern}`, reached.has(pattern) || pattern in NOT_REACHED);
  }
  if (process.env.VERBOSE) console.log('nobody comes to', ROUTES.filter((r) => r.get && !reached.has(r.pattern)).map((r) => r.pattern).join(' '));
  const mine = protectedOnes(demo);
  check('the protected families have cases of their own', mine.cases.length > 0 && mine.persons.length > 1, JSON.stringify(mine));
  const named = ROUTES.filter((r) => r.get && r.pattern.includes('{')).map((r) => r.pattern);
  const tried = named.flatMap((pattern) => [...addresses(pattern, mine), ...(reached.get(pattern) ?? []).slice(0, BY_ADDRESS)]);
  // A decision tells in every language, each with words of its own.
  const decisions = tried.filter((path) => /^\/(cases|work\/case)\/[^/]+(\/decisions\/.*)?$/.test(path)).slice(0, 2 * BY_ADDRESS);
  tried.push(...decisions.flatMap((path) => LANGUAGES.map((lang) => `${path}?lang=${lang}`)));
  const machine = await machinePaths(demo);
  const asked = machine.flatMap((pattern) => addresses(pattern, mine));
  check('the interface has addresses to read', asked.length > 30, asked.join());
  for (const who of subjects.filter((w) => !own(w))) {
    const { request } = (await signedIn(browser, demo, who, { locale: 'ko' })).context();
    await together([...tried, ...asked], async (path) => told.look(who ?? 'nobody', path, await request.get(path, { headers: { 'hearth-reason': 'looking' } })));
  }
  console.log(`protected: ${told.read} answers read; ${reached.size} of ${ROUTES.filter((r) => r.get).length} pages reached by links, ${tried.length} addresses of pages and ${asked.length} of the interface tried by each of ${subjects.length}`);
}

/** What there is to read for machines, ours and that of FHIR. */
async function machinePaths(demo) {
  const { paths } = await (await fetch(`${demo.url}/api/openapi.json`)).json();
  const kinds = ['Patient', 'RelatedPerson', 'Location', 'Observation', 'Encounter', 'EpisodeOfCare', 'Condition', 'CarePlan', 'Appointment', 'QuestionnaireResponse', 'ServiceRequest'];
  return [
    ...Object.entries(paths).filter(([, how]) => how.get).map(([path]) => path),
    ...kinds.flatMap((kind) => [`/fhir/R4/${kind}`]), '/fhir/R4/Patient/{id}',
  ];
}

/** An agency's system with a token of its own reads all it can of them. */
export async function machines(browser, demo) {
  const told = reader(demo);
  const env = { ...process.env, HEARTH_DATA: demo.data, HEARTH_PACK: demo.pack };
  const asked = (await machinePaths(demo)).flatMap((pattern) => addresses(pattern, protectedOnes(demo)));
  for (const organisation of ['court_administration', 'mohw']) {
    const made = spawnSync(HEARTH, ['agency', 'add', '--name', `walks-${organisation}`, '--organisation', organisation], { env, encoding: 'utf8' });
    const token = made.stdout.match(/[A-Za-z0-9_.~+/=-]{32,}/g)?.at(-1);
    check(`${organisation} has a token`, Boolean(token), made.stderr);
    const headers = { authorization: `Bearer ${token}`, 'hearth-reason': 'looking' };
    const { request } = (await signedIn(browser, demo, null)).context();
    await together(asked, async (path) => told.look(organisation, path, await request.get(path, { headers })));
  }
  console.log(`protected: ${told.read} answers to agencies read`);
}

/** What the server wrote: on its terminal, in the disclosure log, in files beside the database. The register itself has to know. */
export async function whatTheServerWrote(browser, demo) {
  const { held } = reader(demo);
  check('the server said no protected address on its terminal', !held(demo.said()));
  const files = readdirSync(demo.data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const written = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).filter((path) => !/hearth\.sqlite(-wal|-shm)?$/.test(path));
  check('the server wrote a disclosure log', written.some((path) => path.endsWith('.seg')), written.join());
  // The packs that were in force are kept with the demo's recipe, in which the words stand.
  for (const path of written.filter((p) => !p.startsWith(join(demo.data, 'packs')))) check(`no protected address in ${path}`, !held(readFileSync(path).toString('utf8')));
}

/** The perpetrator learns nothing at all of her: not her household, not her name beside an address. */
export async function herOwnAddressIsHers(browser, demo) {
  const { streets } = recipe(demo);
  for (const [index, street] of streets.entries()) {
    const page = await signedIn(browser, demo, `protected-${index}`, { locale: 'ko' });
    await page.goto('/family');
    check(`protected-${index} sees her own address`, (await page.textContent('main')).includes(street), (await page.textContent('main')).slice(0, 400));
    await page.context().close();
  }
}

/** Pages to which no link leads in a town like this one, after what the other parts have done, and why. */
const NOT_REACHED = {
  '/work/plans/{id}': 'the consent was taken back',
  '/work/plans/{id}/{number}': 'the consent was taken back',
  '/s/{token}': 'asked for weeks after a visit',
  '/visits/indicators/{id}/table.csv': 'no link leads there before there are figures',
  '/work/case/{id}/paper/{paper}': 'nobody handed one in',
  '/analyst/comparisons': 'a form leads there and no link',
  '/assets/{name}': 'styles, scripts and drawings',
  '/sign-in/go': 'leads on to the provider',
  '/sign-in/return': 'leads on',
};

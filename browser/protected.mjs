// Protected addresses: whatever anybody may open, by any channel, the canary words of the town are not in it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, signedIn } from './hearth.mjs';

const PURPOSES = {
  counter: ['counter_service', 'emergency'],
  'rural-counter': ['counter_service', 'emergency'],
  caseworker: ['casework', 'protection', 'data_quality', 'emergency'],
  approver: ['approval'],
  finance: ['payment'],
  nurse: ['home_visit', 'emergency'],
};
const SEARCHERS = ['counter', 'rural-counter', 'caseworker'];
const OTHERS = ['mother-1', 'mother-2', 'mother-3', 'mother-4', 'mother-5', 'mother-6', 'perpetrator-0', 'perpetrator-1', 'analyst',
  'privacy', 'administrator'];
const OWN_PAGES = ['/', '/me', '/family', '/offers', '/looked', '/check', '/programmes', '/official/search', '/official/duplicates',
  '/privacy/log', '/privacy/verify', '/analyst/parameters', '/analyst/try'];
const PARTS = ['', '/facts', '/events'];

function recipe(demo) {
  const text = readFileSync(join(demo.pack, 'demo/town.toml'), 'utf8');
  const all = (pattern) => [...text.matchAll(pattern)].map((m) => m[1]);
  return {
    canaries: all(/^canary = "(.*)"$/gm),
    streets: all(/^street = "(카나리아.*)"$/gm),
    given: all(/\["([가-힣]{2})", "[A-Z][a-z]+"\]/g),
  };
}

/** Ids of all households, hers too, when the `sqlite3` program is there to read them; else what searches find must do. */
function everyHousehold(demo) {
  const query = 'select distinct lower(hex(household_id)) from household';
  const asked = spawnSync('sqlite3', ['-readonly', join(demo.data, 'hearth.sqlite'), query], { encoding: 'utf8' });
  const ids = asked.status === 0 ? asked.stdout.trim().split('\n') : [];
  return ids.map((id) => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
}

/** A few at a time. */
async function together(list, each) {
  const waiting = [...list];
  await Promise.all([1, 2, 3, 4].map(async () => {
    while (waiting.length > 0) await each(waiting.shift());
  }));
}

/** What came back, without what we typed ourselves: values of fields are echoed. */
const withoutEcho = (text) => text.replace(/ value="[^"]*"/g, '');

export async function protectedAddresses(browser, demo) {
  const { canaries, streets, given } = recipe(demo);
  check('the recipe has canaries', canaries.length === 2 && streets.length === 2 && given.length > 20);
  const victims = demo.told.sign_ins.filter((s) => s.subject.startsWith('protected-')).map((s) => s.name.split(',')[0]);
  const held = (text) => canaries.some((word) => text.includes(word) || text.includes(encodeURIComponent(word)));
  let read = 0;
  const look = async (who, what, response, echo = false) => {
    const text = await response.text();
    read += 1;
    check(`${who} does not learn a protected address from ${what}`, !held(echo ? withoutEcho(text) : text), `${response.url()}`);
    check(`${what} is no fault`, response.status() < 500, `${response.status()}`);
    return text;
  };

  const homes = new Set(everyHousehold(demo));
  for (const [who, purposes] of Object.entries(PURPOSES)) {
    const { request } = (await signedIn(browser, demo, who, { locale: 'ko' })).context();
    const serves = SEARCHERS.includes(who);
    for (const [nth, purpose] of purposes.entries()) {
      const words = [...victims, ...canaries, ...(serves && nth === 0 ? given : [])].map((q) => ({ q }));
      await together(words.concat([...streets, ...canaries].map((address) => ({ address }))), async (question) => {
        const form = { purpose, reason: 'looking for somebody', ...question };
        const text = await look(who, `a search for ${JSON.stringify(question)}`, await request.post('/official/search', { form }), true);
        for (const [, id] of text.matchAll(/\/official\/households\/([0-9a-f-]{36})/g)) homes.add(id);
      });
      if (!serves && nth > 0) continue;
      await together([...homes], async (id) => {
        await look(who, `a household for ${purpose}`, await request.get(`/official/households/${id}`));
        if (!serves || nth > 0) return;
        const headers = { 'hearth-purpose': purpose, 'hearth-reason': 'looking' };
        for (const part of PARTS) await look(who, `the interface's household${part}`, await request.get(`/api/households/${id}${part}`, { headers }));
      });
    }
    await together(OWN_PAGES, async (path) => look(who, path, await request.get(path)));
    const headers = { 'hearth-purpose': purposes[0], 'hearth-reason': 'looking' };
    await together([...victims, ...canaries], async (name) => {
      await look(who, 'a search by the interface', await request.post('/api/persons/search', { data: { name }, headers }));
    });
  }
  check('officials could open households at all', homes.size > 10, `${homes.size}`);

  for (const who of OTHERS) {
    const { request } = (await signedIn(browser, demo, who, { locale: 'ko' })).context();
    await together(OWN_PAGES, async (path) => look(who, path, await request.get(path)));
    if (!who.startsWith('perpetrator')) continue;
    await together([...homes], async (id) => look(who, 'the interface', await request.get(`/api/households/${id}`)));
  }
  check('the server said no protected address on its terminal', !held(demo.said()));
  console.log(`protected: ${read} answers read`);
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

// Hostile values in every field of every form that anybody comes to: refused at the field with the rest kept, or taken as the text it is;
// never a fault of the server, nothing runs, and what is no number or no day is not taken for one.
import { check, officeDay, signedIn } from './hearth.mjs';
import { NO_TEXT, filled, holds, instead, parsed, send } from './forms.mjs';
import { routeOf } from './routes.mjs';
import { reached, together } from './walk.mjs';

const MARKUP = '"><script>window.hostile=1</script><img src=x onerror="window.hostile=1">';
const LONG = '가'.repeat(20_000);
/** What is tried in a field, by what it holds; the last list is what must not be taken. */
const VALUES = {
  text: {
    nothing: '', 'only space': ' \u00A0\u3000\u200B ', 'twenty thousand characters': LONG, 'control characters': 'a\u0000b\u0007c\u001B[2J',
    'right-to-left marks': '\u202Egnp.exe\u200F\u2066', markup: MARKUP, 'a template': "{{7*7}}${7*7}<%= 7*7 %>%s%n'; drop table person; --",
    'combining marks': `e${'\u0301'.repeat(300)}`, 'half a character': '\uD83D', 'bytes that are no text': NO_TEXT, 'an end of line': 'a\r\nSet-Cookie: b=c',
  },
  number: {
    nothing: '', words: 'a lot', 'less than nothing': '-1', 'two points': '1.5.5', 'more than anybody has': '9'.repeat(25), 'an exponent': '1e999',
    'no number': 'NaN', markup: MARKUP, 'control characters': '1\u0000', 'more than a number holds': '9223372036854775808', 'the longest number': LONG,
  },
  day: {
    nothing: '', words: 'soon', 'the thirtieth of February': '2026-02-30', 'year nought': '0000-01-01', 'the last year': '9999-12-31', 'long ago': '1850-01-01',
    'in a century': '2199-12-31', markup: MARKUP, 'control characters': '2026-01-01\u0000', 'a long day': LONG,
  },
  choice: { nothing: '', 'nobody’s choice': 'nobody', markup: MARKUP, 'a long choice': LONG, 'bytes that are no text': NO_TEXT, 'somebody else’s': '01900000-0000-7000-8000-000000000000' },
  file: {
    'no file': new File([], ''), 'an empty file': new File([], 'a.csv'), 'a name that leads away': new File(['x'], '../../etc/passwd"\r\n<img src=x>.pdf', { type: 'application/pdf' }),
    'markup as a file': new File([MARKUP], 'a.html', { type: 'text/html' }), 'no picture': new File([Uint8Array.of(0xFF, 0xD8, 0xFF, 0xE0, 0, 0)], 'a.jpg', { type: 'image/jpeg' }),
    'a broken document': new File(['%PDF-1.7\n1 0 obj <<'], 'a.pdf', { type: 'application/pdf' }), 'a text where a file belongs': 'text',
    'entities that grow': new File(['<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'], 'a.xml', { type: 'application/xml' }),
    'bytes that are no text': new File([Uint8Array.of(255, 254, 0, 1)], 'a.csv', { type: 'text/csv' }),
  },
};
const NOT_TAKEN = {
  number: ['words', 'less than nothing', 'two points', 'more than anybody has', 'an exponent', 'no number', 'markup', 'control characters', 'more than a number holds', 'the longest number'],
  day: ['words', 'the thirtieth of February', 'year nought', 'markup', 'control characters', 'a long day'],
};
/** Buttons that are not pressed, and why. */
const NOT_PRESSED = [
  [/^\/sign-out/, null, 'whoever leaves sees no further form'],
  [/^\/demo\/time/, null, 'the clock is moved for everybody; its form is tried in time.mjs'],
  [/^\/analyst\/scenarios\//, 'compare', 'compares two countries each time'],
];

/** Where something else than the rule is right, and why. */
const NOT_READ = [
  [/^\/offers (accept|refuse)=/, 'what the other offers ask is not read with one of them'],
  [/^\/visits\/week do=keep .* in order/, 'a place in a day that was not chosen'],
  [/^\/visits\/week do=anew/, 'a week laid anew forgets the order it had'],
  [/^\/r\/.* in expected/, 'a day belongs to the answer that it takes longer'],
  [/in review-/, 'sums and days belong to another outcome than that the decision stands'],
];
const NOT_TOLD = [[/^\/sign-in\/local/, 'which of name, password and code was wrong is nobody’s business, and a code is typed again']];
/** Steps of a longer way that are taken once: whoever comes second finds no form. */
const ONCE = [[/^\/visits\/alerts\//, 'an alert is closed once']];

const short = (path) => path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…').slice(0, 120);
/** A field's name without whose and which: forms that ask each family something else are one form, and rows of a table are one row. */
const like = (field) => {
  const asked = /^(q|f|a)[-.]/.test(field.name) ? `${field.name[0]} ${holds(field)}` : field.name;
  return asked.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/g, 'N');
};
const isButton = (field) => field.kind === 'submit' || field.kind === 'button';
const keyOf = (form, button, pattern) => JSON.stringify([
  pattern,
  [...new Set(form.fields.filter((f) => !isButton(f)).map((f) => (f.kind === 'hidden' && /^(do|act|kind)$/.test(f.name) ? `${f.name}=${f.value}` : like(f))))].sort(),
  button && [button.name, /^[0-9a-f-]{36}$/.test(button.value) ? 'ID' : button.value],
]);
/** As many fields of one kind are tried in a form. */
const OF_A_KIND = 2;

/** No control character is text, half a character cannot be sent, a field of one line has no further one, and space around is nothing typed; the rest must come back. */
const comparable = (text) => text.toWellFormed().replace(/[\u0000-\u001F\u007F-\u009F\uFFFD]/g, '').trim();

export async function everyForm(browser, demo) {
  const parser = await (await browser.newContext()).newPage();
  const places = await reached(browser, demo);
  const cookies = new Map();
  const cookieOf = async (who) => {
    if (!cookies.has(who)) {
      const page = await signedIn(browser, demo, who);
      const { cookies: all } = await page.context().storageState();
      cookies.set(who, all.filter((c) => c.name !== 'hearth_lang').map((c) => `${c.name}=${c.value}`).join('; '));
      await page.context().close();
    }
    return cookies.get(who);
  };
  const told = { sent: 0, forms: 0, usedUp: [], wrongField: [], taken: 0 };
  const done = new Set();
  await together(places, async ({ who, path }) => {
    const cookie = await cookieOf(who);
    const get = async () => {
      const answer = await fetch(new URL(path, demo.url), { headers: { 'accept-language': 'en', accept: 'text/html', ...(cookie ? { cookie } : {}) } });
      const html = (answer.headers.get('content-type') ?? '').startsWith('text/html') ? await answer.text() : '';
      if (!html.includes('method="post"')) return [];
      const page = await parsed(parser, html);
      check(`${short(path)} as ${who ?? 'nobody'}: nothing runs`, page.runs === '', page.runs);
      return page.forms;
    };
    const waiting = (await get()).map((form) => ({ form, get }));
    // What a form leads to may hold the next form.
    while (waiting.length > 0) {
      const { form, get: again } = waiting.shift();
      const at = new URL(form.action || path, new URL(path, demo.url));
      const pattern = routeOf(at.pathname)?.pattern ?? at.pathname;
      const buttons = form.fields.filter(isButton);
      for (const button of buttons.length > 0 ? buttons : [null]) {
        const key = keyOf(form, button, pattern);
        if (done.has(key) || NOT_PRESSED.some(([p, value]) => p.test(at.pathname) && (value === null || form.fields.concat(button ?? []).some((f) => f.value === value)))) continue;
        done.add(key);
        told.forms += 1;
        const next = await oneForm({ demo, parser, who, cookie, at, pattern, told }, form, button, again);
        waiting.push(...next.map((f) => ({ form: f, get: async () => null })));
      }
    }
  });
  await parser.context().close();
  console.log(`everyform: ${told.sent} answers to ${told.forms} forms, ${told.taken} of them taken; ${told.usedUp.length} forms were gone before all was tried`);
  if (process.env.VERBOSE) console.log(told.usedUp.join('\n'), '\nelsewhere:\n', told.wrongField.join('\n'));
  check('there are forms to try', told.forms > 60, `${told.forms}`);
}

/** Every value in every field of a form as one button sends it; gives the forms that stand on the answers. */
async function oneForm(at, form, button, again) {
  const today = officeDay();
  const { pattern, who, told } = at;
  let now = form;
  let gone = false;
  const next = [];
  const name = `${pattern}${button?.name ? ` ${button.name}=${short(button.value)}` : ''} as ${who ?? 'nobody'}`;
  const named = [...new Map(form.fields.filter((f) => !isButton(f) && f.kind !== 'password' && !(f.kind === 'hidden' && f.name === 'lang')).map((f) => [f.name, f])).values()];
  const fields = named.filter((f) => named.filter((g) => like(g) === like(f)).indexOf(f) < OF_A_KIND);
  const ways = fields.flatMap((field) => Object.entries(VALUES[holds(field)]).map(([what, value]) => ({ field, what, value })));
  // Whatever is surely refused goes first: it leaves the form as it is.
  ways.sort((a, b) => Number(NOT_TAKEN[holds(b.field)]?.includes(b.what) ?? false) - Number(NOT_TAKEN[holds(a.field)]?.includes(a.what) ?? false));
  const days = fields.filter((f) => holds(f) === 'day').map((f) => f.name);
  const turned = days.length > 1 ? [{ field: null, what: 'days out of order', value: null }] : [];
  for (const { field, what, value } of [...ways, ...turned]) {
    const sound = filled(now, button, today);
    const pairs = field ? instead(sound, field.name, value) : days.reduce((all, day, n) => instead(all, day, officeDay(-40 * n)), sound);
    const tried = `${name}: ${what}${field ? ` in ${field.name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')}` : ''}`;
    let answer = await send(at.at, { cookie: at.cookie, files: form.files }, pairs);
    // Links are limited per minute, as they should be: whoever is told to wait waits. Who guesses passwords waits longer each time.
    for (let waits = 0; answer.status === 429 && !/^\/sign-in/.test(pattern) && waits < 60; waits += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      answer = await send(at.at, { cookie: at.cookie, files: form.files }, pairs);
    }
    told.sent += 1;
    check(`${tried}: no fault`, answer.status < 500, `${answer.status} ${answer.text.slice(0, 300)}`);
    const page = answer.type.startsWith('text/html') ? await parsed(at.parser, answer.text) : null;
    const taken = answer.status < 400;
    if (answer.status >= 400) check(`${tried}: an answer that can be read`, Boolean(page?.heading), `${answer.status} ${answer.type} ${answer.text.slice(0, 200)}`);
    if (page) check(`${tried}: nothing runs`, page.runs === '', page.runs);
    if (taken && page === null && answer.to === null) check(`${tried}: leads somewhere`, /csv|xml|json/.test(answer.type), answer.type);
    if (field && taken && NOT_TAKEN[holds(field)]?.includes(what) && !NOT_READ.some(([where]) => where.test(tried))) check(`${tried}: is not taken`, (page?.refused ?? 0) > 0, `${answer.status} ${answer.to ?? ''}`);
    if (answer.status === 422 && page) {
      // Somebody else answered the form meanwhile: what comes back cannot hold it.
      const there = page.forms.some((f) => sameFields(f, form)) || ((all) => (all === null ? !gone : all.some((f) => sameFields(f, form))))(await again());
      if (!there) {
        told.usedUp.push(tried);
        break;
      }
      if (!NOT_TOLD.some(([where]) => where.test(pattern))) {
        check(`${tried}: told at a field`, page.refused > 0, page.heading);
        // Whoever writes another name behind the page's back is told so on a page that need not be the same.
        if (field?.kind !== 'hidden') kept(tried, page, form, pairs);
      }
      if (field && page.wrong.length > 0 && !page.wrong.includes(field.name)) told.wrongField.push(`${tried}: told at ${page.wrong}`);
    }
    if (!taken) continue;
    told.taken += 1;
    gone = ONCE.some(([where]) => where.test(pattern));
    if (page) next.push(...page.forms);
    const all = await again();
    // A step of a longer way is sent again as it was.
    if (all === null) continue;
    const same = all.find((f) => f.action === form.action && sameFields(f, form)) ?? null;
    if (same === null) {
      told.usedUp.push(tried);
      break;
    }
    now = same;
  }
  return next;
}

function sameFields(one, other) {
  const names = (form) => [...new Set(form.fields.map((f) => (f.kind === 'hidden' && /^(do|act|kind)$/.test(f.name) ? `${f.name}=${f.value}` : f.name)))].sort().join();
  return names(one) === names(other);
}

/** What was typed and chosen stands in the form that comes back. */
function kept(tried, page, form, pairs) {
  const names = new Set(form.fields.map((f) => f.name));
  const does = (f) => f.fields.filter((field) => field.kind === 'hidden' && pairs.some(([n, v]) => n === field.name && v === field.value)).length;
  const overlap = (f) => f.fields.filter((field) => names.has(field.name)).length && f.fields.filter((field) => names.has(field.name)).length + 10 * does(f);
  const back = page.forms.filter((f) => overlap(f) > 0 && f.files === form.files).sort((a, b) => overlap(b) - overlap(a))[0];
  if (!back) return check(`${tried}: the form is there again`, false, page.heading);
  for (const field of back.fields) {
    const sent = pairs.filter(([n]) => n === field.name).map(([, v]) => v);
    if (sent.length === 0 || sent.some((v) => typeof v !== 'string')) continue;
    const { kind } = field;
    if (kind === 'text' || kind === 'textarea' || kind === 'tel' || kind === 'search') {
      check(`${tried}: ${field.name} is kept`, sent.some((v) => comparable(v) === comparable(field.value)), JSON.stringify([sent[0].slice(0, 60), field.value.slice(0, 60)]));
    } else if (kind === 'radio' || kind === 'checkbox') {
      if (sent.includes(field.value)) check(`${tried}: the choice of ${field.name} is kept`, field.chosen, field.value);
    } else if (kind === 'select') {
      if (field.options.includes(sent[0])) check(`${tried}: the choice in ${field.name} is kept`, field.value === sent[0], `${field.value} instead of ${sent[0]}`);
    }
  }
}

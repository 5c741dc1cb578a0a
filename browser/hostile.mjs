// Hostile values in every text field of three forms: shown as text or refused at the field, never a fault, nothing typed is lost.
import { check, officeDay, signedIn } from './hearth.mjs';
import { servedMother } from './pages.mjs';

const VALUES = {
  'a script': '"><script>window.hostile=1</script><img src=x onerror="window.hostile=1">',
  'ten thousand characters': '가'.repeat(10_000),
  'a null byte': 'a\u0000b',
  emoji: '👩‍👩‍👧‍👦🇰🇷',
  'right-to-left marks': '\u202Egnp.exe\u200F\u2066',
  'a template': '{{7*7}}${7*7}<%= 7*7 %>%s%n',
  sql: "'; drop table person; --",
  'only space': ' \u00A0\u3000\u200B ',
  'combining marks': `e${'\u0301'.repeat(300)}`,
  'half a surrogate': '\uD83D',
};

export async function eventForms(browser, demo) {
  const counter = await signedIn(browser, demo, 'counter', { locale: 'ko' });
  const { home } = await servedMother(counter, demo);
  // Without a day and a mother it is never recorded, whatever else is typed.
  await everyField(counter, `${home}/events/birth`, ['name', 'born', 'identifier'], {});
  await everyField(counter, `${home}/events/move`, ['street', 'on'], {});
  await recorded(counter, home);
  await counter.context().close();
}

export async function searchForm(browser, demo) {
  const page = await signedIn(browser, demo, 'counter');
  await everyField(page, '/official/search', ['reason', 'q', 'address'], {});
  await everyField(page, '/official/search', ['born'], { reason: 'asks', q: 'Kim' });
  await page.context().close();
}

export async function tryForm(browser, demo) {
  const page = await signedIn(browser, demo, 'analyst');
  await everyField(page, '/analyst/try', ['household'], { on: '2026-11-01' });
  await page.context().close();
}

/** A hostile street that fits is recorded, and shown as the text it is. */
async function recorded(page, home) {
  await page.goto(`${home}/events/move`);
  // Within the counter's own district, so that the counter still serves them.
  await page.selectOption('main [name=place]', 'kr-11-680');
  await page.fill('main [name=street]', VALUES['a script']);
  await page.fill('main [name=on]', officeDay());
  await page.click('main form[method=post] button.btn');
  check('a hostile street is taken or refused', ['/official/households/', home].some((p) => new URL(page.url()).pathname.startsWith(p)), page.url());
  check('a hostile street does not run', !(await page.evaluate(() => window.hostile || document.querySelector('main script, main img'))));
}

/** Every value in every field, all fields at once and turned by one each time, sent by the browser itself. */
async function everyField(page, path, fields, filled) {
  const kinds = Object.keys(VALUES);
  for (const [turn, kind] of kinds.entries()) {
    const what = `${path.replace(/[0-9a-f-]{36}/, '…')}: ${kind} in ${fields[0]}`;
    await page.goto(path);
    const sent = new Map(Object.entries(filled));
    for (const [index, field] of fields.entries()) sent.set(field, VALUES[kinds[(turn + index) % kinds.length]]);
    for (const [name, text] of sent) {
      const input = page.locator(`main [name="${name}"]`);
      await input.evaluate((element, v) => { element.value = v; }, text);
      sent.set(name, await input.inputValue());
    }
    const answered = page.waitForResponse((r) => r.request().method() === 'POST');
    await page.click('main form[method=post] button.btn');
    const status = (await answered).status();
    await page.waitForLoadState();
    check(`${what}: no fault`, status < 500, `${status}`);
    check(`${what}: nothing runs`, !(await page.evaluate(() => window.hostile)));
    if (status === 422) check(`${what}: told at a field`, (await page.locator('main [aria-invalid=true], main .field--bad').count()) > 0);
    for (const [name, text] of sent) {
      const kept = await page.locator(`main [name="${name}"]`).inputValue();
      check(`${what}: ${name} is kept`, comparable(kept) === comparable(text), `${status}: ${JSON.stringify(kept.slice(0, 80))}`);
    }
  }
}

/** HTML cannot carry NUL, half a character cannot be sent, and space around is nothing typed; the rest must come back. */
function comparable(text) {
  return text.toWellFormed().replace(/[\u0000\uFFFD]/g, '').trim();
}

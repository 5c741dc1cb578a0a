// From a tap to the money: agencies answer, an official settles and decides from the keyboard, a second person signs, the mother
// reads why, objects and is heard, a run is released, the bank sends one payment back, and the ledger balances.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DESK, HEARTH, PHONE, check, officeDay, picture, signedIn } from './hearth.mjs';
import { fillNeeded } from './pages.mjs';

/** The mother whose case this is: the one of whom an agency holds something else than she said. */
const MOTHER = 'mother-2';
/** What later steps need to know. */
const story = {};

const main = (page) => page.locator('main').innerText();
const workLinks = (page) => page.locator('main a[href^="/work/case/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
const staff = (demo, role) => demo.told.sign_ins.filter((s) => s.role === role).map((s) => s.subject);

/** Looks again until `holds`, at most three minutes: agencies and the worker take their time. */
async function until(what, holds) {
  for (const started = Date.now(); ; ) {
    const found = await holds();
    if (found) return found;
    if (Date.now() - started > 180_000) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The whole way, each step on what the one before left. */
export async function fromTapToMoney(browser, demo) {
  for (const step of [accepts, protectedApplies, settles, decides, signs, objects, corrects, pays, looked]) await step(browser, demo);
}

/** The mother accepts what is certain, on her phone, and sees which agencies are asked. */
async function accepts(browser, demo) {
  const page = await signedIn(browser, demo, MOTHER, { viewport: PHONE, locale: 'en' });
  await page.goto('/offers');
  await fillNeeded(page);
  await page.click('main button[value=accept-chosen]');
  const accepted = new URL(page.url()).searchParams.getAll('accepted').length;
  check('certain offers are accepted in one tap', accepted >= 4, `${accepted} ${page.url()} ${await main(page)}`.slice(0, 600));
  await page.goto('/cases');
  const text = await until('a case waits for an agency or is decided', async () => {
    await page.reload();
    const said = await main(page);
    return /You get it/.test(said) && said;
  });
  check('what is certain is decided by machine', /You get it/.test(text), text);
  await picture(page, 'cases-en-phone');
  await page.context().close();
}

/** A mother whose address is protected applies as well: what follows has to be without it. */
async function protectedApplies(browser, demo) {
  const page = await signedIn(browser, demo, 'protected-0', { viewport: PHONE, locale: 'ko' });
  await page.goto('/apply/for/child_allowance');
  const whom = page.locator('main [name=subject][type=radio]');
  if ((await whom.count()) > 0) await whom.last().check();
  await page.click('main form[method=post] button.btn');
  const draft = page.url();
  for (let steps = 0; page.url().startsWith(draft.split('?')[0]) && steps < 10; steps += 1) {
    const form = page.locator('main form:has(button[name=do])');
    for (const select of await form.locator('select').all()) await select.selectOption({ index: 1 });
    for (const radio of await form.locator('.choices label:first-child input[type=radio]').all()) await radio.check();
    for (const input of await form.locator('input[type=text]').all()) {
      if (await input.inputValue()) continue;
      const name = await input.getAttribute('name');
      await input.fill(name.endsWith('bank_account') ? '110-222-000000' : (await input.getAttribute('inputmode')) ? '100' : '가나다');
    }
    for (const box of await form.locator('input[type=checkbox]').all()) await box.check();
    await form.locator('button[value=next], button[value=send]').first().click();
  }
  await page.goto('/cases');
  check('a protected family has applied', (await page.locator('main a[href^="/cases/"]').count()) > 0, `${draft} ${await main(page)}`.slice(0, 900));
  await page.context().close();
}

/** The official's task for what an agency says against the family; settled for the agency, from the keyboard alone. */
async function settles(browser, demo) {
  const officials = staff(demo, 'caseworker');
  const page = await until('an agency that was down says otherwise than the family, and an official sees it', async () => {
    for (const who of officials) {
      const page = await signedIn(browser, demo, who, { viewport: DESK, locale: 'en' });
      await page.goto('/work?scope=office&kind=contradiction');
      const [first] = await workLinks(page);
      if (first) {
        story.caseworker = who;
        await page.goto(first);
        return page;
      }
      await page.context().close();
    }
    return null;
  });
  story.case = new URL(page.url()).pathname;
  const said = await main(page);
  check('both sources are shown', /Held already/.test(said) && /The agency says/.test(said), said.slice(0, 800));
  await picture(page, 'work-case-en-desk');
  await page.keyboard.press('a');
  const agency = page.locator('main [name="follow-0"][value=agency]');
  await agency.focus();
  await page.keyboard.press('Space');
  check('the keyboard chooses', await agency.isChecked());
  await page.locator('[name="why-0"]').focus();
  await page.keyboard.type('The border record, and a talk with the mother');
  await page.locator('main form:has(input[value=settle]) button').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/done=settled/);
  await page.context().close();
}

/** The same official decides; the page leads on to what is next. */
async function decides(browser, demo) {
  const page = await signedIn(browser, demo, story.caseworker, { viewport: DESK, locale: 'en' });
  await until('the case waits for a decision', async () => {
    await page.goto(story.case);
    return page.locator('main form:has(input[value=decide])').count();
  });
  const said = await main(page);
  check('the result stands before the decision', /What would be decided now\s+No/.test(said), said.slice(0, 800));
  check('the deciding condition is named', /Does not hold/.test(said), said.slice(0, 2000));
  await page.keyboard.press('a');
  await page.locator('[name="decide-words"]').focus();
  await page.keyboard.type('The record of the border holds');
  await page.locator('main form:has(input[value=decide]) button').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/done=approval/);
  check('a refusal needs a second person', /second person/.test(await main(page)));
  await page.context().close();
}

/** Somebody else of the same office signs; nobody signs their own. */
async function signs(browser, demo) {
  const first = await signedIn(browser, demo, story.caseworker, { viewport: DESK, locale: 'en' });
  await first.goto(story.case);
  check('nobody signs their own decision', (await first.locator('main form:has(input[value=sign])').count()) === 0);
  await first.context().close();
  story.approver = await sign(browser, demo);
  check('an approver of the office can sign', story.approver !== null, staff(demo, 'approver').join());
}

/** Signs what is prepared in the case as the first who may; says who it was. */
async function sign(browser, demo) {
  for (const who of staff(demo, 'approver')) {
    const page = await signedIn(browser, demo, who, { viewport: DESK, locale: 'en' });
    const answer = await page.goto(story.case);
    const may = answer.ok() && (await page.locator('main form:has(input[value=sign])').count()) > 0;
    if (may) {
      await page.fill('[name="sign-words"]', 'Seen');
      await page.click('main form:has(input[value=sign]) [name=agrees][value=yes]');
      check('signed, it is in force', /done=in-force/.test(page.url()), page.url());
    }
    await page.context().close();
    if (may) return who;
  }
  return null;
}

/** The mother reads the notice in two languages, objects, and takes away the decision file. */
async function objects(browser, demo) {
  for (const [locale, refused, how] of [['ko', '받지 못합니다', '이의'], ['en', 'You do not get it', 'object']]) {
    const page = await signedIn(browser, demo, MOTHER, { viewport: PHONE, locale });
    await page.goto('/cases');
    const decision = story.case.replace('/work/case/', '/cases/');
    await page.locator(`main a[href^="${decision}/decisions/"]`).first().click();
    const said = await main(page);
    check(`the notice says the result (${locale})`, said.includes(refused), said.slice(0, 600));
    check(`the notice says how to object (${locale})`, said.includes(how), said);
    check(`the notice names the facts and the law (${locale})`, /제\d+조/.test(said) && /120/.test(said), said);
    await picture(page, `notice-${locale}-phone`);
    if (locale === 'en') {
      await page.locator('summary', { hasText: 'Object' }).click();
      await page.fill('main [name=reason]', 'My child was born here and has never been abroad');
      await page.locator('main form[action$="/object"] button').click();
      check('the objection is taken', /objection/i.test(await main(page)), (await main(page)).slice(0, 600));
    }
    await page.context().close();
  }
  const page = await signedIn(browser, demo, story.caseworker, { viewport: DESK, locale: 'en' });
  await page.goto(story.case);
  check('the official who decided does not review', (await page.locator('main form:has(input[name=objection])').count()) === 0);
  const file = await page.locator('main a[href*="/decision/"]').first().getAttribute('href');
  replays(demo, await (await page.request.get(file)).body());
  await page.context().close();
}

/** `hearth replay` comes to the same bytes, and tells when somebody touched the file. */
function replays(demo, bytes) {
  // The packs by which it was decided are kept in the data folder.
  const env = { ...process.env, HEARTH_DATA: demo.data };
  const folder = mkdtempSync(join(tmpdir(), 'hearth-replay-'));
  try {
    const [right, touched] = [join(folder, 'decision.json'), join(folder, 'touched.json')];
    writeFileSync(right, bytes);
    check('the decision file replays', execFileSync(HEARTH, ['replay', right], { env, encoding: 'utf8' }).length > 0);
    const changed = bytes.toString().replace('"value":120', '"value":12');
    check('the file holds the deciding fact', changed !== bytes.toString());
    writeFileSync(touched, changed);
    let refused = false;
    try {
      execFileSync(HEARTH, ['replay', touched], { env, stdio: 'pipe' });
    } catch {
      refused = true;
    }
    check('a touched decision file does not replay', refused);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What was wrong is put right; somebody who took no part has it worked out anew, back to the month of birth. */
async function corrects(browser, demo) {
  const page = await signedIn(browser, demo, story.caseworker, { viewport: DESK, locale: 'en' });
  await page.goto(story.case);
  check('the official who decided reads who reviews', /took no part/.test(await main(page)), (await main(page)).slice(-1500));
  await page.locator('main a[href$="/household"]').click();
  check('the household opens from the case without a search', /\/official\/households\//.test(page.url()), page.url());
  await page.goto(`${new URL(page.url()).pathname}/events/fact`);
  await page.locator('main fieldset', { hasText: 'About whom' }).locator('label').nth(-2).click();
  await page.selectOption('main [name=item]', { label: 'Days abroad in a row' });
  await page.fill('main [name=value]', '0');
  await page.fill('main [name=on]', officeDay(-5));
  await page.locator('main [name=told]').first().check();
  await page.click('main form[method=post] button.btn');
  check('the fact is taken', !page.url().includes('/events/'), (await main(page)).slice(0, 600));
  await page.context().close();
  for (const who of staff(demo, 'approver').filter((w) => w !== story.approver)) {
    const reviewer = await signedIn(browser, demo, who, { viewport: DESK, locale: 'en' });
    const answer = await reviewer.goto(story.case);
    const form = reviewer.locator('main form:has(input[name=objection])');
    const may = answer.ok() && (await form.count()) > 0;
    if (may) {
      await picture(reviewer, 'review-en-desk');
      await form.locator('[name=outcome][value=anew]').check();
      await form.locator('[name=review-words]').fill('The border record was of another person of the same name');
      await form.locator('button').last().click();
      check('the review ends', /done=/.test(reviewer.url()), (await main(reviewer)).slice(0, 600));
      await reviewer.goto(story.case);
      check('what was refused is granted', /The decision in force\s+On .* you get:/.test(await main(reviewer)), await main(reviewer));
    }
    await reviewer.context().close();
    if (may) return;
  }
  check('somebody of the office who took no part can review', false, staff(demo, 'approver').join());
}

/** Two people release the money; the bank file is whole; one payment comes back; the ledger balances. */
async function pays(browser, demo) {
  const [one, two] = staff(demo, 'finance');
  const first = await signedIn(browser, demo, one, { viewport: DESK, locale: 'en' });
  await first.goto('/finance/runs');
  await first.locator('main [name=form][value=cash]').check();
  await first.click('main form[action="/finance/runs"] button');
  const run = new URL(first.url()).pathname;
  await until('the run is prepared', async () => {
    await first.goto(run);
    return first.locator('main form:has(input[value=sign])').count();
  });
  await picture(first, 'run-en-desk');
  await first.locator('main form:has(input[value=sign]) button').click();
  check('nobody releases what they signed', (await first.locator('main form:has(input[value=release])').count()) === 0);
  const second = await signedIn(browser, demo, two, { viewport: DESK, locale: 'en' });
  await second.goto(run);
  await second.locator('main form:has(input[value=release]) button').click();
  check('released by another', /done=released/.test(second.url()), second.url());
  const xml = await (await second.request.get(`${run}/file`)).text();
  const again = await (await second.request.get(`${run}/file`)).text();
  check('the bank file is the same bytes each time', xml === again);
  check('the bank file knows no protected address', !/카나리아/.test(xml) && !xml.includes(encodeURIComponent('카나리아')));
  const amounts = [...xml.matchAll(/<InstdAmt Ccy="KRW">(\d+)</g)].map((m) => Number(m[1]));
  const [total, count] = [Number(/<CtrlSum>(\d+)</.exec(xml)[1]), Number(/<NbOfTxs>(\d+)</.exec(xml)[1])];
  check('control sum and count are those of the payments', amounts.length === count && amounts.reduce((a, b) => a + b, 0) === total, `${amounts} ${total}`);
  await second.context().close();
  await comesBack(first, run, xml);
  await first.context().close();
}

/** The bank refuses the first payment of the file: it is booked back and waits for another account. */
async function comesBack(page, run, xml) {
  const message = /<MsgId>([^<]+)</.exec(xml)[1];
  const batch = /<PmtInfId>([^<]+)</.exec(xml)[1];
  // The first is a protected family's, of whom left.mjs wants money back.
  const payment = [...xml.matchAll(/<EndToEndId>([^<]+)</g)].at(-1)[1];
  const report = `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>REPORT-1</MsgId><CreDtTm>2026-01-02T03:04:05Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>${message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>${batch}</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>${payment}</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>
</CstmrPmtStsRpt></Document>`;
  for (const time of ['first', 'second']) {
    await page.goto('/finance/returns');
    await page.setInputFiles('main input[type=file]', { name: 'report.xml', mimeType: 'application/xml', buffer: Buffer.from(report) });
    await page.click('main form[action="/finance/returns"] button');
    check(`the bank's report is read (${time} time)`, /REPORT-1|report\.xml/.test(await main(page)), (await main(page)).slice(0, 900));
  }
  await page.goto(run);
  check('one payment was refused by the bank', /Refused by the bank/.test(await main(page)));
  await page.goto('/finance/ledger');
  await page.getByText('Check now').click();
  const said = await main(page);
  check('the ledger balances', /Together\s+₩([\d,]+)\s+₩\1\s+₩0/.test(said) && !/differ/i.test(said), said.slice(0, 1200));
  await picture(page, 'ledger-en-desk');
}

/** The mother finds the official, the second person and the agencies in *who looked*. */
async function looked(browser, demo) {
  const page = await signedIn(browser, demo, MOTHER, { viewport: PHONE, locale: 'en' });
  await page.goto('/looked');
  const said = await main(page);
  for (const role of ['Caseworker', 'Approver']) check(`who looked: ${role}`, said.includes(role), said.slice(0, 1500));
  await page.goto('/payments');
  check('the mother sees what comes', /₩[\d,]+/.test(await main(page)), await main(page));
  await picture(page, 'payments-en-phone');
  await page.context().close();
}

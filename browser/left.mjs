// What whoever walks everywhere has to find: for a family whose address is protected a recovery, a referral with its link, findings of a
// look at everybody; a comparison of scenarios, an entry of the bank that fits nothing, a draft, a pair that may be one person, a group.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DESK, HEARTH, check, officeDay, signedIn } from './hearth.mjs';
import { newScenario, until } from './pages.mjs';
import { ALL_VIEWS, axe } from './sound.mjs';
import { protectedOnes } from './walk.mjs';

const main = (page) => page.locator('main').innerText();
const staff = (demo, role) => demo.told.sign_ins.filter((s) => s.role === role).map((s) => s.subject);
const key = () => `left-${crypto.randomUUID()}`;
const desk = (browser, demo, who, options = {}) => signedIn(browser, demo, who, { viewport: DESK, locale: 'en', ...options });
const FOR_AXE = { bypassCSP: true, reducedMotion: 'reduce' };

/** Sends something to the interface as somebody signed in. */
const post = (page, path, data, purpose = {}) => page.request.post(path, { data, headers: { 'idempotency-key': key(), 'hearth-reason': 'a%20test', ...purpose } });

/** A court ends what a protected family was paid in money.mjs: it is to be paid back. */
export async function aRecovery(browser, demo) {
  const { decisions } = protectedOnes(demo);
  check('a protected family has a decision', decisions.length > 0);
  let put = null;
  for (const decision of decisions) {
    for (const who of staff(demo, 'approver')) {
      const page = await desk(browser, demo, who);
      const answer = await post(page, `/api/decisions/${decision}/court-order`, { grant: false, slices: [], reason: 'Court of Seoul, 12 November 2026, number 7', law: 'Judgment 2026-7' });
      if (answer.ok()) put = who;
      else if (process.env.VERBOSE) console.log(who, answer.status(), await answer.text());
      await page.context().close();
      if (put) break;
    }
  }
  check('a court’s order against a protected family is carried out', put !== null);
  const page = await desk(browser, demo, 'finance');
  await until('there is something to be paid back', async () => {
    await page.goto('/finance/recoveries');
    return page.locator('main a[href^="/finance/recoveries/"]').count();
  });
  await page.context().close();
}

/** Officials send a protected family on to a service; the partner has a link. */
export async function aReferral(browser, demo) {
  const { households } = protectedOnes(demo);
  let sent = 0;
  for (const household of households) {
    for (const who of staff(demo, 'caseworker')) {
      const page = await desk(browser, demo, who);
      const answer = await page.goto(`/work/referrals/household/${household}/new?need=parenting`);
      if (answer.ok() && (await page.locator('main [name=service]').count()) > 0) {
        for (const field of ['service', 'person', 'agreed_by', 'shares']) await page.locator(`main [name=${field}]`).first().check();
        await page.fill('main [name=reason]', 'They want to meet other parents.');
        await page.click('main form[method=post] button.btn');
        if (!page.url().includes('/new')) sent += 1;
      }
      await page.context().close();
    }
  }
  check('a protected family is sent on to a service', sent > 0, `${sent}`);
}

/** Everybody looked at again: asked by one, approved by another; the run finds something. */
export async function findings(browser, demo) {
  const asks = await desk(browser, demo, 'analyst');
  const asked = await post(asks, '/api/requalifications', { on: officeDay(), reason: 'the yearly look', law: 'Act 19' });
  check('a look at everybody is asked for', asked.status() === 201, await asked.text());
  const { requalification } = await asked.json();
  const approves = await desk(browser, demo, 'administrator');
  const approved = await post(approves, `/api/requalifications/${requalification}/acts`, { act: 'approve' });
  check('and approved by another', approved.ok(), await approved.text());
  await until('the run is done', async () => {
    const answer = await asks.request.get('/api/requalifications', { headers: { 'hearth-reason': 'a%20test' } });
    const { requalifications } = await answer.json();
    return requalifications.some((r) => r.status === 'found');
  });
  for (const page of [asks, approves]) await page.context().close();
}

/** Two scenarios compared over a small country, so that there is a result and a page with both. */
export async function comparisons(browser, demo) {
  // Instead of the larger country that the first comparison would make.
  const made = spawnSync(HEARTH, ['synth', '--pack', demo.pack, '--persons', '4000', '--out', join(demo.data, 'population')], { encoding: 'utf8' });
  check('a small country is made', made.status === 0, made.stderr);
  const page = await desk(browser, demo, 'analyst', FOR_AXE);
  for (const amount of ['2100000', '2200000']) {
    await newScenario(page);
    const scenario = new URL(page.url()).pathname;
    await page.goto(`${scenario}/file?path=parameters/first_meeting_amount.csv`);
    const text = await page.locator('main textarea').inputValue();
    await page.locator('main textarea').fill(text.replaceAll(',2000000,', `,${amount},`));
    await page.click('main form[method=post] button.btn');
    check('the changed file is kept', page.url().includes('done=kept'), (await main(page)).slice(0, 600));
    await page.click('main button[value=compare]');
    check('a comparison is asked for', page.url().includes('/analyst/comparisons/'), page.url());
    const at = page.url();
    await until('the comparison is there', async () => {
      await page.goto(at);
      return page.locator('main table').count();
    });
  }
  await page.goto('/analyst/scenarios');
  for (const [side, nth] of [['left', -2], ['right', -1]]) {
    await page.selectOption(`main [name=${side}]`, await page.locator(`main [name=${side}] option`).nth(nth).getAttribute('value'));
  }
  await page.click('main form[action="/analyst/comparisons"] button');
  check('two stand side by side', new URL(page.url()).pathname === '/analyst/comparisons', (await main(page)).slice(0, 600));
  // A form leads here and no link.
  await axe(page, 'two comparisons', 'en', ALL_VIEWS);
  await page.context().close();
}

/** The bank speaks of a payment that nobody knows. */
export async function anEntryThatFitsNothing(browser, demo) {
  const page = await desk(browser, demo, 'finance');
  const entry = `<Ntry><NtryRef>1</NtryRef><Amt Ccy="KRW">5000</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${officeDay()}</Dt></BookgDt><BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>
<NtryDtls><TxDtls><Refs><EndToEndId>NOBODYS</EndToEndId></Refs><Amt Ccy="KRW">5000</Amt><CdtDbtInd>CRDT</CdtDbtInd><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry>`;
  const file = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>LEFT-1</MsgId><CreDtTm>${officeDay()}T18:00:00+09:00</CreDtTm></GrpHdr>
<Ntfctn><Id>1</Id><CreDtTm>${officeDay()}T18:00:00+09:00</CreDtTm><Acct><Id><Othr><Id>110123456789</Id></Othr></Id></Acct>${entry}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>`;
  await page.goto('/finance/returns');
  await page.setInputFiles('main input[type=file]', { name: 'camt.xml', mimeType: 'application/xml', buffer: Buffer.from(file) });
  await page.click('main form[action="/finance/returns"] button');
  await page.goto('/finance/returns');
  check('an entry fits nothing', (await page.locator('main a[href^="/finance/returns/entry"]').count()) > 0, (await main(page)).slice(0, 900));
  await page.context().close();
}

/** A draft that was begun and left. */
export async function aDraft(browser, demo) {
  const page = await desk(browser, demo, 'mother-1');
  await page.goto('/apply');
  const links = await page.locator('main a[href^="/apply/for/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  let draft = null;
  for (const href of links) {
    await page.goto(href);
    const whom = page.locator('main [name=subject][type=radio]');
    if ((await whom.count()) > 0) await whom.last().check();
    await page.click('main form[method=post] button.btn');
    const path = new URL(page.url()).pathname;
    if (/^\/apply\/[0-9a-f-]{36}$/.test(path)) draft = path;
    if (draft) break;
  }
  check('a draft is begun', draft !== null, links.join());
  await page.context().close();
}

/** A pair that may be one person, and one that was joined. */
export async function pairs(browser, demo) {
  const page = await desk(browser, demo, 'caseworker', FOR_AXE);
  const purpose = { 'hearth-purpose': 'casework' };
  const taken = [];
  for (const [n, given] of ['하늘', '하늘', '바다', '바다'].entries()) {
    const member = { person: { names: [{ script: 'hang', family: '남궁', given }], sex: 'female', birth_date: `198${Math.floor(n / 2)}-03-04`, phone: '010-0000-5555' }, role: 'head' };
    const answer = await post(page, '/api/households', { since: '2020-05-01', address: { jurisdiction: 'kr-11-680', line: `갈림길 ${n}` }, members: [member] }, purpose);
    check('somebody is registered twice', answer.status() === 201, await answer.text());
    taken.push((await answer.json()).persons[0]);
  }
  await page.goto(`/official/duplicates/${taken[2]}/${taken[3]}`);
  await page.locator(`main [name=keep]`).first().check();
  await page.fill('main [name=reason]', 'the same woman');
  await page.click('main button[value=merge]');
  check('one pair is joined', page.url().includes('/official/duplicates/joined/'), (await main(page)).slice(0, 600));
  // No list leads here afterwards, so it is looked at now.
  await axe(page, 'a joined pair', 'en', ALL_VIEWS);
  await page.context().close();
}

/** A mothers' group is opened. */
export async function aGroup(browser, demo) {
  const page = await desk(browser, demo, 'visit-supervisor');
  await page.goto('/visits/groups');
  await page.selectOption('main [name=kind]', { index: 1 });
  await page.selectOption('main [name=facilitator]', { index: 1 });
  await page.fill('main [name=venue]', '보건소 2층');
  await page.fill('main [name=seats]', '8');
  await page.locator('main form:has([name=venue]) button').click();
  await page.goto('/visits/groups');
  check('a group is open', (await page.locator('main a[href^="/visits/groups/"]').count()) > 0, await main(page));
  await page.context().close();
}

// Forms as a page holds them: read from its markup, filled in plausibly, and sent without a browser's help.

// Fields in which a day is expected.
const DAY = /(^|[-_.])(on|born|due|from|to|until|date|since|confirmed|at)(-\d+)?$/;

/** In the browser: the forms of a page that are sent, with their fields. */
function read(html) {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const kind = (element) => {
    if (element.localName === 'select' || element.localName === 'textarea') return element.localName;
    return element.localName === 'button' ? 'button' : (element.type || 'text');
  };
  const fields = (form) => [...form.elements].filter((e) => e.name && !e.disabled && e.localName !== 'fieldset').map((e) => ({
    name: e.name,
    kind: kind(e),
    value: e.value,
    chosen: e.checked ?? false,
    keyboard: e.getAttribute('inputmode') ?? '',
    options: e.localName === 'select' ? [...e.options].map((o) => o.value) : [],
  }));
  return {
    heading: page.querySelector('h1')?.textContent.trim() ?? '',
    // What nobody but us could have written.
    runs: page.querySelector('[onerror], img[src="x"]')?.outerHTML ?? [...page.scripts].find((s) => s.textContent.includes('hostile'))?.outerHTML ?? '',
    refused: page.querySelectorAll('.field--bad, [aria-invalid=true], .field-error, .summary-error, [role=alert]').length,
    wrong: [...new Set([...page.querySelectorAll('.field--bad [name]')].map((e) => e.name))],
    forms: [...page.querySelectorAll('main form')].filter((form) => form.method === 'post').map((form) => ({
      action: form.getAttribute('action') ?? '',
      files: form.enctype === 'multipart/form-data',
      fields: fields(form),
    })),
  };
}

/** What stands in the markup of a page; `parser` is any page of the browser. */
export const parsed = (parser, html) => parser.evaluate(read, html);

/** What kind of thing a field holds. */
export function holds(field) {
  if (field.kind === 'hidden' || field.kind === 'select' || field.kind === 'radio' || field.kind === 'checkbox') return 'choice';
  if (field.kind === 'file') return 'file';
  if (DAY.test(field.name) || /^\d{4}-\d\d-\d\d$/.test(field.value)) return 'day';
  // The number of a card is a text of digits.
  if (/(voucher_card|bank_account|phone|customer_number)$/.test(field.name)) return 'text';
  return field.keyboard === 'numeric' || field.keyboard === 'decimal' ? 'number' : 'text';
}

/** What somebody could have filled in, as names and values; `button` is pressed. Boxes are all ticked, the first of a choice is chosen. */
export function filled(form, button, today) {
  const pairs = [];
  const radios = new Set(form.fields.filter((f) => f.kind === 'radio' && f.chosen).map((f) => f.name));
  for (const field of form.fields) {
    const { name, kind, value } = field;
    if (kind === 'button' || kind === 'submit' || kind === 'image') continue;
    if (kind === 'radio') {
      if (radios.has(name) && !field.chosen) continue;
      if (!field.chosen) radios.add(name);
      pairs.push([name, value]);
    } else if (kind === 'select') {
      pairs.push([name, value || field.options.find((o) => o !== '') || '']);
    } else if (kind === 'file') {
      pairs.push([name, new File(['ref,family,given,birth_date\n'], 'list.csv', { type: 'text/csv' })]);
    } else if (kind === 'hidden' || kind === 'checkbox' || value) {
      pairs.push([name, value]);
    } else {
      pairs.push([name, { day: today, number: '1', text: '가나다' }[holds(field)]]);
    }
  }
  return button ? [...pairs, [button.name, button.value]] : pairs;
}

/** The same with one field holding something else. */
export function instead(pairs, name, value) {
  const at = pairs.findIndex(([n]) => n === name);
  const rest = pairs.filter(([n]) => n !== name);
  rest.splice(at < 0 ? rest.length : at, 0, [name, value]);
  return rest;
}

/** A text that is sent as bytes that are no text. */
export const NO_TEXT = Symbol('bytes that are no text');

function encoded(pairs) {
  const one = (text) => (text === NO_TEXT ? '%FF%FE%C0%80' : new URLSearchParams([['', text]]).toString().slice(1));
  return pairs.map(([name, value]) => `${one(name)}=${one(value)}`).join('&');
}

/** Sends a form as somebody's browser would; the answer is not followed. */
export async function send(address, { cookie, files }, pairs) {
  const headers = { 'accept-language': 'en', accept: 'text/html', ...(cookie ? { cookie } : {}) };
  let body;
  if (files) {
    body = new FormData();
    for (const [name, value] of pairs) body.append(name, value === NO_TEXT ? new Blob([Uint8Array.of(255, 254)]) : value);
  } else {
    body = encoded(pairs.map(([name, value]) => [name, value instanceof File ? value.name : value]));
    headers['content-type'] = 'application/x-www-form-urlencoded';
  }
  const answer = await fetch(address, { method: 'POST', headers, body, redirect: 'manual' });
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', to: answer.headers.get('location'), text: await answer.text() };
}

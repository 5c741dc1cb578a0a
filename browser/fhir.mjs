// Every FHIR resource that the tests sent and were given, held against two validators that are not ours. First both must find planted
// defects, for a validator that finds nothing proves nothing. FHIRKIT: the program of the other one.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { Fhir } = createRequire(import.meta.url)('fhir');
const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../target/fhir');
const FHIRKIT = process.env.FHIRKIT ?? 'fhirkit';

/** Faults by file name. */
function ofFhirkit(files) {
  const found = new Map();
  for (let at = 0; at < files.length; at += 200) {
    let said;
    try {
      said = execFileSync(FHIRKIT, ['validate', '--json', ...files.slice(at, at + 200)], { maxBuffer: 1 << 28 });
    } catch (error) {
      // It ends with 1 where it found something.
      if (error.status !== 1) throw error;
      said = error.stdout;
    }
    for (const line of said.toString().split('\n').filter(Boolean)) {
      const { file, issues } = JSON.parse(line);
      const faults = issues.filter((i) => i.severity === 'error' || i.severity === 'fatal');
      found.set(file, faults.map((i) => `${i.path}: ${i.message}`));
    }
  }
  return found;
}

const fhir = new Fhir();

function ofNpm(text) {
  // Code systems of ours are none it knows: that is a warning. What R4 requires or forbids is an error.
  const { messages } = fhir.validate(JSON.parse(text), { errorOnUnexpected: true });
  return messages.filter((m) => m.severity === 'error' || m.severity === 'fatal').map((m) => `${m.location}: ${m.message}`);
}

const good = {
  resourceType: 'Encounter',
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'HH' },
  period: { start: '2026-11-21' },
};
/** A defect, and which of the two finds it. */
const planted = [
  ['nothing', {}, false, false],
  ['an element that R4 does not have', { colour: 'red' }, true, true],
  ['a class as R5 has it', { class: [{ coding: [{ code: 'HH' }] }] }, true, true],
  ['a date that is none', { period: { start: '21.11.2026' } }, true, false],
  ['a status outside its list', { status: 'over' }, false, true],
];

const folder = mkdtempSync(join(tmpdir(), 'hearth-fhir-'));
let faults = 0;
try {
  for (const [name, defect, byFhirkit, byNpm] of planted) {
    const file = join(folder, 'planted.json');
    const text = JSON.stringify({ ...good, ...defect });
    writeFileSync(file, text);
    const found = [ofFhirkit([file]).get(file).length > 0, ofNpm(text).length > 0];
    if (found[0] !== byFhirkit || found[1] !== byNpm) {
      console.error(`✗ the validators do not work: ${name}: fhirkit ${found[0]}, fhir ${found[1]}`);
      faults += 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

const files = readdirSync(FOLDER).map((name) => join(FOLDER, name));
const kinds = new Map();
const first = ofFhirkit(files);
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  for (const [, kind] of text.matchAll(/"resourceType": "(\w+)"/g)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  for (const [who, all] of [['fhirkit', first.get(file) ?? ['was not looked at']], ['fhir', ofNpm(text)]]) {
    for (const fault of all.slice(0, 5)) {
      console.error(`✗ ${who}: ${file}: ${fault}`);
      faults += 1;
    }
  }
}
// Every kind that the server says it serves was among them.
const statement = files.filter((f) => f.includes('CapabilityStatement')).map((f) => JSON.parse(readFileSync(f, 'utf8')))[0];
for (const { type } of statement?.rest[0].resource ?? [{ type: 'CapabilityStatement' }]) {
  if (!kinds.has(type)) {
    console.error(`✗ no ${type} was looked at`);
    faults += 1;
  }
}
console.log(`fhir: ${files.length} files, ${kinds.size} kinds, ${faults} faults`);
process.exit(faults === 0 ? 0 : 1);

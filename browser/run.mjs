// Everything a browser has to see: `HEARTH=path node run.mjs [town | apart | part…]`.
import { check, finish, startBrowser, startDemo } from './hearth.mjs';

const LANES = {
  // One town that everything happens in. What the way to the money leaves behind is looked at by axe; whoever walks everywhere comes
  // after those who leave something to be seen.
  town: ['money', 'axe', 'journey', 'duplicates', 'counter', 'visits', 'plans', 'team', 'hearing', 'left', 'protected', 'covered', 'everyform'],
  // What needs nothing of the others, or a town of its own: runs beside the first where there are two cores.
  apart: ['check', 'hostile', 'keys', 'packs', 'kazakhstan', 'time', 'postgres'],
};
const asked = process.argv.slice(2);
const wanted = asked.length === 0 ? Object.values(LANES).flat() : asked.flatMap((name) => LANES[name] ?? [name]);

const demo = await startDemo();
const browser = await startBrowser();
try {
  for (const part of wanted) {
    const start = Date.now();
    const steps = await import(`./${part}.mjs`);
    for (const [name, run] of Object.entries(steps)) {
      // A step that breaks off is a failure, and the steps behind it still tell what they know.
      await run(browser, demo).catch((error) => check(`${part}: ${name}`, false, error.stack));
    }
    console.log(`${part}: ${((Date.now() - start) / 1000).toFixed(0)} s`);
  }
} finally {
  await browser.close();
  await demo.stop();
}
finish();

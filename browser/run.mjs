// Everything a browser has to see, on one demo: `HEARTH=path node run.mjs [part…]`.
import { check, finish, startBrowser, startDemo } from './hearth.mjs';

// What the way to the money leaves behind is looked at by axe.
// Whoever walks everywhere comes after those who leave something to be seen.
const PARTS = ['money', 'axe', 'check', 'journey', 'hostile', 'duplicates', 'counter', 'packs', 'visits', 'plans', 'team', 'hearing', 'keys', 'left', 'protected', 'covered', 'everyform', 'kazakhstan', 'time', 'postgres'];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : PARTS;

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

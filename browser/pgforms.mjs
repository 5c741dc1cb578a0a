import { randomBytes } from 'node:crypto';
import { startDemo } from './hearth.mjs';
import { ask } from './walk.mjs';
import { everyForm } from './everyform.mjs';
import * as money from './money.mjs';
import * as left from './left.mjs';
export async function pg(browser) {
  const server = process.env.HEARTH_TEST_POSTGRES;
  const name = `hearth_browser_${randomBytes(6).toString('hex')}`;
  const database = new URL(server);
  database.pathname = `/${name}`;
  ask({ database: server }, `create database ${name}`);
  const demo = await startDemo({ database: String(database) });
  try {
    await money.fromTapToMoney(browser, demo).catch((e) => console.error(e.stack));
    await everyForm(browser, demo);
  } finally { await demo.stop(); ask({ database: server }, `drop database ${name} with (force)`); }
}

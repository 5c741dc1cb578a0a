// The same demo by one setting on PostgreSQL: an account-less check, a birth at the counter, and the whole way from a tap to the money.
import { randomBytes } from 'node:crypto';
import { check, startDemo } from './hearth.mjs';
import * as checks from './check.mjs';
import * as journey from './journey.mjs';
import * as money from './money.mjs';
import { ask } from './walk.mjs';

export async function thePostgresDemo(browser) {
  const server = process.env.HEARTH_TEST_POSTGRES;
  check('HEARTH_TEST_POSTGRES names a server', Boolean(server));
  if (!server) return;
  const name = `hearth_browser_${randomBytes(6).toString('hex')}`;
  const database = new URL(server);
  database.pathname = `/${name}`;
  ask({ database: server }, `create database ${name}`);
  try {
    const demo = await startDemo({ database: String(database) });
    try {
      // Against each engine the same steps; only the ones whose work is the database's.
      for (const step of [money.fromTapToMoney, journey.birthAtTheCounter, journey.offersOnAPhone, journey.whoLooked, checks.withoutAnAccount]) {
        await step(browser, demo).catch((error) => check(`postgres: ${step.name}`, false, error.stack));
      }
      check('the people are in PostgreSQL', Number(ask(demo, 'select count(*) from person')[0]) > 100);
    } finally {
      await demo.stop();
    }
  } finally {
    ask({ database: server }, `drop database ${name} with (force)`);
  }
}

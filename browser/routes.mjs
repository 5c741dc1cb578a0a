// The addresses of the pages, as the router itself writes them down.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './hearth.mjs';

const SOURCES = ['router.rs', 'sign_in/mod.rs'];

/** Every address of a page: its pattern, and how it may be asked. */
export const ROUTES = SOURCES.flatMap((file) => {
  const source = readFileSync(join(ROOT, 'crates/web/src', file), 'utf8');
  const written = [...source.matchAll(/\.route\(\s*"([^"]+)"\s*,([^;]*?)\)\s*(?=\.route|\.merge|\.with_state|\n\s*}|;)/gs)];
  const all = source.match(/\.route\(/g).length;
  if (written.length !== all) throw new Error(`${file}: ${all} routes are written there, ${written.length} of them could be read`);
  return written.map(([, pattern, how]) => ({
    pattern,
    // What `files` in the finance pages stands for is both.
    get: /\bget\(/.test(how) || /\bfiles\b/.test(how),
    post: /\bpost\(/.test(how) || /\bfiles\b/.test(how),
  }));
});

const AS_EXPRESSION = ROUTES.map((route) => [
  new RegExp(`^${route.pattern.replace(/[.$]/g, '\\$&').replace(/\{[a-z]+\}/g, '[^/]+')}$`),
  route,
// Words stand before names: `/work/plans` is no case.
]).sort(([, a], [, b]) => (a.pattern.match(/\{/g)?.length ?? 0) - (b.pattern.match(/\{/g)?.length ?? 0));

/** The route that answers a path; none: a page that is not there. */
export function routeOf(path) {
  return AS_EXPRESSION.find(([expression]) => expression.test(path))?.[1];
}

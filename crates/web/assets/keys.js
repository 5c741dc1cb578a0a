// Single keys on the pages of officials: a convenience. Without this script the same letters are access keys, and every
// control is reached by tab. Keys never send a form: they open, move and focus.
(() => {
  const NAME = 'hearth-keys';
  const on = () => { try { return localStorage.getItem(NAME) !== 'off'; } catch { return true; } };
  const keep = (value) => { try { localStorage.setItem(NAME, value); } catch { /* for this page only, then */ } };
  const all = (selector) => [...document.querySelectorAll(selector)];
  const toggle = document.querySelector('[data-keys-toggle]');
  const show = () => {
    all('[data-keys-single]').forEach((p) => { p.hidden = !on(); });
    all('[data-keys-plain]').forEach((p) => { p.hidden = on(); });
    if (toggle) {
      toggle.hidden = false;
      toggle.textContent = on() ? toggle.dataset.off : toggle.dataset.on;
    }
  };
  toggle?.addEventListener('click', () => { keep(on() ? 'off' : 'on'); show(); });
  show();
  const typing = (el) => el.matches?.('textarea, select, input:not([type=checkbox]):not([type=radio])');
  const reach = (el) => {
    for (let at = el.closest('details'); at; at = at.parentElement.closest('details')) at.open = true;
    el.scrollIntoView({ block: 'center' });
    el.focus();
  };
  document.addEventListener('keydown', (event) => {
    if (!on() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    // By the place of the key, so that it works with any keyboard layout and input method.
    const key = /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase();
    if (!key) return;
    if (key === 'j' || key === 'k') {
      const rows = all('[data-row]');
      const at = rows.indexOf(document.activeElement);
      const to = rows[key === 'j' ? at + 1 : Math.max(at, 1) - 1];
      if (to) { event.preventDefault(); reach(to); }
      return;
    }
    const target = document.querySelector(`[data-key="${key}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches('a[href]:not([href^="#"])')) target.click(); else reach(target);
  });
})();

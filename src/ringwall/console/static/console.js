// Everything works without this file. It keeps counters live, links highlights to their rows, and counts characters.
// No HTML is ever made here: text goes in as text, so the page can forbid every script sink (Trusted Types 'none').

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// -- live counters: poll JSON while the page is visible
const live = document.querySelector('[data-live]');
if (live) {
  const refresh = async () => {
    if (document.hidden) return;
    const reply = await fetch(live.dataset.live, { headers: { accept: 'application/json' } }).catch(() => null);
    if (!reply?.ok) { document.body.dataset.stale = 'yes'; return; }
    const stats = await reply.json();
    delete document.body.dataset.stale;
    for (const node of all('[data-count]', live)) node.textContent = Number(stats[node.dataset.count] ?? 0).toLocaleString('en');
    draw(stats);
  };
  const draw = ({ bars }) => {
    for (const bar of all('[data-bar]', live)) {
      const values = bars[Number(bar.dataset.bar)];
      const height = bar.classList.contains('hit') ? values.hit : values.all;
      bar.setAttribute('height', height);
      bar.setAttribute('y', 100 - height);
    }
  };
  setInterval(refresh, 2000);
  document.addEventListener('visibilitychange', refresh);
}

// -- highlights and their rows light up together
const light = (ids, on) => {
  for (const node of all('[data-finding]')) {
    if (node.dataset.finding.split(' ').some(id => ids.includes(id))) node.classList.toggle('lit', on);
  }
};
for (const node of all('[data-finding]')) {
  const ids = node.dataset.finding.split(' ');
  for (const event of ['mouseenter', 'focus']) node.addEventListener(event, () => light(ids, true));
  for (const event of ['mouseleave', 'blur']) node.addEventListener(event, () => light(ids, false));
}

// -- a wide drawing opens where the page's own box is
for (const box of all('.wide .here')) {
  const region = box.closest('.wide');
  const own = box.getBoundingClientRect();
  region.scrollLeft += own.left + own.width / 2 - region.getBoundingClientRect().left - region.clientWidth / 2;
}

// -- the text field: count characters, send with Ctrl+Enter, take an example
for (const field of all('textarea[data-counted]')) {
  const counter = document.getElementById(field.dataset.counted);
  const count = () => { counter.textContent = `${[...field.value].length.toLocaleString('en')} characters`; };
  field.addEventListener('input', count);
  field.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) field.form.requestSubmit();
  });
  for (const button of all('button[data-example]', field.form)) {
    button.hidden = false;
    button.addEventListener('click', () => { field.value = button.dataset.example; count(); field.focus(); });
  }
  count();
}

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

// -- the traffic page: poll what changed, draw it, put new requests on top
const traffic = document.querySelector('[data-traffic]');
if (traffic) {
  const TAIL = 100;
  const SVG = 'http://www.w3.org/2000/svg';
  const tail = document.querySelector('[data-tail] tbody');
  const pause = document.querySelector('[data-pause]');
  let after = Number(traffic.dataset.after);
  const cell = (name, text, kind = '') => {
    const node = document.createElement(name);
    node.textContent = text;
    if (kind) node.className = kind;
    return node;
  };
  const heading = (text, kind = '') => {
    const node = cell('th', text, kind);
    node.scope = 'row';
    return node;
  };
  const share = (blocked, masked) => {
    const drawing = document.createElementNS(SVG, 'svg');
    for (const [name, value] of [['viewBox', '0 0 100 10'], ['preserveAspectRatio', 'none'], ['aria-hidden', 'true']]) drawing.setAttribute(name, value);
    for (const [kind, x, width] of [['block', 0, blocked], ['mask', blocked, masked]]) {
      const bar = document.createElementNS(SVG, 'rect');
      for (const [name, value] of [['class', kind], ['x', x], ['y', 0], ['width', width], ['height', 10]]) bar.setAttribute(name, value);
      drawing.append(bar);
    }
    const node = cell('td', '', 'share');
    node.append(drawing);
    return node;
  };
  const row = (cells) => {
    const node = document.createElement('tr');
    node.append(...cells);
    return node;
  };
  const request = (each) => {
    const time = cell('time', each.time);
    time.dateTime = each.stamp;
    const when = document.createElement('td');
    when.append(time);
    const outcome = document.createElement('td');
    const badge = document.createElement('span');
    badge.append(cell('span', each.word, `badge ${each.kind}`));
    outcome.append(badge);
    const labelled = (label, text, kind) => {
      const node = cell('td', text, kind);
      node.dataset.label = label;
      return node;
    };
    when.dataset.label = 'Time';
    outcome.dataset.label = 'Outcome';
    const digest = labelled('Digest', each.digest, 'mono');
    if (each.digest) digest.title = each.digests;
    return row([
      when, heading(each.operation), labelled('Model', each.model, 'wrap'), outcome, labelled('Rules', each.rules, 'wrap'), digest,
      labelled('Took', each.took, 'number'), labelled('Tokens', each.tokens, 'number'),
    ]);
  };
  const show = (news) => {
    for (const node of all('[data-text]')) node.textContent = news.counts[node.dataset.text];
    for (const bar of all('[data-bar]', traffic)) {
      const height = news.bars[Number(bar.dataset.bar)][bar.classList.contains('hit') ? 'hit' : 'all'];
      bar.setAttribute('height', height);
      bar.setAttribute('y', 100 - height);
    }
    for (const line of all('[data-line]')) line.setAttribute('points', news.lines[line.dataset.line]);
    for (const table of all('[data-rows]')) {
      const name = table.dataset.rows;
      table.tBodies[0].replaceChildren(...news[name].map(([first, ...rest]) => row([
        heading(first, 'wrap'), ...rest.slice(0, 3).map(text => cell('td', text, 'number')), ...(name === 'models' ? [] : [share(rest[3], rest[4])]),
      ])));
      document.querySelector(`[data-empty="${name}"]`).hidden = news[name].length > 0;
    }
    const fresh = news.latest.map(request);
    for (const node of fresh) node.classList.add('fresh');
    tail.prepend(...fresh);
    setTimeout(() => fresh.forEach(node => node.classList.remove('fresh')), 1500);
    while (tail.rows.length > TAIL) tail.deleteRow(-1);
    if (fresh.length) after = news.latest[0].number;
    document.querySelector('[data-empty="latest"]').hidden = tail.rows.length > 0;
  };
  let asking = false;
  const refresh = async () => {
    if (document.hidden || asking || pause.getAttribute('aria-pressed') === 'true') return;
    asking = true;
    const reply = await fetch(`${traffic.dataset.traffic}?after=${after}`, { headers: { accept: 'application/json' } }).catch(() => null);
    const news = reply?.ok ? await reply.json().catch(() => null) : null;
    asking = false;
    if (!news) { document.body.dataset.stale = 'yes'; return; }
    delete document.body.dataset.stale;
    show(news);
  };
  pause.hidden = false;
  pause.addEventListener('click', () => {
    const paused = pause.getAttribute('aria-pressed') !== 'true';
    pause.setAttribute('aria-pressed', String(paused));
    pause.textContent = paused ? 'Go on' : 'Pause';
    refresh();
  });
  setInterval(refresh, 2000);
  document.addEventListener('visibilitychange', refresh);
}

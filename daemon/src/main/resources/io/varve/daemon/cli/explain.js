'use strict';
// Draws the reads of each boot. A mark is one read, or several that lie close together.
window.addEventListener('error', e => { document.body.dataset.error = e.message; });

const DATA = JSON.parse(document.getElementById('data').textContent);
const FIELDS = ['at', 'page', 'pages', 'reads', 'stall', 'longest', 'layer', 'place', 'prediction'];
const PREDICTIONS = ['', 'read ahead in time', 'read ahead too late', 'not expected'];
const LAYER_COLOURS = ['#4e79a7', '#f28e2b', '#59a14f', '#b07aa1', '#3fa9a3', '#d4a514', '#e15759', '#9c755f'];
const PAGE = 4096;
const AT_ONCE = 2;

for (const boot of DATA.boots) {
  const flat = boot.marks;
  boot.marks = [];
  for (let i = 0; i < flat.length; i += FIELDS.length) {
    const mark = {};
    FIELDS.forEach((field, j) => { mark[field] = flat[i + j]; });
    mark.from = DATA.places[mark.place];
    mark.waits = mark.place >= AT_ONCE;
    boot.marks.push(mark);
  }
}

function time(us) {
  if (us < 1000) return us + ' µs';
  return us < 1e6 ? (us / 1000).toFixed(us < 1e5 ? 1 : 0) + ' ms' : (us / 1e6).toFixed(us < 1e7 ? 2 : 1) + ' s';
}

function bytes(count) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (count >= 1024 && unit < units.length - 1) { count /= 1024; unit++; }
  return (unit && count < 100 ? count.toFixed(1) : Math.round(count)) + ' ' + units[unit];
}

function layerName(layer) {
  return layer < 0 ? 'a later layer' : layer === 0 ? 'base' : 'layer ' + layer;
}

function layerColour(layer) {
  return layer < 0 ? 'var(--ink)' : LAYER_COLOURS[layer % LAYER_COLOURS.length];
}

// Distances of an axis that people can read: 1, 2 or 5 times a power of ten; of bytes, powers of two.
function step(span, count, base) {
  let size = base === 2 ? 1 : Math.pow(10, Math.floor(Math.log10(span / count)));
  if (base === 2) { while (span / size > count) size *= 2; return size; }
  for (const factor of [1, 2, 5, 10]) if (span / (size * factor) <= count) return size * factor;
  return size * 10;
}

function tick(us, size) {
  return us === 0 ? '0 s' : size < 1e6 ? us / 1000 + ' ms' : us / 1e6 + ' s';
}

function element(name, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  return made;
}

// One drawing; shapes know what to say when they are pointed at.
class Picture {
  constructor(parent, height, label) {
    this.width = Math.max(260, parent.clientWidth);
    this.svg = element('svg', { viewBox: `0 0 ${this.width} ${height}`, height, role: 'img', 'aria-label': label });
    parent.appendChild(this.svg);
  }
  add(name, attributes, tip, text) {
    const shape = element(name, attributes, text);
    if (tip) shape.tip = tip;
    this.svg.appendChild(shape);
    return shape;
  }
  rect(kind, x, y, width, height, tip) {
    return this.add('rect', { class: kind, x: round(x), y: round(y), width: round(Math.max(0.5, width)),
      height: round(Math.max(0.5, height)) }, tip);
  }
  text(x, y, text, anchor, kind) {
    return this.add('text', { x: round(x), y: round(y), 'text-anchor': anchor || 'start', class: kind || '' }, null,
      text);
  }
  line(kind, x1, y1, x2, y2) {
    this.add('line', { class: kind, x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2) });
  }
  // Time along the bottom.
  timeAxis(left, right, top, bottom, span) {
    const size = step(span, Math.max(2, (right - left) / 90));
    for (let us = 0; us <= span; us += size) {
      const x = left + (right - left) * us / span;
      this.line('grid', x, top, x, bottom);
      this.text(x, bottom + 14, tick(us, size), us === 0 ? 'start' : 'middle');
    }
    this.line('axis', left, bottom, right, bottom);
  }
}

function round(value) { return Math.round(value * 100) / 100; }

function heading(parent, title, hint) {
  parent.appendChild(document.createElement('h3')).textContent = title;
  const line = parent.appendChild(document.createElement('p'));
  line.className = 'hint';
  line.textContent = hint;
}

function describe(boot, mark) {
  const lines = [`${time(mark.at)}: ${bytes(mark.pages * PAGE)} at ${bytes(mark.page * PAGE)}`
    + (mark.reads > 1 ? `, ${mark.reads} reads` : '')];
  lines.push(`from ${mark.from}, ${layerName(mark.layer)}`
    + (boot.layers[mark.layer] ? ` (${boot.layers[mark.layer]})` : ''));
  if (mark.waits) lines.push(`waited ${time(mark.longest)}` + (mark.reads > 1 ? `, ${time(mark.stall)} in all` : ''));
  if (PREDICTIONS[mark.prediction]) lines.push(PREDICTIONS[mark.prediction]);
  return lines.join('\n');
}

function legend(parent, items) {
  const line = parent.appendChild(document.createElement('div'));
  line.className = 'legend';
  for (const [text, colour] of items) {
    const item = line.appendChild(document.createElement('span'));
    item.appendChild(document.createElement('i')).style.background = colour;
    item.appendChild(document.createTextNode(text));
  }
}

function placesOf(boots) {
  return DATA.places.filter((place, i) => boots.some(boot => boot.marks.some(mark => mark.place === i)));
}

// Bars as high as the wait was long, on a scale where each line is ten times the one below.
function drawWaits(parent, boot) {
  heading(parent, 'Waits', 'Each bar is a read that waited, as high as it waited long; its colour is who answered.');
  const waits = boot.marks.filter(mark => mark.waits);
  const longest = Math.max(1000, ...waits.map(mark => mark.longest));
  const decades = Math.ceil(Math.log10(longest / 100));
  const height = 150, left = 58, top = 8, bottom = height - 20;
  const picture = new Picture(parent, height, 'Waits of reads over time');
  const right = picture.width - 14;
  picture.timeAxis(left, right, top, bottom, boot.length);
  const y = us => bottom - (bottom - top) * Math.max(0, Math.log10(Math.max(us, 1) / 100)) / decades;
  for (let i = 1; i <= decades; i++) {
    const us = 100 * Math.pow(10, i);
    picture.line('grid', left, y(us), right, y(us));
    picture.text(left - 6, y(us) + 4, us < 1e6 ? us / 1000 + ' ms' : us / 1e6 + ' s', 'end');
  }
  picture.text(left - 6, bottom + 1, '0.1 ms', 'end');
  const width = Math.max(1.2, Math.min(4, (right - left) / 500));
  for (const mark of waits) {
    const barTop = Math.min(bottom - 2, y(mark.longest));
    picture.rect('stall ' + mark.from, left + (right - left) * mark.at / boot.length, barTop, width, bottom - barTop,
      describe(boot, mark));
  }
  if (waits.length === 0) picture.text((left + right) / 2, (top + bottom) / 2, 'no read waited', 'middle');
}

// A lane for each place that answered.
function drawReads(parent, boot) {
  heading(parent, 'Reads', 'Each line is a read, in the lane of who answered; a filled stretch is many.');
  const places = placesOf([boot]);
  const lane = 20, left = 58, height = places.length * lane + 22;
  const picture = new Picture(parent, height, 'Reads over time, by who answered');
  const right = picture.width - 14;
  picture.timeAxis(left, right, 0, places.length * lane, boot.length);
  places.forEach((place, i) => picture.text(left - 6, i * lane + 14, place, 'end'));
  for (const mark of boot.marks) {
    picture.rect('read ' + mark.from, left + (right - left) * mark.at / boot.length,
      places.indexOf(mark.from) * lane + 3, 1, lane - 6, describe(boot, mark));
  }
}

// How much had come from where by then, one above the other.
function drawBytes(parent, boot) {
  heading(parent, 'Bytes so far', 'Stacked by who answered.');
  const places = placesOf([boot]);
  const height = 140, left = 58, top = 8, bottom = height - 20;
  const picture = new Picture(parent, height, 'Bytes read so far over time, by who answered');
  const right = picture.width - 14;
  const total = Math.max(1, boot.marks.reduce((sum, mark) => sum + mark.pages * PAGE, 0));
  picture.timeAxis(left, right, top, bottom, boot.length);
  const size = step(total, 4, 2);
  for (let count = size; count <= total; count += size) {
    const y = bottom - (bottom - top) * count / total;
    picture.line('grid', left, y, right, y);
    picture.text(left - 6, y + 4, bytes(count), 'end');
  }
  const columns = Math.min(400, Math.round(right - left));
  const sums = places.map(() => new Float64Array(columns + 1));
  for (const mark of boot.marks) {
    const column = Math.min(columns, Math.floor(mark.at / boot.length * columns) + 1);
    sums[places.indexOf(mark.from)][column] += mark.pages * PAGE;
  }
  let below = new Float64Array(columns + 1);
  places.forEach((place, i) => {
    const above = new Float64Array(columns + 1);
    let sum = 0;
    for (let column = 0; column <= columns; column++) {
      sum += sums[i][column];
      above[column] = below[column] + sum;
    }
    const at = (column, count) => `${round(left + (right - left) * column / columns)},`
      + round(bottom - (bottom - top) * count / total);
    const points = [];
    for (let column = 0; column <= columns; column++) points.push(at(column, above[column]));
    for (let column = columns; column >= 0; column--) points.push(at(column, below[column]));
    picture.add('polygon', { class: 'area ' + place, points: points.join(' ') }, `${bytes(sum)} from ${place}`);
    below = above;
  });
}

// The parts of the disk that are read, each as wide as it is long; what lies between them is a narrow gap.
class DiskAxis {
  constructor(boot, left, right) {
    const segments = 256;
    this.size = boot.pages / segments;
    const touched = new Uint8Array(segments);
    for (const mark of boot.marks) {
      const last = Math.min(segments - 1, Math.floor((mark.page + mark.pages - 1) / this.size));
      for (let i = Math.floor(mark.page / this.size); i <= last; i++) touched[i] = 1;
    }
    this.parts = [];
    for (let i = 0; i < segments; i++) {
      const part = this.parts[this.parts.length - 1];
      if (touched[i] && part && i - part.end <= 2) part.end = i + 1;
      else if (touched[i]) this.parts.push({ start: i, end: i + 1 });
    }
    const gap = Math.min(12, (right - left) / 3 / Math.max(1, this.parts.length));
    const total = this.parts.reduce((sum, part) => sum + part.end - part.start, 0);
    const scale = (right - left - gap * (this.parts.length - 1)) / total;
    let x = left;
    for (const part of this.parts) {
      part.left = x;
      part.right = x + (part.end - part.start) * scale;
      x = part.right + gap;
    }
    this.scale = scale / this.size;
  }
  x(page) {
    const segment = page / this.size;
    const part = this.parts.find(part => segment < part.end) || this.parts[this.parts.length - 1];
    return part.left + (page - part.start * this.size) * this.scale;
  }
}

// Where on the disk, and when.
function drawMap(parent, boot) {
  heading(parent, 'Map of the disk',
    'Across: place on the disk, without what nobody read. Down: time. Its colour is the layer.');
  const layers = [...new Set(boot.marks.map(mark => mark.layer))].sort((a, b) => a - b);
  legend(parent, layers.map(layer => [layerName(layer) + (boot.layers[layer] ? ' ' + boot.layers[layer] : ''),
    layerColour(layer)]));
  const height = 400, left = 54, top = 6, bottom = height - 20;
  const picture = new Picture(parent, height, 'Places on the disk over time');
  const right = picture.width - 14;
  const size = step(boot.length, 8);
  for (let us = 0; us <= boot.length; us += size) {
    const y = top + (bottom - top) * us / boot.length;
    picture.line('grid', left, y, right, y);
    picture.text(left - 6, y + (us === 0 ? 8 : 4), tick(us, size), 'end');
  }
  const axis = new DiskAxis(boot, left, right);
  let free = left;
  const label = (x, at) => {
    if (x < free || x > right - 25) return;
    picture.line('grid', x, top, x, bottom);
    picture.text(x, bottom + 14, bytes(at), x < left + 20 ? 'start' : 'middle');
    free = x + 62;
  };
  axis.parts.forEach((part, i) => {
    if (i > 0) picture.rect('gap', axis.parts[i - 1].right, top, part.left - axis.parts[i - 1].right, bottom - top);
    const start = part.start * axis.size * PAGE, end = part.end * axis.size * PAGE;
    label(part.left, start);
    const unit = step(end - start, Math.max(1, (part.right - part.left) / 75), 2);
    for (let at = Math.ceil((start + 1) / unit) * unit; at < end; at += unit) label(axis.x(at / PAGE), at);
  });
  for (const mark of boot.marks) {
    const x = axis.x(mark.page);
    const dot = picture.rect('dot', x, top + (bottom - top) * mark.at / boot.length - 1.25,
      Math.max(2.5, Math.min(right - x, mark.pages * axis.scale)), 2.5, describe(boot, mark));
    dot.setAttribute('fill', layerColour(mark.layer));
  }
}

function drawBoot(card) {
  const index = Number(card.id.slice(5));
  const boot = DATA.boots[index];
  const charts = card.querySelector('.charts');
  charts.textContent = '';
  const left = charts.appendChild(document.createElement('div'));
  const right = charts.appendChild(document.createElement('div'));
  drawWaits(left, boot);
  drawReads(left, boot);
  drawBytes(left, boot);
  drawMap(right, boot);
}

// All clients of the wave, one row each, on one axis.
function drawWave() {
  const section = document.getElementById('wave');
  const boots = DATA.wave.map(index => ({ index, ...DATA.boots[index] })).sort((a, b) => a.start - b.start);
  if (boots.length < 2) return;
  section.hidden = false;
  section.textContent = '';
  section.appendChild(document.createElement('h2')).textContent = `The last wave: ${boots.length} clients`;
  const hint = section.appendChild(document.createElement('p'));
  hint.className = 'hint';
  hint.textContent = 'One row for each client, on one axis. Grey: it boots. Colour: it waits, and for whom.';
  legend(section, placesOf(boots).filter((place, i) => DATA.places.indexOf(place) >= AT_ONCE)
    .map(place => [place, `var(--${place})`]));
  const begin = boots[0].start;
  const span = Math.max(1, ...boots.map(boot => (boot.start - begin) * 1000 + boot.length));
  const named = boots.length <= 48;
  const row = named ? 20 : Math.max(4, Math.floor(900 / boots.length));
  const left = named ? Math.min(170, 20 + 7 * Math.max(...boots.map(boot => boot.client.length))) : 40;
  const height = boots.length * row + 22;
  const picture = new Picture(section, height, 'Waits of all clients of the wave');
  const right = picture.width - (named ? 76 : 14);
  picture.timeAxis(left, right, 0, boots.length * row, span);
  if (named) picture.text(picture.width - 4, height - 8, 'waited', 'end');
  const x = us => left + (right - left) * us / span;
  boots.forEach((boot, i) => {
    const from = (boot.start - begin) * 1000;
    const y = i * row;
    const gap = row > 8 ? 3 : 0.5;
    const words = `${boot.client}\nboot of ${time(boot.length)}, waited ${time(boot.waited)}`;
    const track = picture.rect('row band', x(from), y + gap, x(from + boot.length) - x(from), row - 2 * gap, words);
    track.dataset.boot = boot.index;
    if (named) {
      const name = boot.client.length > 21 ? boot.client.slice(0, 20) + '…' : boot.client;
      picture.text(left - 8, y + 14, name, 'end', 'name');
      picture.text(picture.width - 4, y + 14, time(boot.waited), 'end');
    } else if (i % Math.ceil(14 / row) === 0) {
      picture.text(left - 6, y + 10, i + 1, 'end');
    }
    drawRow(picture, boot, us => x(from + us), y + gap, row - 2 * gap, words);
  });
  section.onclick = e => { if (e.target.dataset.boot) show(Number(e.target.dataset.boot)); };
}

// Waits that touch on the screen are one shape, of the place that was waited for longest.
function drawRow(picture, boot, x, y, height, words) {
  let open = null;
  const close = () => {
    const place = Object.keys(open.places).reduce((a, b) => open.places[a] >= open.places[b] ? a : b);
    const drawn = Math.max(1, open.to - open.from);
    const shape = picture.rect('wait ' + place, open.from, y, drawn, height,
      `${words}\nhere ${time(open.sum)} for ${place}` + (open.count > 1 ? ` and others, ${open.count} reads` : ''));
    shape.dataset.boot = boot.index;
    // What is shorter than a pixel is paler.
    shape.setAttribute('opacity', round(Math.min(1, 0.35 + 0.65 * (open.to - open.from) / drawn)));
  };
  for (const mark of boot.marks) {
    if (!mark.waits) continue;
    const from = x(mark.at), to = x(mark.at + mark.longest);
    if (open && from > open.to + 0.5) { close(); open = null; }
    if (!open) open = { from, to, sum: 0, count: 0, places: {} };
    open.to = Math.max(open.to, to);
    open.sum += mark.stall;
    open.count += mark.reads;
    open.places[mark.from] = (open.places[mark.from] || 0) + mark.stall + 1;
  }
  if (open) close();
}

function show(index) {
  const card = document.getElementById('boot-' + index);
  card.open = true;
  card.scrollIntoView({ behavior: 'smooth' });
}

const tip = document.getElementById('tip');
document.addEventListener('mousemove', e => {
  tip.hidden = !e.target.tip;
  if (tip.hidden) return;
  tip.textContent = e.target.tip;
  tip.style.left = Math.max(4, Math.min(e.clientX + 14, innerWidth - tip.offsetWidth - 8)) + 'px';
  tip.style.top = Math.max(4, Math.min(e.clientY + 14, innerHeight - tip.offsetHeight - 8)) + 'px';
});

function drawAll() {
  drawWave();
  document.querySelectorAll('.card[open]').forEach(drawBoot);
}

drawAll();
document.querySelectorAll('.card').forEach(card => card.addEventListener('toggle', () => {
  if (card.open) drawBoot(card);
}));
document.addEventListener('click', e => {
  const link = e.target.closest('a');
  if (link) { e.preventDefault(); show(Number(link.hash.slice(6))); }
});
let width = innerWidth;
addEventListener('resize', () => {
  if (innerWidth !== width) { width = innerWidth; drawAll(); }
});
document.body.dataset.drawn = document.querySelectorAll('svg').length;

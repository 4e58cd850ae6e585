// How numbers and times are written, and how text gets into the page: as text, never as markup.
const $ = id => document.getElementById(id);
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const none = "–";

const count = value => value == null ? none : whole.format(value);
const plural = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

// Four digits that mean something: 0.6931, 2.35e-5.
function figure(value) {
  if (value == null) return none;
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size < 0.001) return value.toExponential(2);
  return size >= 10000 ? whole.format(value) : String(Number(value.toPrecision(4)));
}

function share(value) {
  if (!(value > 0)) return none;
  if (value < 0.0001) return "below 0.01 %";
  return `${(100 * value).toFixed(value < 0.1 ? 2 : 0)} %`;
}

function duration(seconds) {
  if (seconds == null || !isFinite(seconds)) return none;
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ${String(Math.floor(s / 60) % 60).padStart(2, "0")} min`;
  return `${Math.floor(s / 86400)} days ${Math.floor(s / 3600) % 24} h`;
}

const two = value => String(value).padStart(2, "0");
function clock(milliseconds) {
  const time = new Date(milliseconds);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

// Round times of day between two moments, in seconds since a run began.
function times(began, low, high, most) {
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400].find(size => (high - low) / size <= most) ?? 604800;
  const zone = 60 * new Date().getTimezoneOffset(), found = [];
  for (let at = Math.ceil((began + low - zone) / step) * step + zone; at <= began + high; at += step) found.push(at - began);
  return found;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function make(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function draw(name, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text != null) node.textContent = text;
  return node;
}

// A list's children are used again: what does not change keeps its place, and whoever reads it its own.
function fit(parent, length, create) {
  while (parent.children.length > length) parent.lastElementChild.remove();
  while (parent.children.length < length) parent.append(create());
}

function pairs(list, entries) {
  fit(list, entries.length, () => make("div", {}, make("dt"), make("dd")));
  entries.forEach(([name, value], i) => {
    setText(list.children[i].children[0], name);
    setText(list.children[i].children[1], value);
  });
}

function rows(table, entries, labels) {
  const body = table.tBodies[0];
  fit(body, entries.length, () => make("tr", { role: "row" }));
  entries.forEach((cells, row) => {
    const line = body.children[row];
    fit(line, cells.length, () => make("td", { role: "cell" }));
    cells.forEach((cell, i) => {
      if (cell != null) setText(line.children[i], cell);
      if (labels && line.children[i].dataset.label !== labels[i]) line.children[i].dataset.label = labels[i];
    });
  });
  return body;
}

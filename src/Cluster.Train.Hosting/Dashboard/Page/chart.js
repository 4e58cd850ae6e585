// A chart of a few curves over one axis: looked at, read with the arrow keys, or as a table.
const left = 58, right = 12, top_ = 18, bottom = 24;

function ticks(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough);
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i++) found.push(i * step);
  return found;
}

// What spans powers of ten is drawn by powers of ten.
function scaleOf(values, mayLog) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low === Infinity) return { low: 0, high: 1, log: false };
  const log = mayLog && low > 0 && high / low > 100;
  if (log) return { low: Math.log10(low), high: Math.log10(high), log };
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  return { low: low >= 0 && low - room < 0 ? 0 : low - room, high: high + room, log };
}

class Chart {
  // title: what it shows; axis: { name, text(x), and ticks(low, high, most) where those of numbers do not do; linear: never by powers of ten }; text: how a value is written.
  constructor(title, axis, text) {
    this.title = title;
    this.axis = axis;
    this.text = text;
    this.series = [];
    this.marks = [];
    this.heading = make("h3", {}, title);
    this.svg = draw("svg", { role: "img", tabindex: "0" });
    this.legend = make("ul", { class: "legend" });
    this.out = make("output", { "aria-live": "polite" });
    this.body = make("tbody");
    this.head = make("tr");
    this.table = make("details", {}, make("summary", {}, "Values as a table"),
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}, values` }, make("table", {}, make("thead", {}, this.head), this.body)));
    this.figure = make("figure", {}, this.heading, this.svg, this.legend, this.out, this.table);
    this.svg.addEventListener("pointermove", event => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.read(null));
    this.svg.addEventListener("keydown", event => this.key(event));
    this.table.addEventListener("toggle", () => this.fill());
    new ResizeObserver(() => this.paint()).observe(this.svg);
  }

  // series: [{ name, points: [[x, y]], best, last, look }]; marks: [{ x, kind, label }].
  show(series, marks) {
    this.series = series.filter(one => one.points.length);
    this.marks = marks;
    this.xs = [...new Set(this.series.filter(one => one.look !== 2).concat(this.series).slice(0, 2).flatMap(one => one.points.map(point => point[0])))].sort((a, b) => a - b);
    this.paint();
    this.fill();
  }

  paint() {
    const width = this.svg.clientWidth, height = this.svg.clientHeight;
    if (!width || !this.series.length) return;
    const ys = scaleOf(this.series.flatMap(one => one.points.map(point => point[1])).filter(value => value != null), !this.axis.linear);
    const x0 = Math.min(...this.series.map(one => one.points[0][0])), x1 = Math.max(...this.series.map(one => one.points.at(-1)[0]));
    const x = this.x = value => left + (x1 > x0 ? (value - x0) / (x1 - x0) : 0.5) * (width - left - right);
    const y = value => height - bottom - ((ys.log ? Math.log10(value) : value) - ys.low) / (ys.high - ys.low || 1) * (height - top_ - bottom);
    const drawn = [];
    const levels = ys.log
      ? ticks(Math.floor(ys.low), Math.ceil(ys.high), 5).filter(Number.isInteger).map(power => 10 ** power).filter(value => Math.log10(value) >= ys.low - 1e-9 && Math.log10(value) <= ys.high + 1e-9)
      : ticks(ys.low, ys.high, 4);
    for (const value of levels) {
      drawn.push(draw("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }));
      drawn.push(draw("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, this.text(value)));
    }
    const along = x1 > x0 ? (this.axis.ticks ?? ticks)(x0, x1, Math.max(2, Math.floor((width - left) / 80))) : [x0];
    let ends = -Infinity;
    for (const value of along) {
      const label = this.axis.text(value), size = 7 * label.length;
      const anchor = x(value) > width - right - 30 ? "end" : x(value) < left + 30 && along.length > 1 ? "start" : "middle";
      const begins = x(value) - { start: 0, middle: 0.5, end: 1 }[anchor] * size;
      if (begins < ends + 6) continue;
      ends = begins + size;
      drawn.push(draw("text", { x: x(value), y: height - 6, "text-anchor": anchor }, label));
    }
    let labelled = -Infinity;
    for (const mark of this.marks.filter(mark => mark.x >= x0 && mark.x <= x1)) {
      drawn.push(draw("line", { class: `happened ${mark.kind}`, x1: x(mark.x), x2: x(mark.x), y1: top_, y2: height - bottom }));
      if (x(mark.x) - labelled < 26) continue;
      labelled = x(mark.x);
      drawn.push(draw("text", { class: mark.kind, x: Math.min(labelled, width - right - 12), y: 12, "text-anchor": "middle" }, mark.label));
    }
    for (const one of [...this.series].reverse()) {
      let path = "", up = true;
      for (const [px, py] of one.points) {
        if (py == null || (ys.log && py <= 0)) { up = true; continue; }
        path += `${up ? "M" : "L"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`;
        up = false;
      }
      drawn.push(draw("path", { class: `curve c${one.look}`, d: path }));
      if (one.points.length === 1 && one.points[0][1] != null) drawn.push(draw("circle", { class: `spot c${one.look}`, cx: x(one.points[0][0]), cy: y(one.points[0][1]), r: 2 }));
      if (one.best && one.best[1] != null) drawn.push(draw("circle", { class: `spot c${one.look}`, cx: x(one.best[0]), cy: y(one.best[1]), r: 5 }));
    }
    if (this.at != null && this.at >= x0 && this.at <= x1) drawn.push(draw("line", { class: "cursor", x1: x(this.at), x2: x(this.at), y1: top_, y2: height - bottom }));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren(...drawn);
    this.svg.setAttribute("aria-label", `${this.title} over ${this.axis.name}${ys.log ? ", drawn by powers of ten" : ""}. ${this.series.map(one => this.sum(one)).join("; ")}. The left and right arrow keys read single points.`);
    setText(this.heading, this.title + (ys.log ? " (powers of ten)" : ""));
    fit(this.legend, this.series.length, () => make("li"));
    this.series.forEach((one, i) => this.tell(this.legend.children[i], one));
  }

  sum(one) {
    const [x, y] = one.last ?? one.points.at(-1);
    return `${one.name} ${this.text(y)} at ${this.axis.name} ${this.axis.text(x)}` + (one.best ? `, best ${this.text(one.best[1])} at ${this.axis.text(one.best[0])}` : "");
  }

  tell(item, one) {
    if (item.dataset.look !== String(one.look)) {
      const line = draw("svg", { viewBox: "0 0 28 10", "aria-hidden": "true" });
      line.append(draw("line", { class: `curve c${one.look}`, x1: 0, x2: 28, y1: 5, y2: 5 }));
      item.replaceChildren(line, make("span"));
      item.dataset.look = one.look;
    }
    const last = (one.last ?? one.points.at(-1))[1];
    setText(item.lastElementChild, `${one.name} ${this.text(last)}` + (one.best ? `, best ◯ ${this.text(one.best[1])} at ${this.axis.text(one.best[0])}` : ""));
  }

  point(event) {
    if (!this.x || !this.xs?.length) return;
    const offset = event.clientX - this.svg.getBoundingClientRect().left;
    this.read(this.xs.reduce((near, x) => Math.abs(this.x(x) - offset) < Math.abs(this.x(near) - offset) ? x : near, this.xs[0]));
  }

  key(event) {
    if (!this.xs?.length) return;
    const size = Math.max(1, Math.round(this.xs.length / 20)), last = this.xs.length - 1;
    const now = this.at == null ? null : this.xs.findIndex(x => x >= this.at);
    const next = { ArrowLeft: now == null ? last : now - 1, ArrowRight: now == null ? 0 : now + 1, PageUp: (now ?? last) - size, PageDown: (now ?? 0) + size, Home: 0, End: last }[event.key];
    if (event.key === "Escape") this.read(null);
    if (next == null) return;
    event.preventDefault();
    this.read(this.xs[Math.min(last, Math.max(0, next))]);
  }

  read(at) {
    this.at = at;
    setText(this.out, at == null ? "" : `${this.axis.name} ${this.axis.text(at)}: ` + this.series
      .map(one => [one.name, one.points.find(point => point[0] >= at) ?? one.points.at(-1)]).map(([name, point]) => `${name} ${this.text(point[1])}`).join(", "));
    this.paint();
  }

  // At most 24 rows, the newest and the best among them.
  fill() {
    if (!this.table.open || !this.series.length) return;
    const must = this.series.flatMap(one => [one.best, one.last]).filter(Boolean).map(point => point[0]);
    const each = Math.max(1, Math.ceil(this.xs.length / 20));
    const picked = [...new Set(this.xs.filter((_, i) => i % each === 0).concat(must))].sort((a, b) => a - b);
    fit(this.head, this.series.length + 1, () => make("th", { scope: "col" }));
    [this.axis.name, ...this.series.map(one => one.name)].forEach((name, i) => setText(this.head.children[i], name));
    fit(this.body, picked.length, () => make("tr"));
    picked.forEach((at, row) => {
      const line = this.body.children[row];
      fit(line, this.series.length + 1, () => make("td"));
      setText(line.children[0], this.axis.text(at));
      this.series.forEach((one, i) => {
        const found = one.points.find(point => point[0] === at);
        setText(line.children[i + 1], found ? this.text(found[1]) + (one.best?.[0] === at ? " (best)" : "") : "");
      });
    });
  }
}

// The connection: it is tried again for ever, and what is shown stays meanwhile.
const patience = 12000, mostBefore = 1000;
let state = null, source = null, heard = 0, lost = null, ended = false, tries = 0, said = "";

// Seconds since the run began, by the server's clock as it was told last.
const now = () => state.now + (lost == null ? (Date.now() - heard) / 1000 : 0);
const key = curve => curve.kind + " " + curve.name;

// A run that has the same job, as after a takeover or a restart, has the same curves: what was shown is still true.
function carry(before, after) {
  if (!before || before.job.hash !== after.job.hash) return;
  if (before.run === after.run) {
    for (const old of before.curves.filter(one => one.before)) {
      const curve = after.curves.find(one => key(one) === key(old));
      if (curve) curve.before = old.before;
      else after.curves.push(old);
    }
    after.throughput.before = before.throughput.before;
    after.past = before.past;
    return;
  }
  const thin = points => points.length <= mostBefore ? points : thin(points.filter((_, i) => i % 2 === 0));
  for (const old of before.curves) {
    let curve = after.curves.find(one => key(one) === key(old));
    if (!curve) after.curves.push(curve = { ...old, points: [], best: null, last: null, from: 0, count: 0 });
    curve.before = thin(pointsOf(old));
  }
  const shift = (before.started - after.started) / 1000, known = withPast(before);
  after.past = { progress: known.progress, stepTime: known.stepTime, workers: known.workers, happenings: known.happenings.map(one => ({ ...one, at: one.at + shift })) };
  after.throughput.before = thin(pointsOf(before.throughput).map(([x, y]) => [x + shift, y]));
}

// What a run has not told yet is as the one before it has told.
function withPast(state) {
  if (!state.past) return state;
  const begun = state.progress.totalSteps > 0;
  return {
    ...state, isPast: !begun, happenings: state.past.happenings.concat(state.happenings).slice(-200),
    ...(begun ? {} : { progress: { ...state.past.progress, samplesPerSecond: null }, stepTime: state.past.stepTime, workers: state.workers.length ? state.workers : state.past.workers }),
  };
}

function add(onto, curve) {
  onto.points.length = Math.min(onto.points.length, curve.from);
  onto.points.push(...curve.points);
  Object.assign(onto, { best: curve.best, last: curve.last, count: curve.count, better: curve.better });
}

function take(event, isWhole, isLast) {
  const next = JSON.parse(event.data);
  if (isWhole) {
    carry(state, next);
    state = next;
  } else {
    if (!state || next.run !== state.run) return connect();
    for (const curve of next.curves) {
      const known = state.curves.find(one => key(one) === key(curve));
      if (known) add(known, curve);
      else state.curves.push(curve);
    }
    add(state.throughput, next.throughput);
    Object.assign(state, { ...next, curves: state.curves, throughput: state.throughput });
  }
  [heard, lost, ended, tries] = [Date.now(), null, isLast, 0];
  refresh();
}

function connect() {
  source?.close();
  source = new EventSource("api/events");
  heard = Date.now();
  for (const kind of ["whole", "added"]) {
    source.addEventListener(kind, event => take(event, kind === "whole", false));
    source.addEventListener("last-" + kind, event => take(event, kind === "whole", true));
  }
  source.onerror = lose;
}

function lose() {
  source?.close();
  source = null;
  if (lost == null && state) state.now = now();
  lost ??= Date.now();
  setTimeout(connect, Math.min(5000, 500 * 2 ** tries++));
  refresh();
}

function say(text) {
  if (text === said) return;
  said = text;
  setText($("said"), text);
}

// What the reader should know before all else.
function bannerOf() {
  const others = (state?.coordinators ?? []).filter(place => !place.here);
  if (!state) return lost == null ? null : ["care", "The server does not answer. Trying again."];
  if (state.state === "standby" && !ended) {
    const place = others.find(one => one.coordinates);
    return place ? ["care", "This node stands by; the job goes on at ", ...placeOf(place), "."] : ["care", "This node stands by."];
  }
  if (over(state.state) && (ended || lost != null)) return ["rest", `The job is ${words[state.state]}, and its program has ended. This is how it ended.`];
  if (lost == null && !ended) return null;
  const first = ended ? "This node has ended; what is shown is how it stood." : `No connection since ${clock(lost)}. Trying again; what is shown is as it was then.`;
  if (!others.length) return ["care", first];
  return ["care", `${first} If it coordinated a job that goes on, another node takes that over: `, ...others.flatMap((place, i) => i ? ["; or ", ...placeOf(place)] : placeOf(place)), "."];
}

let bannerText = "";
function refresh() {
  const banner = bannerOf(), text = banner ? banner.slice(1).map(part => part.textContent ?? part).join("") : "";
  $("banner").hidden = !banner;
  if (banner && text !== bannerText) {
    $("banner").dataset.kind = banner[0];
    $("banner").replaceChildren(...banner.slice(1));
  }
  bannerText = text;
  $("link").dataset.link = lost == null && state && !ended ? "live" : "none";
  setText($("link"), lost != null ? `not connected since ${clock(lost)}` : ended ? "the last word" : state ? "live" : "connecting");
  if (!state) return;
  show(withPast(state), now());
  say(`The job is ${words[state.state]}${state.reason ? ": " + state.reason : ""}`);
}

setInterval(() => {
  if (source && Date.now() - heard > patience) lose();
  else if (state && lost == null && !document.hidden && Date.now() - heard > 1500) refresh();
}, 1000);
document.addEventListener("visibilitychange", () => state && !document.hidden && refresh());
connect();

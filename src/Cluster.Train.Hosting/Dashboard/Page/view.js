// What is known of the job, put into the page.
const words = { waiting: "waiting", running: "running", recovering: "recovering", done: "done", stopped: "stopped", failed: "failed", standby: "standing by" };
const over = state => state === "done" || state === "stopped" || state === "failed";
const steps = { name: "step", text: count };
const charts = new Map();
let throughput;

// All points of a curve: those of a run before at this address, if it had the same job; then its own, the newest and the best among them.
function pointsOf(curve) {
  const own = [...curve.points];
  for (const extra of [curve.best, curve.last]) {
    if (!extra || own.some(point => point[0] === extra[0])) continue;
    const place = own.findIndex(point => point[0] > extra[0]);
    own.splice(place < 0 ? own.length : place, 0, extra);
  }
  const before = (curve.before ?? []).filter(point => !own.length || point[0] < own[0][0]);
  return before.concat(own);
}

function bestOf(curve, points) {
  if (!curve.better) return null;
  let best = curve.best;
  for (const point of points) {
    if (point[1] != null && (!best || (curve.better === "higher" ? point[1] > best[1] : point[1] < best[1]))) best = point;
  }
  return best;
}

function seriesOf(curve, look) {
  const points = pointsOf(curve);
  return { name: curve.name, points, best: bestOf(curve, points), last: points.at(-1), look };
}

function chartOf(key, title, axis, text, parent) {
  if (!charts.has(key)) {
    charts.set(key, new Chart(title, axis, text));
    parent.append(charts.get(key).figure);
  }
  return charts.get(key);
}

function showCurves(state) {
  const marks = (state.happenings ?? []).filter(one => one.step > 0)
    .map(one => ({ x: one.step, kind: one.kind, label: one.kind === "recovery" ? "R" : "G" + (/[0-9]+/.exec(one.text)?.[0] ?? "") }));
  const looks = { "loss": 0, "test loss": 1, "step loss": 2 };
  const losses = state.curves.filter(curve => curve.kind === "loss").sort((a, b) => looks[a.name] - looks[b.name]);
  if (losses.length) chartOf("loss", "Loss", steps, figure, $("curves")).show(losses.map(curve => seriesOf(curve, looks[curve.name] ?? 2)), marks);
  for (const curve of state.curves.filter(curve => curve.kind === "metric")) {
    chartOf("metric " + curve.name, curve.name, steps, figure, $("curves")).show([{ ...seriesOf(curve, 1), name: "test" }], marks);
  }
  $("curves-none").hidden = state.curves.length > 0;
  // What a run before has shown at this address goes on; of what another node was told, nothing is known here.
  const first = state.progress.firstStep;
  $("curves-from").hidden = !first || state.curves.some(curve => curve.before?.length);
  setText($("curves-from"), `They begin with step ${count(first)}, from which this node goes on with the job.`);
}

function showTime(state) {
  const axis = { name: "time", linear: true, text: x => clock(state.started + 1000 * x), ticks: (low, high, most) => times(state.started / 1000, low, high, most) };
  throughput ??= chartOf("throughput", "Samples a second", axis, count, $("throughput"));
  throughput.axis = axis;
  throughput.show([seriesOf(state.throughput, 0)], (state.happenings ?? [])
    .map(one => ({ x: one.at, kind: one.kind, label: one.kind === "recovery" ? "R" : "G" + (/[0-9]+/.exec(one.text)?.[0] ?? "") })));
  $("throughput").hidden = !pointsOf(state.throughput).length;
  $("throughput-none").hidden = !$("throughput").hidden || state.happenings?.length > 0;
  rows($("happenings"), [...(state.happenings ?? [])].reverse().map(one => [clock(state.started + 1000 * one.at), count(one.step), one.text]));
  $("happenings").hidden = !state.happenings?.length;
}

function showNow(state, now) {
  const p = state.progress;
  const epochs = p.stepsPerEpoch > 0 ? Math.ceil(p.totalSteps / p.stepsPerEpoch) : 0;
  const epoch = p.stepsPerEpoch > 0 ? Math.min(Math.floor(p.step / p.stepsPerEpoch) + 1, Math.max(1, epochs)) : 0;
  const left = p.samplesPerSecond > 0 && p.stepsPerEpoch > 0 ? (p.totalSteps - p.step) * p.trainingSamples / p.stepsPerEpoch / p.samplesPerSecond : null;
  $("progress").value = p.totalSteps > 0 ? p.step / p.totalSteps : 0;
  setText($("progress-text"), p.totalSteps > 0 ? `step ${count(p.step)} of ${count(p.totalSteps)}` : "not begun");
  pairs($("figures"), [
    ["epoch", epoch ? `${count(epoch)} of ${count(epochs)}` : none], ["loss", figure(p.loss)], ...p.figures.map(([name, value]) => [name, figure(value)]),
    ["learning rate", figure(p.learningRate)], ["samples/s", count(state.state === "running" ? p.samplesPerSecond : null)], ["time left", over(state.state) ? none : duration(left)],
    ["time", duration(state.outcome?.elapsed ?? now)], ["workers", count(p.workers)], ["generation", count(p.generation)],
    ["recoveries", count(p.recoveries) + (p.replayedSteps ? `, ${plural(p.replayedSteps, "step")} again` : "")],
    ["checkpoints", count(p.checkpoints) + (p.checkpoints ? `, last of step ${count(p.checkpointStep)}` : "")],
  ]);
  const waiting = over(state.state) ? null : state.waiting;
  $("waiting").hidden = !waiting;
  if (waiting) setText($("waiting"), `Waiting for ${waiting.whom} (${waiting.phase}) since ${clock(state.started + 1000 * waiting.since)}, ${duration(now - waiting.since)} so far`);
}

function showPhases(state) {
  const total = column => state.stepTime.reduce((sum, one) => sum + (one[column] ?? 0), 0);
  const [all, recent] = [total(1), total(2)];
  const bar = $("phases-bar");
  bar.hidden = !recent;
  fit(bar, state.stepTime.length, () => make("span"));
  state.stepTime.forEach(([phase, , seconds], i) => {
    bar.children[i].className = "p-" + phase;
    bar.children[i].style.flex = `${recent ? seconds / recent : 0} 0 0px`;
    bar.children[i].hidden = !seconds;
  });
  const body = rows($("phases"), state.stepTime.map(([phase, whole, late]) => [null, share(late / recent), share(whole / all)]));
  state.stepTime.forEach(([phase], i) => {
    const cell = body.children[i].children[0];
    if (cell.dataset.phase === phase) return;
    cell.dataset.phase = phase;
    cell.replaceChildren(make("span", { class: "swatch p-" + phase, "aria-hidden": "true" }), phase);
  });
}

function showWorkers(state, now) {
  const shards = one => one.shards === 0 ? none : one.shards === 1 ? String(one.firstShard) : `${one.firstShard} to ${one.firstShard + one.shards - 1}`;
  const ended = over(state.state) || state.isPast;
  const silent = one => one.silent + (now - state.now);
  const labels = ["", "host", "device", "processor", "shards", "phase", "last sign"];
  const body = rows($("workers"), state.workers.map(one => [one.name, one.host, one.device || none, one.processor || none, shards(one), one.phase, ended ? none : silent(one) < 1.5 ? "now" : `${duration(silent(one))} ago`]), labels);
  state.workers.forEach((one, i) => body.children[i].classList.toggle("silent", !ended && silent(one) > 15));
  setText($("workers-caption"), state.workers.length ? plural(state.workers.length, "worker") + (ended ? ", as they were last" : "") : "None is known at present");
}

function showRest(state) {
  $("notices-none").hidden = (state.notices ?? []).length > 0;
  const notices = [...(state.notices ?? [])].reverse();
  fit($("notices"), notices.length, () => make("li"));
  notices.forEach((one, i) => setText($("notices").children[i], `${clock(state.started + 1000 * one.at)} ${one.text}${one.count > 1 ? ` (${one.count} times)` : ""}`));
  const job = [["task", state.job.task], ["definition", state.job.hash], ...state.job.settings];
  if (state.progress.parameters) job.push(["parameters", count(state.progress.parameters)], ["samples", `${count(state.progress.trainingSamples)} training, ${count(state.progress.evaluationSamples)} test`], ["topology", state.progress.topology]);
  if (state.outcome) job.push(["SHA-256 of the parameters", state.outcome.sha256 || none]);
  if (state.outcome?.checkpoint) job.push(["checkpoint", state.outcome.checkpoint]);
  pairs($("job"), job);
  $("coordinators-part").hidden = state.coordinators.length === 0;
  fit($("coordinators"), state.coordinators.length, () => make("li"));
  state.coordinators.forEach((one, i) => $("coordinators").children[i].replaceChildren(...placeOf(one), one.coordinates ? " coordinates" : " stands by", one.here ? " (this page's)" : ""));
}

// A node, and its dashboard where it has one.
function placeOf(place) {
  return place.dashboard && !place.here ? [place.node + ", ", make("a", { href: place.dashboard, rel: "noreferrer" }, place.dashboard)] : [place.node];
}

function showState(state, now) {
  document.title = `${state.progress.totalSteps ? Math.floor(100 * state.progress.step / state.progress.totalSteps) + " % " : ""}${state.job.task}, ${words[state.state]}`;
  setText($("task"), state.job.task);
  $("state").dataset.state = state.state;
  setText($("state-word"), words[state.state]);
  setText($("state-since"), `since ${clock(state.started + 1000 * state.since)}, ${duration(now - state.since)}`);
  setText($("reason"), state.reason);
}

function show(state, now) {
  showState(state, now);
  showNow(state, now);
  showCurves(state);
  showTime(state);
  showPhases(state);
  showWorkers(state, now);
  showRest(state);
}

"use strict";
const content = JSON.parse(document.getElementById("content").textContent);
const byId = (id) => document.getElementById(id);
const percent = (x) => (x === null || x === undefined ? "" : `${(100 * x).toFixed(1)} %`);
const words = (name) => name.replaceAll("_", " ");
const colours = ["#1b6ca8", "#c2571a", "#2e8b57", "#8a4fbf", "#b8860b", "#c23b6b", "#3aa0a0", "#7a6a58"];
const colour = new Map(content.arms.map((arm, i) => [arm.name, colours[i % colours.length]]));
const dash = new Map(content.arms.map((arm, i) => [arm.name, ["", "6 3", "2 3"][Math.floor(i / colours.length) % 3]]));

function element(tag, attributes = {}, children = []) {
  const svg = ["svg", "g", "path", "line", "text", "circle", "title"].includes(tag);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/* A line chart: series of {name, points: [{x, y, low?, high?}]} against one pair of axes. */
function chart(series, width, { height = 320, top = null, asPercent = false, label = "" } = {}) {
  const names = series.length <= 6 && width > 560, left = 46, right = names ? 130 : 12, above = 10, below = 40;
  const xs = series.flatMap((s) => s.points.map((p) => p.x));
  const ys = series.flatMap((s) => s.points.map((p) => p.high ?? p.y));
  const mostX = Math.max(1, ...xs), mostY = top ?? Math.max(1e-9, ...ys) * 1.05;
  const x = (v) => left + (v / mostX) * (width - left - right);
  const y = (v) => height - below - (Math.min(v, mostY) / mostY) * (height - above - below);
  const drawing = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  for (let i = 0; i <= 4; i++) {
    const v = (mostY * i) / 4;
    drawing.append(element("line", { class: "axis", x1: left, x2: width - right, y1: y(v), y2: y(v) }));
    const said = asPercent ? `${Math.round(100 * v)} %` : v < 10 ? v.toFixed(1) : Math.round(v);
    drawing.append(element("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, [said]));
    const b = Math.round((mostX * i) / 4);
    drawing.append(element("text", { x: x(b), y: height - 22, "text-anchor": "middle" }, [b]));
  }
  drawing.append(element("text", { x: width - right, y: height - 5, "text-anchor": "end" }, ["batches of reinforcement learning"]));
  for (const { name, points } of series) {
    if (points.length === 0) continue;
    if (points[0].low !== undefined) {
      const up = points.map((p) => `${x(p.x)},${y(p.high)}`), down = points.map((p) => `${x(p.x)},${y(p.low)}`).reverse();
      drawing.append(element("path", { class: "band", fill: colour.get(name), d: `M${up.join("L")}L${down.join("L")}Z` }));
    }
    const line = points.map((p) => `${x(p.x)},${y(p.y)}`).join("L");
    const path = element("path", { class: "curve", stroke: colour.get(name), "stroke-dasharray": dash.get(name), d: `M${line}`, "data-arm": name });
    path.append(element("title", {}, [words(name)]));
    drawing.append(path);
  }
  if (names) labels(series, y).forEach(([name, at]) => {
    const text = element("text", { class: "name", x: width - right + 8, y: at + 4 }, [words(name)]);
    text.style.fill = colour.get(name);
    drawing.append(text);
  });
  return drawing;
}

/* Where the names of curves stand beside their ends, moved apart where they would touch. */
function labels(series, y) {
  const ends = series.filter((s) => s.points.length > 0).map((s) => [s.name, y(s.points.at(-1).y)]).sort((a, b) => a[1] - b[1]);
  for (let i = 1; i < ends.length; i++) ends[i][1] = Math.max(ends[i][1], ends[i - 1][1] + 14);
  return ends;
}

const shownArms = new Set(content.arms.map((arm) => arm.name));
function drawCharts() {
  const arms = content.arms.filter((arm) => shownArms.has(arm.name));
  const width = Math.min(960, byId("arms").clientWidth);
  const of = (value) => arms.map((arm) => ({ name: arm.name, points: value(arm) }));
  byId("solve-rate").replaceChildren(
    chart(of((arm) => arm.curve.map((p) => ({ x: p.batches, y: p.mean, low: p.low, high: p.high }))), width, { top: 1, asPercent: true, label: "solve rate by batch" }));
  byId("length").replaceChildren(
    chart(of((arm) => arm.curve.map((p) => ({ x: p.batches, y: p.tokens }))), width, { height: 240, label: "tokens of a completion by batch" }));
  byId("habits").replaceChildren(...content.habits.map((habit) => {
    const drawn = chart(of((arm) => arm.habits.map((p) => ({ x: p.batches, y: p[habit] }))), Math.min(360, width), { height: 240, label: `${words(habit)} by batch` });
    return element("figure", { class: "chart" }, [element("h3", {}, [words(habit)]), drawn]);
  }));
}

function drawArms() {
  byId("arms").replaceChildren(...content.arms.map((arm) => {
    const box = element("input", { type: "checkbox", name: arm.name });
    box.checked = true;
    box.addEventListener("change", () => {
      if (box.checked) shownArms.add(arm.name); else shownArms.delete(arm.name);
      drawCharts();
    });
    const key = element("span", { class: "key" });
    key.style.background = colour.get(arm.name);
    return element("label", {}, [box, key, words(arm.name)]);
  }));
}

function drawTable() {
  const models = ["Llama-3.2-3B", "Qwen-2.5-3B"];
  const head = ["arm", "base", "seeds", "before", "after", "95 % interval", "gain", ...models];
  const rows = content.arms.map((arm) => [
    words(arm.name), words(arm.base), arm.seeds.length, percent(arm.before.mean), percent(arm.after.mean),
    `${percent(arm.after.low)} to ${percent(arm.after.high)}`, `${arm.gain < 0 ? "−" : "+"}${Math.abs(100 * arm.gain).toFixed(1)}`,
    ...models.map((model) => {
      const told = arm.published?.[model];
      return told ? `${told[0] === null ? "?" : told[0].toFixed(2)} → ${told[2].toFixed(2)}` : "";
    }),
  ]);
  byId("table").append(row("th", head), ...rows.map((cells) => row("td", cells)));
  byId("files").append(...content.files.map((file) => row("td", [file.name, file.sha256])));
}

function row(kind, cells) {
  return element("tr", {}, cells.map((cell) => element(kind, {}, [String(cell)])));
}

/* Text with habits marked; where spans overlap, the one that begins first is shown. */
function marked(text, spans) {
  const parts = [];
  let at = 0;
  for (const span of [...spans].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const start = Math.max(span.start, at);
    if (start >= span.end) continue;
    parts.push(text.slice(at, start), element("mark", { class: span.habit, title: words(span.habit) }, [text.slice(start, span.end)]));
    at = span.end;
  }
  parts.push(text.slice(at));
  return parts;
}

function tree(nodes) {
  const children = new Map();
  for (const node of nodes) children.set(node.parent, [...(children.get(node.parent) ?? []), node]);
  const list = (parent) => {
    const below = children.get(parent) ?? [];
    return below.map((node) => {
      const inner = list(node.id);
      const item = element("li", { class: node.fault ? "wrong" : "" }, [node.label]);
      if (inner.length > 0) item.append(element("ul", {}, inner));
      return item;
    });
  };
  return element("ul", { class: "tree" }, list(null));
}

function completion(shown) {
  const head = `${shown.numbers.join(" ")} → ${shown.target}`;
  const verdict = element("span", { class: shown.solved ? "right" : "wrong" }, [shown.solved ? "✓ solved" : `✗ ${words(shown.fault)}`]);
  const made = element("article", { "data-arm": shown.arm }, [
    element("h3", {}, [`${head}  ·  ${words(shown.arm)}, ${shown.stage}  ·  `, verdict]),
    element("p", {}, marked(shown.text, shown.spans)),
  ]);
  if (shown.tree.length > 1) made.append(element("details", {}, [element("summary", {}, ["the search as a tree"]), tree(shown.tree)]));
  return made;
}

function drawCompletions() {
  const arm = byId("filter-arm").value, stage = byId("filter-stage").value;
  const answer = byId("filter-answer").value, text = byId("filter-text").value;
  const kept = content.completions.filter((c) =>
    (!arm || c.arm === arm) && (!stage || c.stage === stage) &&
    (!answer || c.solved === (answer === "right")) && (!text || c.text.includes(text)));
  byId("shown").textContent = `${kept.length} of ${content.completions.length} shown`;
  byId("completions").replaceChildren(...kept.map(completion));
}

function drawLead() {
  const seeds = Math.max(...content.arms.map((arm) => arm.seeds.length));
  byId("lead").textContent =
    `Small language models are primed on traces that show chosen habits of reasoning, or none, and then trained alike by reinforcement learning: ` +
    `${content.arms.length} arms, up to ${seeds} seed${seeds === 1 ? "" : "s"}, ${content.puzzles} test puzzles. ` +
    `${content.runs.finished} of ${content.runs.planned} planned runs are finished.`;
}

window.addEventListener("resize", drawCharts);
drawLead();
drawArms();
drawCharts();
drawTable();
byId("filter-arm").append(element("option", { value: "" }, ["all"]), ...content.arms.map((arm) => element("option", { value: arm.name }, [words(arm.name)])));
for (const id of ["filter-arm", "filter-stage", "filter-answer", "filter-text"]) byId(id).addEventListener("input", drawCompletions);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
drawCompletions();
byId("settings").textContent = JSON.stringify(content.settings, null, 2);
byId("provenance").textContent = JSON.stringify(content.provenance, null, 2);

"use strict";
const content = JSON.parse(document.getElementById("content").textContent);
const byId = (id) => document.getElementById(id);
const words = (name) => name.replaceAll("_", " ");
const percent = (x) => `${(100 * x).toFixed(1)} %`;
const signed = (x, digits = 1) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(digits)}`;
const ALL = "all arms";
const PAGE = 8; // completions that are shown at first, and by each press of "show more"
const CREDIT = { gae: "PPO", rloo: "RLOO", grpo: "GRPO" };
const SVG = ["svg", "g", "path", "line", "text", "circle", "title"];

function element(tag, attributes = {}, children = []) {
  const made = SVG.includes(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/* ---- who is drawn how ---- */

const COLOURS = 8;
const armByName = new Map(content.arms.map((arm) => [arm.name, arm]));
const look = new Map(); // arm -> {colour, dash}; arms that are seen together differ in colour
const picked = new Map(); // arm -> place of its colour
for (const { name } of content.arms) {
  const beside = Object.values(content.questions).filter((of) => of.includes(name)).flat();
  const users = Array.from({ length: COLOURS }, (_, c) => [...picked.keys()].filter((other) => picked.get(other) === c));
  const cost = users.map((others) => others.length + 100 * others.filter((other) => beside.includes(other)).length);
  const colour = cost.indexOf(Math.min(...cost));
  picked.set(name, colour);
  look.set(name, { colour: `var(--c${colour})`, dash: ["", "7 3", "2 3", "8 3 2 3"][users[colour].length % 4] });
}

function key(name) {
  const { colour, dash } = look.get(name);
  return element("svg", { class: "key", viewBox: "0 0 24 10", "aria-hidden": "true" }, [
    element("line", { x1: 0, x2: 24, y1: 5, y2: 5, "stroke-width": 3, "stroke-dasharray": dash, style: `stroke:${colour}` }),
  ]);
}

function legend(names) {
  return element("div", { class: "legend" }, names.map((name) => element("span", {}, [key(name), words(name)])));
}

/* ---- charts ---- */

/* Round numbers from 0 on, about four of them, the last at or beyond the most. */
function ticks(most) {
  const rough = most / 4, unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((times) => times * unit).find((size) => size >= rough * 0.999);
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

/* A line chart: series of {name, points: [{x, y, low?, high?}]} against one pair of axes. */
function chart(series, width, { height = 300, top = null, asPercent = false, label = "", across = "batches of reinforcement learning" } = {}) {
  const left = 46, right = 12, above = 10, below = 40;
  const points = series.flatMap((s) => s.points);
  const mostX = Math.max(1, ...points.map((p) => p.x));
  const ticksX = ticks(mostX), ticksY = ticks(top ?? Math.max(1, ...points.map((p) => p.high ?? p.y)));
  const mostY = top ?? ticksY.at(-1);
  const x = (v) => left + (v / mostX) * (width - left - right);
  const y = (v) => height - below - (Math.max(0, Math.min(v, mostY)) / mostY) * (height - above - below);
  const said = (v) => (asPercent ? percent(v) : v < 10 ? v.toFixed(2) : v.toFixed(0));
  const drawing = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  for (const v of ticksY) {
    drawing.append(
      element("line", { class: "axis", x1: left, x2: width - right, y1: y(v), y2: y(v) }),
      element("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, [asPercent ? `${Math.round(100 * v)} %` : v]));
  }
  for (const v of ticksX.filter((v) => v <= mostX)) drawing.append(element("text", { x: x(v), y: height - 22, "text-anchor": "middle" }, [v]));
  drawing.append(element("text", { x: width - right, y: height - 5, "text-anchor": "end" }, [across]));
  for (const { name, points: drawn } of series.filter((s) => s.points.length > 0)) {
    const { colour, dash } = look.get(name);
    const known = drawn.filter((p) => p.low !== undefined);
    if (known.length > 1) {
      const up = known.map((p) => `${x(p.x)},${y(p.high)}`), down = known.map((p) => `${x(p.x)},${y(p.low)}`).reverse();
      drawing.append(element("path", { class: "band", style: `fill:${colour}`, d: `M${up.join("L")}L${down.join("L")}Z` }));
    }
    const line = drawn.map((p) => `${x(p.x)},${y(p.y)}`).join("L");
    drawing.append(element("path", { class: "curve", style: `stroke:${colour}`, "stroke-dasharray": dash, d: `M${line}`, "data-arm": name }));
    for (const p of drawn) {
      const bounds = p.low === undefined ? "" : ` (${said(p.low)} to ${said(p.high)})`;
      const hint = element("title", {}, [`${words(name)}, ${p.x}: ${said(p.y)}${bounds}`]);
      drawing.append(element("circle", { cx: x(p.x), cy: y(p.y), r: 2.6, style: `fill:${colour}` }, [hint]));
    }
  }
  return drawing;
}

const onPoints = (points, of) => points.map((p) => ({ x: p.batches, y: of(p).mean, low: of(p).low, high: of(p).high }));
const solveRates = (names) => names.map((name) => ({ name, points: onPoints(armByName.get(name).curve, (p) => p.solve_rate) }));

function figure(title, drawn, below = []) {
  return element("figure", { class: "chart" }, [element("h3", {}, [title]), drawn, ...below]);
}

function columnWidth(box, atLeast) {
  const whole = box.clientWidth || 960;
  return Math.max(260, Math.min(whole, whole / Math.max(1, Math.floor(whole / atLeast)) - 12));
}

function drawQuestions() {
  const box = byId("questions"), width = columnWidth(box, 400);
  const asked = Object.entries(content.questions);
  const panels = asked.length > 0 ? asked : [[ALL, content.arms.map((arm) => arm.name)]];
  box.replaceChildren(...panels.map(([question, names]) =>
    figure(question, chart(solveRates(names), width, { top: 1, asPercent: true, label: `solve rate by batch: ${question}` }), [legend(names)])));
}

const shownArms = new Set();
function drawCloser() {
  const box = byId("closer"), names = content.arms.map((arm) => arm.name).filter((name) => shownArms.has(name));
  const wide = columnWidth(box, 400), narrow = columnWidth(box, 240);
  const of = (points) => names.map((name) => ({ name, points: points(armByName.get(name)) }));
  const rate = { top: 1, asPercent: true };
  const published = (model) => of((arm) => (arm.published?.[model] ?? []).map((y, i) => ({ x: content.published_steps[i], y })).filter((p) => p.y !== null));
  const models = ["Llama-3.2-3B", "Qwen-2.5-3B"].map((model) => [model, published(model)]).filter(([, series]) => series.some((s) => s.points.length > 0));
  box.replaceChildren(
    element("div", { class: "on-paper" }, [legend(names)]),
    element("div", { class: "grid wide", id: "rates" }, [
      figure("Solve rate, here", chart(solveRates(names), wide, { ...rate, label: "solve rate by batch" })),
      ...models.map(([model, series]) => figure(`Published: ${model}`, chart(series, wide, { ...rate, label: `published solve rate of ${model} by step`, across: "steps of reinforcement learning" }))),
      figure("Tokens of a completion, here", chart(of((arm) => onPoints(arm.curve, (p) => p.tokens)), wide, { label: "tokens of a completion by batch" })),
    ]),
    element("h3", {}, ["How often a completion shows each habit, counted in its text"]),
    element("div", { class: "grid", id: "habits" }, content.habits.map((habit) =>
      figure(words(habit), chart(of((arm) => onPoints(arm.habits, (p) => p[habit])), narrow, { height: 220, label: `${words(habit)} by batch`, across: "batches" })))));
}

function drawChooser() {
  const question = byId("question"), asked = Object.keys(content.questions);
  question.append(...[...asked, ALL].map((name) => element("option", { value: name }, [name])));
  const boxes = new Map(content.arms.map(({ name }) => [name, element("input", { type: "checkbox", name })]));
  const show = (names) => {
    shownArms.clear();
    for (const [name, box] of boxes) if ((box.checked = names.includes(name))) shownArms.add(name);
    drawCloser();
  };
  for (const [name, box] of boxes) box.addEventListener("change", () => {
    if (box.checked) shownArms.add(name); else shownArms.delete(name);
    drawCloser();
  });
  byId("arms").append(...[...boxes].map(([name, box]) => element("label", {}, [box, key(name), words(name)])));
  question.addEventListener("input", () => show(content.questions[question.value] ?? [...boxes.keys()]));
  byId("chooser").addEventListener("submit", (event) => event.preventDefault());
  show(content.questions[asked[0]] ?? [...boxes.keys()]);
}

/* ---- tables ---- */

function row(kind, cells) {
  return element("tr", {}, cells.map((cell) => element(kind, {}, cell instanceof Array ? cell : [cell instanceof Node ? cell : String(cell)])));
}

const share = (s) => [percent(s.mean), " ", element("small", {}, [`${(100 * s.low).toFixed(1)} to ${(100 * s.high).toFixed(1)}`])];
const points = (s) => [signed(100 * s.mean), " ", element("small", {}, [`${signed(100 * s.low)} to ${signed(100 * s.high)}`])];

function drawTable() {
  const models = ["Llama-3.2-3B", "Qwen-2.5-3B"];
  const rows = content.arms.map((arm) => [
    [key(arm.name), " ", words(arm.name)], share(arm.before), share(arm.after), points(arm.gain), arm.seeds.length, words(arm.base),
    ...models.map((model) => {
      const told = arm.published?.[model];
      return told ? `${told[0] === null ? "?" : told[0].toFixed(2)} → ${told.findLast((y) => y !== null).toFixed(2)}` : "";
    }),
  ]);
  byId("table").append(row("th", ["arm", "before", "after", "gain, points", "seeds", "base", ...models]), ...rows.map((cells) => row("td", cells)));
}

/* The targets by the arm that they are asked of. */
function askedOf() {
  const arms = Object.keys(content.asked_of).map((arm) => [arm, content.targets.filter((t) => t.arm === arm)]);
  return arms.filter(([, targets]) => targets.length > 0);
}

function drawTargets() {
  byId("targets-section").hidden = content.targets.length === 0;
  const number = (t, x) => (t.unit === "points" ? signed(100 * x) : t.unit === "share" ? x.toFixed(2) : signed(x, 2));
  const measured = (t) => {
    if (t.measured === null) return "–";
    const bounds = t.interval_95 === null ? [] : [" ", element("small", {}, [`${number(t, t.interval_95[0])} to ${number(t, t.interval_95[1])}`])];
    return [`${number(t, t.measured)}${t.unit === "points" ? " points" : t.unit === "times" ? " a completion" : ""}`, ...bounds];
  };
  const table = byId("targets");
  table.append(row("th", ["expected", "measured", "", ""]));
  for (const [arm, targets] of askedOf()) {
    table.append(element("tr", {}, [element("th", { colspan: 4 }, [`asked of ${words(arm)}, ${content.asked_of[arm]}`])]));
    for (const t of targets) table.append(row("td", [t.wanted, measured(t), element("span", { class: t.met ? "right" : "wrong" }, [t.met ? "✓ met" : "✗ missed"]), t.remark]));
  }
}

function drawCredit() {
  const first = content.arms.find((arm) => arm.advantage !== "gae");
  byId("credit-section").hidden = first === undefined;
  if (first === undefined) return;
  const like = content.arms.filter((arm) => arm.base === first.base && arm.condition === first.condition);
  const rows = like.map((arm) => [[key(arm.name), " ", CREDIT[arm.advantage] ?? arm.advantage], arm.seeds.length, share(arm.before), share(arm.after), points(arm.gain), Math.round(arm.curve.at(-1).tokens.mean)]);
  byId("credit").append(row("th", ["", "seeds", "before", "after", "gain, points", "tokens at the end"]), ...rows.map((cells) => row("td", cells)));
}

/* ---- completions ---- */

/* Text with habits marked; where spans overlap, the one that begins first is shown. */
function marked(text, spans) {
  const parts = [];
  let at = 0;
  for (const [habit, first, end] of [...spans].sort((a, b) => a[1] - b[1] || a[2] - b[2])) {
    const start = Math.max(first, at);
    if (start >= end) continue;
    parts.push(text.slice(at, start), element("mark", { class: habit, title: words(habit) }, [text.slice(start, end)]));
    at = end;
  }
  parts.push(text.slice(at));
  return parts;
}

/* The search from left to right: a column for each step, a row for each line of attempt. */
function tree(nodes) {
  const ROW = 20, LETTER = 7.3, GAP = 34;
  const said = (node) => `${node.label}${node.times > 1 ? ` ×${node.times}` : ""}${node.reached ? " ✓" : node.fault ? " ✗" : ""}`;
  const children = new Map(nodes.map((node) => [node.id, []])), depth = new Map(), widths = [], at = new Map();
  for (const node of nodes) {
    depth.set(node.id, node.parent === null ? 0 : depth.get(node.parent) + 1);
    if (node.parent !== null) children.get(node.parent).push(node);
    widths[depth.get(node.id)] = Math.max(widths[depth.get(node.id)] ?? 0, said(node).length * LETTER);
  }
  const left = widths.map((_, d) => 6 + widths.slice(0, d).reduce((sum, w) => sum + w + GAP, 0));
  let rows = 0;
  const place = (node) => {
    const below = children.get(node.id);
    const ys = below.length === 0 ? [ROW * ++rows] : below.map(place);
    at.set(node.id, (ys[0] + ys.at(-1)) / 2);
    return at.get(node.id);
  };
  place(nodes[0]);
  const width = left.at(-1) + widths.at(-1) + 8, height = ROW * rows + 12;
  const drawing = element("svg", { class: "tree", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "the search as a tree" });
  for (const node of nodes) {
    const d = depth.get(node.id), x = left[d], y = at.get(node.id);
    if (node.parent !== null) {
      const from = left[d - 1] + said(nodes[node.parent]).length * LETTER + 4, to = x - 4, middle = (from + to) / 2, y0 = at.get(node.parent);
      drawing.append(element("path", { d: `M${from},${y0}C${middle},${y0} ${middle},${y} ${to},${y}` }));
    }
    drawing.append(element("g", { class: node.reached ? "node right" : node.fault ? "node wrong" : "node" }, [element("text", { x, y: y + 4 }, [said(node)])]));
  }
  return drawing;
}

function completion(shown) {
  const verdict = element("span", { class: shown.solved ? "right" : "wrong" }, [shown.solved ? "✓ solved" : `✗ ${words(shown.fault)}`]);
  const made = element("article", { "data-arm": shown.arm }, [
    element("h3", {}, [`${puzzle(shown)}  ·  ${words(shown.arm)}, ${shown.stage}  ·  `, verdict]),
    element("p", {}, marked(shown.text, shown.spans)),
  ]);
  if (shown.tree.length > 1) {
    const drawn = element("div", { class: "scroll" });
    const details = element("details", {}, [element("summary", {}, ["the search as a tree"]), drawn]);
    details.addEventListener("toggle", () => { if (drawn.childElementCount === 0) drawn.append(tree(shown.tree)); });
    made.append(details);
  }
  return made;
}

const puzzle = (shown) => `${shown.numbers.join(" ")} → ${shown.target}`;
let limit = PAGE;
function drawCompletions() {
  const value = (name) => byId(`filter-${name}`).value;
  const arm = value("arm"), asked = value("puzzle"), stage = value("stage"), answer = value("answer"), habit = value("habit"), text = value("text");
  const kept = content.completions.filter((c) =>
    (!arm || c.arm === arm) && (!asked || puzzle(c) === asked) && (!stage || c.stage === stage) &&
    (!answer || c.solved === (answer === "right")) && (!habit || c.spans.some(([shown]) => shown === habit)) && (!text || c.text.includes(text)));
  const drawn = kept.slice(0, limit);
  byId("shown").textContent = `${drawn.length} of ${kept.length} that match, ${content.completions.length} in all`;
  byId("completions").replaceChildren(...drawn.map(completion));
  byId("more").hidden = drawn.length === kept.length;
}

function drawFilters() {
  const options = (id, names, said = words) => byId(id).append(element("option", { value: "" }, ["all"]), ...names.map((name) => element("option", { value: name }, [said(name)])));
  options("filter-arm", content.arms.map((arm) => arm.name));
  options("filter-puzzle", [...new Set(content.completions.map(puzzle))]);
  options("filter-habit", content.habits);
  byId("filter-arm").value = Object.values(content.questions)[0]?.[0] ?? content.arms[0].name;
  byId("filter-stage").value = "after";
  byId("filters").addEventListener("input", () => { limit = PAGE; drawCompletions(); });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("more").addEventListener("click", () => { limit += PAGE; drawCompletions(); });
  byId("sample").textContent =
    `A sample that was drawn once with a fixed seed: ${content.shown_puzzles} test puzzles, the same in all arms, as the first seed of each arm answers them before and after reinforcement learning. ` +
    `Habits are marked where they stand; a step in the tree is marked ✗ if its result is wrong or its numbers were not free, ✓ if it reaches the target, and × says how often it is taken.`;
}

/* ---- the whole ---- */

function drawLead() {
  const seeds = content.arms.map((arm) => arm.seeds.length), most = Math.max(...seeds), fewest = Math.min(...seeds);
  const met = askedOf().map(([arm, targets]) => `Of ${targets.length} targets that are asked of ${words(arm)}, ${content.asked_of[arm]}, ${targets.filter((t) => t.met).length} are met. `);
  byId("lead").textContent =
    `Small language models are primed on traces that show chosen habits of reasoning, or none, and are then trained alike by reinforcement learning on nothing but whether their answers are right: ` +
    `${content.arms.length} arms, ${fewest === most ? most : `${fewest} to ${most}`} seed${most === 1 ? "" : "s"} each, ${content.puzzles.toLocaleString("en")} test puzzles. ` +
    met.join("") +
    `${content.runs.finished} of ${content.runs.planned} planned runs are finished.`;
}

let drawnAt = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth === drawnAt) return; // a phone's bars come and go
  drawnAt = window.innerWidth;
  drawQuestions();
  drawCloser();
});
drawLead();
drawQuestions();
drawTable();
drawTargets();
drawCredit();
drawChooser();
drawFilters();
drawCompletions();
byId("settings").textContent = JSON.stringify(content.settings, null, 2);
byId("provenance").textContent = JSON.stringify(content.provenance, null, 2);
byId("files").append(...content.files.map((file) => row("td", [file.name, file.sha256])));

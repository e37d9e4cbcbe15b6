// What every live figure shares: controls, drawing, numbers, and the RNN and the LSTM in
// Float64Array. It is written into each figure's script, so it names nothing outside itself.
"use strict";

// --- Numbers in words ---

// A number with this many decimals, a true minus sign, and never "−0".
function fixed(x, decimals = 2) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "not a number" : x > 0 ? "∞" : "−∞";
  const text = Math.abs(x).toFixed(decimals);
  return (x < 0 && Number(text) !== 0 ? "−" : "") + text;
}

function superscript(integer) {
  return [...String(integer)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
}

function powerOfTen(exponent) {
  return exponent === 0 ? "1" : exponent === 1 ? "10" : "10" + superscript(exponent);
}

// A number of any size in this many digits: 0.0213, 41, 3.1 × 10⁻⁷.
function short(x, digits = 2) {
  if (x === 0 || !Number.isFinite(x)) return fixed(x, 0);
  const [mantissa, exponent] = Math.abs(x).toExponential(digits - 1).split("e");
  const sign = x < 0 ? "−" : "";
  if (exponent < -3 || exponent > 4) {
    return `${sign}${mantissa} × ${powerOfTen(Number(exponent))}`;
  }
  return sign + Number(`${mantissa}e${exponent}`).toFixed(Math.max(0, digits - 1 - exponent));
}

// --- Drawing ---

function round(x, decimals = 1) {
  return Number(x.toFixed(decimals));
}

// An SVG element: el("circle", { cx: 10, cy: 20, r: 3 }, child, "or text").
function el(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    node.setAttribute(name, typeof value === "number" ? round(value) : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// The palette of lstm_utils.plotting, for lines and areas; letters are in the text's colour.
const colour = (name) => `var(--live-${name})`;

function words(x, y, text, attributes = {}) {
  return el("text", { x, y, ...attributes }, text);
}

// The `d` of a line through points [x, y]; it breaks where a point is not finite.
function line(points) {
  let pen = "M";
  let d = "";
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      pen = "M";
      continue;
    }
    d += `${pen}${round(x)} ${round(y)}`;
    pen = "L";
  }
  return d;
}

// From [a, b] to [p, q], and back with `.back`.
function scale([a, b], [p, q]) {
  const there = (value) => p + ((value - a) / (b - a)) * (q - p);
  there.back = (place) => a + ((place - p) / (q - p)) * (b - a);
  return there;
}

const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

// Round numbers between low and high, about `count` of them.
function ticks(low, high, count = 5) {
  const raw = (high - low) / count;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * [1, 2, 5, 10].find((m) => m * unit >= raw * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
    found.push(Number((k * step).toPrecision(12)));
  }
  return found;
}

// --- The frame: one figure element, its controls, its drawing, its reading ---

// Start every figure of this name and these data that has not been started.
// `build(live, data)` returns
//   draw(svg, box)   draws afresh; box = { width, height, narrow }, one unit a pixel
//   read()           the reading: what is to be seen, in words with numbers
// and may return
//   shown            { control's name: value => its text }
//   changed(name)    called before drawing when a control has moved
//   pressed(name)    called before drawing when a button was pressed
//   grab(x, y)       returns the function (x, y) that a drag from there calls, or nothing
//   state()          what tests may want to know beside the controls' values
function liveFigure(name, key, data, build) {
  const place = document.currentScript?.getRootNode() ?? document;
  const marked = `figure.lstm-live[data-figure="${name}"][data-key="${key}"]`;
  for (const root of place.querySelectorAll(marked)) {
    if (!root.live) startFigure(root, data, build);
  }
}

function startFigure(root, data, build) {
  const stage = root.querySelector(".live-stage");
  const reading = root.querySelector(".live-reading");
  const controls = {};
  for (const control of root.querySelectorAll("[data-name]")) {
    controls[control.dataset.name] = control;
  }
  const valueOf = (control) => {
    if (control.type === "range" || control.type === "number") return control.valueAsNumber;
    return control.type === "checkbox" ? control.checked : control.value;
  };
  const values = {};
  for (const [name, control] of Object.entries(controls)) {
    // A browser that restores a form after a reload would start elsewhere than the still.
    if (control.tagName === "INPUT" || control.tagName === "TEXTAREA") {
      control.value = control.defaultValue;
      control.checked = control.defaultChecked;
    } else if (control.tagName === "SELECT") {
      for (const option of control.options) option.selected = option.defaultSelected;
    }
    if (control.tagName !== "BUTTON") values[name] = valueOf(control);
  }

  const live = { root, stage, controls, values, data };
  root.live = live;
  // Move a control without drawing; a slider keeps what its own steps allow.
  live.put = (name, value) => {
    const control = controls[name];
    if (control.type === "checkbox") control.checked = value;
    else control.value = value;
    values[name] = valueOf(control);
  };
  const figure = build(live, data);

  const still = stage.querySelector("svg");
  const svg = el("svg", { role: "img", class: "live-drawing" });
  svg.setAttribute("aria-label", still?.getAttribute("aria-label") ?? root.ariaLabel ?? "");
  stage.replaceChildren(svg);

  let drawn = "";
  const draw = () => {
    const width = Math.round(stage.clientWidth) || 720;
    const height = Math.round(stage.clientHeight) || 380;
    drawn = `${width} ${height}`;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren();
    figure.draw(svg, { width, height, narrow: width < 520 });
  };
  const show = () => {
    for (const [name, control] of Object.entries(controls)) {
      const output = control.closest(".live-control")?.querySelector("output");
      if (!output) continue;
      const text = (figure.shown?.[name] ?? String)(values[name]);
      output.textContent = text;
      control.setAttribute("aria-valuetext", text);
    }
  };
  let settled;
  const say = (text) => {
    if (reading.textContent === text) return;
    // A screen reader waits until the slider rests, and then reads the last text once.
    reading.setAttribute("aria-busy", "true");
    reading.textContent = text;
    clearTimeout(settled);
    settled = setTimeout(() => reading.removeAttribute("aria-busy"), 400);
  };
  live.update = () => {
    show();
    draw();
    say(figure.read());
  };
  live.set = (name, value) => {
    live.put(name, value);
    figure.changed?.(name);
    live.update();
  };
  live.state = () => ({ ...values, ...figure.state?.(), reading: reading.textContent });

  for (const [name, control] of Object.entries(controls)) {
    if (control.tagName === "BUTTON") {
      control.addEventListener("click", () => {
        figure.pressed?.(name);
        live.update();
      });
    } else {
      control.addEventListener("input", () => {
        const value = valueOf(control);
        if (Number.isNaN(value)) return; // a number field that is being typed into
        values[name] = value;
        figure.changed?.(name);
        live.update();
      });
    }
  }

  if (figure.grab) {
    const at = (event) => {
      const box = svg.getBoundingClientRect();
      const view = svg.viewBox.baseVal;
      const unit = Math.max(view.width / box.width, view.height / box.height);
      return [
        (event.clientX - box.left - box.width / 2) * unit + view.width / 2,
        (event.clientY - box.top - box.height / 2) * unit + view.height / 2,
      ];
    };
    svg.classList.add("live-grabbed");
    let move = null;
    svg.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      move = figure.grab(...at(event)) ?? null;
      if (!move) return;
      svg.setPointerCapture(event.pointerId);
      event.preventDefault();
      move(...at(event));
    });
    svg.addEventListener("pointermove", (event) => move?.(...at(event)));
    for (const end of ["pointerup", "pointercancel"]) {
      svg.addEventListener(end, () => (move = null));
    }
  }

  live.update();
  new ResizeObserver(() => {
    if (`${Math.round(stage.clientWidth)} ${Math.round(stage.clientHeight)}` !== drawn) draw();
  }).observe(stage);
}

// --- Data from Python ---

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

// Little-endian float32 or float64 in base64, as Float64Array.
function floatsOf(base64, kind = "float32") {
  const bytes = bytesOf(base64).buffer;
  return Float64Array.from(kind === "float64" ? new Float64Array(bytes) : new Float32Array(bytes));
}

// NumPy's PCG64 from its state and increment (decimal strings): returns rng.random().
function pcg64(state, increment) {
  const word = (1n << 64n) - 1n;
  const wide = (1n << 128n) - 1n;
  let s = BigInt(state);
  const step = BigInt(increment);
  return () => {
    s = (s * 0x2360ed051fc65da44385df649fccf645n + step) & wide;
    const mixed = (s >> 64n) ^ (s & word);
    const turn = s >> 122n;
    const bits = ((mixed >> turn) | (mixed << (64n - turn))) & word;
    return Number(bits >> 11n) / 9007199254740992;
  };
}

// --- The recurrent cells, one sequence at a time ---
//
// Weights are as in lstm_utils.cells, matrices flat and row after row:
//   RNN   { D, H, W_xh: H·D, W_hh: H·H, b: H }
//   LSTM  { D, H, W: 4H·(H + D), b: 4H }, rows forget, input, candidate, output; columns [h, x]
// A sequence x is T·D numbers; states h and c are (T + 1)·H, the first H the initial ones.

const sigmoid = (z) => 0.5 * (1 + Math.tanh(0.5 * z));

function rnnForward(p, x, h0 = null) {
  const { D, H } = p;
  const T = x.length / D;
  const h = new Float64Array((T + 1) * H);
  if (h0) h.set(h0);
  for (let t = 0; t < T; t++) {
    for (let j = 0; j < H; j++) {
      let a = p.b[j];
      for (let d = 0; d < D; d++) a += p.W_xh[j * D + d] * x[t * D + d];
      for (let k = 0; k < H; k++) a += p.W_hh[j * H + k] * h[t * H + k];
      h[(t + 1) * H + j] = Math.tanh(a);
    }
  }
  return { T, x, h };
}

// dh: T·H, what the loss says directly about each output. `onStep(t, dh)` hears the whole
// gradient with respect to the state before step t.
function rnnBackward(p, trace, dh, onStep = null) {
  const { D, H } = p;
  const { T, x, h } = trace;
  const grads = {
    W_xh: new Float64Array(H * D),
    W_hh: new Float64Array(H * H),
    b: new Float64Array(H),
    x: new Float64Array(T * D),
  };
  let later = new Float64Array(H);
  for (let t = T - 1; t >= 0; t--) {
    const before = new Float64Array(H);
    for (let j = 0; j < H; j++) {
      const state = h[(t + 1) * H + j];
      const delta = (dh[t * H + j] + later[j]) * (1 - state * state);
      grads.b[j] += delta;
      for (let d = 0; d < D; d++) {
        grads.W_xh[j * D + d] += delta * x[t * D + d];
        grads.x[t * D + d] += delta * p.W_xh[j * D + d];
      }
      for (let k = 0; k < H; k++) {
        grads.W_hh[j * H + k] += delta * h[t * H + k];
        before[k] += delta * p.W_hh[j * H + k];
      }
    }
    later = before;
    onStep?.(t, later);
  }
  return { ...grads, h0: later };
}

// One step with every value in it: z (4H, before the squashing), f, i, g, o, c, h (H each).
function lstmStep(p, x, h, c) {
  const { D, H } = p;
  const z = new Float64Array(4 * H);
  for (let row = 0; row < 4 * H; row++) {
    const start = row * (H + D);
    let a = p.b[row];
    for (let k = 0; k < H; k++) a += p.W[start + k] * h[k];
    for (let d = 0; d < D; d++) a += p.W[start + H + d] * x[d];
    z[row] = a;
  }
  const [f, i, o] = [0, 1, 3].map((block) => z.slice(block * H, (block + 1) * H).map(sigmoid));
  const g = z.slice(2 * H, 3 * H).map(Math.tanh);
  const cell = f.map((gate, j) => gate * c[j] + i[j] * g[j]);
  return { z, f, i, g, o, c: cell, h: cell.map((value, j) => o[j] * Math.tanh(value)) };
}

function lstmForward(p, x, h0 = null, c0 = null) {
  const { D, H } = p;
  const T = x.length / D;
  const trace = { T, x };
  for (const name of ["f", "i", "g", "o"]) trace[name] = new Float64Array(T * H);
  for (const name of ["c", "h"]) trace[name] = new Float64Array((T + 1) * H);
  if (h0) trace.h.set(h0);
  if (c0) trace.c.set(c0);
  for (let t = 0; t < T; t++) {
    const [from, to] = [t * H, (t + 1) * H];
    const before = [trace.h.subarray(from, to), trace.c.subarray(from, to)];
    const step = lstmStep(p, x.subarray(t * D, (t + 1) * D), ...before);
    for (const name of ["f", "i", "g", "o"]) trace[name].set(step[name], from);
    for (const name of ["c", "h"]) trace[name].set(step[name], to);
  }
  return trace;
}

// As rnnBackward; `dcLast` (H) is what the loss says directly about the last cell state, and
// `onStep(t, dh, dc)` hears the gradient with respect to both states before step t.
function lstmBackward(p, trace, dh, dcLast = null, onStep = null) {
  const { D, H } = p;
  const { T, x, f, i, g, o, c, h } = trace;
  const grads = {
    W: new Float64Array(p.W.length),
    b: new Float64Array(4 * H),
    x: new Float64Array(T * D),
  };
  let later = new Float64Array(H);
  const dc = Float64Array.from(dcLast ?? new Float64Array(H));
  const dz = new Float64Array(4 * H);
  for (let t = T - 1; t >= 0; t--) {
    for (let j = 0; j < H; j++) {
      const at = t * H + j;
      const squashed = Math.tanh(c[at + H]);
      const dhNow = dh[at] + later[j];
      dc[j] += dhNow * o[at] * (1 - squashed * squashed);
      dz[j] = dc[j] * c[at] * f[at] * (1 - f[at]);
      dz[H + j] = dc[j] * g[at] * i[at] * (1 - i[at]);
      dz[2 * H + j] = dc[j] * i[at] * (1 - g[at] * g[at]);
      dz[3 * H + j] = dhNow * squashed * o[at] * (1 - o[at]);
      dc[j] *= f[at];
    }
    later = new Float64Array(H);
    for (let row = 0; row < 4 * H; row++) {
      const start = row * (H + D);
      const d = dz[row];
      grads.b[row] += d;
      for (let k = 0; k < H; k++) {
        grads.W[start + k] += d * h[t * H + k];
        later[k] += d * p.W[start + k];
      }
      for (let k = 0; k < D; k++) {
        grads.W[start + H + k] += d * x[t * D + k];
        grads.x[t * D + k] += d * p.W[start + H + k];
      }
    }
    onStep?.(t, later, dc);
  }
  return { ...grads, h0: later, c0: dc };
}

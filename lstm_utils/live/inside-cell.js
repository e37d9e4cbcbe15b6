// Inside one cell: set the states and the gates, or the weights and the input; every wire shows
// its number for one of the units, and every part says its question and its sum in words.

function build(live, data) {
  const { geometry, weights, worked } = data;
  const GATES = ["forget", "input", "candidate", "output"];
  const LETTER = { forget: "f", input: "i", candidate: "g", output: "o" };
  const TITLE = {
    forget: say("forget gate"),
    input: say("input gate"),
    candidate: say("candidate"),
    output: say("output gate"),
    cell: say("cell state"),
    hidden: say("hidden state"),
  };
  const QUESTION = {
    forget: say("What of the old memory may stay?"),
    input: say("How much of the new is worth storing?"),
    candidate: say("What is there to store?"),
    output: say("What of the memory is needed now?"),
    cell: say("What is remembered after this step?"),
    hidden: say("What does the rest of the network see?"),
  };
  // What is set: x, h and c; the gates f, i, g, o; W[gate][unit][column] and b[gate][unit].
  // What follows: z[gate][unit], kept, added, cell, squashed, hidden.
  const s = { mode: "gates", unit: 0, row: "forget", part: "", steps: 0 };

  // --- The cell ---

  const copy = (nested) => JSON.parse(JSON.stringify(nested));
  const joined = () => [...s.h, ...s.x];
  const products = (gate) => s.W[gate][s.unit].map((weight, k) => weight * joined()[k]);

  function compute() {
    const [D, H] = [s.x.length, s.c.length];
    const W = GATES.flatMap((gate) => s.W[gate].flat());
    const step = lstmStep({ D, H, W, b: GATES.flatMap((gate) => s.b[gate]) }, s.x, s.h, s.c);
    s.z = {};
    GATES.forEach((gate, k) => {
      s.z[gate] = [...step.z.subarray(k * H, (k + 1) * H)];
      if (s.mode === "weights") s[LETTER[gate]] = [...step[LETTER[gate]]];
    });
    s.kept = s.c.map((value, k) => s.f[k] * value);
    s.added = s.i.map((value, k) => value * s.g[k]);
    s.cell = s.kept.map((value, k) => value + s.added[k]);
    s.squashed = s.cell.map(Math.tanh);
    s.hidden = s.squashed.map((value, k) => s.o[k] * value);
  }

  // The biases that give the gates as they were set by hand, so that the weights follow them. No
  // sum gives a gate of exactly 0 or 1: the nearest that is asked for is a ten-thousandth away.
  function followGates() {
    const hx = joined();
    for (const gate of GATES) {
      const low = gate === "candidate" ? -1 : 0;
      s.b[gate] = s[LETTER[gate]].map((value, unit) => {
        const p = clamp(value, low + 1e-4, 1 - 1e-4);
        const z = low ? Math.atanh(p) : Math.log(p / (1 - p));
        return z - s.W[gate][unit].reduce((sum, weight, k) => sum + weight * hx[k], 0);
      });
    }
    compute();
  }

  function preset(name) {
    Object.assign(s, copy(worked), { steps: 0 });
    const every = (value) => s.c.map(() => value);
    if (name === "fractions") {
      // The notes' three numbers have no input, no weights and no fourth unit: the gate alone.
      Object.assign(s, { c: [1.5, -0.3, 2.1], f: [0.1, 0.05, 0.9], i: [0, 0, 0] });
      for (const key of ["h", "g", "o"]) s[key] = s[key].slice(0, 3);
      for (const gate of GATES) {
        s.W[gate] = s.W[gate].slice(0, 3).map((row) => row.filter((_, column) => column !== 3));
      }
      s.unit = Math.min(s.unit, 2);
    } else if (name === "keep") Object.assign(s, { f: every(1), i: every(0) });
    else if (name === "replace") Object.assign(s, { f: every(0), i: every(1) });
    else if (name === "hide") s.o = every(0);
    if (name === "worked") compute();
    else followGates();
  }

  function nextStep() {
    [s.c, s.h] = [s.cell, s.hidden];
    s.steps += 1;
    if (s.mode === "gates") followGates();
    else compute();
  }

  // --- Words ---

  // Two decimals, or three where the third says something: 0.30, −0.015.
  const number = (value) => fixed(value, 3).replace(/0$/, "");
  const factor = (value) => (value < 0 ? `(${number(value)})` : number(value));
  const percent = (value) => Math.round(100 * value);
  const sumOf = (...values) =>
    values.map((value, k) => (k === 0 ? number(value) : value < 0 ? ` − ${number(-value)}` : ` + ${number(value)}`)).join("");

  // Every value of the unit shown, as it is written.
  function told() {
    const of = (key) => s[key][s.unit];
    const found = { unit: s.unit + 1, units: s.c.length, steps: s.steps };
    for (const key of [..."cfigo", "kept", "added", "cell", "squashed", "hidden"]) found[key] = number(of(key));
    for (const gate of "fio") found[`${gate}Share`] = percent(of(gate));
    return { ...found, sum: sumOf(of("kept"), of("added")) };
  }

  function sentence(part) {
    const found = told();
    const [c, g, squashed] = ["c", "g", "squashed"].map((key) => factor(s[key][s.unit]));
    if (part === "cell") {
      found.products = `${found.f} × ${c} + ${found.i} × ${g}`;
      return say("c = f × c before + i × g = {products} = {sum} = {cell}.", found);
    }
    if (part === "hidden") {
      return `h = o × tanh(c) = ${found.o} × tanh(${found.cell}) = ${found.o} × ${squashed} = ${found.hidden}.`;
    }
    const letter = LETTER[part];
    const bend = part === "candidate" ? "tanh" : "σ";
    const layer = `${letter} = ${bend}(W [h, x] + b)`;
    const value = found[letter];
    const effect = {
      forget: say("Keep {fShare} % of {c}: {kept}.", found),
      input: say("Take {iShare} % of {g}: {added} is added.", found),
      candidate: say("Of the proposal {g}, {iShare} % counts: {added} is added.", found),
      output: say("Show {oShare} % of {squashed}: {hidden}.", found),
    };
    const made =
      s.mode === "gates"
        ? say("{layer} is set by hand: {value}.", { layer, value })
        : `${layer} = ${bend}(${number(s.z[part][s.unit])}) = ${value}.`;
    return `${made} ${effect[part]}`;
  }

  function read() {
    const found = told();
    found.which =
      s.part || s.steps === 0
        ? say("Unit {unit} of {units}", found)
        : s.steps === 1
          ? say("Unit {unit} of {units} after 1 more step", found)
          : say("Unit {unit} of {units} after {steps} more steps", found);
    if (s.part) {
      found.part = TITLE[s.part];
      return [say("{which}, {part}.", found), QUESTION[s.part], sentence(s.part)].join(" ");
    }
    return [
      say("{which}: keep {fShare} % of the old memory {c} and add {iShare} % of the candidate {g}.", found),
      say("The new memory is {sum} = {cell}; {oShare} % of its tanh, {squashed}, goes out: {hidden}.", found),
    ].join(" ");
  }

  // --- Drawing: the geometry is that of lstm_utils.diagrams.lstm_cell ---

  let size = 13; // of letters, in the drawing's units: never under 11 pixels on the screen

  const letters = (x, y, content, { large = 1, ...more } = {}) =>
    words(x, y + 0.36 * size * large, content, {
      "text-anchor": "middle",
      style: `font-size:${round(size * large)}px`,
      ...more,
    });

  // Straight pieces with round corners.
  function wirePath(points) {
    const near = ([x, y], [u, v]) => {
      const share = Math.min(geometry.corner / Math.hypot(u - x, v - y), 0.5);
      return `${round(x + (u - x) * share, 2)} ${round(y + (v - y) * share, 2)}`;
    };
    const piece = (point, k) => {
      if (k === 0 || k === points.length - 1) return `${k ? "L" : "M"}${point.join(" ")}`;
      return `L${near(point, points[k - 1])}Q${point.join(" ")} ${near(point, points[k + 1])}`;
    };
    return points.map(piece).join("");
  }

  // A head whose tip is the wire's end, and the place in it where the line may stop.
  function arrowHead([[x, y], [u, v]], width) {
    const whole = Math.hypot(u - x, v - y);
    const [dx, dy] = [(u - x) / whole, (v - y) / whole];
    const length = 5 + 1.6 * width;
    const back = [u - length * dx, v - length * dy];
    const corner = (side) => `${round(back[0] - side * length * 0.42 * dy, 2)} ${round(back[1] + side * length * 0.42 * dx, 2)}`;
    return { d: `M${u} ${v}L${corner(1)}L${corner(-1)}Z`, stop: back.map((value, k) => round(value + (k ? dy : dx), 2)) };
  }

  function draw(svg, box) {
    const u = s.unit;
    size = Math.max(12.5, 11.2 / Math.min(box.width / geometry.width, box.height / geometry.height));
    svg.setAttribute("viewBox", `0 0 ${geometry.width} ${geometry.height}`);
    const group = (parts, ...shapes) => {
      const faded = s.part !== "" && !parts.includes(s.part);
      svg.append(el("g", { class: faded ? "faded" : null, "data-parts": parts.join(" ") }, ...shapes));
    };
    const { frame } = geometry;
    svg.append(el("rect", { x: frame.x, y: frame.y, width: frame.width, height: frame.height, rx: frame.radius, class: "frame" }));

    for (const wire of geometry.wires) {
      const look = { fill: "none", stroke: colour(wire.colour), "stroke-width": weights[wire.weight] };
      const points = [...wire.points];
      let head = null;
      if (wire.arrow) {
        const { d, stop } = arrowHead(points.slice(-2), weights[wire.weight]);
        points[points.length - 1] = stop;
        head = el("path", { d, fill: colour(wire.colour) });
      }
      group(wire.parts, el("path", { d: wirePath(points), ...look }), head);
    }

    // A layer is filled as far as its gate is open; the candidate from the middle, up or down.
    for (const { name, x, y, width, height, lines, parts } of geometry.boxes) {
      const value = s[LETTER[name]][u];
      const part = `--part:${colour(name)}`;
      const [from, to] = name === "candidate" ? [0.5, 0.5 + value / 2] : [0, value];
      const level = { y: y + height * (1 - Math.max(from, to)), height: height * Math.abs(to - from) };
      group(
        parts,
        el("rect", { x, y, width, height, rx: 5, class: "layer", style: part }),
        el("rect", { x: x + 1, width: width - 2, ...level, rx: Math.min(4, level.height / 2), class: "level", style: part }),
        el("rect", { x, y, width, height, rx: 5, fill: "none", stroke: colour(name), "stroke-width": weights.wire }),
        ...lines.map((text, k) => letters(x + width / 2, y + height / 2 + (k - 0.5) * 15, text)),
      );
    }
    for (const { x, y, r, sign, parts, colour: key } of geometry.circles) {
      const ring = { cx: x, cy: y, r, class: "operation", stroke: colour(key), "stroke-width": weights.wire };
      group(parts, el("circle", ring), letters(x, y, sign, { large: sign.length > 1 ? 1 : 1.25 }));
    }
    for (const { runs, x, y, anchor, parts } of geometry.symbols) {
      const text = letters(x, y, "", { "text-anchor": anchor, large: 1.15 });
      let low = false;
      for (const [content, kind] of runs) {
        const lower = kind === "index";
        const dy = lower === low ? null : lower ? 3 : -3;
        const style = { letter: "font-style:italic", index: `font-size:${round(size * 0.95)}px` }[kind];
        text.append(el("tspan", { dy, style }, content));
        low = lower;
      }
      group(parts, text);
    }

    const numbers = { cell_before: s.c, hidden_before: s.h, forget: s.f, input: s.i, candidate: s.g, output: s.o };
    for (const [name, { x, y, anchor, parts, row }] of Object.entries(geometry.places)) {
      const text = row ? `= ${s.x.map(number).join(", ")}` : number((numbers[name] ?? s[name])[u]);
      group(parts, letters(x, y, text, { "text-anchor": anchor, class: "halo number" }));
    }
    if (s.mode === "weights") {
      for (const { name, x, y, width, height, parts } of geometry.boxes) {
        const at = { "text-anchor": "start", class: "halo number" };
        group(parts, letters(x + width / 2 + 5, y + height + 14, fixed(s.z[name][u]), at));
      }
    }
  }

  // A touch lights what lies nearest: a layer, a circle, or the line of a state.
  function grab(x, y) {
    const spots = [
      ...geometry.boxes.map((box) => [box.name, box.x + box.width / 2, box.y + box.height / 2]),
      ...geometry.places.forget ? GATES.map((gate) => [gate, geometry.places[gate].x, geometry.places[gate].y]) : [],
      ...geometry.circles.map((circle) => [{ keep: "forget", add: "cell", admit: "input", squash: "hidden", show: "hidden" }[circle.name], circle.x, circle.y]),
      ...["cell_before", "kept", "cell"].map((name) => ["cell", geometry.places[name].x, geometry.places[name].y]),
      ["hidden", geometry.places.hidden.x, geometry.places.hidden.y],
    ];
    const [[nearest, distance]] = spots
      .map(([part, u, v]) => [part, Math.hypot(x - u, y - v)])
      .sort((one, other) => one[1] - other[1]);
    light(distance < 30 ? nearest : "");
    live.update();
    return null;
  }

  // --- Controls ---

  const find = (selector) => live.root.querySelector(selector);

  function light(part) {
    s.part = part;
    if (GATES.includes(part)) s.row = part;
    sync();
  }

  // Write into the controls what the cell holds.
  function sync() {
    const [H, D] = [s.c.length, s.x.length];
    for (const key of ["c", "f", "i", "g", "o"]) live.put(key, s[key][s.unit]);
    live.put("mode", s.mode);
    live.put("row", s.row);
    for (let k = 0; k < 4; k++) {
      if (k < H) live.put(`h${k + 1}`, s.h[k]);
      if (k < D) live.put(`x${k + 1}`, s.x[k]);
    }
    const columns = [...s.h.keys()].map((k) => `h${k + 1}`).concat([...s.x.keys()].map((k) => `x${k + 1}`));
    const each = products(s.row);
    columns.forEach((name, k) => {
      typed(`w-${name}`, s.W[s.row][s.unit][k]);
      find(`[data-product="${name}"]`).textContent = `= ${number(each[k])}`;
    });
    typed("bias", s.b[s.row][s.unit]);
    const bend = s.row === "candidate" ? "tanh" : "σ";
    const z = s.z[s.row][s.unit];
    find("[data-sum]").textContent = say("The sum is {sum}; {bend}({sum}) = {value}", {
      sum: number(z),
      bend,
      value: number(s[LETTER[s.row]][s.unit]),
    });
    find("[data-row]").textContent = say("Row {row} of the {part}'s weights, on [h, x]", {
      row: s.unit + 1,
      part: TITLE[s.row],
    });
    for (const node of live.root.querySelectorAll("[data-mode]")) node.hidden = node.dataset.mode !== s.mode;
    for (const node of live.root.querySelectorAll("[data-fourth]")) node.hidden = H < 4;

    for (const part of ["", ...Object.keys(TITLE)]) {
      live.controls[`part-${part || "none"}`].setAttribute("aria-pressed", s.part === part);
    }
    for (let k = 0; k < H; k++) {
      const chosen = k === s.unit;
      live.controls[`unit-${k + 1}`].setAttribute("aria-pressed", chosen);
      const row = live.controls[`unit-${k + 1}`].closest("tr");
      row.classList.toggle("chosen", chosen);
      [s.c, s.f, s.i, s.g, s.o, s.cell, s.hidden].forEach((column, place) => {
        row.cells[place + 1].textContent = number(column[k]);
      });
    }
  }

  // A field that is being typed into keeps what was typed.
  function typed(name, value) {
    if (live.controls[name] !== document.activeElement) live.put(name, round(value, 4));
  }

  function changed(name) {
    const value = live.values[name];
    const index = Number(name.slice(-1)) - 1;
    if (name === "mode" || name === "row") {
      s[name] = value;
      if (name === "row" && s.part) s.part = value;
      compute();
    } else if (name.startsWith("w-")) {
      s.W[s.row][s.unit][name[2] === "h" ? index : s.h.length + index] = value;
      compute();
    } else if (name === "bias") {
      s.b[s.row][s.unit] = value;
      compute();
    } else {
      const [key, k] = /^[hx]\d$/.test(name) ? [name[0], index] : [name, s.unit];
      s[key][k] = value;
      if (s.mode === "gates") followGates();
      else compute();
    }
    sync();
  }

  function pressed(name) {
    const [kind, what] = name.split("-");
    if (kind === "part") light(what === "none" ? "" : what);
    else if (kind === "unit") s.unit = Number(what) - 1;
    else if (kind === "preset") preset(what);
    else if (kind === "next") nextStep();
    sync();
  }

  for (const part of Object.keys(TITLE)) {
    live.controls[`part-${part}`].addEventListener("focus", () => {
      light(part);
      live.update();
    });
  }

  const exact = (key) => () => number(s[key][s.unit]);
  const shown = Object.fromEntries(["c", "f", "i", "g", "o"].map((key) => [key, exact(key)]));
  for (const [key, count] of [["h", 4], ["x", 3]]) {
    for (let k = 0; k < count; k++) shown[`${key}${k + 1}`] = () => number(s[key][k] ?? 0);
  }

  // Set everything at once: for the tests, which compare with NumPy.
  live.load = (given) => {
    Object.assign(s, copy(given), { steps: 0 });
    compute();
    sync();
    live.update();
  };
  preset("worked");
  sync();
  return { draw, read, shown, changed, pressed, grab, state: () => ({ ...copy(s), unit: s.unit + 1 }) };
}

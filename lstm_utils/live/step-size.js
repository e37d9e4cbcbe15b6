// Live figure 1: how long may a step of gradient descent be? One slider, one border.

const SHOWN_STEPS = 30; // drawn
const LONG_RUN = 3000; // walked before the verdict

function build(live, data) {
  const { values, controls } = live;
  let curve;
  let places = {};

  // A polynomial's value from its coefficients, the constant first.
  const polynomial = (coefficients, w) => coefficients.reduceRight((sum, a) => sum * w + a, 0);
  const error = (w) => polynomial(curve.coefficients, w);
  const slope = (w) => polynomial(curve.coefficients.map((a, k) => a * k).slice(1), w);

  function walk(steps) {
    const path = [values.start];
    while (path.length <= steps && Math.abs(path.at(-1)) < 1e9) {
      path.push(path.at(-1) - values.mu * slope(path.at(-1)));
    }
    return path;
  }

  // What becomes of the walk, from its numbers alone.
  function verdict() {
    const path = walk(LONG_RUN);
    const last = path.at(-1);
    if (Math.abs(last) >= 1e9) {
      const [low, high] = curve.range;
      return { kind: "flies off", steps: path.findIndex((w) => w < low || w > high) };
    }
    const minimum = curve.minima.reduce((a, b) =>
      Math.abs(b.w - last) < Math.abs(a.w - last) ? b : a,
    );
    const start = Math.abs(path[0] - minimum.w);
    if (start < 1e-9) return { kind: "stays", minimum };
    if (Math.abs(last - minimum.w) < 1e-3 * start) {
      const steps = path.findLastIndex((w) => Math.abs(w - minimum.w) > 0.01 * start) + 1;
      const jumps = values.mu * minimum.curvature > 1.0001;
      return { kind: jumps ? "oscillates" : steps > 40 ? "crawls" : "settles", minimum, steps };
    }
    for (const period of [2, 4, 8]) {
      if (Math.abs(last - path.at(-1 - period)) < 1e-6) {
        return { kind: "cycles", period, among: path.slice(-period).sort((a, b) => a - b) };
      }
    }
    const tail = path.slice(-500);
    return { kind: "wanders", among: [Math.min(...tail), Math.max(...tail)] };
  }

  function fate() {
    const found = verdict();
    const where = found.minimum?.name ?? "";
    const within = `after ${found.steps} ${found.steps === 1 ? "step" : "steps"}`;
    switch (found.kind) {
      case "stays":
        return "The start is the minimum: the slope is zero, and so is every step.";
      case "crawls":
        return `The path crawls: it takes ${found.steps} steps to come within 1 % of its first distance from ${where}.`;
      case "settles":
        return `The path settles: ${within} less than 1 % of its first distance from ${where} is left.`;
      case "oscillates":
        return `The path oscillates, jumping over ${where}, and settles all the same: ${within} less than 1 % of the first distance is left.`;
      case "cycles":
        return `The path never settles: it hops for ever between ${found.period} places, ${found.among.map((w) => fixed(w, 3)).join(", ")}.`;
      case "wanders":
        return `The path never settles and never repeats in ${LONG_RUN} steps: it wanders between ${fixed(found.among[0])} and ${fixed(found.among[1])}.`;
      default:
        return `The path flies off: it leaves the picture ${within} and does not come back.`;
    }
  }

  function read() {
    const mu = fixed(values.mu, 3);
    if (curve.minima.length === 1) {
      const product = values.mu * curve.minima[0].curvature;
      const side = product < 2 ? "under" : "over";
      return (
        `μ = ${mu} times the curvature λ = ${fixed(curve.minima[0].curvature, 0)} is ` +
        `${fixed(product, 3)}, ${side} the border 2. Each step multiplies the distance to the ` +
        `minimum by 1 − μλ = ${fixed(1 - product, 3)}. ${fate()}`
      );
    }
    const holding = curve.minima.filter((m) => values.mu * m.curvature < 2).map((m) => m.name);
    const held = holding.length === 2 ? "both valleys" : holding[0] ?? "neither valley";
    return `μ = ${mu} is under the border 2/λ of ${held}. ${fate()}`;
  }

  // Every curve keeps its own step size and start.
  function choose() {
    curve = data[values.curve];
    for (const name of ["mu", "start"]) {
      const [low, high, step, value] = curve[name];
      Object.assign(controls[name], { min: low, max: high, step });
      live.put(name, value);
    }
  }

  function draw(svg, { width, height, narrow }) {
    const [left, right] = [narrow ? 34 : 46, width - 14];
    const floor = Math.round(height * 0.53);
    const depth = [floor + 44, height - 76];
    const ribbon = [height - 32, height - 6];
    const x = scale(curve.range, [left, right]);
    const y = scale(curve.errors, [floor, 14]);
    const down = scale([0, SHOWN_STEPS], depth);
    const mu = scale(curve.mu.slice(0, 2), [left, right]);
    places = { x, mu, ribbon: ribbon[0] - 22 };
    const path = walk(SHOWN_STEPS);

    // Axes: the weight is shared by the curve above it and the trace below it.
    for (const w of ticks(...curve.range, narrow ? 4 : 7)) {
      svg.append(
        el("path", { d: `M${round(x(w))} 14V${depth[1]}`, stroke: "var(--live-grid)" }),
        words(x(w), floor + 16, fixed(w, 0), { class: "small", "text-anchor": "middle" }),
      );
    }
    for (const e of ticks(...curve.errors, 4)) {
      svg.append(
        words(left - 6, y(e) + 4, fixed(e, 0), { class: "small", "text-anchor": "end" }),
      );
    }
    svg.append(
      el("path", { d: `M${left} 14V${floor}H${right}`, fill: "none", stroke: "var(--live-faint)" }),
      words(left + 6, 22, curve.height, { class: "small halo" }),
      words(right, floor + 32, curve.weight, { class: "small", "text-anchor": "end" }),
    );
    for (const minimum of curve.minima) {
      svg.append(
        el("path", {
          d: `M${round(x(minimum.w))} ${round(y(error(minimum.w)))}V${depth[1]}`,
          stroke: "var(--live-faint)",
          "stroke-dasharray": "2 4",
        }),
      );
    }

    // A nested svg cuts off what flies out of the picture.
    const window = el("svg", { x: left, y: 0, width: right - left, height, overflow: "hidden" });
    const inner = el("g", { transform: `translate(${-left} 0)` });
    window.append(inner);
    svg.append(window);
    const grid = Array.from({ length: 161 }, (_, k) => x.back(left + ((right - left) * k) / 160));
    inner.append(
      el("path", {
        d: line(grid.map((w) => [x(w), y(error(w))])),
        fill: "none",
        stroke: colour("curve"),
        "stroke-width": 3,
      }),
    );
    const near = (w) => clamp(x(w), -5000, 5000); // of no use further out, and hard to draw
    const above = path.map((w) => [near(w), clamp(y(error(w)), -5000, 5000)]);
    const below = path.map((w, k) => [near(w), down(k)]);
    const clip = el("svg", { x: 0, y: 0, width, height: floor, overflow: "hidden" });
    inner.append(clip);
    for (const [layer, points] of [[clip, above], [inner, below]]) {
      layer.append(
        el("path", { d: line(points), fill: "none", stroke: colour("gradient"), "stroke-width": 1.2 }),
        ...points.slice(1).map(([cx, cy]) => el("circle", { cx, cy, r: 2.8, fill: colour("gradient") })),
      );
    }
    svg.append(
      words(left + 6, depth[0] + 8, "step 0", { class: "small halo" }),
      words(left + 6, depth[1], `step ${SHOWN_STEPS}`, { class: "small halo" }),
    );
    for (const [cx, cy] of [above[0], below[0]]) {
      svg.append(
        el("circle", { cx, cy, r: 7, fill: "var(--live-paper)", stroke: colour("gradient"), "stroke-width": 3 }),
      );
    }
    const [sx, sy] = above[0];
    const side = sx > (left + right) / 2 ? -1 : 1;
    svg.append(
      words(sx + side * 13, Math.max(sy + 4, 40), "start", {
        class: "halo",
        "text-anchor": side > 0 ? "start" : "end",
      }),
    );

    // The ribbon of step sizes, with the border where a minimum stops to hold.
    const borders = curve.minima.map((m) => 2 / m.curvature).sort((a, b) => a - b);
    const edges = [0, ...(borders.length === 1 ? [borders[0] / 2] : []), ...borders, curve.mu[1]];
    curve.regions.forEach((name, k) => {
      const from = mu(edges[k]);
      const to = mu(edges[k + 1]);
      const beyond = edges[k] >= borders.at(-1);
      svg.append(
        el("rect", {
          x: from,
          y: ribbon[0],
          width: to - from,
          height: ribbon[1] - ribbon[0],
          fill: beyond ? "var(--live-grid)" : "var(--live-wash)",
          stroke: "var(--live-rule)",
        }),
        words((from + to) / 2, ribbon[0] + 17, name, { class: "small", "text-anchor": "middle" }),
      );
    });
    borders.forEach((border, k) => {
      const first = borders.length > 1 && k === 0;
      svg.append(
        el("path", {
          d: `M${round(mu(border))} ${ribbon[0] - 8}V${ribbon[1]}`,
          stroke: "var(--live-text)",
          "stroke-width": 2.5,
        }),
        words(mu(border) + (first ? 4 : -4), ribbon[0] - 12, `2/λ = ${fixed(border, 3)}`, {
          "text-anchor": first || borders.length === 1 ? "end" : "start",
        }),
      );
    });
    const at = mu(values.mu);
    svg.append(
      el("path", {
        d: `M${round(at)} ${ribbon[0] + 2}l-7 -11h14zM${round(at)} ${ribbon[0]}V${ribbon[1]}`,
        fill: colour("gradient"),
        stroke: colour("gradient"),
        "stroke-width": 2,
      }),
    );
    const room = borders.some((b) => at < mu(b) + 8 && at > mu(b) - 96);
    if (!room) svg.append(words(at, ribbon[0] - 12, "μ", { "text-anchor": "middle" }));
  }

  choose();
  return {
    draw,
    read,
    shown: { mu: (v) => fixed(v, 3), start: (v) => fixed(v, curve.start[2] < 0.1 ? 2 : 1) },
    changed: (name) => name === "curve" && choose(),
    pressed: (name) => {
      const [mu, start] = curve.presets[name];
      live.put("mu", mu);
      live.put("start", start);
    },
    grab: (_, y) => {
      const [name, to] = y > places.ribbon ? ["mu", places.mu] : ["start", places.x];
      return (px) => live.set(name, to.back(px));
    },
    state: () => ({ path: walk(SHOWN_STEPS), verdict: verdict() }),
  };
}

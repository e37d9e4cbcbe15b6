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
    if (values.mu === 0) return { kind: "stands" };
    if (start < 1e-9) return { kind: "stays", minimum };
    if (Math.abs(last - minimum.w) < 1e-3 * start) {
      const steps = path.findLastIndex((w) => Math.abs(w - minimum.w) > 0.01 * start) + 1;
      const jumps = values.mu * minimum.curvature > 1.0001;
      return { kind: jumps ? "oscillates" : steps > 40 ? "crawls" : "settles", minimum, steps };
    }
    for (const period of [2, 3, 4, 6, 8]) {
      if (Math.abs(last - path.at(-1 - period)) < 1e-6) {
        return { kind: "cycles", period, among: path.slice(-period).sort((a, b) => a - b) };
      }
    }
    const tail = path.slice(-500);
    return { kind: "wanders", among: [Math.min(...tail), Math.max(...tail)] };
  }

  function fate() {
    const { kind, minimum, steps, period, among } = verdict();
    const found = { minimum: minimum?.name, steps, period };
    const one = steps === 1;
    switch (kind) {
      case "stands":
        return say("A step size of 0 leaves the weight where it is.");
      case "stays":
        return say("The start is the minimum: the slope is zero, and so is every step.");
      case "crawls":
        return say("The path crawls: it takes {steps} steps to come within 1 % of its first distance from {minimum}.", found);
      case "settles":
        return one
          ? say("The path settles: after 1 step less than 1 % of its first distance from {minimum} is left.", found)
          : say("The path settles: after {steps} steps less than 1 % of its first distance from {minimum} is left.", found);
      case "oscillates":
        return one
          ? say("The path oscillates, jumping over {minimum}, and settles all the same: after 1 step less than 1 % of the first distance is left.", found)
          : say("The path oscillates, jumping over {minimum}, and settles all the same: after {steps} steps less than 1 % of the first distance is left.", found);
      case "cycles":
        found.places = listed(among.map((w) => fixed(w, 3)));
        return say("The path never settles: it hops for ever between {period} places, {places}.", found);
      case "wanders":
        Object.assign(found, { steps: LONG_RUN, low: fixed(among[0]), high: fixed(among[1]) });
        return say("The path never settles: after {steps} steps it still wanders between {low} and {high}.", found);
      default:
        return one
          ? say("The path flies off: it leaves the picture after 1 step and does not come back.")
          : say("The path flies off: it leaves the picture after {steps} steps and does not come back.", found);
    }
  }

  function read() {
    const mu = fixed(values.mu, 3);
    if (curve.minima.length === 1) {
      const { curvature } = curve.minima[0];
      const product = values.mu * curvature;
      const found = { mu, curvature: fixed(curvature, 0), product: fixed(product, 3) };
      return [
        product < 2
          ? say("μ = {mu} times the curvature λ = {curvature} is {product}, under the border 2.", found)
          : say("μ = {mu} times the curvature λ = {curvature} is {product}, over the border 2.", found),
        say("Each step multiplies the distance to the minimum by 1 − μλ = {factor}.", { factor: fixed(1 - product, 3) }),
        fate(),
      ].join(" ");
    }
    const holding = curve.minima.filter((m) => values.mu * m.curvature < 2).map((m) => m.name);
    const found = { mu, minimum: holding[0] };
    const held = [
      say("μ = {mu} is over both borders 2/λ.", found),
      say("μ = {mu} is under the border 2/λ of {minimum} only.", found),
      say("μ = {mu} is under both borders 2/λ.", found),
    ];
    return `${held[holding.length]} ${fate()}`;
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
    const ceiling = 20;
    const y = scale(curve.errors, [floor, ceiling]);
    const down = scale([0, SHOWN_STEPS], depth);
    const mu = scale(curve.mu.slice(0, 2), [left, right]);
    places = { x, mu, ribbon: ribbon[0] - 22 };
    const [lowest, highest] = curve.range;
    let path = walk(SHOWN_STEPS);
    const gone = path.findIndex((w) => w < lowest || w > highest);
    if (gone >= 0) path = path.slice(0, gone + 1); // one step out of the picture, no more

    // Axes: the weight is shared by the curve above it and the trace below it.
    for (const w of ticks(...curve.range, narrow ? 4 : 7)) {
      svg.append(
        el("path", { d: `M${round(x(w))} ${ceiling}V${depth[1]}`, stroke: "var(--live-grid)" }),
        words(x(w), floor + 16, fixed(w, 0), { class: "small", "text-anchor": "middle" }),
      );
    }
    for (const e of ticks(...curve.errors, 4)) {
      svg.append(
        words(left - 6, y(e) + 4, fixed(e, 0), { class: "small", "text-anchor": "end" }),
      );
    }
    svg.append(
      el("path", { d: `M${left} ${ceiling}V${floor}H${right}`, fill: "none", stroke: "var(--live-faint)" }),
      words(left - 6, 10, curve.height, { class: "small" }),
      words(right, floor + 32, curve.weight, { class: "small halo", "text-anchor": "end" }),
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

    // Nested svgs cut off what flies out of the picture, above and below the weights' axis.
    const cut = (y0, y1) => {
      const box = [left, y0, right - left, y1 - y0];
      const [bx, by, w, h] = box;
      return svg.appendChild(el("svg", { x: bx, y: by, width: w, height: h, viewBox: box.join(" ") }));
    };
    const upper = cut(ceiling - 4, floor);
    const lower = cut(floor + 30, height - 50);
    const grid = Array.from({ length: 161 }, (_, k) => x.back(left + ((right - left) * k) / 160));
    upper.append(
      el("path", {
        d: line(grid.map((w) => [x(w), y(error(w))])),
        fill: "none",
        stroke: colour("curve"),
        "stroke-width": 3,
      }),
    );
    const near = (place) => clamp(place, -5000, 5000); // further out it is hard to draw
    const above = path.map((w) => [near(x(w)), near(y(error(w)))]);
    const below = path.map((w, k) => [near(x(w)), down(k)]);
    for (const [layer, points] of [[upper, above], [lower, below]]) {
      layer.append(
        el("path", { d: line(points), fill: "none", stroke: colour("gradient"), "stroke-width": 1.2 }),
        ...points.slice(1).map(([cx, cy]) => el("circle", { cx, cy, r: 2.8, fill: colour("gradient") })),
      );
    }
    const beside = { class: "small", "text-anchor": "end" };
    svg.append(
      words(left - 6, depth[0] + 4, "0", beside),
      words(left - 6, (depth[0] + depth[1]) / 2 + 4, say("counted|step"), beside),
      words(left - 6, depth[1] + 4, String(SHOWN_STEPS), beside),
    );
    for (const [cx, cy] of [above[0], below[0]]) {
      svg.append(
        el("circle", { cx, cy, r: 7, fill: "var(--live-paper)", stroke: colour("gradient"), "stroke-width": 3 }),
      );
    }
    const [sx, sy] = above[0];
    const side = sx > (left + right) / 2 ? -1 : 1;
    svg.append(
      words(sx + side * 13, Math.max(sy + 4, 40), say("start"), {
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
    const at = mu(values.mu);
    let free = true; // for the letter μ over its mark
    borders.forEach((border, k) => {
      const place = mu(border);
      const rightwards = k > 0;
      svg.append(
        el("path", {
          d: `M${round(place)} ${ribbon[0] - 8}V${ribbon[1]}`,
          stroke: "var(--live-text)",
          "stroke-width": 2.5,
        }),
        words(place + (rightwards ? -4 : 4), ribbon[0] - 14, `2/λ = ${fixed(border, 3)}`, {
          "text-anchor": rightwards ? "start" : "end",
        }),
      );
      const along = (at - place) * (rightwards ? 1 : -1);
      if (along > -12 && along < 96) free = false;
    });
    svg.append(
      el("path", {
        d: `M${round(at)} ${ribbon[0] + 2}l-7 -11h14zM${round(at)} ${ribbon[0]}v6`,
        fill: colour("gradient"),
        stroke: colour("gradient"),
        "stroke-width": 2,
      }),
    );
    if (free) svg.append(words(at, ribbon[0] - 14, "μ", { "text-anchor": "middle" }));
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

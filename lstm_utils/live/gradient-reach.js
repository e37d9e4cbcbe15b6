// Live figure 2: how far back does a gradient reach, in an RNN and in an LSTM of the same size?

const ENOUGH = 0.01; // what still counts as reaching: a hundredth
const DECADES = [-10, 3]; // of the axis

function build(live, data) {
  const { values } = live;
  const { H, sequences, longest } = data;
  const x = floatsOf(data.x);
  const last = floatsOf(data.last);
  const norms = {};

  // The package's random weights: uniform in ±1/√H, drawn in the order in which NumPy fills them.
  function drawn(count) {
    const random = pcg64(data.state, data.increment);
    const bound = 1 / Math.sqrt(H);
    return Float64Array.from({ length: count }, () => -bound + 2 * bound * random());
  }
  const rnnWeights = drawn(H + H * H);
  const lstmWeights = drawn(4 * H * (H + 1));

  function rnn() {
    const share = values.radius / data.rnnRadius;
    const W_hh = rnnWeights.slice(H).map((w) => w * share);
    return { D: 1, H, W_xh: rnnWeights.slice(0, H), W_hh, b: new Float64Array(H) };
  }

  // Each of the four recurrent matrices is scaled to the radius.
  function lstm() {
    const W = lstmWeights.slice();
    W.forEach((w, k) => {
      const row = Math.floor(k / (H + 1));
      if (k % (H + 1) < H) W[k] = (w * values.radius) / data.lstmRadii[Math.floor(row / H)];
    });
    return { D: 1, H, W, b: new Float64Array(4 * H).fill(values.bias, 0, H) };
  }

  // The mean over the sequences of the norm of ∂E/∂state, lag by lag, as
  // lstm_utils.gradients.gradient_norm_by_lag: an LSTM's state is h and c together.
  function byLag(forward, backward, params) {
    const T = values.length;
    const mean = new Float64Array(T + 1);
    const size = (...parts) => Math.sqrt(parts.flatMap((v) => [...v]).reduce((s, v) => s + v * v, 0));
    for (let n = 0; n < sequences; n++) {
      const trace = forward(params, x.subarray(n * longest, n * longest + T));
      const dh = new Float64Array(T * H);
      dh.set(last.subarray(n * H, (n + 1) * H), (T - 1) * H);
      const hear = (t, ...parts) => (mean[T - t] += size(...parts) / sequences);
      mean[0] += size(last.subarray(n * H, (n + 1) * H)) / sequences;
      if (forward === rnnForward) backward(params, trace, dh, hear);
      else backward(params, trace, dh, null, hear);
    }
    return mean;
  }

  function compute(name) {
    if (name !== "bias") norms.rnn = byLag(rnnForward, rnnBackward, rnn());
    norms.lstm = byLag(lstmForward, lstmBackward, lstm());
  }

  // How many steps back the norm is never under a hundredth of what it was at the last step.
  function reach(list) {
    const lost = list.findIndex((norm) => norm < ENOUGH * list[0]);
    return lost < 0 ? list.length - 1 : lost - 1;
  }

  // `where`: "In the RNN" and the like.
  function told(where, list) {
    const steps = reach(list);
    const end = list.at(-1) / list[0];
    const found = { where, steps, share: short(end) };
    if (end >= 1) return say("{where} it arrives at the first {share} times as large as it set out.", found);
    if (steps === values.length) return say("{where} it reaches all of them: {share} of it is left.", found);
    return steps === 1
      ? say("{where} it reaches 1 step back before under a hundredth is left; {share} of it arrives at the first.", found)
      : say("{where} it reaches {steps} steps back before under a hundredth is left; {share} of it arrives at the first.", found);
  }

  function read() {
    const lstm = say("In the LSTM with forget bias {bias}", { bias: fixed(values.bias, 1) });
    return [
      say("A gradient sets out at the last of {steps} steps, with recurrent weights of spectral radius {radius}.", {
        steps: values.length,
        radius: fixed(values.radius, 2),
      }),
      told(say("In the RNN"), norms.rnn),
      told(lstm, norms.lstm),
    ].join(" ");
  }

  function panel(svg, box, { title, name, list, guide, guideName }) {
    const { left, right, top, bottom } = box;
    const T = values.length;
    const lag = scale([0, T], [left, right]);
    const y = scale(DECADES, [bottom, top]);
    const height = (value) => y(Math.log10(Math.max(value, 1e-300)));
    for (let decade = -10; decade <= 2; decade += 2) {
      svg.append(
        el("path", { d: `M${left} ${round(y(decade))}H${right}`, stroke: "var(--live-grid)" }),
        words(left - 6, y(decade) + 4, powerOfTen(decade), { class: "small", "text-anchor": "end" }),
      );
    }
    for (const k of ticks(0, T, 4)) {
      const anchor = k === T ? "end" : "middle";
      svg.append(words(lag(k), bottom + 16, String(k), { class: "small", "text-anchor": anchor }));
    }
    svg.append(
      el("path", { d: `M${left} ${top}V${bottom}H${right}`, fill: "none", stroke: "var(--live-faint)" }),
      words(left, top - 8, title, { "font-weight": 600 }),
      words(right, bottom + 32, say("lag (steps back)"), { class: "small", "text-anchor": "end" }),
      el("path", {
        d: `M${left} ${round(height(ENOUGH))}H${right}`,
        stroke: "var(--live-faint)",
        "stroke-dasharray": "5 4",
      }),
      words(left + 6, height(ENOUGH) + 15, say("a hundredth"), { class: "small halo" }),
    );

    // A nested svg cuts the curves off at the frame.
    const frame = { x: left, y: top, width: right - left, height: bottom - top };
    const inner = el("svg", {
      ...frame,
      viewBox: [frame.x, frame.y, frame.width, frame.height].map((v) => round(v)).join(" "),
    });
    const curve = (points, look) =>
      inner.append(el("path", { d: line(points), fill: "none", ...look }));
    const points = Array.from(list, (value, k) => [lag(k), Math.min(height(value), bottom + 900)]);
    curve(
      [0, T].map((k) => [lag(k), height(guide ** k)]),
      { stroke: "var(--live-text)", "stroke-dasharray": "1 4", "stroke-width": 1.6 },
    );
    curve(points, { stroke: colour(name), "stroke-width": 3 });
    svg.append(inner);

    // The reach: down from where the curve falls under a hundredth.
    const steps = reach(list);
    const [rx, ry] = [lag(steps), height(ENOUGH)];
    const whole = steps === T;
    svg.append(
      el("path", {
        d: whole ? "" : `M${round(rx)} ${round(ry)}V${bottom}`,
        stroke: colour(name),
        "stroke-width": 1.5,
      }),
      ...(whole ? [] : [el("circle", { cx: rx, cy: ry, r: 4.5, fill: colour(name) })]),
    );
    const late = rx + 120 > right;
    const reached = whole
      ? say("reaches all {steps} steps", { steps })
      : steps === 1
        ? say("reaches 1 step")
        : say("reaches {steps} steps", { steps });
    svg.append(
      words(whole ? right - 4 : rx + (late ? -8 : 8), bottom - 10, reached, {
        class: "halo",
        "font-weight": 600,
        "text-anchor": whole || late ? "end" : "start",
      }),
    );
    svg.append(
      words(right, top + 12, guideName, { class: "small halo", "text-anchor": "end" }),
    );
  }

  function draw(svg, { width, height, narrow }) {
    const gap = 34;
    const left = 44;
    const half = narrow ? width - left - 8 : (width - 2 * left - gap + 34) / 2;
    const deep = narrow ? (height - 2 * 66) / 2 : height - 66;
    const boxes = [0, 1].map((k) => {
      const from = narrow ? left : left + k * (half + left);
      const top = 26 + (narrow ? k * (deep + 66) : 0);
      return { left: from, right: from + half - (narrow ? 0 : 8), top, bottom: top + deep };
    });
    const open = sigmoid(values.bias);
    panel(svg, boxes[0], {
      title: narrow ? say("RNN: norm of the gradient") : "RNN",
      name: "rnn",
      list: norms.rnn,
      guide: values.radius,
      guideName: say("dotted: {radius} to the power of the lag", { radius: fixed(values.radius, 2) }),
    });
    panel(svg, boxes[1], {
      title: narrow ? say("LSTM: norm of the gradient") : "LSTM",
      name: "lstm",
      list: norms.lstm,
      guide: open,
      guideName: say("dotted: σ({bias}) = {open} to that power", { bias: fixed(values.bias, 1), open: fixed(open, 3) }),
    });
  }

  compute();
  return {
    draw,
    read,
    shown: {
      radius: (v) => fixed(v, 2),
      bias: (v) => fixed(v, 1),
      length: (v) => say("{steps} steps", { steps: v }),
    },
    changed: compute,
    state: () => ({ rnn: [...norms.rnn], lstm: [...norms.lstm] }),
  };
}

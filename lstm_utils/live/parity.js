// Two trained networks track the parity of bits: type bits, go step by step.

function build(live, data) {
  const { longest, networks } = data;
  const read = {};
  for (const [kind, told] of Object.entries(networks)) {
    read[kind] = { ...told, weight: floatsOf(told.weight) };
    for (const name of ["W", "b", "factor", "addend"]) {
      if (told[name]) read[kind][name] = floatsOf(told[name]);
    }
  }
  const H = read.lstm.weight.length;
  const s = { bits: [], step: 1, kind: "signed", draws: 0 };

  // --- The networks ---

  const odds = (kind, states, t) =>
    read[kind].weight.reduce((sum, weight, j) => sum + weight * states[t * H + j], read[kind].bias);

  // What the unit shown holds after each bit, and the log odds that the ones are odd.
  function lstmRun(bits) {
    const x = new Float64Array(2 * bits.length);
    bits.forEach((bit, t) => (x[2 * t + bit] = 1));
    const { W, b, unit } = read.lstm;
    const trace = lstmForward({ D: 2, H, W, b }, x);
    return {
      held: bits.map((_, t) => trace.c[(t + 1) * H + unit]),
      odds: bits.map((_, t) => odds("lstm", trace.h, t + 1)),
    };
  }

  function linearRun(kind, bits) {
    const { factor, addend, unit } = read[kind];
    const h = new Float64Array(H);
    const found = { held: [], odds: [] };
    for (const bit of bits) {
      for (let j = 0; j < H; j++) h[j] = factor[bit * H + j] * h[j] + addend[bit * H + j];
      found.held.push(h[unit]);
      found.odds.push(odds(kind, h, 0));
    }
    return found;
  }

  const run = (kind, bits) => (kind === "lstm" ? lstmRun(bits) : linearRun(kind, bits));

  function parityOf(bits) {
    let odd = 0;
    return bits.map((bit) => (odd ^= bit));
  }

  function drawn(count) {
    const next = mulberry32(s.draws);
    s.draws += 1;
    return Array.from({ length: count }, () => (next() < 0.5 ? 0 : 1));
  }

  // --- Drawing ---

  const ROWS = [
    { title: 12, top: 24, bottom: 48 },
    { title: 82, top: 94, bottom: 190, wrong: 202 },
    { title: 232, top: 244, bottom: 318, wrong: 330 },
  ];
  let found = {};

  const right = (kind) => found[kind].odds.filter((o, t) => o > 0 === (found.parity[t] === 1)).length;

  function panel(svg, row, kind, name, left, width, time) {
    const { held, odds: told } = found[kind];
    const [low, high] = [Math.min(0, ...held), Math.max(0, ...held)];
    const y = scale([low, Math.max(high, low + 0.01)], [row.bottom, row.top]);
    svg.append(words(0, row.title, name, { class: "title" }));
    // The ends of what is drawn, and zero where its number has room.
    const apart = (value) => value === 0 || Math.abs(y(value) - y(0)) > 13;
    for (const value of [low, 0, high].filter(apart)) {
      svg.append(el("path", { d: `M${left} ${round(y(value))}H${width}`, class: "grid" }));
      svg.append(words(left - 5, y(value) + 4, fixed(value, 1), { class: "end small" }));
    }
    // A level a step: the state holds until the next bit comes.
    const points = held.flatMap((value, t) => [[time(t), y(value)], [time(t + 1), y(value)]]);
    svg.append(el("path", { d: line(points), class: "curve", stroke: colour(kind === "lstm" ? "cell" : "curve") }));
    const wrong = told.map((o, t) => (o > 0 === (found.parity[t] === 1) ? "" : `M${round(time(t + 0.5))} ${row.wrong - 4}v8`));
    const thick = Math.max(1.5, 0.6 * (time(1) - time(0)));
    svg.append(el("path", { d: wrong.join(""), class: "wrong", "stroke-width": Math.min(6, thick) }));
    if (wrong.every((mark) => mark === "")) {
      svg.append(words(left, row.wrong + 4, say("no wrong answer"), { class: "small" }));
    }
  }

  function draw(svg, { width, narrow }) {
    const left = 34;
    const end = width - 6;
    const time = scale([0, Math.max(1, s.bits.length)], [left, end]);
    const [bits, ...panels] = ROWS;
    const bitsName = narrow ? say("The bits: a one is tall") : say("The bits: a one is tall, a zero short");
    svg.append(words(0, bits.title, bitsName, { class: "title" }));
    const stems = (wanted, long) =>
      s.bits.map((bit, t) => (bit === wanted ? `M${round(time(t + 0.5))} ${bits.bottom}v${-long}` : "")).join("");
    const thick = clamp(0.5 * (time(1) - time(0)), 0.8, 5);
    svg.append(el("path", { d: stems(1, 24), class: "ones", "stroke-width": thick }));
    svg.append(el("path", { d: stems(0, 7), class: "zeros", "stroke-width": thick }));
    const lstm = narrow ? say("A cell of the LSTM") : say("A cell of the LSTM, and its network's wrong answers");
    const factors = s.kind === "signed" ? say("factors from −1 to 1") : say("factors from 0 to 1");
    const linear = narrow
      ? say("A linear state, {factors}", { factors })
      : say("A state of the linear network, {factors}, and wrong answers", { factors });
    panel(svg, panels[0], "lstm", lstm, left, end, time);
    panel(svg, panels[1], s.kind, linear, left, end, time);
    const now = round(time(s.step - 0.5));
    svg.append(el("path", { d: `M${now} ${bits.top - 4}V${bits.bottom + 4}M${now} ${panels[0].top}V${panels[0].bottom}M${now} ${panels[1].top}V${panels[1].bottom}`, class: "cursor" }));
    svg.append(words(left, 350, say("step {step}", { step: 1 }), { class: "small" }));
    svg.append(words(end, 350, say("step {step}", { step: s.bits.length }), { class: "end small" }));
  }

  // --- Words ---

  const oddOrEven = (odd) => (odd ? say("odd") : say("even"));

  function reading() {
    const { step, kind } = s;
    const ones = s.bits.slice(0, step).reduce((sum, bit) => sum + bit, 0);
    const told = { step, all: s.bits.length, ones, parity: oddOrEven(ones % 2) };
    for (const [name, { odds: each, held }] of [["lstm", found.lstm], ["linear", found[kind]]]) {
      told[name] = oddOrEven(each[step - 1] > 0);
      told[`${name}Held`] = fixed(held[step - 1]);
    }
    return [
      ones === 1
        ? say("After {step} of {all} bits 1 one has come: {parity}.", told)
        : say("After {step} of {all} bits {ones} ones have come: {parity}.", told),
      say("The LSTM says {lstm}, its cell holds {lstmHeld}; the linear network says {linear}, its state is {linearHeld}.", told),
      say("Of all {all} answers the LSTM has {lstm} right, the linear network {linear}.", {
        ...{ all: told.all, lstm: right("lstm"), linear: right(kind) },
      }),
    ].join(" ");
  }

  // --- Controls ---

  function refresh() {
    found = { lstm: run("lstm", s.bits), [s.kind]: run(s.kind, s.bits), parity: parityOf(s.bits) };
    s.step = clamp(s.step, 1, s.bits.length);
    Object.assign(live.controls.step, { min: 1, max: s.bits.length });
    live.put("step", s.step);
    live.put("kind", s.kind);
  }

  // What is typed may hold blanks and other signs: only 0 and 1 count.
  const bitsOf = (text) => [...text].filter((c) => c === "0" || c === "1").map(Number).slice(0, longest);

  function take(bits, step = longest) {
    s.bits = bits.slice(0, longest);
    s.step = step;
    live.put("bits", s.bits.join(""));
  }

  function restart() {
    Object.assign(s, { draws: 0, kind: "signed" });
    take(drawn(60));
  }

  function changed(name) {
    if (name === "bits") {
      const typed = bitsOf(live.values.bits);
      // An empty field keeps what is drawn until a bit is typed.
      if (typed.length) Object.assign(s, { bits: typed, step: typed.length });
    } else if (name === "step") s.step = live.values.step;
    else s.kind = live.values.kind;
    refresh();
  }

  function pressed(name) {
    const more = { zero: () => [0], one: () => [1], tens: () => Array(10).fill(1), draw: () => drawn(20) };
    if (more[name]) take([...s.bits, ...more[name]()]);
    else if (name === "ones") take(Array(40).fill(1));
    else if (name === "many") take(Array(longest).fill(1));
    else restart();
    refresh();
  }

  function grab() {
    return (x) => {
      const width = Math.round(live.stage.clientWidth) || 720;
      const share = (x - 34) / (width - 40);
      s.step = clamp(Math.ceil(share * s.bits.length), 1, s.bits.length);
      refresh();
      live.update();
    };
  }

  // For the tests: the log odds and the unit shown, after every bit.
  live.run = (kind, bits) => run(kind, bits);

  restart();
  refresh();
  const shown = { step: (v) => say("{step} of {steps}", { step: v, steps: s.bits.length }) };
  const state = () => ({
    step: s.step,
    kind: s.kind,
    sequence: [...s.bits],
    right: { lstm: right("lstm"), linear: right(s.kind) },
  });
  return { draw, read: reading, shown, changed, pressed, grab, state };
}

// A trained LSTM at the marked-product task: change the numbers, move the marks, go step by step.

function build(live, data) {
  const STEPS = 100;
  const GATES = { forget: "", input: "5 3", output: "1.5 3" }; // and how their lines are broken
  const LETTER = { forget: "f", input: "i", output: "o", cell: "c" };
  const { order, keeper } = data;
  const dense = floatsOf(data.dense);
  const H = dense.length;
  const network = { D: 2, H, W: floatsOf(data.W), b: floatsOf(data.b) };
  // Steps and units count from 1, as the text does.
  const s = { draws: 0, numbers: [], marks: [20, 70], step: 70, unit: keeper };

  // --- The network ---

  // The states of every step, and what the last layer makes of h after each.
  function run(numbers, marks) {
    const x = new Float64Array(2 * STEPS);
    for (const mark of marks) x[2 * (mark - 1)] = 1;
    numbers.forEach((number, k) => (x[2 * k + 1] = number));
    const trace = lstmForward(network, x);
    trace.answers = numbers.map((_, k) =>
      dense.reduce((sum, weight, j) => sum + weight * trace.h[(k + 1) * H + j], data.bias),
    );
    return trace;
  }

  const at = (trace, key, step, unit) =>
    trace[key][(key === "c" || key === "h" ? step : step - 1) * H + unit - 1];

  function drawNumbers(draws) {
    const next = mulberry32(draws);
    s.draws = draws;
    s.numbers = Array.from({ length: STEPS }, () => round(next(), 2));
    const first = 1 + Math.floor(next() * (STEPS - 1));
    s.marks = [first, first + 1 + Math.floor(next() * (STEPS - first))];
    s.step = s.marks[1];
  }

  function restart() {
    drawNumbers(0);
    Object.assign(s, { marks: [20, 70], step: 70, unit: keeper });
    [s.numbers[19], s.numbers[69]] = [0.5, 0.9];
  }

  // A mark takes its number along: the true product stays, and only the distance changes.
  function move(which, to) {
    const [low, high] = which === 0 ? [1, s.marks[1] - 1] : [s.marks[0] + 1, STEPS];
    const place = clamp(to, low, high);
    const [number] = s.numbers.splice(s.marks[which] - 1, 1);
    s.numbers.splice(place - 1, 0, number);
    s.marks[which] = place;
    s.step = place;
  }

  const truth = () => s.numbers[s.marks[0] - 1] * s.numbers[s.marks[1] - 1];

  // --- Drawing ---
  // Left, or above on a phone: four panels over time. Right, or below: the steps near the chosen
  // one, wide enough for a finger, and all units after the chosen step.

  const ROWS = {
    numbers: { title: 12, top: 24, bottom: 102 },
    answer: { title: 130, top: 142, bottom: 212 },
    gates: { title: 240, top: 252, bottom: 306 },
    cell: { title: 334, top: 346, bottom: 400 },
  };
  const HIGH = 420; // of the four panels
  let place = null;

  function layout({ width, narrow }) {
    const column = narrow ? width : Math.round(0.54 * width);
    const [left, right] = [27, column - 8];
    const from = narrow ? 0 : column + 14;
    const down = narrow ? HIGH + 12 : 0;
    const nearTop = down + 24;
    const unitsTop = nearTop + (narrow ? 134 : 166);
    return {
      left,
      right,
      time: (step) => left + ((step - 0.5) / STEPS) * (right - left),
      near: { left: from, right: width, title: down + 12, top: nearTop, bottom: unitsTop - 54 },
      count: Math.max(8, Math.floor((width - from) / 30)),
      units: { left: from + 16, right: width - 2, title: unitsTop - 12, top: unitsTop, tall: narrow ? 32 : 44, gap: narrow ? 8 : 12 },
    };
  }

  const height = (row, low, high) => {
    const there = scale([low, high], [row.bottom, row.top]);
    return (value) => there(clamp(value, low, high));
  };
  // The window moves only when the chosen step leaves it: never under a finger that draws.
  let firstNear = 1;

  function keepNear() {
    const { count } = place;
    if (s.step >= firstNear && s.step < firstNear + count) return;
    firstNear = clamp(s.step - (count >> 1), 1, STEPS - count + 1);
  }

  function axis(svg, row, low, high, title, decimals = 0) {
    const { left, right } = place;
    svg.append(words(0, row.title, title, { class: "title" }));
    for (const [value, y] of [[low, row.bottom], [high, row.top]]) {
      svg.append(el("path", { d: `M${left} ${y}H${right}`, class: "grid" }));
      svg.append(words(left - 5, y + 4, fixed(value, decimals), { class: "end small" }));
    }
  }

  // A line over all steps, one unit a step and scaled to fit, each point told from the one before
  // and a level stretch at once: a quarter as long as core's `line`, which counts in a still of so
  // many curves. The second row of heights, if there is one, leads back: a band.
  function curve(heights, back = []) {
    let y = round(heights[0]);
    const pieces = [];
    const to = (dx, v) => {
      const dy = round(round(v) - y);
      y = round(v);
      const last = pieces.at(-1);
      if (dy === 0 && last?.dy === 0 && last.dx * dx > 0) last.dx += dx;
      else pieces.push({ dx, dy });
    };
    heights.slice(1).forEach((v) => to(1, v));
    back.forEach((_, k) => to(k === 0 ? 0 : -1, back[back.length - 1 - k]));
    const told = pieces.map(({ dx, dy }) => `${dx} ${dy}`.replace(" -", "-").replace(/\b0\./, "."));
    const [first, each] = [place.time(1), place.time(2) - place.time(1)];
    return {
      d: `M0 ${round(heights[0])}l${told.join(" ")}`,
      transform: `translate(${round(first, 2)})scale(${round(each, 4)} 1)`,
    };
  }

  function dot(x, y, key, r = 4) {
    return el("circle", { cx: x, cy: y, r, fill: colour(key) });
  }

  function drawNumbersRow(svg) {
    const { left, right, time } = place;
    const row = ROWS.numbers;
    const to = height(row, 0, 1);
    const span = ((right - left) / STEPS) * place.count;
    svg.append(el("rect", { x: time(firstNear - 0.5), y: row.top, width: span, height: row.bottom - row.top, class: "wash" }));
    axis(svg, row, 0, 1, say("What it reads: drag a ring"));
    const stems = (steps) => steps.map((k) => `M${round(time(k + 1))} ${row.bottom}V${round(to(s.numbers[k]), 0)}`).join("");
    const isMarked = (k) => s.marks.includes(k + 1);
    const steps = [...s.numbers.keys()];
    svg.append(el("path", { d: stems(steps.filter((k) => !isMarked(k))), class: "stems" }));
    svg.append(el("path", { d: stems(steps.filter(isMarked)), class: "marked" }));
    s.marks.forEach((mark, which) => {
      // The first mark's number stands on its left, the second's on its right, if there is room.
      const [x, y] = [time(mark), to(s.numbers[mark - 1])];
      const room = which === 0 ? x > left + 36 : x < right - 36;
      const side = (which === 0) === room ? -1 : 1;
      const alone = time(s.marks[1]) - time(s.marks[0]) > 60;
      const label = room || alone ? y + 4.5 : y < row.top + 30 ? y + 24 : y - 12;
      const text = { class: "strong halo", "text-anchor": side < 0 ? "end" : "start" };
      svg.append(el("circle", { cx: x, cy: y, r: 14, class: "grip" }));
      svg.append(el("circle", { cx: x, cy: y, r: 6, class: "ring" }));
      svg.append(words(x + 11 * side, label, fixed(s.numbers[mark - 1]), text));
    });
  }

  function drawAnswers(svg) {
    const { left, right, time } = place;
    const row = ROWS.answer;
    const to = height(row, 0, 1);
    axis(svg, row, 0, 1, say("What it would answer, if asked then"));
    svg.append(el("path", { d: `M${left} ${to(0.25)}H${right}`, class: "guess" }));
    svg.append(words(left + 3, to(0.25) + 13, say("always ¼"), { class: "small halo" }));
    svg.append(el("path", { d: `M${round(time(s.marks[1]))} ${round(to(truth()))}H${right}`, class: "truth" }));
    svg.append(words(right - 12, to(truth()) + (truth() > 0.75 ? 17 : -8), say("true product"), { class: "end small halo" }));
    svg.append(el("path", { ...curve(trace.answers.map(to)), class: "curve", stroke: colour("lstm") }));
    svg.append(dot(time(s.step), to(trace.answers[s.step - 1]), "lstm"));
    svg.append(el("circle", { cx: time(STEPS), cy: to(truth()), r: 6, class: "ring" }));
    svg.append(dot(time(STEPS), to(trace.answers[STEPS - 1]), "lstm", 3));
  }

  function drawUnit(svg) {
    const { right, time } = place;
    const steps = [...s.numbers.keys()].map((k) => k + 1);
    let row = ROWS.gates;
    let to = height(row, 0, 1);
    axis(svg, row, 0, 1, say("Unit {unit}", { unit: s.unit }));
    const names = { forget: say("forget"), input: say("input"), output: say("output") };
    Object.entries(GATES).forEach(([gate, dashes], k) => {
      const look = { class: "curve", stroke: colour(gate), "stroke-dasharray": dashes || null };
      const value = (step) => at(trace, LETTER[gate], step, s.unit);
      const x = 58 + ((right - 58) / 3) * k;
      svg.append(el("path", { ...curve(steps.map((step) => to(value(step)))), ...look }));
      svg.append(el("path", { d: `M${round(x)} ${row.title - 4}h20`, ...look }), words(x + 25, row.title, names[gate]));
      svg.append(dot(time(s.step), to(value(s.step)), gate, 3.5));
    });

    // The band: where the cell would be, were the first marked number anything from 0 to 1.
    row = ROWS.cell;
    const [own, none, whole] = [trace, ...bounds].map((each) => steps.map((step) => at(each, "c", step, s.unit)));
    const reach = Math.ceil(10 * Math.max(0.05, ...[...own, ...none, ...whole].map(Math.abs))) / 10;
    to = height(row, -reach, reach);
    const cell =
      place.right > 345
        ? say("its cell; band: were the first number 0 to 1")
        : say("its cell; band: first number 0 to 1");
    axis(svg, row, -reach, reach, cell, 1);
    svg.append(el("path", { ...curve(none.map(to), whole.map(to)), class: "band" }));
    svg.append(el("path", { ...curve(own.map(to)), class: "curve", stroke: colour("cell") }));
    svg.append(dot(time(s.step), to(own[s.step - 1]), "cell"));
    for (const step of [1, 20, 40, 60, 80, 100]) {
      svg.append(words(time(step), row.bottom + 17, step, { class: "middle small" }));
    }
  }

  function drawNear(svg) {
    const { near, count } = place;
    const [first, each, to] = [firstNear, (near.right - near.left) / count, height(near, 0, 1)];
    const title = say("Steps {first} to {last}: drag to draw", { first, last: first + count - 1 });
    svg.append(words(near.left, near.title, title, { class: "title" }));
    const bars = { slot: "", now: "", bar: "", marked: "" };
    const texts = [];
    for (let step = first; step < first + count; step++) {
      const [x, number] = [near.left + (step - first) * each, s.numbers[step - 1]];
      const y = to(number);
      const marked = s.marks.includes(step);
      const now = step === s.step;
      const inside = y < near.top + 15;
      const bar = (top) => `M${round(x + 1)} ${near.bottom}V${round(top)}h${round(each - 2)}V${near.bottom}z`;
      bars[now ? "now" : "slot"] += bar(near.top);
      bars[marked ? "marked" : "bar"] += bar(y);
      const above = inside ? `middle ${marked ? "on-marked" : "on-bar"}` : "middle";
      texts.push(words(x + each / 2, inside ? y + 13 : y - 4, fixed(number).replace("0.", "."), { class: above }));
      texts.push(words(x + each / 2, near.bottom + 16, step, { class: `middle ${marked || now ? "strong" : "small"}` }));
    }
    for (const [kind, d] of Object.entries(bars)) svg.append(el("path", { d, class: `near ${kind}` }));
    svg.append(...texts);
  }

  function drawUnits(svg) {
    const { left, right, title, top, tall, gap } = place.units;
    const each = (right - left) / H;
    const name = say("All {units} units after step {step}", { units: H, step: s.step });
    svg.append(words(left - 16, title, name, { class: "title" }));
    Object.entries(LETTER).forEach(([name, letter], k) => {
      const foot = top + (k + 1) * tall + k * gap;
      const base = name === "cell" ? foot - tall / 2 : foot; // a cell has a sign
      svg.append(words(left - 7, foot - tall / 2 + 4, letter, { class: "end strong" }));
      svg.append(el("path", { d: `M${left} ${base}H${round(right)}`, class: "grid" }));
      const bars = order.map((unit, column) => {
        const value = at(trace, letter, s.step, unit);
        const long = name === "cell" ? clamp(value, -0.5, 0.5) : value;
        return `M${round(left + (column + 0.5) * each)} ${base}v${round(-long * tall)}`;
      });
      svg.append(el("path", { d: bars.join(""), stroke: colour(name), "stroke-width": each - 1.6 }));
    });
    const x = left + order.indexOf(s.unit) * each;
    svg.append(el("rect", { x: x - 1, y: top - 4, width: each + 2, height: 4 * tall + 3 * gap + 8, class: "chosen" }));
  }

  let trace = null;
  let bounds = [];

  function draw(svg, box) {
    place = layout(box);
    keepNear();
    const { time } = place;
    const bottom = ROWS.cell.bottom;
    drawNumbersRow(svg);
    for (const mark of s.marks) svg.append(el("path", { d: `M${round(time(mark))} ${ROWS.numbers.bottom}V${bottom}`, class: "mark" }));
    svg.append(el("path", { d: `M${round(time(s.step))} ${ROWS.numbers.top - 4}V${bottom + 4}`, class: "cursor" }));
    drawAnswers(svg);
    drawUnit(svg);
    drawNear(svg);
    drawUnits(svg);
  }

  // --- Words ---

  function read() {
    const [first, second] = s.marks.map((mark) => s.numbers[mark - 1]);
    const { step, unit } = s;
    const before = at(trace, "c", step - 1, unit);
    const added = at(trace, "i", step, unit) * at(trace, "g", step, unit);
    const [answer, product] = [trace.answers[STEPS - 1], truth()];
    const off = Math.abs(answer - product);
    const now = { step, number: fixed(s.numbers[step - 1]) };
    const own = { unit, before: fixed(before), added: fixed(added), cell: fixed(at(trace, "c", step, unit)) };
    own.share = Math.round(100 * at(trace, "f", step, unit));
    const end = { answer: fixed(answer, 3), first: fixed(first), second: fixed(second) };
    Object.assign(end, { product: fixed(product, 3), off: fixed(off, 3) });
    return [
      s.marks.includes(step)
        ? say("Step {step}, marked, reads {number}.", now)
        : say("Step {step} reads {number}.", now),
      say("Unit {unit} keeps {share} % of its {before}, adds {added} and holds {cell}.", own),
      off < 0.04
        ? say("At the end the network answers {answer}; {first} × {second} = {product}: off by {off}, right.", end)
        : say("At the end the network answers {answer}; {first} × {second} = {product}: off by {off}, wrong.", end),
      say("Always ¼ would be off by {off}.", { off: fixed(Math.abs(0.25 - product), 3) }),
    ].join(" ");
  }

  // --- Controls ---

  function refresh() {
    trace = run(s.numbers, s.marks);
    const first = s.marks[0] - 1;
    bounds = [0, 1].map((number) => run(s.numbers.map((own, k) => (k === first ? number : own)), s.marks));
    live.put("step", s.step);
    live.put("number", s.numbers[s.step - 1]);
    live.put("first", s.marks[0]);
    live.put("second", s.marks[1]);
    live.put("unit", s.unit);
  }

  function changed(name) {
    const value = Number(live.values[name]);
    if (name === "number") s.numbers[s.step - 1] = value;
    else if (name === "first") move(0, value);
    else if (name === "second") move(1, value);
    else s[name] = value;
    refresh();
  }

  let timer = null;

  function stop() {
    clearInterval(timer);
    timer = null;
    live.controls.play.textContent = say("Play");
    live.root.querySelector(".live-reading").setAttribute("aria-live", "polite");
  }

  function play() {
    if (s.step === STEPS) s.step = 1;
    live.controls.play.textContent = say("Pause");
    // A screen reader hears where it ends, not a hundred steps.
    live.root.querySelector(".live-reading").setAttribute("aria-live", "off");
    timer = setInterval(() => {
      if (s.step >= STEPS || !live.root.isConnected) stop();
      else s.step += 1;
      refresh();
      live.update();
    }, 140);
  }

  function pressed(name) {
    const playing = timer !== null;
    stop();
    if (name === "play" && !playing) play();
    else if (name === "new") drawNumbers(s.draws + 1);
    else if (name === "near") move(0, s.marks[1] - 1);
    else if (name === "far") {
      move(0, 1);
      move(1, STEPS);
    } else if (name === "again") restart();
    refresh();
  }

  // --- Touch and mouse ---

  function grab(x, y) {
    stop();
    const { left, right, time, near, count, units } = place;
    const timeAt = (u) => clamp(Math.ceil(((u - left) / (right - left)) * STEPS), 1, STEPS);
    const numberAt = (row, v) => round(clamp((row.bottom - v) / (row.bottom - row.top), 0, 1), 2);
    const then = (act) => (u, v) => {
      act(u, v);
      refresh();
      live.update();
    };
    const to = height(ROWS.numbers, 0, 1);
    const away = s.marks.map((mark) => Math.hypot(x - time(mark), y - to(s.numbers[mark - 1])));
    const nearest = away[0] < away[1] ? 0 : 1;
    if (away[nearest] < 18) {
      return then((u, v) => {
        move(nearest, timeAt(u));
        s.numbers[s.step - 1] = numberAt(ROWS.numbers, v);
      });
    }
    if (x < right + 8 && y < ROWS.cell.bottom + 18) return then((u) => (s.step = timeAt(u)));
    if (y > near.top - 12 && y < near.bottom + 18 && x >= near.left) {
      const first = firstNear;
      return then((u, v) => {
        const column = Math.floor(((u - near.left) / (near.right - near.left)) * count);
        s.step = first + clamp(column, 0, count - 1);
        s.numbers[s.step - 1] = numberAt(near, v);
      });
    }
    if (y > units.top - 6 && x > units.left) {
      return then((u) => {
        const column = Math.floor(((u - units.left) / (units.right - units.left)) * H);
        s.unit = order[clamp(column, 0, H - 1)];
      });
    }
    return null;
  }

  // For the tests and for the measurement: what the page's own arithmetic answers at the end.
  live.answers = (sequences) => sequences.map(({ numbers, marks }) => run(numbers, marks).answers[STEPS - 1]);
  live.trace = () => ({ ...trace });

  restart();
  refresh();
  const stepName = (v) => say("step {step}", { step: v });
  const shown = {
    step: (v) => say("{step} of {steps}", { step: v, steps: STEPS }),
    number: (v) => fixed(v),
    first: stepName,
    second: stepName,
  };
  const state = () => ({ ...s, numbers: [...s.numbers], marks: [...s.marks], answer: trace.answers[STEPS - 1], product: truth() });
  return { draw, read, shown, changed, pressed, grab, state };
}

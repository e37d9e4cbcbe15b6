// Live figure 5: a network reads a review syllable by syllable. It is load_pretrained("reading"),
// and `readReview` does what that model does in Python.

const GAP = 16; // between the gradient and the gates, in pixels
const LONGEST_REVIEW = 140; // characters after cleaning; hardly a review of the corpus is longer

// As lstm_utils.text.composed and clean_review: a syllable may have come letter by letter, and a
// part of one that nothing joins is a letter that stands alone.
const JAMO = [
  [0x1100, "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"],
  [0x1161, "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"],
  [0x11a8, "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"],
];
const ALONE = new Map(
  JAMO.flatMap(([first, letters]) => [...letters].map((c, k) => [String.fromCharCode(first + k), c])),
);

const INVISIBLE = new RegExp(
  "[\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\\xad\\u200b-\\u200f\\u202a-\\u202e" +
    "\\u2060-\\u2069\\ufe00-\\ufe0f\\ufeff\\ud800-\\udfff]",
  "gu",
);

function composed(text) {
  return text.replace(INVISIBLE, "").normalize("NFC");
}

function cleanReview(text) {
  const letters = [...composed(text)].map((c) => ALONE.get(c) ?? c).join("");
  const plain = letters.replace(/[！-～]/gu, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
  const kept = plain.replace(/[^가-힣ㄱ-ㅎㅏ-ㅣ!-~♥♡★☆]/gu, " ");
  const short = kept.replace(/(.)\1{3,}/gu, "$1$1$1").toLowerCase();
  return short.split(" ").filter(Boolean).join(" ");
}

// Weights are stored as integers of 8 bits; each array has its scale.
function openNetwork({ units: H, size: D, longest, ngrams, arrays }) {
  const open = ({ scale, integers }) =>
    Float64Array.from(new Int8Array(bytesOf(integers).buffer), (n) => Math.fround(n * scale));
  const [W_h, W_x, b, table, dense] = ["W_h", "W_x", "b", "table", "dense"].map((name) =>
    open(arrays[name]),
  );
  const W = new Float64Array(4 * H * (H + D));
  for (let row = 0; row < 4 * H; row++) {
    W.set(W_h.subarray(row * H, (row + 1) * H), row * (H + D));
    W.set(W_x.subarray(row * D, (row + 1) * D), row * (H + D) + H);
  }
  const rows = new Map(ngrams.split("\n").map((ngram, k) => [ngram, k + 1]));
  return { p: { H, D, W, b }, longest, rows, table, dense, bias: open(arrays.bias)[0] };
}

function readReview({ p, longest, rows, table, dense, bias }, clean) {
  const { H, D } = p;
  const characters = [...` ${clean} `];
  const T = characters.length;
  // A step's input is the sum of the rows of the n-grams that end there.
  const x = new Float64Array(T * D);
  const pieces = characters.map((_, t) => {
    const ending = characters.slice(Math.max(0, t + 1 - longest), t + 1);
    const found = ending.map((_, k) => ending.slice(k).join("")).filter((n) => rows.has(n));
    for (const ngram of found) {
      for (let d = 0; d < D; d++) x[t * D + d] += table[rows.get(ngram) * D + d];
    }
    return found;
  });
  const trace = lstmForward(p, x);
  const logit = characters.map((_, t) =>
    dense.reduce((sum, v, k) => sum + v * trace.h[(t + 1) * H + k], bias),
  );
  return {
    characters,
    pieces,
    trace,
    logit,
    probability: logit.map((z) => 1 / (1 + Math.exp(-z))),
    known: characters.map((character) => rows.has(character)),
  };
}

// The outcome is the log odds at the end; its gradient with respect to each step's input.
function gradientOf({ p, dense }, { trace, characters }) {
  const { H, D } = p;
  const T = characters.length;
  const dh = new Float64Array(T * H);
  dh.set(dense, (T - 1) * H);
  const gradient = lstmBackward(p, trace, dh).x;
  const along = (t, other) => {
    let sum = 0;
    for (let k = t * D; k < (t + 1) * D; k++) sum += gradient[k] * other[k];
    return sum;
  };
  return {
    gradient,
    pull: characters.map((_, t) => along(t, trace.x)),
    norm: characters.map((_, t) => Math.sqrt(along(t, gradient))),
  };
}

function build(live, data) {
  const { values, controls } = live;
  const network = openNetwork(data.network);
  const { H } = network.p;
  const gloss = live.root.querySelector("[data-gloss]");
  let review; // what readReview found
  let reviewWords; // the review's words: { text, from, to } in steps, and their gloss if it is known
  let remarks;
  let places = [];

  const GATES = [
    { letter: "f", key: "forget", dash: null, name: say("forget gate"), short: say("forget f") },
    { letter: "i", key: "input", dash: "6 3", name: say("input gate"), short: say("input i") },
    { letter: "o", key: "output", dash: "2 3", name: say("output gate"), short: say("output o") },
  ];

  // The unit whose part of the outcome's log odds is largest.
  function leading() {
    const last = review.trace.h.subarray(-H);
    const parts = [...last].map((value, k) => Math.abs(value * network.dense[k]));
    return parts.indexOf(Math.max(...parts)) + 1;
  }

  const unitShown = () => (values.unit === "lead" ? review.lead : Number(values.unit));

  // A gate's value at each step: of one unit, or the mean over all.
  function gate(letter) {
    const all = review.trace[letter];
    return review.characters.map((_, t) => {
      if (values.unit !== "mean") return all[t * H + unitShown() - 1];
      return all.subarray(t * H, (t + 1) * H).reduce((sum, value) => sum + value, 0) / H;
    });
  }

  const some = (characters) => characters.slice(0, 8).join(" ") + (characters.length > 8 ? " …" : "");

  function readText() {
    const whole = [...cleanReview(values.text)];
    const clean = whole.slice(0, LONGEST_REVIEW).join("").trimEnd();
    review = readReview(network, clean);
    Object.assign(review, gradientOf(network, review), { lead: leading() });
    const preset = data.presets[values.preset];
    reviewWords = [];
    let from = 1;
    for (const [k, text] of clean.split(" ").entries()) {
      const to = from + [...text].length;
      reviewWords.push({ text, from, to, gloss: preset?.gloss?.[k] });
      from = to + 1;
    }
    remarks = [];
    const odd = [...new Set([...composed(values.text)].filter((c) => c.trim()))];
    const dropped = odd.filter((c) => !cleanReview(c));
    if (dropped.length) {
      remarks.push(say("Cleaning makes a space of {characters}.", { characters: some(dropped) }));
    }
    const unknown = [...new Set(review.characters.filter((_, t) => !review.known[t]))];
    if (unknown.length) {
      remarks.push(say("Not in the network's table: {characters}.", { characters: some(unknown) }));
    }
    if (whole.length > LONGEST_REVIEW) {
      const cut = { first: LONGEST_REVIEW, all: whole.length };
      remarks.push(say("Only the first {first} of {all} characters are read: hardly a review that it was trained on is longer.", cut));
    }
    controls.step.max = review.characters.length;
  }

  // Where the probability moves most: the step that a preset starts with.
  function turn() {
    const p = review.probability;
    const moves = p.map((value, t) => (t ? Math.abs(value - p[t - 1]) : 0));
    return moves.indexOf(Math.max(...moves)) + 1;
  }

  // A preset's words with their meaning, in HTML as _reading_review.py writes it for the first.
  function explain() {
    const preset = data.presets[values.preset];
    const piece = (tag, text, lang) => {
      const node = document.createElement(tag);
      if (lang) node.lang = lang;
      node.append(...[text].flat());
      return node;
    };
    gloss.replaceChildren(
      ...(preset
        ? [
            ...(preset.gloss ? reviewWords : []).map(({ text, gloss: meaning }) =>
              piece("span", [piece("b", text, "ko"), " ", piece("i", meaning)]),
            ),
            piece("span", say("{source}; a reader would say {verdict}.", preset)),
          ]
        : [piece("span", say("Your own text: no translation here."))]),
    );
  }

  function changed(name) {
    if (name === "preset" && data.presets[values.preset]) {
      live.put("text", data.presets[values.preset].text);
    }
    if (name === "text") live.put("preset", "own");
    if (name === "text" || name === "preset") {
      readText();
      const last = Math.max(1, review.characters.length - 1);
      live.put("step", values.preset === "own" ? last : turn());
      explain();
    }
  }

  // What stands at a step, in words.
  function name(t) {
    const T = review.characters.length;
    if (t === 0) return say("place|the start");
    if (t === T - 1) return say("the end");
    const character = review.characters[t];
    return character === " " ? say("the space") : character;
  }

  function read() {
    const { probability: p, pull, norm, characters } = review;
    const T = characters.length;
    const t = clamp(values.step, 1, T) - 1;
    const word = reviewWords.find(({ from, to }) => t >= from && t < to);
    const at = { name: name(t), step: t + 1, all: T, word: word?.text, gloss: word?.gloss };
    const odds = { end: fixed(p[T - 1]), now: fixed(p[t]), before: fixed(p[t - 1] ?? p[t]) };
    const gates = { forget: gate("f"), input: gate("i"), output: gate("o") };
    for (const key of Object.keys(gates)) gates[key] = fixed(gates[key][t]);
    gates.whose = {
      mean: say("mean of {units} units", { units: H }),
      lead: say("unit {unit}, which weighs most in the outcome", { unit: review.lead }),
    }[values.unit] ?? say("unit {unit}", { unit: values.unit });
    const slope = { pull: fixed(pull[t]), size: fixed(norm[t]) };
    return [
      ...remarks,
      p[T - 1] >= 0.5
        ? say("At the end the network says positive: probability of positive {end}.", odds)
        : say("At the end the network says negative: probability of positive {end}.", odds),
      at.gloss
        ? say("Chosen: {name}, step {step} of {all} in {word} (“{gloss}”).", at)
        : say("Chosen: {name}, step {step} of {all}.", at),
      t === 0
        ? say("After it the probability is {now}.", odds)
        : p[t] >= p[t - 1]
          ? say("After it the probability is {now}, up from {before}.", odds)
          : say("After it the probability is {now}, down from {before}.", odds),
      ...(review.known[t] ? [] : [say("The network has no row for it.")]),
      say("Gates ({whose}): forget {forget}, input {input}, output {output}.", gates),
      pull[t] >= 0
        ? say("Gradient of the outcome: times input {pull}, to positive; size {size}.", slope)
        : say("Gradient of the outcome: times input {pull}, to negative; size {size}.", slope),
    ].join(" ");
  }

  // --- The drawing ---

  // Steps in lines of at most so many, broken between words where that is possible.
  function layOut(columns) {
    const T = review.characters.length;
    const lines = [];
    let from = 0;
    while (from < T) {
      let to = Math.min(T, from + columns);
      if (to < T) {
        const space = review.characters.lastIndexOf(" ", to - 1);
        if (space > from + columns / 2) to = space + 1;
      }
      lines.push([from, to]);
      from = to;
    }
    return lines;
  }

  function legend(svg, narrow) {
    const paint = values.paint === "pull" ? say("gradient × input") : say("size of the gradient");
    const entries = [
      [say("probability of positive"), "curve", null, 2.5],
      [paint, "gradient", "bar", 0],
      ...GATES.map(({ key, dash, name, short }) => [narrow ? short : name, key, dash, 2]),
    ];
    // Rows of fixed length, so that nothing moves when the script starts.
    const rows = narrow ? [[0], [1], [2, 3, 4]] : [[0, 1], [2, 3, 4]];
    rows.forEach((row, k) => {
      let x = 0;
      const y = 13 + 19 * k;
      for (const [text, key, dash, weight] of row.map((entry) => entries[entry])) {
        svg.append(
          dash === "bar"
            ? el("rect", { x: x + 6, y: y - 11, width: 9, height: 13, fill: colour(key) })
            : el("path", {
                d: `M${x} ${y - 4}h24`,
                stroke: colour(key),
                "stroke-width": weight,
                "stroke-dasharray": dash,
              }),
          words(x + 30, y, text, { class: "small" }),
        );
        x += 46 + widthOf(text);
      }
    });
    return 19 * rows.length + 8;
  }

  function draw(svg, { width, narrow }) {
    const left = 30;
    const room = width - left - 4;
    const columns = Math.max(12, Math.floor(room / 24));
    const cell = Math.min(34, room / Math.min(columns, review.characters.length));
    const [bar, gatesHigh, high] = narrow ? [36, 36, 56] : [52, 52, 84];
    const top = legend(svg, narrow);
    const lines = layOut(columns);
    const pitch = high + 34 + bar + GAP + gatesHigh + 18;
    // The drawing grows with the review; it keeps the room that the style sheet gives it.
    live.stage.style.height = "";
    const height = Math.max(top + lines.length * pitch, live.stage.clientHeight);
    live.stage.style.height = `${height}px`;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    places = [];

    const { characters, probability } = review;
    const painted = values.paint === "pull" ? review.pull : review.norm;
    const most = Math.max(...painted.map(Math.abs), 1e-9);
    const chosen = clamp(values.step, 1, characters.length) - 1;
    const gates = GATES.map(({ letter, key, dash }) => [gate(letter), key, dash]);

    lines.forEach(([from, to], row) => {
      const y0 = top + row * pitch;
      const right = left + (to - from) * cell;
      const x = (t) => left + (t - from + 0.5) * cell;
      const p = scale([0, 1], [y0 + high, y0 + 4]);
      const letters = y0 + high + 6;
      const paper = letters + 28;
      const zero = values.paint === "pull" ? paper + bar / 2 : paper + bar;
      const tall = values.paint === "pull" ? bar / 2 : bar;
      const floor = paper + bar + GAP + gatesHigh;
      const g = scale([0, 1], [floor, floor - gatesHigh]);
      for (let t = from; t < to; t++) {
        places.push({ t, x: x(t) - cell / 2, y: y0 - 4, width: cell, height: pitch });
      }

      if (chosen >= from && chosen < to) {
        svg.append(
          el("rect", {
            ...{ x: x(chosen) - cell / 2, y: y0, width: cell, height: floor - y0 + 6, rx: 4 },
            ...{ fill: "var(--live-wash)", stroke: "var(--live-faint)" },
          }),
        );
      }

      // Axes.
      for (const [value, text] of [[1, "1"], [0.5, "½"], [0, "0"]]) {
        svg.append(
          el("path", {
            d: `M${left} ${round(p(value))}H${round(right)}`,
            stroke: value === 0.5 ? "var(--live-faint)" : "var(--live-grid)",
            "stroke-dasharray": value === 0.5 ? "2 4" : null,
          }),
          words(left - 6, p(value) + 4, text, { class: "small", "text-anchor": "end" }),
        );
      }
      for (const value of [0, 1]) {
        svg.append(
          el("path", { d: `M${left} ${round(g(value))}H${round(right)}`, stroke: "var(--live-grid)" }),
          words(left - 6, g(value) + 4, String(value), { class: "small", "text-anchor": "end" }),
        );
      }
      svg.append(
        el("path", { d: `M${left} ${round(zero)}H${round(right)}`, stroke: "var(--live-faint)" }),
      );
      if (values.paint === "pull") {
        for (const [sign, dy] of [["+", -bar / 2 + 9], ["−", bar / 2]]) {
          svg.append(words(left - 6, zero + dy, sign, { class: "small", "text-anchor": "end" }));
        }
      }

      // The syllables, and the gradient under each: colour, and height.
      for (let t = from; t < to; t++) {
        const share = painted[t] / most;
        const end = zero - share * tall;
        svg.append(
          el("rect", {
            ...{ x: x(t) - cell / 2 + 1, y: letters, width: cell - 2, height: 24, rx: 3 },
            class: "live-tint",
            "fill-opacity": Math.abs(share) * 0.3 < 0.005 ? "0" : (Math.abs(share) * 0.3).toFixed(2),
            stroke: review.known[t] ? null : "var(--live-text)",
            "stroke-dasharray": review.known[t] ? null : "2 2",
          }),
          words(x(t), letters + 18, characters[t] === " " ? "·" : characters[t], {
            ...{ class: "live-syllable", lang: "ko" },
          }),
          el("rect", {
            ...{ x: x(t) - cell * 0.3, y: Math.min(zero, end), width: cell * 0.6 },
            ...{ height: Math.max(0.6, Math.abs(end - zero)), class: "live-push" },
          }),
        );
      }

      // The gates, and the probability: each line goes on from the line of text above it.
      const first = Math.max(0, from - 1);
      const through = (numbers, place) =>
        line(
          Array.from({ length: to - first }, (_, k) => first + k).map((t) => [
            Math.max(left, x(t)),
            place(numbers[t]),
          ]),
        );
      for (const [numbers, key, dash] of gates) {
        svg.append(
          el("path", {
            ...{ d: through(numbers, g), fill: "none", stroke: colour(key) },
            ...{ "stroke-width": 2, "stroke-dasharray": dash },
          }),
        );
      }
      svg.append(
        el("path", {
          ...{ d: through(probability, p), fill: "none", stroke: colour("curve") },
          ...{ "stroke-width": 2.5, "stroke-linejoin": "round" },
        }),
        ...Array.from({ length: to - from }, (_, k) =>
          el("circle", {
            ...{ cx: x(from + k), cy: p(probability[from + k]), fill: colour("curve") },
            r: from + k === chosen ? 5 : 2.6,
          }),
        ),
      );
      if (chosen >= from && chosen < to) {
        const up = p(probability[chosen]) > y0 + 26;
        svg.append(
          words(
            clamp(x(chosen), left + 14, width - 16),
            p(probability[chosen]) + (up ? -9 : 19),
            fixed(probability[chosen]),
            { class: "halo", "text-anchor": "middle", "font-weight": "600" },
          ),
        );
      }
    });
  }

  // A touch on a syllable chooses it.
  function grab(x, y) {
    const choose = (px, py) => {
      const hit = places.find(
        (box) => px >= box.x && px < box.x + box.width && py >= box.y && py < box.y + box.height,
      );
      if (hit && hit.t + 1 !== values.step) live.set("step", hit.t + 1);
    };
    return places.length && x >= places[0].x ? choose : null;
  }

  // For the tests and the measure: everything of one text, and the verdicts on many.
  live.read = (text) => {
    const found = readReview(network, cleanReview(text));
    const { gradient, ...told } = gradientOf(network, found);
    const { x, f, i, g, o, c, h } = found.trace;
    const trace = Object.entries({ x, f, i, g, o, c, h }).map(([key, array]) => [key, [...array]]);
    return { ...found, ...told, gradient: [...gradient], trace: Object.fromEntries(trace) };
  };
  live.clean = cleanReview;
  live.answers = (texts) =>
    texts.map((text) => readReview(network, cleanReview(text)).probability.at(-1));
  readText();
  live.put("step", turn());
  return {
    draw,
    read,
    changed,
    grab,
    shown: { step: () => name(clamp(values.step, 1, review.characters.length) - 1) },
    state: () => {
      const { characters, known, probability, pull, norm, lead } = review;
      return { characters, known, probability, pull, norm, lead, remarks };
    },
  };
}

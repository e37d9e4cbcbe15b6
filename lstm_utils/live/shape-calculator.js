// Shape calculator: the rules of lstm_utils.shapes at the reader's own sizes, drawn unrolled.

function build(live, data) {
  const { values, root } = live;
  const shape = (sizes) => `(${sizes.join(", ")}${sizes.length === 1 ? "," : ""})`;
  const product = (sizes) => sizes.reduce((a, b) => a * b, 1);
  const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

  // The options that this framework and layer have; the others stay at their defaults.
  function setting() {
    const s = { ...values };
    const inKeras = s.framework === "keras";
    if (!inKeras) Object.assign(s, { return_sequences: false, reset_after: true });
    if (inKeras) Object.assign(s, { batch_first: false });
    if (s.layer !== "GRU") s.reset_after = true;
    if (inKeras || s.layer !== "LSTM") s.proj_size = 0;
    s.proj_size = Math.min(s.proj_size, s.hidden_size - 1);
    return s;
  }

  // As recurrent_shapes of lstm_utils/shapes.py: shapes as lists, states and weights by name.
  function shapes(s) {
    const inKeras = s.framework === "keras";
    const ways = s.bidirectional ? ["forward", "backward"] : ["forward"];
    const rows = data.gates[s.layer] * s.hidden_size;
    const shown = s.proj_size || s.hidden_size;
    const time = inKeras || s.batch_first ? [s.batch, s.steps] : [s.steps, s.batch];
    const states = {};
    const weights = {};
    for (let depth = 0; depth < s.num_layers; depth++) {
      const width = depth ? ways.length * shown : s.input_size;
      for (const way of ways) {
        if (inKeras) {
          const place = `layer ${depth + 1} ${s.bidirectional ? `${way} ` : ""}`;
          weights[`${place}kernel`] = [width, rows];
          weights[`${place}recurrent_kernel`] = [s.hidden_size, rows];
          if (s.bias) weights[`${place}bias`] = s.layer === "GRU" && s.reset_after ? [2, rows] : [rows];
          for (const letter of s.layer === "LSTM" ? "hc" : "h") {
            states[`${place}${letter}`] = [s.batch, s.hidden_size];
          }
        } else {
          const place = `_l${depth}${way === "backward" ? "_reverse" : ""}`;
          weights[`weight_ih${place}`] = [rows, width];
          weights[`weight_hh${place}`] = [rows, shown];
          for (const kind of s.bias ? ["bias_ih", "bias_hh"] : []) weights[`${kind}${place}`] = [rows];
          if (s.proj_size) weights[`weight_hr${place}`] = [s.proj_size, s.hidden_size];
        }
      }
    }
    if (!inKeras) {
      states.h_n = [s.num_layers * ways.length, s.batch, shown];
      if (s.layer === "LSTM") states.c_n = [s.num_layers * ways.length, s.batch, s.hidden_size];
    }
    const everyStep = s.return_sequences || !inKeras;
    const output = [...(everyStep ? time : [s.batch]), ways.length * shown];
    const parameters = Object.values(weights).reduce((sum, sizes) => sum + product(sizes), 0);
    return { input: [...time, s.input_size], output, states, weights, parameters };
  }

  // The call that makes this network.
  function code(s) {
    const options = [];
    if (s.framework === "torch") {
      if (s.num_layers > 1) options.push(`num_layers=${s.num_layers}`);
      if (!s.bias) options.push("bias=False");
      if (s.batch_first) options.push("batch_first=True");
      if (s.bidirectional) options.push("bidirectional=True");
      if (s.proj_size) options.push(`proj_size=${s.proj_size}`);
      const name = s.layer === "SimpleRNN" ? "RNN" : s.layer;
      return `torch.nn.${name}(${[s.input_size, s.hidden_size, ...options].join(", ")})`;
    }
    const lines = [];
    for (let depth = 1; depth <= s.num_layers; depth++) {
      const own = [s.hidden_size];
      if (s.return_sequences || depth < s.num_layers) own.push("return_sequences=True");
      if (!s.bias) own.push("use_bias=False");
      if (!s.reset_after) own.push("reset_after=False");
      const layer = `keras.layers.${s.layer}(${own.join(", ")})`;
      lines.push(s.bidirectional ? `keras.layers.Bidirectional(${layer})` : layer);
    }
    return lines.join("\n");
  }

  // One row a weight; layers and directions that have the same shapes share a row.
  function table(s, told) {
    const rows = new Map();
    for (const [name, sizes] of Object.entries(told.weights)) {
      const [, deep, kind] =
        s.framework === "keras"
          ? name.match(/^layer (\d+) (?:forward |backward )?(.*)$/)
          : [name, Number(name.match(/_l(\d+)/)[1]) + 1, name.replace(/_l\d+(_reverse)?$/, "")];
      const key = `${kind} ${sizes}`;
      if (!rows.has(key)) rows.set(key, { kind, sizes, layers: new Set(), count: 0 });
      const row = rows.get(key);
      row.layers.add(Number(deep));
      row.count += 1;
    }
    const lines = [...rows.values()].map(({ kind, sizes, layers, count }) => {
      const [first, last] = [Math.min(...layers), Math.max(...layers)];
      const found = { first, last, kind, count };
      const one = first === last;
      const name =
        count > 1
          ? one
            ? say("layer {first} {kind}, {count} of them", found)
            : say("layers {first} to {last} {kind}, {count} of them", found)
          : say("layer {first} {kind}", found);
      return [name, shape(sizes), grouped(count * product(sizes))];
    });
    lines.push([say("all weights"), "", grouped(told.parameters)]);
    const body = root.querySelector("tbody");
    body.replaceChildren(
      ...lines.map((texts) => {
        const row = document.createElement("tr");
        row.append(
          ...texts.map((text) => {
            const cell = document.createElement("td");
            cell.textContent = text;
            return cell;
          }),
        );
        return row;
      }),
    );
  }

  function sync() {
    const s = setting();
    for (const node of root.querySelectorAll("[data-applies]")) {
      const [framework, layer] = node.dataset.applies.split(" ");
      node.hidden = framework !== s.framework || (layer !== undefined && layer !== s.layer);
    }
    root.querySelector(".live-code").textContent = code(s);
    table(s, shapes(s));
  }

  function read() {
    const s = setting();
    const told = shapes(s);
    const inKeras = s.framework === "keras";
    const names = Object.keys(told.states);
    const held = {
      shapes: listed([...new Set(Object.values(told.states).map(shape))]),
      states: names.length,
      names: listed(names),
    };
    const ends = { input: shape(told.input), output: shape(told.output), size: told.output.at(-1) };
    return [
      inKeras && !s.return_sequences
        ? say("In goes {input}, out comes {output}: one vector of {size} for each sequence.", ends)
        : say("In goes {input}, out comes {output}: one vector of {size} for each step of each sequence.", ends),
      !inKeras
        ? say("At the end it holds {names} of shape {shapes}.", held)
        : names.length > 1
          ? say("At the end it holds {states} states of shape {shapes}.", held)
          : say("At the end it holds 1 state of shape {shapes}.", held),
      say("It has {parameters} numbers to learn, however many steps and sequences there are.", {
        parameters: grouped(told.parameters),
      }),
    ].join(" ");
  }

  // --- Drawing: steps from left to right, layers one above the other ---

  function draw(svg, box) {
    const s = setting();
    const told = shapes(s);
    const ways = s.bidirectional ? 2 : 1;
    const rows = s.num_layers * ways;
    const labels = s.steps > 4 ? ["1", "2", "…", String(s.steps)] : Array.from({ length: s.steps }, (_, k) => String(k + 1));
    const left = 104;
    const right = box.width - 56;
    const columns = labels.map((_, k) => left + ((k + 0.5) * (right - left)) / labels.length);
    const [top, bottom] = [58, box.height - 58];
    const pitch = (bottom - top) / rows;
    const half = {
      x: Math.min(26, (right - left) / labels.length / (ways + 2)),
      y: Math.min(17, pitch * (ways === 2 ? 0.27 : 0.34)),
    };
    const middle = (row) => bottom - (row + 0.5) * pitch;
    const network = { LSTM: "lstm", GRU: "gru", SimpleRNN: "rnn" }[s.layer];
    const everyStep = s.return_sequences || s.framework === "torch";
    const dots = labels.indexOf("…");
    const stroke = (d, key, width = 2, more = {}) => el("path", { d, fill: "none", stroke: colour(key), "stroke-width": width, ...more });
    const head = (x, y, dx, dy, key) =>
      el("path", { d: `M${round(x)} ${round(y)}l${-7 * dx - 4 * dy} ${-7 * dy - 4 * dx}l${8 * dy} ${8 * dx}Z`, fill: colour(key) });

    // Upwards: what goes in at every step and from layer to layer, and what is returned. With both
    // directions it goes past the forward box too, and the two outputs meet above the backward one.
    const space = pitch - 2 * half.y;
    const past = half.x + Math.min(14, ((right - left) / labels.length - 2 * half.x) / 3);
    const side = half.x / 2;
    const last = columns.length - 1;
    const steps = columns.filter((_, k) => k !== dots);
    for (let depth = 0; depth < s.num_layers; depth++) {
      const key = depth ? "hidden" : "input_data";
      const [first, second] = [middle(depth * ways), middle(depth * ways + ways - 1)];
      const [fork, between] = [first + half.y + 0.4 * space, (first + second) / 2];
      const meet = second - half.y - (ways === 2 ? 0.3 * space : 0);
      const from = depth ? middle(depth * ways - 1) - half.y - (ways === 2 ? 0.3 * space : 0) : bottom + 22;
      const ends = depth === s.num_layers - 1;
      for (const x of steps) {
        svg.append(stroke(line([[x, from], [x, first]]), key), head(x, first + half.y, 0, -1, key));
        const forward = !ends || everyStep || x === columns[last];
        const backward = ways === 2 && (!ends || everyStep || x === columns[0]);
        if (ways === 2) {
          const way = [[x, fork], [x - past, fork], [x - past, between], [x - side, between], [x - side, second]];
          svg.append(stroke(line(way), key), head(x - side, second + half.y, 0, -1, key));
        }
        if (ways === 2 && forward) {
          const way = [[x + side, first], [x + side, between], [x + past, between], [x + past, meet], [x, meet]];
          svg.append(stroke(line(way), "hidden"));
        }
        if (backward) svg.append(stroke(line([[x, second], [x, meet]]), "hidden"));
        if (!ends || !(forward || backward)) continue;
        svg.append(stroke(line([[x, meet], [x, top - 20]]), "hidden"), head(x, top - 24, 0, -1, "hidden"));
      }
    }

    // Along time: each state from step to step, and out at the end.
    const tracks = s.layer === "LSTM" ? [["cell", -half.y * 0.38, 3.2], ["hidden", half.y * 0.38, 2]] : [["hidden", 0, 2]];
    for (let row = 0; row < rows; row++) {
      const back = ways === 2 && row % 2 === 1;
      const y = middle(row);
      const last = s.num_layers * ways - ways;
      const ends = back ? [columns.at(-1), columns[0] - half.x - 16] : [columns[0], columns.at(-1) + half.x + 16];
      for (const [key, shift, width] of tracks) {
        svg.append(stroke(line([[ends[0], y + shift], [ends[1], y + shift]]), key, width));
        svg.append(head(ends[1] + (back ? -4 : 4), y + shift, back ? -1 : 1, 0, key));
      }
      columns.forEach((x, k) => {
        if (k === dots) {
          svg.append(el("rect", { x: x - 12, y: y - half.y, width: 24, height: 2 * half.y, fill: "var(--live-paper)" }));
          svg.append(words(x, y + 4, "…", { "text-anchor": "middle" }));
          return;
        }
        const frame = { x: x - half.x, y: y - half.y, width: 2 * half.x, height: 2 * half.y, rx: 5 };
        svg.append(el("rect", { ...frame, class: "layer", style: `--part:${colour(network)}`, stroke: colour(network), "stroke-width": 2 }));
      });
      const name = s.layer === "LSTM" ? "h, c" : "h";
      const outside = back ? { x: columns[0] - half.x - 24, anchor: "end" } : { x: columns.at(-1) + half.x + 24, anchor: "start" };
      svg.append(words(outside.x, y + 4, name, { "text-anchor": outside.anchor, class: row >= last ? null : "small" }));
    }
    for (let depth = 0; depth < s.num_layers; depth++) {
      svg.append(words(0, (middle(depth * ways) + middle(depth * ways + ways - 1)) / 2 + 4, say("layer {layer}", { layer: depth + 1 })));
    }
    columns.forEach((x, k) => {
      if (k !== dots) svg.append(words(x, bottom + 36, say("step {step}", { step: labels[k] }), { "text-anchor": "middle", class: "small" }));
    });
    const centre = { "text-anchor": "middle", class: "shape" };
    svg.append(words(box.width / 2, 14, say("output {shape}", { shape: shape(told.output) }), centre));
    svg.append(words(box.width / 2, box.height - 5, say("input {shape}", { shape: shape(told.input) }), centre));
  }

  function changed(name) {
    // What a projection leaves must be less than what it has.
    if (values.proj_size >= values.hidden_size) live.put("proj_size", values.hidden_size - 1);
    sync();
  }

  live.shapes = shapes; // for the tests, which compare with Python
  sync();
  return { draw, read, changed, state: () => ({ setting: setting(), ...shapes(setting()) }) };
}

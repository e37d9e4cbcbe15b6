// What every live figure shares: numbers in words, drawing, controls. It is written into each
// figure's script, with those of the other files that the figure's function names in `uses`.
"use strict";

// --- Words ---

// A message in the reader's language, each {name} in it replaced by the value of that name. What is
// translated stands in WORDS, a table that page.py writes between this file and the figure's own.
// Messages are found in the scripts as the literal in double quotes right after `say(`, which is
// not sought within another call of it. A word for which other languages need to know the sense
// has that before a bar: "counted|step".
function say(message, values = {}) {
  const text = WORDS[message] ?? message.replace(/^\w+\|/, "");
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// a, b and c
function listed(things) {
  if (things.length < 2) return things.join("");
  return say("{some} and {last}", { some: things.slice(0, -1).join(", "), last: things.at(-1) });
}

// About how wide a small text is, in pixels: a Hangul syllable is as wide as it is high.
function widthOf(text) {
  return round([...text].reduce((sum, c) => sum + (c < "ᄀ" ? 6.4 : 12), 0));
}

// --- Numbers in words ---

// A number with this many decimals, a true minus sign, and never "−0".
function fixed(x, decimals = 2) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? say("not a number") : x > 0 ? "∞" : "−∞";
  const text = Math.abs(x).toFixed(decimals);
  return (x < 0 && Number(text) !== 0 ? "−" : "") + text;
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
  const tell = (text) => {
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
    tell(figure.read());
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

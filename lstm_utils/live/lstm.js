// The LSTM forward, one sequence at a time, as lstm_utils.cells has it.
//
// Weights { D, H, W: 4H·(H + D), b: 4H }, flat, row after row: forget, input, candidate, output;
// columns [h, x]. A sequence x is T·D numbers; states h and c are (T + 1)·H, the first H the
// initial ones.

const sigmoid = (z) => 0.5 * (1 + Math.tanh(0.5 * z));

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

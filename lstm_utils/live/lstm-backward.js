// The LSTM's way back through time, for a trace of lstm.js.

// dh: T·H, what the loss says directly about each output; `dcLast` (H), what it says about the
// last cell state. `onStep(t, dh, dc)` hears the gradient with respect to both states before t.
function lstmBackward(p, trace, dh, dcLast = null, onStep = null) {
  const { D, H } = p;
  const { T, x, f, i, g, o, c, h } = trace;
  const grads = {
    W: new Float64Array(p.W.length),
    b: new Float64Array(4 * H),
    x: new Float64Array(T * D),
  };
  let later = new Float64Array(H);
  const dc = Float64Array.from(dcLast ?? new Float64Array(H));
  const dz = new Float64Array(4 * H);
  for (let t = T - 1; t >= 0; t--) {
    for (let j = 0; j < H; j++) {
      const at = t * H + j;
      const squashed = Math.tanh(c[at + H]);
      const dhNow = dh[at] + later[j];
      dc[j] += dhNow * o[at] * (1 - squashed * squashed);
      dz[j] = dc[j] * c[at] * f[at] * (1 - f[at]);
      dz[H + j] = dc[j] * g[at] * i[at] * (1 - i[at]);
      dz[2 * H + j] = dc[j] * i[at] * (1 - g[at] * g[at]);
      dz[3 * H + j] = dhNow * squashed * o[at] * (1 - o[at]);
      dc[j] *= f[at];
    }
    later = new Float64Array(H);
    for (let row = 0; row < 4 * H; row++) {
      const start = row * (H + D);
      const d = dz[row];
      grads.b[row] += d;
      for (let k = 0; k < H; k++) {
        grads.W[start + k] += d * h[t * H + k];
        later[k] += d * p.W[start + k];
      }
      for (let k = 0; k < D; k++) {
        grads.W[start + H + k] += d * x[t * D + k];
        grads.x[t * D + k] += d * p.W[start + H + k];
      }
    }
    onStep?.(t, later, dc);
  }
  return { ...grads, h0: later, c0: dc };
}

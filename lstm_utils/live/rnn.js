// The plain RNN forward and backward, one sequence at a time, as lstm_utils.cells has it.
//
// Weights { D, H, W_xh: H·D, W_hh: H·H, b: H }, flat, row after row. A sequence x is T·D numbers;
// the states h are (T + 1)·H, the first H the initial ones.

function rnnForward(p, x, h0 = null) {
  const { D, H } = p;
  const T = x.length / D;
  const h = new Float64Array((T + 1) * H);
  if (h0) h.set(h0);
  for (let t = 0; t < T; t++) {
    for (let j = 0; j < H; j++) {
      let a = p.b[j];
      for (let d = 0; d < D; d++) a += p.W_xh[j * D + d] * x[t * D + d];
      for (let k = 0; k < H; k++) a += p.W_hh[j * H + k] * h[t * H + k];
      h[(t + 1) * H + j] = Math.tanh(a);
    }
  }
  return { T, x, h };
}

// dh: T·H, what the loss says directly about each output. `onStep(t, dh)` hears the whole
// gradient with respect to the state before step t.
function rnnBackward(p, trace, dh, onStep = null) {
  const { D, H } = p;
  const { T, x, h } = trace;
  const grads = {
    W_xh: new Float64Array(H * D),
    W_hh: new Float64Array(H * H),
    b: new Float64Array(H),
    x: new Float64Array(T * D),
  };
  let later = new Float64Array(H);
  for (let t = T - 1; t >= 0; t--) {
    const before = new Float64Array(H);
    for (let j = 0; j < H; j++) {
      const state = h[(t + 1) * H + j];
      const delta = (dh[t * H + j] + later[j]) * (1 - state * state);
      grads.b[j] += delta;
      for (let d = 0; d < D; d++) {
        grads.W_xh[j * D + d] += delta * x[t * D + d];
        grads.x[t * D + d] += delta * p.W_xh[j * D + d];
      }
      for (let k = 0; k < H; k++) {
        grads.W_hh[j * H + k] += delta * h[t * H + k];
        before[k] += delta * p.W_hh[j * H + k];
      }
    }
    later = before;
    onStep?.(t, later);
  }
  return { ...grads, h0: later };
}

"""The RNN and the LSTM in NumPy: parameters, one step, a whole sequence, and the way back.

Arrays are batch first, as on the page: B sequences, T time steps, D inputs, H hidden units.
Inside, the loops run over time-major arrays, so that each step touches one block of memory; the
products with the inputs, and the sums for the weights, are taken for all steps at once.

Every argument may be anything that holds real numbers: see `lstm_utils.inputs.as_floats`. What does
not, or in a shape that does not fit, is a TypeError or a ValueError that names it. Results have the
widest float type among the arguments and the weights; integers take the weights' type. Weights and
traces may hold NaN, as they do when training diverges; what is read may not.
"""

from dataclasses import dataclass

import numpy as np

from lstm_utils.inputs import as_float_type, as_floats, as_real, as_rng, as_whole, of_kind

GATES = ("forget", "input", "candidate", "output")
"""Order of the row blocks in ``LSTMParameters.W`` and ``LSTMParameters.b``."""


def sigmoid(z):
    """Logistic function 1 / (1 + exp(−z)), elementwise, without overflow for any finite z.

    Written with tanh, which saturates instead of overflowing: σ(z) = (1 + tanh(z/2)) / 2.
    Exact to one unit of rounding below 1, so that it is 0 where z is under about −37.
    """
    return 0.5 * (1.0 + np.tanh(0.5 * as_floats(z, "z", finite=False)))


class _Record:
    """Named arrays. Two records of one class are equal if all their arrays are."""

    def __eq__(self, other):
        if type(self) is not type(other):
            return NotImplemented
        return all(map(np.array_equal, vars(self).values(), vars(other).values()))

    __hash__ = None

    def _set_floats(self, **shapes):
        """Make the arrays floats of one type."""
        arrays = {
            name: as_floats(getattr(self, name), name, shape, finite=False)
            for name, shape in shapes.items()
        }
        dtype = np.result_type(*arrays.values())
        for name, array in arrays.items():
            object.__setattr__(self, name, array.astype(dtype, copy=False))


@dataclass(frozen=True, eq=False)
class RNNParameters(_Record):
    """Weights of a simple (Elman) RNN: h_t = tanh(W_xh x_t + W_hh h_{t−1} + b).

    Parameters
    ----------
    W_xh : ndarray, shape (H, D)
    W_hh : ndarray, shape (H, H)
    b : ndarray, shape (H,)
    """

    W_xh: np.ndarray
    W_hh: np.ndarray
    b: np.ndarray

    def __post_init__(self):
        self._set_floats(W_xh=("H", "D >= 1"), W_hh=("H", "H"), b=("H >= 1",))
        hidden = self.b.shape[0]
        if self.W_hh.shape != (hidden, hidden) or len(self.W_xh) != hidden:
            raise ValueError(
                "b must have shape (H,), W_hh (H, H) and W_xh (H, D); got "
                f"{self.b.shape}, {self.W_hh.shape} and {self.W_xh.shape}"
            )

    @property
    def input_size(self):
        return self.W_xh.shape[1]

    @property
    def hidden_size(self):
        return self.b.shape[0]

    @property
    def n_parameters(self):
        return self.W_xh.size + self.W_hh.size + self.b.size

    @property
    def dtype(self):
        return self.b.dtype

    def astype(self, dtype):
        """The same weights in float32 or float64."""
        dtype = as_float_type(dtype)
        return RNNParameters(*(a.astype(dtype) for a in (self.W_xh, self.W_hh, self.b)))


@dataclass(frozen=True, eq=False)
class LSTMParameters(_Record):
    """Weights of an LSTM layer, acting on the concatenation [h_{t−1}, x_t].

    Parameters
    ----------
    W : ndarray, shape (4H, H + D)
        Row blocks in the order of `GATES`; the first H columns act on h_{t−1}.
    b : ndarray, shape (4H,)
    """

    W: np.ndarray
    b: np.ndarray

    def __post_init__(self):
        self._set_floats(W=("4H >= 1", "H + D"), b=("4H",))
        rows, columns = self.W.shape
        if rows % 4 or len(self.b) != rows or columns <= rows // 4:
            raise ValueError(
                "b must have shape (4H,) and W (4H, H + D), D >= 1; got "
                f"{self.b.shape} and {self.W.shape}"
            )

    @property
    def hidden_size(self):
        return self.b.shape[0] // 4

    @property
    def input_size(self):
        return self.W.shape[1] - self.hidden_size

    @property
    def n_parameters(self):
        return self.W.size + self.b.size

    @property
    def W_h(self):
        """The columns that act on h_{t−1}: a view, shape (4H, H)."""
        return self.W[:, : self.hidden_size]

    @property
    def W_x(self):
        """The columns that act on x_t: a view, shape (4H, D)."""
        return self.W[:, self.hidden_size :]

    @property
    def dtype(self):
        return self.b.dtype

    def astype(self, dtype):
        """The same weights in float32 or float64."""
        dtype = as_float_type(dtype)
        return LSTMParameters(self.W.astype(dtype), self.b.astype(dtype))


def init_rnn(input_size, hidden_size, rng, scale=None):
    """`RNNParameters`, uniform in ±scale (default 1/√H, PyTorch's choice), biases zero.

    `rng` is a `numpy.random.Generator` or a seed.
    """
    draw = _uniform(input_size, hidden_size, rng, scale)
    return RNNParameters(
        draw(hidden_size, input_size), draw(hidden_size, hidden_size), np.zeros(hidden_size)
    )


def init_lstm(input_size, hidden_size, rng, forget_bias=0.0, scale=None, dtype=np.float64):
    """`LSTMParameters`, uniform in ±scale (default 1/√H), biases zero but the forget gate's.

    A forget bias of 1 is the advice of Jozefowicz et al. (2015), and Keras's default.
    """
    W = _uniform(input_size, hidden_size, rng, scale)(4 * hidden_size, hidden_size + input_size)
    b = np.zeros(4 * hidden_size)
    b[:hidden_size] = as_floats(forget_bias, "forget_bias", (), (hidden_size,))
    return LSTMParameters(W, b).astype(dtype)


def _uniform(input_size, hidden_size, rng, scale):
    """A function that draws arrays of a given shape, uniform in ±scale."""
    for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
        as_whole(size, name, 1)
    rng = as_rng(rng)
    scale = hidden_size**-0.5 if scale is None else as_real(scale, "scale", 0, 1e300)
    return lambda *shape: rng.uniform(-scale, scale, shape)


# --- The simple RNN ----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class RNNTrace(_Record):
    """What a forward pass leaves behind: x (B, T, D) and h (B, T + 1, H), with h[:, 0] = h0."""

    x: np.ndarray
    h: np.ndarray

    def __post_init__(self):
        self._set_floats(x=("batch", "time", "D"), h=("batch", "time + 1", "H"))


@dataclass(frozen=True, eq=False)
class RNNGradients(_Record):
    """∂E/∂ each weight (as RNNParameters), ∂E/∂x (B, T, D) and ∂E/∂h0 (B, H)."""

    params: RNNParameters
    x: np.ndarray
    h0: np.ndarray


def rnn_forward(params, x, h0=None):
    """Run an RNN over whole sequences.

    Parameters
    ----------
    params : RNNParameters
    x : ndarray, shape (B, T, D)
    h0 : ndarray, shape (B, H), optional
        The state before the first step; zeros if not given.

    Returns
    -------
    RNNTrace
    """
    x, h0 = _inputs(RNNParameters, params, x, h0=h0)
    batch, steps, _ = x.shape
    h = _states(steps, batch, params.hidden_size, x.dtype, h0)
    drive = np.ascontiguousarray(x.swapaxes(0, 1)) @ params.W_xh.T + params.b
    W_hh_T = np.ascontiguousarray(params.W_hh.T)
    for t in range(steps):
        h[t + 1] = np.tanh(drive[t] + h[t] @ W_hh_T)
    return RNNTrace(x, h.swapaxes(0, 1))


def rnn_backward(params, trace, dh):
    """Backpropagation through time for the RNN.

    Parameters
    ----------
    params : RNNParameters
    trace : RNNTrace
        From `rnn_forward` with the same parameters.
    dh : ndarray, shape (B, T, H)
        What the loss says directly about each step's output: dh[:, t] is the derivative with
        respect to ``trace.h[:, t + 1]`` that does not pass through later steps.

    Returns
    -------
    RNNGradients
        Sums over the batch and over time for the weights.

    Notes
    -----
    Werbos (1990). With a_t the argument of tanh, δ_t = ∂E/∂a_t obeys
    δ_t = (1 − h_t²) ∘ (dh_t + W_hhᵀ δ_{t+1}).
    """
    trace, dh, _ = _traced(RNNParameters, params, trace, dh)
    h, dh = trace.h.swapaxes(0, 1), dh.swapaxes(0, 1)
    slope = 1.0 - h[1:] ** 2
    delta = np.empty_like(slope)
    from_later = np.zeros_like(h[0])
    for t in reversed(range(len(dh))):
        delta[t] = (dh[t] + from_later) * slope[t]
        from_later = delta[t] @ params.W_hh
    flat = delta.reshape(-1, params.hidden_size)
    weights = RNNParameters(
        flat.T @ _rows(trace.x),
        flat.T @ _rows(trace.h[:, :-1]),
        flat.sum(axis=0),
    )
    return RNNGradients(weights, (delta @ params.W_xh).swapaxes(0, 1), from_later)


# --- The LSTM ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class LSTMStep(_Record):
    """Every value inside one step: gates f, i, o, candidate g, new states c and h, each (B, H)."""

    f: np.ndarray
    i: np.ndarray
    g: np.ndarray
    o: np.ndarray
    c: np.ndarray
    h: np.ndarray


@dataclass(frozen=True, eq=False)
class LSTMTrace(_Record):
    """A forward pass, opened: x (B, T, D); f, i, g, o (B, T, H); c, h (B, T + 1, H).

    c[:, 0] and h[:, 0] are the initial states, so h[:, 1:] is the layer's output.
    """

    x: np.ndarray
    f: np.ndarray
    i: np.ndarray
    g: np.ndarray
    o: np.ndarray
    c: np.ndarray
    h: np.ndarray

    def __post_init__(self):
        outputs = dict.fromkeys("figo", ("batch", "time", "H"))
        states = dict.fromkeys("ch", ("batch", "time + 1", "H"))
        self._set_floats(x=("batch", "time", "D"), **outputs, **states)


@dataclass(frozen=True, eq=False)
class LSTMGradients(_Record):
    """∂E/∂ the weights (as LSTMParameters), ∂E/∂x (B, T, D), ∂E/∂h0 and ∂E/∂c0 (B, H)."""

    params: LSTMParameters
    x: np.ndarray
    h0: np.ndarray
    c0: np.ndarray


def lstm_step(params, x, h, c):
    """One step of the LSTM, with every intermediate value.

    Parameters
    ----------
    params : LSTMParameters
    x : ndarray, shape (B, D) or (D,)
    h, c : ndarray, shape (B, H) or (H,)
        Hidden state and cell state before the step.

    Returns
    -------
    LSTMStep

    Notes
    -----
    Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000)::

        f, i, o = σ(W_f [h, x] + b_f), σ(W_i [h, x] + b_i), σ(W_o [h, x] + b_o)
        g       = tanh(W_g [h, x] + b_g)
        c_new   = f ∘ c + i ∘ g
        h_new   = o ∘ tanh(c_new)
    """
    of_kind(params, "params", LSTMParameters)
    sizes = params.input_size, params.hidden_size
    x = as_floats(x, "x", ("batch", sizes[0]), sizes[:1], whole=params.dtype)
    h, c = (
        as_floats(state, name, (*x.shape[:-1], sizes[1]), whole=params.dtype)
        for name, state in (("h", h), ("c", c))
    )
    x, h, c = _widened(params, x, h, c)
    z = np.concatenate([h, x], axis=-1) @ params.W.T + params.b
    z_f, z_i, z_g, z_o = np.split(z, 4, axis=-1)
    f, i, g, o = sigmoid(z_f), sigmoid(z_i), np.tanh(z_g), sigmoid(z_o)
    c_new = f * c + i * g
    return LSTMStep(f, i, g, o, c_new, o * np.tanh(c_new))


def lstm_forward(params, x, h0=None, c0=None):
    """Run an LSTM over whole sequences.

    Parameters
    ----------
    params : LSTMParameters
    x : ndarray, shape (B, T, D)
    h0, c0 : ndarray, shape (B, H), optional
        The states before the first step; zeros if not given.

    Returns
    -------
    LSTMTrace
    """
    x, h0, c0 = _inputs(LSTMParameters, params, x, h0=h0, c0=c0)
    batch, steps, _ = x.shape
    h = _states(steps, batch, params.hidden_size, x.dtype, h0)
    c = _states(steps, batch, params.hidden_size, x.dtype, c0)
    f, i, g, o = np.empty((4, *h[1:].shape), dtype=x.dtype)
    drive = _rows(x) @ params.W_x.T + params.b
    drive = drive.reshape(steps, batch, 4 * params.hidden_size)
    W_h_T = np.ascontiguousarray(params.W_h.T)
    for t in range(steps):
        z_f, z_i, z_g, z_o = np.split(drive[t] + h[t] @ W_h_T, 4, axis=-1)
        f[t], i[t], g[t], o[t] = sigmoid(z_f), sigmoid(z_i), np.tanh(z_g), sigmoid(z_o)
        c[t + 1] = f[t] * c[t] + i[t] * g[t]
        h[t + 1] = o[t] * np.tanh(c[t + 1])
    return LSTMTrace(x, *(a.swapaxes(0, 1) for a in (f, i, g, o, c, h)))


def lstm_backward(params, trace, dh, dc_last=None):
    """Backpropagation through time for the LSTM.

    Parameters
    ----------
    params : LSTMParameters
    trace : LSTMTrace
        From `lstm_forward` with the same parameters.
    dh : ndarray, shape (B, T, H)
        Direct derivative of the loss with respect to each step's output ``trace.h[:, t + 1]``.
    dc_last : ndarray, shape (B, H), optional
        Direct derivative with respect to the last cell state, if the loss reads it.

    Returns
    -------
    LSTMGradients
        Sums over the batch and over time for the weights.

    Notes
    -----
    The cell state receives a gradient from the output of its own step and from the next cell
    state: ∂E/∂c_t = ∂E/∂h_t ∘ o_t ∘ (1 − tanh² c_t) + ∂E/∂c_{t+1} ∘ f_{t+1}. The second term
    is the path that a gate can hold open.
    """
    trace, dh, dc_last = _traced(LSTMParameters, params, trace, dh, dc_last)
    f, i, g, o, c, h, dh = (
        a.swapaxes(0, 1) for a in (trace.f, trace.i, trace.g, trace.o, trace.c, trace.h, dh)
    )
    tanh_c = np.tanh(c[1:])
    dz = np.empty((*f.shape[:2], 4 * params.hidden_size), dtype=h.dtype)
    dh_later = np.zeros_like(h[0])
    dc_later = np.zeros_like(h[0]) if dc_last is None else dc_last
    for t in reversed(range(len(dh))):
        dh_t = dh[t] + dh_later
        dc_t = dh_t * o[t] * (1.0 - tanh_c[t] ** 2) + dc_later
        dz_f = dc_t * c[t] * f[t] * (1.0 - f[t])
        dz_i = dc_t * g[t] * i[t] * (1.0 - i[t])
        dz_g = dc_t * i[t] * (1.0 - g[t] ** 2)
        dz_o = dh_t * tanh_c[t] * o[t] * (1.0 - o[t])
        dz[t] = np.concatenate([dz_f, dz_i, dz_g, dz_o], axis=-1)
        dh_later = dz[t] @ params.W_h
        dc_later = dc_t * f[t]
    dz = dz.reshape(-1, 4 * params.hidden_size)
    dW = dz.T @ np.concatenate([_rows(trace.h[:, :-1]), _rows(trace.x)], axis=1)
    dx = (dz @ params.W_x).reshape(*dh.shape[:2], params.input_size).swapaxes(0, 1)
    return LSTMGradients(LSTMParameters(dW, dz.sum(axis=0)), dx, dh_later, dc_later)


# --- Shared by both ----------------------------------------------------------------------


def _rows(x):
    """All steps below each other, (T · B, D), for one product instead of T."""
    return x.swapaxes(0, 1).reshape(-1, x.shape[2])


def _states(steps, batch, hidden_size, dtype, initial):
    """Room for the states of every step, time first, with the initial one filled in."""
    states = np.empty((steps + 1, batch, hidden_size), dtype=dtype)
    states[0] = 0.0 if initial is None else initial
    return states


def _widened(params, *arrays):
    """Arrays (None stays) in the widest float type among them and the weights."""
    given = [a for a in arrays if a is not None]
    dtype = np.result_type(params.dtype, *given)
    return [a if a is None else a.astype(dtype, copy=False) for a in arrays]


def _inputs(kind, params, x, **initial_states):
    """What a forward pass reads, checked and in one float type."""
    of_kind(params, "params", kind)
    x = as_floats(x, "x", ("batch", "time", params.input_size), whole=params.dtype)
    x = x.copy()  # the trace keeps it, whatever the caller writes into the array next
    shape = (len(x), params.hidden_size)
    states = [
        state if state is None else as_floats(state, name, shape, whole=params.dtype)
        for name, state in initial_states.items()
    ]
    return _widened(params, x, *states)


def _traced(kind, params, trace, dh, dc_last=None):
    """What a backward pass reads, checked, each part against the others, and in one float type."""
    of_kind(params, "params", kind)
    of_kind(trace, "trace", LSTMTrace if kind is LSTMParameters else RNNTrace)
    batch, steps, _ = trace.x.shape
    hidden = params.hidden_size
    for name, array in vars(trace).items():
        size = params.input_size if name == "x" else hidden
        shape = (batch, steps + (name in ("c", "h")), size)
        as_floats(array, f"trace.{name}", shape, finite=False)
    dh = as_floats(dh, "dh", (batch, steps, hidden), whole=params.dtype)
    if dc_last is not None:
        dc_last = as_floats(dc_last, "dc_last", (batch, hidden), whole=params.dtype)
    *arrays, dh, dc_last = _widened(params, *vars(trace).values(), dh, dc_last)
    return type(trace)(*arrays), dh, dc_last

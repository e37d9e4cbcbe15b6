// NumPy's PCG64 from its state and increment (decimal strings): returns rng.random().
function pcg64(state, increment) {
  const word = (1n << 64n) - 1n;
  const wide = (1n << 128n) - 1n;
  let s = BigInt(state);
  const step = BigInt(increment);
  return () => {
    s = (s * 0x2360ed051fc65da44385df649fccf645n + step) & wide;
    const mixed = (s >> 64n) ^ (s & word);
    const turn = s >> 122n;
    const bits = ((mixed >> turn) | (mixed << (64n - turn))) & word;
    return Number(bits >> 11n) / 9007199254740992;
  };
}

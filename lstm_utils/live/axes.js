// For axes that go far: numbers of any size in words, and round numbers for ticks.

function superscript(integer) {
  return [...String(integer)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
}

function powerOfTen(exponent) {
  return exponent === 0 ? "1" : exponent === 1 ? "10" : "10" + superscript(exponent);
}

// A number of any size in this many digits: 0.0213, 41, 3.1 × 10⁻⁷.
function short(x, digits = 2) {
  if (x === 0 || !Number.isFinite(x)) return fixed(x, 0);
  const [mantissa, exponent] = Math.abs(x).toExponential(digits - 1).split("e");
  const sign = x < 0 ? "−" : "";
  if (exponent < -3 || exponent > 4) {
    return `${sign}${mantissa} × ${powerOfTen(Number(exponent))}`;
  }
  return sign + Number(`${mantissa}e${exponent}`).toFixed(Math.max(0, digits - 1 - exponent));
}

// Round numbers between low and high, about `count` of them.
function ticks(low, high, count = 5) {
  const raw = (high - low) / count;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * [1, 2, 5, 10].find((m) => m * unit >= raw * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
    found.push(Number((k * step).toPrecision(12)));
  }
  return found;
}

// Numbers that Python sends.

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

// Little-endian float32 or float64 in base64, as Float64Array.
function floatsOf(base64, kind = "float32") {
  const bytes = bytesOf(base64).buffer;
  return Float64Array.from(kind === "float64" ? new Float64Array(bytes) : new Float32Array(bytes));
}

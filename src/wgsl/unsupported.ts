// What our kernels cannot compute (yet). Whoever compiles a graph catches this and gives the graph to onnxruntime.
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
}

// How large a single weight may be.

/**
 * Elements: below 2 GiB in float32, which is as much as one buffer of most graphics cards holds; onnxruntime's wasm counts
 * offsets within a file in 32 bits. SDXL's largest has an eighth of it.
 */
export const MAX_WEIGHT_ELEMENTS = 2 ** 29 - 1;

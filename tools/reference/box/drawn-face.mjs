// A face drawn in a few smooth shapes, for what finds faces to be tried on: nobody's.

const smooth = (edge, x) => Math.min(1, Math.max(0, 0.5 - (x - 1) * edge));

/** RGB bytes, [side, side, 3]; a face of about half the side, tilted. */
export function drawnFace(side) {
  const picture = new Uint8Array(side * side * 3);
  const [cos, sin] = [Math.cos(0.12), Math.sin(0.12)];
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      // From the middle of the face, in parts of its height.
      const [a, b] = [(x / side - 0.47) / 0.5, (y / side - 0.48) / 0.5];
      const [u, v] = [a * cos + b * sin, b * cos - a * sin];
      let colour = [96 + 60 * (y / side), 118 + 30 * (x / side), 140 - 40 * (y / side)];
      const over = (cover, next) => {
        colour = colour.map((value, c) => value + (next[c] - value) * cover);
      };
      const ellipse = (dx, dy, rx, ry, edge = 12) => smooth(edge, Math.hypot((u - dx) / rx, (v - dy) / ry));
      const both = (dx, dy, rx, ry, edge) =>
        Math.max(ellipse(dx, dy, rx, ry, edge), ellipse(-dx, dy, rx, ry, edge));
      // Shoulders, hair, neck, face.
      over(ellipse(0, 1.15, 0.75, 0.5), [70, 60, 90]);
      over(ellipse(0, -0.12, 0.44, 0.55), [52, 36, 26]);
      over(ellipse(0, 0.5, 0.16, 0.3), [186, 138, 112]);
      const light = 1.05 - 0.35 * u * u - 0.15 * v + 0.12 * u;
      over(ellipse(0, 0, 0.35, 0.48), [212 * light, 162 * light, 134 * light]);
      over(0.35 * both(0.19, 0.13, 0.1, 0.08, 2), [214, 120, 104]);
      // Sockets, brows, eyes.
      over(0.4 * both(0.145, -0.07, 0.11, 0.07, 2), [130, 88, 70]);
      over(0.9 * both(0.15, -0.155, 0.095, 0.02, 3), [60, 42, 32]);
      over(both(0.145, -0.065, 0.075, 0.034, 6), [236, 232, 228]);
      over(both(0.14, -0.065, 0.033, 0.034, 6), [58, 46, 40]);
      over(both(0.134, -0.073, 0.009, 0.009, 3), [250, 250, 250]);
      over(0.8 * both(0.145, -0.098, 0.085, 0.01, 3), [50, 34, 28]);
      // Nose and its shade, mouth.
      over(0.5 * ellipse(0.035, 0.03, 0.022, 0.12, 2), [168, 118, 96]);
      over(0.45 * ellipse(0, 0.135, 0.075, 0.035, 2), [172, 112, 92]);
      over(0.9 * both(0.032, 0.143, 0.017, 0.01, 3), [92, 52, 44]);
      over(0.9 * ellipse(0, 0.262, 0.13, 0.042, 5), [178, 78, 78]);
      over(0.9 * ellipse(0, 0.258, 0.125, 0.008, 3), [104, 38, 40]);
      over(0.3 * ellipse(0, 0.335, 0.08, 0.016, 2), [140, 96, 80]);
      for (let c = 0; c < 3; c += 1)
        picture[(y * side + x) * 3 + c] = Math.round(Math.min(255, Math.max(0, colour[c])));
    }
  }
  return picture;
}

/* darkroom extension
{
  "interface": 1,
  "name": "Film grain",
  "version": "1.0",
  "about": "Lays grain over finished pictures, more of it in their middle tones, as film has it.",
  "wants": ["picture"],
  "controls": [
    { "kind": "number", "key": "amount", "label": "Amount", "min": 0, "max": 1, "step": 0.01, "default": 0.25 },
    { "kind": "checkbox", "key": "coloured", "label": "Coloured", "default": false },
    { "kind": "number", "key": "seed", "label": "Grain seed", "min": 0, "max": 1000, "step": 1, "default": 0 }
  ]
}
*/
register(({ amount, coloured, seed }) => ({
  picture({ channels, data }) {
    const random = randomFrom(seed);
    for (let at = 0; at < data.length; at += channels) {
      const same = normal(random);
      for (let channel = 0; channel < 3; channel++) {
        const value = data[at + channel];
        // None in black and white, most of it half way.
        const tone = 1 - Math.abs(value / 127.5 - 1);
        const grain = coloured ? normal(random) : same;
        data[at + channel] = Math.max(0, Math.min(255, Math.round(value + 64 * amount * tone * grain)));
      }
    }
    return { data };
  },
}));

/** About normal: the sum of three even numbers, with a deviation of 1/2. */
function normal(random) {
  return random() + random() + random() - 1.5;
}

/** The same numbers from 0 to 1 for the same seed: Mulberry32. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// An object that says when it is changed in place.

/** `state`, with word of every change made in it: of the key at its top. */
export function watched<T extends object>(state: T, onChange: (key: PropertyKey) => void): T {
  return new Proxy(state, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'object' && value !== null ? watched(value, () => onChange(key)) : value;
    },
    set(target, key, value) {
      const done = Reflect.set(target, key, value);
      onChange(key);
      return done;
    },
  });
}

// Which networks are in the GPU's memory. With room for all they stay once they are loaded; in low VRAM mode each is
// released before the next is loaded.

export interface Releasable {
  release(): Promise<void>;
}

export class Residents<Kind extends Releasable = Releasable> {
  /** Low VRAM mode. Takes effect with the next `get`. */
  oneAtATime = false;
  readonly #loaded = new Map<string, Kind>();

  /** The network of this name, loaded by `load` unless it is there. Names belong to one `load` each. */
  async get<T extends Kind>(name: string, load: () => Promise<T>): Promise<T> {
    if (this.oneAtATime) {
      for (const other of [...this.#loaded.keys()]) if (other !== name) await this.release(other);
    }
    const there = this.#loaded.get(name) as T | undefined;
    if (there) return there;
    const made = await load();
    this.#loaded.set(name, made);
    return made;
  }

  /** By name. */
  get loaded(): ReadonlyMap<string, Kind> {
    return this.#loaded;
  }

  /** Lets go of these networks, or of all. Where releasing one fails, the others are released all the same. */
  async release(...names: readonly string[]): Promise<void> {
    const failures: unknown[] = [];
    for (const name of names.length > 0 ? names : [...this.#loaded.keys()]) {
      const network = this.#loaded.get(name);
      this.#loaded.delete(name);
      await network?.release().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

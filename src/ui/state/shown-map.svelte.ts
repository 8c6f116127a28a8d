// A control unit's map on the stage: what its preprocessor makes of a picture, looked at in large.

export interface MadeMap {
  readonly map: Blob;
  /** The preprocessor's. */
  readonly name: string;
  /** What it was made of. */
  readonly picture: Blob;
}

export class ShownMap {
  #shown = $state.raw<{ readonly what: MadeMap; readonly above: string | null } | null>(null);

  /** `above`: the finished picture on the stage, null for none. Once another one is there, the map is not looked at any more. */
  show(what: MadeMap, above: string | null): void {
    this.#shown = { what, above };
  }

  hide(): void {
    this.#shown = null;
  }

  above(picture: string | null): MadeMap | null {
    return this.#shown?.above === picture ? this.#shown.what : null;
  }
}

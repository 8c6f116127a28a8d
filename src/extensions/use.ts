// The extensions that a request uses.
import type { ExtensionValues } from './controls.ts';

/** One that is switched on. */
export interface ExtensionUse {
  /** The extension's. */
  readonly name: string;
  /** Of all of its controls, once a request is prepared; what is left out stands at its default. */
  readonly values: ExtensionValues;
}

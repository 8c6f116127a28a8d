// What a list of upscalers offers: those that need no file, the upscalers of the library, and what is chosen where it is neither.
import { findUpscaler, type NamedUpscaler, type Upscaler } from '../library/upscaler-choice.ts';
import { passes as t } from './strings/passes.ts';

/** What it needs of the page. */
export interface UpscalerShelf {
  readonly upscalers: readonly Upscaler<NamedUpscaler>[];
}

export interface UpscalerOption {
  readonly value: string;
  readonly label: string;
}

/** The option that a value stands for: texts may name a file that is here under another name. */
export function chosenUpscaler(
  { upscalers }: UpscalerShelf,
  builtIn: readonly string[],
  value: string,
): string {
  return builtIn.includes(value) ? value : (findUpscaler(upscalers, value)?.name ?? value);
}

/** In A1111's order: by name after those that need no file. */
export function upscalerChoices(
  shelf: UpscalerShelf,
  builtIn: readonly string[],
  value: string,
): readonly UpscalerOption[] {
  const names = [...builtIn, ...shelf.upscalers.map(({ name }) => name)];
  const known = names.map((name) => ({ value: name, label: name }));
  const chosen = chosenUpscaler(shelf, builtIn, value);
  return names.includes(chosen) ? known : [...known, { value: chosen, label: t.missing(chosen) }];
}

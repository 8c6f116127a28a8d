// What a list of upscalers offers: those that need no file, those of the box, the upscalers of the library, and what is chosen where
// it is none of them.
import { BOXED_UPSCALERS, boxedUpscaler } from '../library/box.ts';
import type { Named, NamedFile } from '../library/named-files.ts';
import { findUpscaler } from '../library/upscaler-choice.ts';
import { passes as t } from './strings/passes.ts';

/** What it needs of the page. */
export interface UpscalerShelf {
  readonly upscalers: readonly Named<NamedFile>[];
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
  if (builtIn.includes(value)) return value;
  return findUpscaler(upscalers, value)?.name ?? boxedUpscaler(value)?.name ?? value;
}

/** In A1111's order: by name after those that need no file. */
export function upscalerChoices(
  shelf: UpscalerShelf,
  builtIn: readonly string[],
  value: string,
): readonly UpscalerOption[] {
  const boxed = BOXED_UPSCALERS.map(({ name }) => name);
  const others = shelf.upscalers.map(({ name }) => name).filter((name) => !boxed.includes(name));
  const names = [...builtIn, ...boxed, ...others];
  const known = names.map((name) => ({ value: name, label: name }));
  const chosen = chosenUpscaler(shelf, builtIn, value);
  return names.includes(chosen) ? known : [...known, { value: chosen, label: t.missing(chosen) }];
}

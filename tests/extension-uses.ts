// Extensions that a request may use, for tests over all of those that are built in.
import fc from 'fast-check';
import type { Control, ControlValue } from '../src/extensions/controls.ts';
import { BUILT_IN } from '../src/extensions/known.ts';
import type { ExtensionUse } from '../src/extensions/use.ts';

export function controlValues(control: Control): fc.Arbitrary<ControlValue> {
  switch (control.kind) {
    case 'number': {
      const { min, max, step } = control;
      const steps = fc.integer({ min: 0, max: Math.floor((max - min) / step) });
      return steps.map((count) => Number((min + count * step).toFixed(6)));
    }
    case 'checkbox':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...control.choices);
    case 'text':
      return fc.constantFrom('', 'a text', 'one, two: "three"');
  }
}

/** Any of those that are built in, with any values. */
export const extensionUses: fc.Arbitrary<readonly ExtensionUse[]> = fc
  .tuple(
    ...BUILT_IN.map(({ name, controls }) => {
      const values = fc.record(
        Object.fromEntries(controls.map((control) => [control.key, controlValues(control)])),
      );
      return fc.option(values.map((known): ExtensionUse => ({ name, values: known })));
    }),
  )
  .map((uses) => uses.filter((use) => use !== null));

// Axes of extensions: each control of each extension, as A1111's extensions name theirs ("[RescaleCFG] Multiplier").
import { controlProblem, type Control, type ControlValue } from '../extensions/controls.ts';
import type { Extension } from '../extensions/interface.ts';
import { knownExtensions } from '../extensions/known.ts';
import { strip } from '../prompt/python-text.ts';
import { TRUTHS, type AxisType } from './axis-type.ts';
import type { AxisValue } from './axis-values.ts';
import { PlotError } from './plot-error.ts';

/** Of those that are known now. */
export function extensionAxes(): readonly AxisType[] {
  return knownExtensions().flatMap((extension) =>
    extension.controls.map((control) => axisOf(extension, control)),
  );
}

/** An extension that is off is on in its cells. */
function axisOf({ name, title }: Extension, control: Control): AxisType {
  const label = `[${title}] ${control.label}`;
  return {
    ...{ label, cost: 0, legend: 'label', tab: null },
    ...kindOf(control),
    apply: (cell, given) => {
      const value = valueOf(control, given);
      const problem = controlProblem(control, value);
      if (problem !== null) throw new PlotError(`${title}: ${problem} It is "${String(given)}".`);
      const { extensions } = cell.request;
      const before = extensions.find((use) => use.name === name)?.values ?? {};
      const use = { name, values: { ...before, [control.key]: value } };
      return {
        ...cell,
        request: { ...cell.request, extensions: [...extensions.filter((one) => one.name !== name), use] },
      };
    },
  };
}

function kindOf(control: Control): Pick<AxisType, 'type' | 'choices'> {
  switch (control.kind) {
    case 'number':
      return { type: Number.isInteger(control.step) ? 'int' : 'float' };
    case 'checkbox':
      return { type: 'str', choices: TRUTHS };
    case 'choice':
      return { type: 'str', choices: control.choices };
    case 'text':
      return { type: 'str' };
  }
}

function valueOf(control: Control, given: AxisValue): ControlValue {
  const text = strip(String(given));
  switch (control.kind) {
    case 'number':
      return Number(given);
    case 'checkbox':
      return text.toLowerCase() === 'true';
    case 'choice':
      return control.choices.find((choice) => choice.toLowerCase() === text.toLowerCase()) ?? text;
    case 'text':
      return String(given);
  }
}

// Axes of extensions: every control of every extension that is built in is one.
import { describe, expect, it } from 'vitest';
import { BUILT_IN, findExtension, install } from '../extensions/known.ts';
import { toldExtension } from '../extensions/own/extension.ts';
import { DEFAULT_PARAMETERS } from '../generation/request/request.ts';
import { axisTypes, findAxis } from './axes.ts';
import { PlotError } from './plot-error.ts';

const cell = { request: DEFAULT_PARAMETERS, styles: [], checkpoint: null };
const context = {
  values: [],
  names: { checkpoint: () => null, vae: () => null, upscaler: () => null, hasStyle: () => false },
};

describe('extensionAxes', () => {
  it('has one for each control, each under a label of its own', () => {
    const labels = axisTypes().map(({ label }) => label);
    expect(new Set(labels).size).toBe(labels.length);
    for (const { title, controls } of BUILT_IN)
      for (const control of controls) expect(labels).toContain(`[${title}] ${control.label}`);
  });

  it('switches the extension on and sets what it varies, and leaves the others as they are', () => {
    const { name, title, controls } = findExtension('RescaleCFG')!;
    const [control] = controls;
    const axis = findAxis(`[${title}] ${control!.label}`)!;
    const others = [{ name: 'Other', values: {} }];
    const request = { ...DEFAULT_PARAMETERS, extensions: others };
    const { request: made } = axis.apply({ ...cell, request }, 0.25, context);
    expect(made.extensions).toEqual([...others, { name, values: { [control!.key]: 0.25 } }]);
    const again = axis.apply({ ...cell, request: made }, 0.5, context).request;
    expect(again.extensions).toEqual([...others, { name, values: { [control!.key]: 0.5 } }]);
    expect(() => axis.apply(cell, 7, context)).toThrow(PlotError);
  });

  it('reads switches, choices and texts of extensions that are installed', () => {
    const controls = [
      { kind: 'checkbox', key: 'on', label: 'On', default: false },
      { kind: 'choice', key: 'how', label: 'How', choices: ['Soft', 'Hard'], default: 'Soft' },
      { kind: 'text', key: 'words', label: 'Words', default: '' },
    ] as const;
    const manifest = { name: 'Own', version: '1', about: '', wants: ['picture'], controls } as const;
    const uninstall = install([toldExtension(manifest)]);
    const set = (label: string, value: string) =>
      findAxis(`[Own] ${label}`)!.apply(cell, value, context).request.extensions[0]!.values;
    expect(set('On', 'true')).toEqual({ on: true });
    expect(set('How', 'hard')).toEqual({ how: 'Hard' });
    expect(set('Words', 'a b')).toEqual({ words: 'a b' });
    expect(() => set('How', 'loud')).toThrow(PlotError);
    uninstall();
    expect(findAxis('[Own] On')).toBeUndefined();
  });
});

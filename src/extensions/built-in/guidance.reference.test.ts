// Extensions that change guidance, each in whole runs of the program that it is of: the numbers, and the text. Which run is an extension's
// is told by its source, its script's arguments, or the node of ComfyUI that it names.
import { describe, expect, it } from 'vitest';
import {
  extensionRuns,
  expectRun,
  nodeOf,
  paintRun,
  type ExtensionRun,
} from '../../../tests/extension-runs.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import { extensionsFromText, extensionsToText } from '../../generation/request/extensions-text.ts';
import { parseInfotext } from '../../generation/request/infotext/parse.ts';
import type { ExtensionValues } from '../controls.ts';
import type { Extension } from '../interface.ts';
import { adaptiveProjectedGuidance } from './adaptive-projected-guidance.ts';
import { cads } from './cads.ts';
import { cfgNorm } from './cfg-norm.ts';
import { cfgSchedule } from './cfg-schedule.ts';
import { cfgZeroStar } from './cfg-zero-star.ts';
import { dynamicThresholding } from './dynamic-thresholding.ts';
import { mahiro } from './mahiro.ts';
import { tangentialDamping } from './tangential-damping.ts';

interface Golden {
  readonly extension: Extension;
  /** What the run's own extension was told, by our keys; null where the run is of another. */
  valuesOf(run: ExtensionRun): ExtensionValues | null;
  /** Whether its texts name it. */
  readonly told: boolean;
  /**
   * For what reaches the network by its prompts, which a run's own spread says nothing of: a value that moves as little as rounding does,
   * and how far the run may follow it.
   */
  readonly shaken?: string;
}

/** Of a script whose arguments stand in this order; the first one says that it is on. */
function ofScript(source: string, extension: Extension, keys: readonly (string | null)[]): Golden {
  return {
    ...{ extension, told: true },
    valuesOf: (run) => (run.source.includes(source) ? valuesByOrder(run.script_args, keys) : null),
  };
}

/** Of one of incantations' scripts. */
function ofIncantation(
  name: string,
  extension: Extension,
  keys: readonly (string | null)[],
  on: (args: readonly unknown[]) => boolean,
): Golden {
  return {
    ...{ extension, told: true },
    valuesOf({ source, script_args: scripts }) {
      if (!source.includes('sd-webui-incantations')) return null;
      const args = (scripts as Readonly<Record<string, readonly unknown[]>>)[name];
      return args && on(args) ? valuesByOrder(args, keys) : null;
    },
  };
}

function ofNode(kind: string, extension: Extension, keys: Readonly<Record<string, string>> = {}): Golden {
  return {
    ...{ extension, told: false },
    valuesOf(run) {
      const node = nodeOf(run);
      if (node?.kind !== kind) return null;
      return Object.fromEntries(Object.entries(node.options).map(([name, value]) => [keys[name]!, value]));
    },
  };
}

function valuesByOrder(args: unknown, keys: readonly (string | null)[]): ExtensionValues {
  const values = args as readonly (number | boolean | string)[];
  return Object.fromEntries(keys.flatMap((key, i) => (key === null ? [] : [[key, values[i]!]])));
}

const GOLDENS: readonly Golden[] = [
  ofScript('sd-dynamic-thresholding', dynamicThresholding, [
    ...[null, 'mimicScale', 'percentile', 'mimicMode', 'mimicMin', 'cfgMode', 'cfgMin', 'value'],
    ...['separateChannels', 'startpoint', 'variability', 'phi'],
  ]),
  ofIncantation(
    ...(['PAG', cfgSchedule, [null, null, null, null, null, 'schedule', 'low', 'high']] as const),
    // With a scale of 0 there is no perturbed attention: the schedule alone.
    ([, scale, , , scheduled]) => scheduled === true && scale === 0,
  ),
  {
    ...ofScript('sd-webui-cads', cads, [null, 'tau1', 'tau2', 'noiseScale', 'mixing', 'rescale', 'hires']),
    shaken: 'noiseScale',
  },
  ofNode('apg', adaptiveProjectedGuidance, {
    norm_threshold: 'normThreshold',
    eta: 'eta',
    momentum: 'momentum',
  }),
  ofNode('cfg_zero_star', cfgZeroStar),
  ofNode('tcfg', tangentialDamping),
  ofNode('mahiro', mahiro),
  ofNode('cfg_norm', cfgNorm, { strength: 'strength' }),
];

/** As the README shakes networks' answers. */
const SHAKE = 1 + 3e-6;

describe.each(GOLDENS)('$extension.name', ({ extension: { name }, valuesOf, told, shaken }) => {
  const runs = extensionRuns.flatMap((run) => {
    const values = valuesOf(run);
    return values ? [{ run, values, label: `${run.model}, ${run.id}` }] : [];
  });
  if (runs.length === 0) it.skip('there are no runs', () => undefined);

  it.each(runs)('$label', async ({ run, values }) => {
    const painted = await paintRun(run, [{ name, values }]);
    if (shaken === undefined) return expectRun(run, painted);
    const moved = { ...values, [shaken]: Number(values[shaken]) * SHAKE };
    const other = await paintRun(run, [{ name, values: moved }]);
    const spreads = painted.denoised.map((denoised, i) => relativeError(other.denoised[i]!, denoised));
    const spread = Math.max(run.spread_f32, ...spreads);
    // Beyond that nothing would be held against anything.
    expect(spread).toBeLessThan(0.02);
    await expectRun({ ...run, spread_f32: spread }, painted);
  });

  it.skipIf(!told).each(runs)('$label: its text', ({ run, values }) => {
    const use = extensionsFromText(parseInfotext(run.infotext)).find((one) => one.name === name);
    const wanted = extensionsToText([{ name, values }]);
    expect(use && extensionsToText([use])).toEqual(wanted);
    for (const [field, value] of Object.entries(wanted)) {
      const said = typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
      // Numbers are Python's there.
      expect(run.infotext).toMatch(
        new RegExp(`, ${field.replaceAll('.', '\\.')}: ${escaped(said)}(\\.0)?(,|$)`),
      );
    }
  });
});

function escaped(text: string): string {
  return text.replace(/[.()]/g, '\\$&');
}

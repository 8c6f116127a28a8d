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
import type { ExtensionUse } from '../use.ts';
import { adaptiveProjectedGuidance } from './adaptive-projected-guidance.ts';
import { cads } from './cads.ts';
import { cfgNorm } from './cfg-norm.ts';
import { cfgSchedule } from './cfg-schedule.ts';
import { cfgZeroStar } from './cfg-zero-star.ts';
import { dynamicThresholding } from './dynamic-thresholding.ts';
import { mahiro } from './mahiro.ts';
import { perturbedAttention, perturbedAttentionOfForge } from './perturbed-attention.ts';
import { selfAttentionGuidance, selfAttentionGuidanceOfForge } from './self-attention-guidance.ts';
import { smoothedEnergyGuidance } from './smoothed-energy-guidance.ts';
import { tangentialDamping } from './tangential-damping.ts';

interface Golden {
  readonly name: string;
  /** What stands for the run's own extension; null where the run is of another. */
  usesOf(run: ExtensionRun): readonly ExtensionUse[] | null;
  /** Whether its texts name it. */
  readonly told: boolean;
  /**
   * For what reaches the network by its prompts, which a run's own spread says nothing of: a value by which the run is shaken to see how
   * far it moves.
   */
  readonly shaken?: string;
}

/** Of a script whose arguments stand in this order; the first one says that it is on. */
function ofScript(source: string, { name }: Extension, keys: readonly (string | null)[]): Golden {
  return {
    ...{ name, told: true },
    usesOf: (run) =>
      run.source.includes(source) ? [{ name, values: valuesByOrder(run.script_args, keys) }] : null,
  };
}

/** Of incantations' scripts one, by its name. */
function ofIncantation(
  script: string,
  name: string,
  usesOf: (args: readonly (number | boolean | string)[]) => readonly ExtensionUse[],
): Golden {
  return {
    ...{ name, told: true },
    usesOf({ source, script_args: scripts }) {
      if (!source.includes('sd-webui-incantations')) return null;
      const args = (scripts as Readonly<Record<string, readonly (number | boolean | string)[]>>)[script];
      return args ? usesOf(args) : null;
    },
  };
}

function ofNode(kind: RegExp, { name }: Extension, keys: Readonly<Record<string, string>> = {}): Golden {
  return {
    ...{ name, told: false },
    usesOf(run) {
      const node = nodeOf(run);
      if (!node || !kind.test(node.kind)) return null;
      const values = Object.entries(node.options).map(([option, value]) => [keys[option]!, value]);
      return [{ name, values: Object.fromEntries(values) as ExtensionValues }];
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
  ofIncantation('PAG', 'PAG and CFG Scheduler', (args) => [
    ...(args[0] === true
      ? [{ name: perturbedAttention.name, values: valuesByOrder(args, [null, 'scale', 'start', 'end']) }]
      : []),
    ...(args[4] === true
      ? [{ name: cfgSchedule.name, values: valuesByOrder(args.slice(5), ['schedule', 'low', 'high']) }]
      : []),
  ]),
  ofIncantation('SEG', smoothedEnergyGuidance.name, (args) =>
    // At 0 the original leaves it out, its text as well.
    args[0] === true && args[1] !== 0
      ? [{ name: smoothedEnergyGuidance.name, values: valuesByOrder(args, [null, 'sigma', 'start', 'end']) }]
      : [],
  ),
  ofScript('sd_webui_SAG', selfAttentionGuidance, [null, 'scale', 'threshold']),
  ofNode(/^PAG$/, perturbedAttentionOfForge, { scale: 'scale' }),
  ofNode(/^SAG$/, selfAttentionGuidanceOfForge, { scale: 'scale', blur_sigma: 'sigma' }),
  {
    ...ofScript('sd-webui-cads', cads, [null, 'tau1', 'tau2', 'noiseScale', 'mixing', 'rescale', 'hires']),
    shaken: 'noiseScale',
  },
  ofNode(/^apg$/, adaptiveProjectedGuidance, {
    norm_threshold: 'normThreshold',
    eta: 'eta',
    momentum: 'momentum',
  }),
  ofNode(/^cfg_zero_star$/, cfgZeroStar),
  ofNode(/^tcfg$/, tangentialDamping),
  ofNode(/^mahiro$/, mahiro),
  ofNode(/^cfg_norm$/, cfgNorm, { strength: 'strength' }),
];

/** As the README shakes networks' answers. */
const SHAKE = 1 + 3e-6;

describe.each(GOLDENS)('$name', ({ usesOf, told, shaken }) => {
  const runs = extensionRuns.flatMap((run) => {
    const uses = usesOf(run);
    return uses ? [{ run, uses, label: `${run.model}, ${run.id}` }] : [];
  });
  if (runs.length === 0) it.skip('there are no runs', () => undefined);

  it.each(runs)('$label', async ({ run, uses }) => {
    const painted = await paintRun(run, uses);
    if (shaken === undefined) return expectRun(run, painted);
    const moved = uses.map(({ name, values }) => ({
      ...{ name, values: { ...values, [shaken]: Number(values[shaken]) * SHAKE } },
    }));
    const other = await paintRun(run, moved);
    const spreads = painted.denoised.map((denoised, i) => relativeError(other.denoised[i]!, denoised));
    const spread = Math.max(run.spread_f32, ...spreads);
    // Beyond that nothing would be held against anything.
    expect(spread).toBeLessThan(0.02);
    await expectRun({ ...run, spread_f32: spread }, painted);
  });

  it.skipIf(!told).each(runs)('$label: its text', ({ run, uses }) => {
    const read = extensionsFromText(parseInfotext(run.infotext));
    const wanted = extensionsToText(uses);
    expect(extensionsToText(read)).toEqual(wanted);
    for (const [field, value] of Object.entries(wanted)) {
      const said = typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
      // Numbers are Python's there.
      expect(run.infotext).toMatch(new RegExp(`, ${escaped(field)}: ${escaped(said)}(\\.0)?(,|$)`));
    }
  });
});

function escaped(text: string): string {
  return text.replace(/[.()]/g, '\\$&');
}

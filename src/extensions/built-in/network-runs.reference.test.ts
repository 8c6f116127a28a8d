// Extensions that change the network, in whole runs of webui with the extensions they are made after, and what those texts say of them.
import { describe, expect, it } from 'vitest';
import {
  expectRun,
  extensionRuns,
  fieldsOfRun,
  paintRun,
  type ExtensionRun,
} from '../../../tests/extension-runs.ts';
import { fittingValues, type ExtensionValues } from '../controls.ts';
import type { Extension } from '../interface.ts';
import { findExtension, install } from '../known.ts';
import type { ExtensionUse } from '../use.ts';
import { freeu } from './freeu.ts';

interface FreeUArguments {
  readonly version: string;
  readonly start_ratio?: number;
  readonly stop_ratio?: number;
  readonly transition_smoothness?: number;
  readonly stage_infos: readonly {
    readonly backbone_factor: number;
    readonly skip_factor: number;
    readonly backbone_offset?: number;
    readonly backbone_width?: number;
    readonly skip_cutoff?: number;
    readonly skip_high_end_factor?: number;
  }[];
}

interface KohyaArguments {
  readonly only_one_pass: boolean;
  readonly d1: number;
  readonly d2: number;
  readonly s1: number;
  readonly s2: number;
  readonly scaler: string;
  readonly downscale: number;
  readonly upscale: number;
  readonly smooth_scaling: boolean;
  readonly early_out: boolean;
}

/** By what a run's source says: the extension, and the values that the run's arguments are. */
const EXTENSIONS: readonly {
  readonly source: RegExp;
  readonly name: string;
  values(one: ExtensionRun): ExtensionValues;
}[] = [
  {
    source: /sd-webui-freeu/,
    name: 'FreeU',
    values: ({ script_args: args }) => {
      const [given] = args as readonly [FreeUArguments];
      const stages = given.stage_infos.map((stage, i) => ({
        [`backbone${i}`]: stage.backbone_factor,
        [`skip${i}`]: stage.skip_factor,
        [`offset${i}`]: stage.backbone_offset ?? 0,
        [`width${i}`]: stage.backbone_width ?? 0.5,
        [`cutoff${i}`]: stage.skip_cutoff ?? 0,
        [`high${i}`]: stage.skip_high_end_factor ?? 1,
      }));
      return {
        version: `Version ${given.version}`,
        start: given.start_ratio ?? 0,
        stop: given.stop_ratio ?? 1,
        smoothness: given.transition_smoothness ?? 0,
        ...(Object.assign({}, ...stages) as ExtensionValues),
      };
    },
  },
  {
    source: /kohya-hiresfix/,
    name: 'Kohya Hires.fix',
    values: ({ script_args: args }) => {
      const { s1, s2, d1, d2, scaler, downscale, upscale, ...rest } = args as KohyaArguments;
      const flags = { smooth: rest.smooth_scaling, early: rest.early_out, onePass: rest.only_one_pass };
      return { s1, s2, d1, d2, scaler, downscale, upscale, ...flags };
    },
  },
  {
    source: /extensions-builtin\/hypertile/,
    name: 'HyperTile',
    values: ({ options = {} }) => {
      const of = (name: string, otherwise: number): number =>
        Number(options[`hypertile_${name}_unet`] ?? otherwise);
      const sizes = {
        maxDepth: of('max_depth', 3),
        maxTile: of('max_tile', 256),
        swapSize: of('swap_size', 3),
      };
      return { secondOnly: options['hypertile_enable_unet'] !== true, ...sizes };
    },
  },
  { source: /sd-webui-negpip/, name: 'NegPiP', values: () => ({}) },
];

/**
 * sd-webui-freeu lays itself over webui's concatenation each time its script is loaded, and the runs were made with a script that was loaded
 * twice: factors and filters are there twice.
 */
const freeuTwice: Extension = {
  ...freeu,
  name: 'FreeU twice',
  network: (values, target) => {
    const changes = freeu.network!(values, target);
    return [...changes, ...changes];
  },
};

function useOf(one: ExtensionRun): ExtensionUse | null {
  const found = EXTENSIONS.find(({ source }) => source.test(one.source));
  return found ? { name: found.name, values: found.values(one) } : null;
}

const runs = extensionRuns.filter((one) => useOf(one) !== null);
if (runs.length === 0) it.skip('there are no runs', () => undefined);

describe.each(runs)('$model, $id', (one) => {
  const use = useOf(one)!;

  it('gives what the original gives', async () => {
    const uninstall = install([freeuTwice]);
    const name = use.name === freeu.name ? freeuTwice.name : use.name;
    await expectRun(one, await paintRun(one, [{ ...use, name }]));
    uninstall();
  });

  // NegPiP says nothing where no part of a prompt is negated.
  const silent = use.name === 'NegPiP' && !('NegPiP Active' in fieldsOfRun(one));
  it.skipIf(silent)('says so in its text, and is read from it', () => {
    const { text, controls } = findExtension(use.name)!;
    const fields = fieldsOfRun(one);
    const own = Object.entries(fields).filter(([name, value]) => text.reads(name, String(value)));
    const written = Object.entries(text.write(use.values)).map(([name, value]) => [name, pythonValue(value)]);
    expect(Object.fromEntries(written)).toEqual(
      Object.fromEntries(own.map(([name, value]) => [name, pythonValue(value)])),
    );
    expect(fittingValues(controls, text.read(fields)!)).toEqual(use.values);
  });
});

/** Numbers as such, however they are written. */
function pythonValue(value: unknown): unknown {
  const told = typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
  return Number.isNaN(Number(told)) ? told : Number(told);
}

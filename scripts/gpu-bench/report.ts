// A benchmark as a short table, for people. Everything else is in the JSON.
import { seconds, table, typical } from '../../src/generation/run/benchmark-report.ts';
import { peakOf } from './peaks.ts';
import type { DeviceFacts, How, Measurement, NetworkFacts, Report } from './types.ts';

const NAMES = { unet: 'UNet step', 'vae-decoder': 'VAE decoder', text: 'Text encoder' } as const;
/** Of one network's kernels. */
const KERNELS = 6;
const REMARKS = 12;
const LONGEST = 160;
const STEPS = 20;

/** Milliseconds of a warm run; NaN where there was none. */
export function warm({ runs }: Pick<Measurement, 'runs'>): number {
  // typical() leaves out a first run, which is apart here.
  return runs.length === 0 ? NaN : typical([NaN, ...runs]);
}

/** At most 60 lines. */
export function reportLines(report: Report): string[] {
  const { device, pytorch } = report;
  const peak = peakOf(device?.name ?? '', device?.driver ?? '', pytorch?.device ?? '');
  return [
    `# ${device?.name ?? 'No WebGPU device'}`,
    '',
    ...factLines(report),
    ...(peak
      ? [
          `- Makers' peak: ${peak.sums} TFLOP/s in shaders with float32 sums, as all of ours are, ${peak.shader} with float16 sums, ${peak.matrix} in matrix units.`,
        ]
      : []),
    '',
    ...timeTable(report, peak?.sums ?? null),
    ...pictureLines(report),
    ...kernelLines(report),
    ...remarkLines(report),
  ];
}

function float16Of({ features, experimental }: DeviceFacts): string {
  if (features.includes('shader-f16')) return 'yes';
  return experimental.includes('shader-f16') ? 'when asked for' : 'no';
}

function factLines({ device, pytorch, when, minutes, elapsed, version }: Report): string[] {
  const has = (feature: string) => device?.features.includes(feature) ?? false;
  const sizes = device?.subgroupSizes;
  const facts = device
    ? [
        `- WebGPU: ${device.driver || device.vendor}${device.software ? ' (in software)' : ''}; shader-f16 ${float16Of(device)}, ` +
          `subgroups ${has('subgroups') && sizes ? sizes.join(' to ') : 'no'}, ` +
          `subgroup matrices ${yes([...device.features, ...device.experimental].some((name) => name.includes('subgroup-matrix')))}`,
      ]
    : [];
  const theirs = pytorch
    ? [
        `- PyTorch ${pytorch.torch} on ${pytorch.device}` +
          (pytorch.matmul
            ? `: products at ${pytorch.matmul.float16.toFixed(0)} TFLOP/s (float16), ${pytorch.matmul.float32.toFixed(0)} (float32)`
            : '') +
          (pytorch.copy ? `, copies at ${pytorch.copy.toFixed(0)} GB/s` : ''),
      ]
    : [];
  return [
    ...facts,
    ...theirs,
    `- Darkroom ${version}, ${when}, ${elapsed.toFixed(0)} s of ${minutes} minutes`,
  ];
}

const yes = (value: boolean) => (value ? 'yes' : 'no');

/** Measurements of one network in one precision. */
interface Group {
  readonly facts: NetworkFacts;
  readonly precision: string;
  readonly by: ReadonlyMap<How, Measurement>;
}

function groupsOf({ networks, measurements }: Report): Group[] {
  const groups: Group[] = [];
  for (const facts of networks) {
    for (const precision of ['float32', 'float16'] as const) {
      const own = measurements.filter(
        (one) => one.model === facts.model && one.network === facts.network && one.precision === precision,
      );
      if (own.length > 0) groups.push({ facts, precision, by: new Map(own.map((one) => [one.how, one])) });
    }
  }
  return groups;
}

function timeTable(report: Report, peak: number | null): string[] {
  const header = [
    ...['Network', 'TFLOP', 'Own', 'Matrices', 'onnxruntime', 'Subgroups', 'PyTorch'],
    ...['Own/ort', 'Ratio', 'TFLOP/s'],
  ];
  const rows = groupsOf(report).map(({ facts, precision, by }) => {
    const [plain, subgroups, theirs] = [by.get('plain'), by.get('subgroups'), by.get('pytorch')];
    const [own, matrices, packed] = [by.get('own'), by.get('own matrices'), by.get('own packed')];
    const ours = best(by, OURS);
    const rate = (facts.flops / ours) * 1e-9;
    const right = [own, matrices, packed, plain, subgroups].filter((one) => one !== undefined);
    return [
      `${facts.label} ${NAMES[facts.network]} ${facts.what}, ${precision}`,
      (facts.flops / 1e12).toPrecision(3),
      [cell(own), ...(packed ? [`${cell(packed)} packed`] : [])].join(', '),
      cell(matrices),
      cell(plain),
      cell(subgroups),
      cell(theirs),
      shown(best(by, ['own']) / best(by, ORT), (value) => value.toFixed(2)),
      shown(theirs ? ours / warm(theirs) : NaN, (value) => `${value.toPrecision(3)}x`),
      shown(rate, (value) => value.toPrecision(3)),
      ...(peak === null ? [] : [shown((100 * rate) / peak, (value) => `${value.toFixed(0)} %`)]),
      errorCell(right),
      theirs?.error == null ? '' : theirs.error.toExponential(1),
    ];
  });
  if (rows.length === 0) return ['Nothing was measured.', ''];
  const more = [...(peak === null ? [] : ['Of peak']), 'Error', "PyTorch's"];
  return [
    ...table([[...header, ...more], ...rows]),
    '',
    'Own: our kernels, fitted to the card, as every browser has them ("packed": float16 without shader-f16); Matrices: with the card\'s matrix units; ' +
      'onnxruntime: without and with subgroups. Ratio (to PyTorch), TFLOP/s, of peak: the quickest without matrix units. ' +
      'Error: relative RMS, the worst of these; "WRONG" makes a time worthless.',
  ];
}

const ORT = ['plain', 'subgroups'] as const;
/** What a browser takes that was not told anything. */
const OURS = ['own', ...ORT] as const;

/** The time of the quickest of these whose numbers are right; NaN where none is. */
function best(by: Group['by'], among: readonly How[]): number {
  const times = among.flatMap((how) => {
    const one = by.get(how);
    return one && one.verdict !== 'wrong' && one.runs.length > 0 ? [warm(one)] : [];
  });
  return times.length === 0 ? NaN : Math.min(...times);
}

function cell(one: Measurement | undefined): string {
  if (!one) return '';
  if (one.verdict === 'wrong') return 'WRONG';
  return one.runs.length > 0 ? seconds(warm(one)) : 'failed';
}

function errorCell(ours: readonly Measurement[]): string {
  if (ours.some(({ verdict }) => verdict === 'wrong')) return 'WRONG';
  const errors = ours.flatMap(({ error }) => error ?? []);
  return errors.length === 0 ? 'unchecked' : Math.max(...errors).toExponential(1);
}

const shown = (value: number, text: (value: number) => string) => (Number.isFinite(value) ? text(value) : '');

function pictureLines(report: Report): string[] {
  const groups = groupsOf(report);
  const models = [...new Set(groups.map(({ facts }) => facts.model))].filter(
    (model) => !model.startsWith('tiny'),
  );
  const lines = models.flatMap((model) => {
    const of = (network: string) =>
      groups.find(({ facts }) => facts.model === model && facts.network === network);
    const [unet, vae, text] = [of('unet'), of('vae-decoder'), of('text')];
    if (!unet || !vae) return [];
    const time = (by: (group: Group) => number) => by(unet) * STEPS + by(vae) + (text ? by(text) || 0 : 0);
    const ours = time(({ by }) => best(by, OURS));
    const theirs = time(({ by }) => (by.has('pytorch') ? warm(by.get('pytorch')!) : NaN));
    if (!Number.isFinite(ours)) return [];
    const compared = Number.isFinite(theirs) ? `; PyTorch ${(60_000 / theirs).toPrecision(3)}` : '';
    return [
      `${unet.facts.label}: ${(60_000 / ours).toPrecision(3)} images a minute at ${STEPS} steps${compared}, the networks alone.`,
    ];
  });
  return lines.length === 0 ? [] : ['', ...lines];
}

function kernelLines({ measurements, networks }: Report): string[] {
  const lines = measurements.flatMap(({ model, network, how, kernels }) => {
    const total = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    if (total === 0) return [];
    const label = networks.find((facts) => facts.model === model)?.label ?? model;
    const parts = kernels
      .slice(0, KERNELS)
      .map(({ kernel, milliseconds }) => `${kernel} ${((100 * milliseconds) / total).toFixed(0)} %`);
    const whose = how.startsWith('own') ? how : 'onnxruntime';
    return [`- ${label} ${NAMES[network]} (${whose}), ${seconds(total)} of kernels: ${parts.join(', ')}`];
  });
  return lines.length === 0 ? [] : ['', 'Where the time goes:', '', ...lines];
}

function remarkLines({ remarks }: Report): string[] {
  if (remarks.length === 0) return [];
  const short = remarks
    .slice(0, REMARKS)
    .map((remark) => `- ${remark.length > LONGEST ? `${remark.slice(0, LONGEST)} ...` : remark}`);
  const rest = remarks.length - short.length;
  return [
    '',
    'Left out, or failed:',
    '',
    ...short,
    ...(rest > 0 ? [`- and ${rest} more, in the JSON.`] : []),
  ];
}

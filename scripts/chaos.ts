// `npm run chaos`: the long form of e2e/chaos.e2e.ts, which kills the page and its browser at random moments.
import { parseArgs } from 'node:util';
import { ensureBrowser } from './browser.js';
import { ensureBuilt } from './build.js';
import { runProgram } from './process.js';

const HELP = `npm run chaos -- [options]

  --rounds N   how often something is killed (100)
  --seed N     another one chooses other moments (1)
  --gpu        only pictures, drawn by WebGPU in software instead of on the processor: minutes a round
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const { values } = parseArgs({ options: { rounds: text, seed: text, gpu: flag, help: flag } });
if (values.help === true) console.log(HELP);
else await chaos();

async function chaos(): Promise<void> {
  const rounds = whole('rounds', values.rounds ?? '100');
  const seed = whole('seed', values.seed ?? '1');
  await ensureBuilt();
  process.exitCode = await runProgram('@playwright/test', ['test', 'chaos.e2e.ts', '--workers=1'], {
    CHROME_PATH: await ensureBrowser(),
    DARKROOM_CHAOS_ROUNDS: rounds,
    DARKROOM_CHAOS_SEED: seed,
    DARKROOM_CHAOS_GPU: values.gpu === true ? '1' : '0',
  });
}

function whole(name: string, value: string): string {
  if (!/^\d{1,9}$/.test(value)) throw new Error(`--${name} takes a whole number.`);
  return value;
}

// `npm run build:single [-- --demo]`: makes dist-single/darkroom.html.
// @ts-check
import { runProgram } from './process.js';

const unknown = process.argv.slice(2).filter((argument) => argument !== '--demo');
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(' ')}. The only option is --demo: put the demo checkpoint in.`);
  process.exitCode = 2;
} else {
  const demo = process.argv.includes('--demo') ? '1' : '0';
  process.exitCode = await runProgram('vite', ['build', '--config', 'vite.single.config.ts'], {
    DARKROOM_SINGLE_DEMO: demo,
  });
}

// What a probe of the device printed, read by its parent, which loads no driver itself.
import type { DeviceFacts } from './types.ts';

const START = 'device=';

export function printProbe(found: DeviceFacts): void {
  console.log(START + JSON.stringify(found));
}

/** The last facts printed; null where there are none. */
export function readProbe(output: string): DeviceFacts | null {
  const line = output.split('\n').findLast((text) => text.startsWith(START));
  return line === undefined ? null : (JSON.parse(line.slice(START.length)) as DeviceFacts);
}

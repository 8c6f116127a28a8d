// A way into a worker that keeps it under the page's Content-Security-Policy. A worker from a file of its own would be
// free of it (and, on an isolated page, need headers of its own); one from a Blob inherits both from who starts it.
import { scriptAddress } from './trusted-scripts.ts';

const entrances = new Map<string, string>();

/** Address of a module of one line, which imports `script` (an absolute address). It lasts as long as the caller's page. */
export function blobEntrance(script: string): string {
  // Kept: browsers differ in how long a starting worker needs its address.
  let entrance = entrances.get(script);
  if (entrance === undefined) {
    const blob = new Blob([`import ${JSON.stringify(script)};`], { type: 'text/javascript' });
    entrance = URL.createObjectURL(blob);
    entrances.set(script, entrance);
  }
  return scriptAddress(entrance);
}

// Reads the trace that onnxruntime's WebGPU provider prints of a profiled session: how long the GPU took for each kernel.

export interface KernelTime {
  /** The operator and, where it is another, the shader: "Conv / Conv2dMM". */
  readonly kernel: string;
  readonly calls: number;
  /** Of one run, in milliseconds. */
  readonly milliseconds: number;
}

interface ApiEvent {
  readonly cat: 'Api';
  /** "node&operator&shader" */
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
}

/** `passes`: how many runs were traced, of which the last counts. Most time first. */
export function kernelTimes(trace: readonly string[], passes: number): KernelTime[] {
  const events = trace.flatMap((line) => eventOf(line) ?? []);
  const last = events.slice(events.length - events.length / passes);
  return summedByKernel(
    last.map(({ name, dur }) => {
      const [operator = '', shader = ''] = name.split('&').slice(-2);
      return { kernel: operator === shader ? operator : `${operator} / ${shader}`, milliseconds: dur / 1000 };
    }),
  );
}

/** Of single calls. Most time first. */
export function summedByKernel(calls: Iterable<Omit<KernelTime, 'calls'>>): KernelTime[] {
  const found = new Map<string, { calls: number; milliseconds: number }>();
  for (const { kernel, milliseconds } of calls) {
    const sum = found.get(kernel) ?? { calls: 0, milliseconds: 0 };
    found.set(kernel, { calls: sum.calls + 1, milliseconds: sum.milliseconds + milliseconds });
  }
  return [...found]
    .map(([kernel, sum]) => ({ kernel, ...sum }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

/** An event of the GPU's own time; null for every other line. */
function eventOf(line: string): ApiEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(line.trim().replace(/,$/, ''));
  } catch {
    return null;
  }
  const event = value as Partial<ApiEvent> | null;
  return event?.cat === 'Api' && typeof event.name === 'string' && typeof event.dur === 'number'
    ? (event as ApiEvent)
    : null;
}

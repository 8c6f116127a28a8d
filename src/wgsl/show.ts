// A program in words, stage by stage from graph to shader: for people who look at what becomes of a network.
import type { Dispatch } from './kernels/shader.ts';
import { readsOf as readsOfOperation, type Operation } from './operations.ts';
import type { Program } from './program.ts';
import { readsOf, type Step } from './steps.ts';
import type { Storage } from './tensor.ts';
import type { Value } from '../graph/graph.ts';

export const STAGES = ['read', 'rewritten', 'steps', 'dispatches', 'memory', 'shaders'] as const;
export type Stage = (typeof STAGES)[number];

/** Lines for a stage; of operations, steps and shaders only those whose name (or label) has `filter` in it. */
export function show(program: Program, stage: Stage, filter = ''): string[] {
  const { stages, dispatches, memory } = program;
  switch (stage) {
    case 'read':
      return operations(stages.read, filter);
    case 'rewritten': {
      const found = Object.entries(stages.patterns).map(([name, count]) => `${count} x ${name}`);
      return [`Found: ${found.join(', ')}`, ...operations(stages.rewritten, filter)];
    }
    case 'steps':
      return steps(stages.steps, filter);
    case 'dispatches':
      return dispatches.filter(({ label }) => label.includes(filter)).map(dispatchLine);
    case 'memory': {
      const names = numbers<Storage>('m');
      const blocks = [...memory.blocks].map(
        ([storage, { arena, offset }]) =>
          `${names(storage)} ${storage.bytes} bytes: arena ${arena} from ${offset}`,
      );
      const sizes = memory.arenas.map((size) => megabytes(size));
      return [
        `Arenas: ${sizes.join(', ')}; at least ${megabytes(memory.least)} are in use at once.`,
        ...blocks,
      ];
    }
    case 'shaders': {
      const shaders = new Map<string, Dispatch[]>();
      for (const one of dispatches) {
        if (!one.label.includes(filter)) continue;
        const users = shaders.get(one.code);
        if (users) users.push(one);
        else shaders.set(one.code, [one]);
      }
      return [...shaders].flatMap(([code, users]) => [
        ...users.map((one) => `// ${dispatchLine(one)}`),
        code,
      ]);
    }
  }
}

function operations(list: readonly Operation[], filter: string): string[] {
  const name = numbers<Value>('v');
  return list
    .map((one) => ({
      one,
      line: `${name(one.output)} = ${one.kind}(${readsOfOperation(one).map(name).join(', ')})`,
    }))
    .filter(({ one }) => one.name.includes(filter))
    .map(({ one, line }) => `${line}  # ${one.name}`);
}

function steps(list: readonly Step[], filter: string): string[] {
  const name = numbers<Storage>('m');
  const of = (storage: Storage) => (storage.role.kind === 'weight' ? 'weight' : name(storage));
  return list
    .map((step) => ({
      step,
      line: `${of(step.output.storage)} = ${step.kind}(${readsOf(step).map(of).join(', ')})`,
    }))
    .filter(({ step }) => step.name.includes(filter))
    .map(({ step, line }) => `${line}${detail(step)}  # ${step.name}`);
}

function detail(step: Step): string {
  if (step.kind === 'pointwise' || step.kind === 'general') return ` [${step.output.shape.join(', ')}]`;
  const { samples, rows, columns } = step.domain;
  const code = step.chain.code.map((one) => (one.kind === 'unary' ? one.how.fn : one.fn));
  return ` [${samples} x ${rows} x ${columns}]${code.length > 0 ? ` then ${code.join(', ')}` : ''}`;
}

function dispatchLine({ label, grid, params }: Dispatch): string {
  return `${label}  [${grid.join(' x ')}]  ${[...params].join(' ')}`;
}

/** A name for each thing, in the order in which they are met. */
function numbers<T>(prefix: string): (thing: T) => string {
  const known = new Map<T, string>();
  return (thing) => {
    const name = known.get(thing) ?? `${prefix}${known.size}`;
    known.set(thing, name);
    return name;
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

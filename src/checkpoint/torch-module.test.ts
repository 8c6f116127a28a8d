// Networks pickled whole: which are read, and that whatever else such a file wants is refused, or lies there as a record.
import { describe, expect, it } from 'vitest';
import { listReference, readReference } from '../../tests/reference-dir.ts';
import { toFloat32 } from './convert.ts';
import { moduleGlobals } from './module-globals.ts';
import { openCheckpoint } from './open.ts';
import { readPickle } from './pickle.ts';
import { bytesSource } from './source.ts';
import { countUp, floats, join, ORDERED_DICT, P, torchZip, type Part } from './testing.ts';
import { collectTensors } from './torch-state.ts';
import { StorageTable } from './torch-storage.ts';
import { CheckpointError, type Checkpoint } from './types.ts';
import { locateEntry, readZipDirectory } from './zip.ts';

const T = (text: string): Part => P.text(text);
const open = (bytes: Uint8Array): Promise<Checkpoint> => openCheckpoint(bytesSource(bytes));
const storages = { 0: countUp(6) };
const leaf = floats('0', [2, 3]);

/** An object of that class, made without a call, with a dictionary of attributes. */
function object(module: string, name: string, attributes: Part): Part {
  return [P.global(module, name), ')', 0x81, attributes, 'b'];
}

const ordered = (...pairs: [Part, Part][]): Part => [ORDERED_DICT, '(', pairs, 'u'];

function layer(parameters: [Part, Part][], modules: [Part, Part][] = [], more: [Part, Part][] = []): Part {
  return object(
    'torch.nn.modules.conv',
    'Conv2d',
    P.dict([T('_parameters'), ordered(...parameters)], [T('_modules'), ordered(...modules)], ...more),
  );
}

function network(modules: [Part, Part][], more: [Part, Part][] = []): Part {
  return object(
    'ultralytics.nn.tasks',
    'DetectionModel',
    P.dict([T('_modules'), ordered(...modules)], ...more),
  );
}

async function refusal(bytes: Uint8Array): Promise<CheckpointError> {
  const error: unknown = await open(bytes).then(
    () => expect.fail('it was accepted'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  return error as CheckpointError;
}

describe('a network that was pickled whole', () => {
  it('gives its state dict: parameters and buffers by the names of the modules', async () => {
    const buffers = ordered([T('kept'), leaf], [T('dropped'), leaf], [T('none'), P.none]);
    const dropped = P.call(P.global('__builtin__', 'set'), P.list(T('dropped')));
    const inner = layer(
      [[T('weight'), leaf]],
      [],
      [
        [T('_buffers'), buffers],
        [T('_non_persistent_buffers_set'), dropped],
        [T('anchors'), leaf],
      ],
    );
    const names = P.dict([P.int(0), T('face')], [P.int(1), T('hand')]);
    const file = P.dict(
      [T('model'), network([[T('model'), layer([], [[T('0'), inner]])]], [[T('names'), names]])],
      [T('train_args'), P.dict([T('imgsz'), P.int(1024)])],
      [T('extra'), leaf],
    );
    const checkpoint = await open(torchZip(file, storages));
    expect([...checkpoint.tensors.keys()]).toEqual(['model.0.weight', 'model.0.kept']);
    expect([...toFloat32(await checkpoint.read('model.0.weight'), 'F32')]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(Object.fromEntries(checkpoint.metadata)).toEqual({
      names: '{"0":"face","1":"hand"}',
      imgsz: '1024',
    });
  });

  it('takes the averages where there are some', async () => {
    const named = (name: string) => network([[T(name), layer([[T('weight'), leaf]])]]);
    const file = P.dict([T('model'), named('plain')], [T('ema'), named('averaged')]);
    expect([...(await open(torchZip(file, storages))).tensors.keys()]).toEqual(['averaged.weight']);
  });

  it('leaves what else it names lying there', async () => {
    const detect = P.global('ultralytics.nn.modules.head', 'Detect');
    const method = P.call(P.global('__builtin__', 'getattr'), detect, T('forward'));
    const path = P.call(P.global('pathlib', 'PosixPath'), T('a'));
    const file = P.dict([
      T('model'),
      network(
        [[T('m'), layer([[T('weight'), leaf]])]],
        [
          [T('detect'), method],
          [T('path'), path],
        ],
      ),
    ]);
    expect([...(await open(torchZip(file, storages))).tensors.keys()]).toEqual(['m.weight']);
  });

  it('ends where modules hold each other, or are nested without end', async () => {
    // Remembered as 7, and put into itself.
    const cyclic: Part = [
      [P.global('ultralytics.nn.tasks', 'DetectionModel'), ')', 0x81, 'q', 7],
      P.dict([T('_modules'), ordered([T('again'), ['h', 7]], [T('m'), layer([[T('weight'), leaf]])])]),
      'b',
    ];
    const file = P.dict([T('model'), cyclic]);
    expect([...(await open(torchZip(file, storages))).tensors.keys()]).toEqual(['m.weight']);

    let deep = layer([[T('weight'), leaf]]);
    for (let i = 0; i < 100; i++) deep = layer([], [[T('m'), deep]]);
    expect((await refusal(torchZip(P.dict([T('model'), network([[T('m'), deep]])]), storages))).code).toBe(
      'not-a-checkpoint',
    );
  });
});

describe('names in such a file', () => {
  const withGlobal = (module: string, name: string): Uint8Array =>
    torchZip(
      P.dict([
        T('model'),
        network([[T('m'), layer([[T('weight'), leaf]])]], [[T('x'), P.global(module, name)]]),
      ]),
      storages,
    );

  it.each([
    ['os', 'system'],
    ['builtins', 'eval'],
    ['builtins', 'exec'],
    ['__builtin__', '__import__'],
    ['subprocess', 'Popen'],
    ['ultralytics.utils.checks', 'check_requirements'],
    ['ultralytics.utils.downloads', 'safe_download'],
    ['ultralytics.nn.tasks', 'DetectionModel.load'],
    ['ultralytics.hub', 'HUBTrainingSession'],
    ['torch.nn.modules.module', 'register_module_forward_hook'],
    ['torch.hub', 'Load'],
    ['torch.nn.modules', 'os.system'],
  ])('%s.%s is refused', async (module, name) => {
    const { code, message } = await refusal(withGlobal(module, name));
    expect(code).toBe('forbidden');
    expect(message).toMatch(/nothing ran/);
  });

  it.each([
    ['torch.nn.modules.container', 'Sequential'],
    ['ultralytics.nn.modules.head', 'Detect'],
    ['__builtin__', 'getattr'],
    ['pathlib', 'PosixPath'],
  ])('%s.%s is refused in any other', async (module, name) => {
    const file = P.dict([T('w'), leaf], [T('x'), P.global(module, name)]);
    expect((await refusal(torchZip(file, storages))).code).toBe('forbidden');
    // ... and before the network that would excuse it.
    const late = P.dict([T('x'), P.global(module, name)], [T('model'), network([])]);
    expect((await refusal(torchZip(late, storages))).code).toBe('forbidden');
  });
});

const FOLDER = ['extensions', 'yolo'];
const published = listReference(...FOLDER).filter((name) => /\.pt(\.gz)?$/.test(name));

describe.skipIf(published.length === 0).each(published)('%s', (name) => {
  it('damaged in its description, is refused in words or read', { timeout: 120_000 }, async () => {
    const source = bytesSource(readReference(...FOLDER, name));
    const directory = await readZipDirectory(source);
    const entry = [...directory.entries.values()].find((one) => one.name.endsWith('/data.pkl'))!;
    const pickle = await source.read(await locateEntry(source, directory, entry), entry.size);
    const read = (bytes: Uint8Array): number =>
      collectTensors(readPickle(bytes, 0, moduleGlobals()).value, new StorageTable()).tensors.length;
    expect(read(pickle)).toBeGreaterThan(100);
    // mulberry32
    let seed = 20_241;
    const random = (below: number): number => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) % below;
    };
    let refused = 0;
    for (let run = 0; run < 400; run++) {
      let damaged = pickle.slice();
      if (run % 4 === 0) {
        const from = random(pickle.length);
        const piece = pickle.subarray(from, from + 1 + random(64));
        damaged = join(pickle.subarray(0, from), piece, pickle.subarray(from)) as typeof damaged;
      }
      for (let n = 1 + random(3); n > 0; n--) damaged[random(damaged.length)] = random(256);
      try {
        read(damaged);
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw new Error(`run ${run}`, { cause: error });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(0);
  });
});

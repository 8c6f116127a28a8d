// HyperTile (tfernd), which webui 1.10.1 has built in: the UNet's self-attention looks within tiles of the picture, in less time. Tiles are
// drawn anew with each call. webui draws them from the first seed of a job; here each batch has its own, so that a picture's text gives the
// picture again. What it does to the network is models/changes/hypertile.ts.
import { tileMarks } from '../../models/changes/hypertile.ts';
import { drawTilings, tiledLayers } from '../../models/changes/tile-numbers.ts';
import { marked } from '../../sampling/network-call.ts';
import { PythonRandom } from '../../sampling/random/python-random.ts';
import type { Control, ExtensionValues } from '../controls.ts';
import type { Extension, WhichPass } from '../interface.ts';
import { fieldsText } from '../text.ts';

const controls: readonly Control[] = [
  {
    ...{ kind: 'checkbox', key: 'secondOnly', label: 'Only for hires fix second pass', default: false },
    about: 'webui: Enable Hypertile U-Net for hires fix second pass, and not Enable Hypertile U-Net.',
  },
  {
    ...{ kind: 'number', key: 'maxDepth', label: 'Hypertile U-Net max depth', min: 0, max: 3, step: 1 },
    default: 3,
    about: 'The larger, the more of the layers are tiled.',
  },
  {
    ...{ kind: 'number', key: 'maxTile', label: 'Hypertile U-Net max tile size', min: 0, max: 512, step: 16 },
    default: 256,
    about: 'In pixels; never less than 128.',
  },
  {
    ...{ kind: 'number', key: 'swapSize', label: 'Hypertile U-Net swap size', min: 0, max: 64, step: 1 },
    default: 3,
    about: 'Of how many numbers of tiles one is drawn.',
  },
];
const FIRST = 'Hypertile U-Net';
const SECOND = 'Hypertile U-Net second pass';
const SIZES = {
  maxDepth: 'Hypertile U-Net max depth',
  maxTile: 'Hypertile U-Net max tile size',
  swapSize: 'Hypertile U-Net swap size',
};
const fields = fieldsText(controls, SIZES);

export const hypertile: Extension = {
  name: 'HyperTile',
  title: 'HyperTile',
  about: 'Lets self-attention look within tiles: large pictures in less time.',
  controls,
  text: {
    reads: (name, value) =>
      name === FIRST || name === SECOND ? value === 'True' || value === 'False' : fields.reads(name, value),
    // What stands at webui's default is not written there.
    write: (values) => {
      const sizes = controls.flatMap(({ key, default: standard }) =>
        Object.hasOwn(SIZES, key) && values[key] !== standard
          ? [[SIZES[key as keyof typeof SIZES], values[key]!] as const]
          : [],
      );
      return { [values['secondOnly'] === true ? SECOND : FIRST]: true, ...Object.fromEntries(sizes) };
    },
    read: (told) => {
      if (told[FIRST] !== 'True' && told[SECOND] !== 'True') return null;
      return { ...fields.read(told), secondOnly: told[FIRST] !== 'True' };
    },
  },
  network: (values, { pass }) =>
    worksIn(values, pass) ? [{ kind: 'hypertile', maxDepth: Number(values['maxDepth']) }] : [],
  sampling: (values, { pass, seeds, unet, width, height }) => {
    if (!worksIn(values, pass)) return {};
    const [maxDepth, maxTile, swapSize] = ['maxDepth', 'maxTile', 'swapSize'].map((key) =>
      Number(values[key]),
    );
    const layers = tiledLayers(unet, maxDepth!);
    const random = new PythonRandom(seeds[0] ?? 0);
    const whole = { top: 0, left: 0, bottom: height / 8, right: width / 8 };
    return {
      aroundModel: (items, shown, network) => {
        // Texts of different lengths are calls of their own, and draw their own tiles.
        const drawn = new Map<number, Record<string, number>>();
        const told = items.flatMap((item) => {
          const { top, left, bottom, right } = item.area ?? whole;
          const size = { height: bottom - top, width: right - left };
          const { tokens } = item.cond;
          const known = drawn.get(tokens);
          const marks =
            known ??
            tileMarks(layers, drawTilings(layers, size, { maxTile: maxTile!, swapSize: swapSize! }, random));
          drawn.set(tokens, marks);
          return marked([item], marks);
        });
        return network(told, shown);
      },
    };
  },
};

function worksIn({ secondOnly }: ExtensionValues, pass: WhichPass): boolean {
  return secondOnly !== true || pass === 'second';
}

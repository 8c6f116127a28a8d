// What is shown when the page itself cannot be: the models, to delete those that may be why; the pictures, to take them
// along; ways to go on. It uses nothing that the page is made of, and each part stands alone.
import { deleteModel, inspectModels } from '../library/models.ts';
import { listImages, readPng } from '../library/images.ts';
import { isSound } from '../library/image-record.ts';
import { addressWithoutLibrary } from '../library/storage-access.ts';
import { zipImages } from '../library/zip-images.ts';
import { pictureName, zipFileName } from '../library/file-names.ts';
import { detailsOf, wordsOf } from './failure.ts';
import { saveFile } from './save-file.ts';

/** Pictures that are offered one by one; all of them are in the zip. */
const LISTED = 200;

/** Takes the place of everything in `page`. Never throws. */
export function showLastResort(page: HTMLElement, error: unknown): void {
  const copied = make('span', { role: 'status' });
  page.replaceChildren(
    make(
      'main',
      { className: 'last-resort' },
      make('h1', {}, 'Darkroom could not be shown'),
      make(
        'p',
        {},
        'Something that is stored, or this version, stopped the page. Your models and pictures are still here. ' +
          'Open the page again; if it ends here again, take your pictures along and delete what came last.',
      ),
      make(
        'p',
        { className: 'actions' },
        button('Open again', () => location.reload()),
        button('Open without the library', () => location.assign(addressWithoutLibrary())),
        button('Copy the error', async () => {
          await navigator.clipboard.writeText(`${detailsOf(error)}\n${navigator.userAgent}`);
          copied.textContent = 'Copied.';
        }),
        copied,
      ),
      part('Models', showModels),
      part('Pictures', showPictures),
      make('details', {}, make('summary', {}, 'The error'), make('pre', {}, detailsOf(error))),
    ),
  );
}

async function showModels(place: HTMLElement): Promise<void> {
  const { models, damaged } = await inspectModels();
  const entries = [
    ...models.map(({ sha256, name }) => ({ key: sha256, name })),
    ...damaged.map(({ key, name }) => ({ key, name: name ?? 'A record that cannot be read' })),
  ];
  if (entries.length === 0) return void place.append(make('p', {}, 'There are none.'));
  const list = make('ul', {});
  for (const { key, name } of entries) {
    const item = make('li', {}, make('span', {}, name.slice(0, 200)));
    item.append(
      button('Delete', async () => {
        await deleteModel(key);
        item.replaceChildren(`${name.slice(0, 200)} is deleted.`);
      }),
    );
    list.append(item);
  }
  place.append(list);
}

async function showPictures(place: HTMLElement): Promise<void> {
  const images = await listImages();
  const sound = images.filter(isSound);
  if (sound.length === 0) return void place.append(make('p', {}, 'There are none.'));
  const state = make('span', { role: 'status' });
  const pack = async () => {
    const ids = sound.map(({ id }) => id);
    const tell = ({ done, total }: { done: number; total: number }) =>
      void (state.textContent = `${done} of ${total}`);
    const { file, missing } = await zipImages(ids, tell, new AbortController().signal);
    if (file) saveFile(file, zipFileName(Date.now()));
    state.textContent = missing === 0 ? '' : `${missing} could not be read.`;
  };
  const list = make('ul', {});
  for (const [index, { id, seed, createdAt }] of sound.slice(0, LISTED).entries()) {
    const item = make(
      'li',
      {},
      make('span', {}, `Seed ${seed}, ${new Date(createdAt).toISOString().slice(0, 16)}`),
    );
    item.append(
      button('Save', async () => {
        const png = await readPng(id);
        if (png) saveFile(png, pictureName(index, seed));
        else item.append(' It is not there any more.');
      }),
    );
    list.append(item);
  }
  place.append(
    make('p', { className: 'actions' }, button(`Download all ${sound.length} as zip`, pack), state),
    make('details', {}, make('summary', {}, 'One by one'), list),
  );
}

/** A heading with what `fill` adds below it, which may fail by itself. */
function part(title: string, fill: (place: HTMLElement) => Promise<void>): HTMLElement {
  const place = make('section', { ariaLabel: title }, make('h2', {}, title));
  fill(place).catch((error: unknown) =>
    place.append(make('p', {}, `They could not be read. ${wordsOf(error)}`)),
  );
  return place;
}

/** What goes wrong is said beside it. */
function button(label: string, press: () => void | Promise<void>): HTMLElement {
  const element = make('button', { className: 'button small', type: 'button' }, label);
  element.addEventListener('click', () => {
    Promise.resolve()
      .then(press)
      .catch((error: unknown) => element.after(` ${wordsOf(error)}`));
  });
  return element;
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

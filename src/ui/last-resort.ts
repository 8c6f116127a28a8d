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
import { dateTime } from './strings/locale.ts';
import { rescue as t } from './strings/rescue.ts';

/** Pictures that are offered one by one; all of them are in the zip. */
const LISTED = 200;

/** Takes the place of everything in `page`. Never throws. */
export function showLastResort(page: HTMLElement, error: unknown): void {
  const copied = make('span', { role: 'status' });
  page.replaceChildren(
    make(
      'main',
      { className: 'last-resort' },
      make('h1', {}, t.title),
      make('p', {}, t.what),
      make(
        'p',
        { className: 'actions' },
        button(t.openAgain, () => location.reload()),
        button(t.withoutLibrary, () => location.assign(addressWithoutLibrary())),
        button(t.copyError, async () => {
          await navigator.clipboard.writeText(`${detailsOf(error)}\n${navigator.userAgent}`);
          copied.textContent = t.copied;
        }),
        copied,
      ),
      part(t.models, showModels),
      part(t.pictures, showPictures),
      make('details', {}, make('summary', {}, t.theError), make('pre', {}, detailsOf(error))),
    ),
  );
}

async function showModels(place: HTMLElement): Promise<void> {
  const { models, damaged } = await inspectModels();
  const entries = [
    ...models.map(({ sha256, name }) => ({ key: sha256, name })),
    ...damaged.map(({ key, name }) => ({ key, name: name ?? t.damagedRecord })),
  ];
  if (entries.length === 0) return void place.append(make('p', {}, t.none));
  const list = make('ul', {});
  for (const { key, name } of entries) {
    const item = make('li', {}, make('span', {}, name.slice(0, 200)));
    item.append(
      button(t.delete, async () => {
        await deleteModel(key);
        item.replaceChildren(t.isDeleted(name.slice(0, 200)));
      }),
    );
    list.append(item);
  }
  place.append(list);
}

async function showPictures(place: HTMLElement): Promise<void> {
  const images = await listImages();
  const sound = images.filter(isSound);
  if (sound.length === 0) return void place.append(make('p', {}, t.none));
  const state = make('span', { role: 'status' });
  const pack = async () => {
    const ids = sound.map(({ id }) => id);
    const tell = ({ done, total }: { done: number; total: number }) =>
      void (state.textContent = t.packed(done, total));
    const { file, missing } = await zipImages(ids, tell, new AbortController().signal);
    if (file) saveFile(file, zipFileName(Date.now()));
    state.textContent = missing === 0 ? '' : t.missing(missing);
  };
  const list = make('ul', {});
  for (const [index, { id, seed, createdAt }] of sound.slice(0, LISTED).entries()) {
    const item = make('li', {}, make('span', {}, t.seedAndTime(String(seed), dateTime(createdAt))));
    item.append(
      button(t.save, async () => {
        const png = await readPng(id);
        if (png) saveFile(png, pictureName(index, seed));
        else item.append(` ${t.gone}`);
      }),
    );
    list.append(item);
  }
  place.append(
    make('p', { className: 'actions' }, button(t.downloadAll(sound.length), pack), state),
    make('details', {}, make('summary', {}, t.oneByOne), list),
  );
}

/** A heading with what `fill` adds below it, which may fail by itself. */
function part(title: string, fill: (place: HTMLElement) => Promise<void>): HTMLElement {
  const place = make('section', { ariaLabel: title }, make('h2', {}, title));
  fill(place).catch((error: unknown) => place.append(make('p', {}, t.notRead(wordsOf(error)))));
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

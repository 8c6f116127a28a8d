// A picture into the clipboard, which takes PNGs alone.

/** Rejects where the browser does not let pages do so, or cannot read the picture. */
export async function copyPicture(file: Promise<Blob>): Promise<void> {
  // Safari wants to be asked within the press itself, so that what is copied must come later.
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': file.then(pngOf) })]);
}

async function pngOf(file: Blob): Promise<Blob> {
  if (file.type === 'image/png') return file;
  const bitmap = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/png' });
}

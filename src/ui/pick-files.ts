// The browser's file dialog, opened from where there is no file field.
import { ACCEPTED_FILES } from './pairing.ts';

/** Call while a click is handled. */
export function pickFiles(onfiles: (files: File[]) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.accept = ACCEPTED_FILES;
  input.onchange = () => onfiles([...(input.files ?? [])]);
  input.click();
}

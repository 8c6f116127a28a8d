// The browser's file dialog, opened from where there is no file field.
import { ACCEPTED_FILES } from './pairing.ts';

/** Call while a click is handled. `accept`: as of a file field; checkpoints unless told. */
export function pickFiles(onfiles: (files: File[]) => void, accept = ACCEPTED_FILES): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.accept = accept;
  input.onchange = () => onfiles([...(input.files ?? [])]);
  input.click();
}

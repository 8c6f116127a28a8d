// Restoring faces: what it takes.
import type { WantedFile } from '../../../library/face-needs.ts';

const named = ({ what, file }: WantedFile): string => `${what} (${file})`;

export const faces = {
  missing: (file: WantedFile) => `Faces cannot be restored yet. Import ${named(file)} first`,
  further: (files: readonly WantedFile[]) =>
    `A1111 also has ${files.map(named).join(' and ')}. Without RetinaFace, Darkroom’s own detector finds the faces; without ParseNet each is pasted as a square with soft edges`,
  toModels: 'Models',
  by: (restorer: string) => `By ${restorer}.`,
  toSettings: 'Another',
};

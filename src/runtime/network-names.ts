// Under which names networks are loaded; their others are told where they are opened.

export function nameOfEncoder(encoder: number): string {
  return encoder === 0 ? 'text encoder' : `text encoder ${encoder + 1}`;
}

export function nameOfControl(file: string): string {
  return `control network "${file}"`;
}

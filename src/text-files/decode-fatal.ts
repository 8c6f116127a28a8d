// TextDecoder, strict, the same everywhere: Node 20 takes Windows-1252 for Latin-1.

/** What Windows-1252 has where Latin-1 has control characters. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** `label`: as TextDecoder knows it. A byte order mark of the encoding is left out. @throws TypeError for malformed bytes. */
export function decodeFatal(bytes: Uint8Array, label: string): string {
  const text = new TextDecoder(label, { fatal: true }).decode(bytes);
  if (label !== 'windows-1252') return text;
  return text.replace(/[\x80-\x9f]/g, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80]!);
}

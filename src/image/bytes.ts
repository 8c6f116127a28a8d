// Small things that every picture format needs of its bytes.

/** Bytes that own a plain buffer, as Blob and the streams want them. */
export type Bytes = Uint8Array<ArrayBuffer>;

export function concat(parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/**
 * ISO 8859-1, byte for byte. (TextDecoder's "latin1" is windows-1252, which differs in 0x80-0x9f.)
 */
export function decodeLatin1(bytes: Uint8Array): string {
  let text = '';
  // In pieces: fromCharCode takes its characters as arguments, whose number is limited.
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}

/** Null where a character does not exist in ISO 8859-1. */
export function encodeLatin1(text: string): Bytes | null {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return null;
    bytes[i] = code;
  }
  return bytes;
}

/** Whether `text` (ASCII) stands at `offset`. */
export function startsWith(bytes: Uint8Array, text: string, offset = 0): boolean {
  if (offset + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i += 1) if (bytes[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** UTF-8 without what is none, as Python's `decode('utf8', errors='ignore')` gives it. */
export function decodeUtf8(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const kept: string[] = [];
  // The decoder marks what it cannot read with a character that may also stand there rightly: EF BF BD.
  let start = 0;
  for (let at = 0; at <= bytes.length; at += 1) {
    const marker = bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
    if (!marker && at < bytes.length) continue;
    kept.push(decoder.decode(bytes.subarray(start, at)).replaceAll('\ufffd', ''));
    start = at + 3;
  }
  return kept.join('\ufffd');
}

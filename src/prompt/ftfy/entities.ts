// HTML entities: the cautious way of python-ftfy (fixes.unescape_html) and the full one of Python's html.unescape.
import { characterEntities } from 'character-entities';
import { characterEntitiesLegacy } from 'character-entities-legacy';
import { WINDOWS_1252 } from './codecs.ts';

/** Names that HTML also reads without their semicolon. */
const LEGACY = new Set(characterEntitiesLegacy);
const LONGEST_LEGACY = Math.max(...characterEntitiesLegacy.map((name) => name.length));

function isEntity(name: string): boolean {
  return Object.hasOwn(characterEntities, name);
}

/** The longest name at the start of `text` that needs no semicolon. */
function legacyPrefix(text: string): string | null {
  for (let length = Math.min(LONGEST_LEGACY, text.length); length > 1; length--) {
    const name = text.slice(0, length);
    if (LEGACY.has(name)) return name;
  }
  return null;
}

/** Names in capitals that stand for a lowercase name, in uppercased text: EACUTE. Not where HTML knows their start (LT...). */
const UPPERCASED = new Map<string, string>();
for (const [name, value] of Object.entries(characterEntities)) {
  if (name !== name.toLowerCase()) continue;
  const upper = name.toUpperCase();
  if (!isEntity(upper) && legacyPrefix(upper) === null) UPPERCASED.set(upper, value.toUpperCase());
}

/** Code points that a character reference may not name; HTML drops them. */
function isInvalid(point: number): boolean {
  return (
    (point >= 0x01 && point <= 0x08) ||
    point === 0x0b ||
    (point >= 0x0e && point <= 0x1f) ||
    (point >= 0x7f && point <= 0x9f) ||
    (point >= 0xfdd0 && point <= 0xfdef) ||
    (point & 0xfffe) === 0xfffe
  );
}

/** The character of `&#number;`. Numbers 0x80 - 0x9F mean what Windows-1252 has there. */
function numericCharacter(point: number): string {
  if (point === 0 || (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) return '\ufffd';
  if (point >= 0x80 && point <= 0x9f) return WINDOWS_1252.decode(point);
  return isInvalid(point) ? '' : String.fromCodePoint(point);
}

/** `body` stands between `&#` and the semicolon. */
function numericReference(body: string): string {
  return numericCharacter(/^x/i.test(body) ? parseInt(body.slice(1), 16) : parseInt(body, 10));
}

/**
 * Replaces entities that end in a semicolon, also uppercased ones of Latin letters and symbols ("&EACUTE;"). Anything unclear
 * stays: "this &not that". A reference to the semicolon itself stays too, as in the reference.
 */
export function unescapeClear(text: string): string {
  return text.replace(/&(#?)([0-9A-Za-z]{1,24});/g, (entity, hash: string, name: string) => {
    if (hash === '') {
      if (isEntity(name)) return characterEntities[name]!;
      return UPPERCASED.get(name) ?? entity;
    }
    if (!/^(?:[0-9]+|[xX][0-9a-fA-F]+)$/.test(name)) return entity;
    const character = numericReference(name);
    return character === ';' ? entity : character;
  });
}

/** Python's html.unescape: all entities, semicolons optional where HTML says so, the longest known name first. */
export function unescapeAll(text: string): string {
  return text.replace(
    /&(?:#([0-9]+);?|#([xX][0-9a-fA-F]+);?|([^\t\n\f <&#;]{1,32})(;?))/gu,
    (entity: string, decimal?: string, hex?: string, name = '', semicolon = '') => {
      const number = decimal ?? hex;
      if (number !== undefined) return numericReference(number);
      if (semicolon !== '' && isEntity(name)) return characterEntities[name]!;
      const known = legacyPrefix(name);
      return known === null ? entity : characterEntities[known]! + name.slice(known.length) + semicolon;
    },
  );
}

// The user comment of an XMP packet (exif:UserComment, XMP specification, part 2, 2.7): RDF in XML, of which this reads that one
// value, in either way to write it. In one pass over the text: no tree is built, no entity of the file's own is expanded.

const NAME = 'exif:UserComment';
/** Of a comment, in UTF-16 units. */
const MAX_COMMENT = 4_000_000;

/** Null where the packet has none. */
export function userCommentOf(packet: string): string | null {
  const start = packet.indexOf(NAME);
  if (start < 0) return null;
  const after = start + NAME.length;
  // As an attribute: exif:UserComment="...".
  const attribute = /^\s*=\s*(["'])/.exec(packet.slice(after, after + 20));
  if (attribute) {
    const from = after + attribute[0].length;
    const to = packet.indexOf(attribute[1]!, from);
    return to < 0 ? null : text(packet.slice(from, to));
  }
  const end = packet.indexOf(`</${NAME}>`, after);
  if (end < 0) return null;
  // As an element, with the languages of an alternative in it, of which the first counts.
  const inner = packet.slice(packet.indexOf('>', after) + 1, end);
  const item = inner.indexOf('<rdf:li');
  if (item < 0) return text(inner);
  const open = inner.indexOf('>', item);
  const close = inner.indexOf('</rdf:li>', open);
  return open < 0 || close < 0 ? null : text(inner.slice(open + 1, close));
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function text(xml: string): string | null {
  if (xml.length > MAX_COMMENT) return null;
  const whole = /^\s*<!\[CDATA\[(.*)\]\]>\s*$/s.exec(xml);
  if (whole) return whole[1]!;
  return xml
    .replace(
      /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot|apos));/gi,
      (found, decimal?: string, hex?: string, name?: string) => {
        if (name !== undefined) return ENTITIES[name.toLowerCase()]!;
        const code = decimal === undefined ? parseInt(hex!, 16) : Number(decimal);
        return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : found;
      },
    )
    .trim();
}

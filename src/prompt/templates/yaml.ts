// A YAML collection of wildcards as JSON, as it is kept. Takes seconds for a megabyte: not for the page's own thread.
import { parseDocument } from 'yaml';
import { checkYamlSize, MAX_ALIASES } from '../../text-files/yaml-size.ts';
import { readCollection } from './collections.ts';
import { WildcardError } from './errors.ts';

/** Published collections have up to some hundred thousand. */
const MAX_TOKENS = 2_000_000;

/** `name`: the file's. @throws WildcardError */
export function collectionOfYaml(name: string, yaml: string): string {
  let json: string | undefined;
  try {
    checkYamlSize(yaml, MAX_TOKENS, 'collection of wildcards');
    // Python's YAML is version 1.1, where an unquoted "yes" is no text.
    const read = parseDocument(yaml, { version: '1.1', uniqueKeys: false, logLevel: 'error' });
    const [error] = read.errors;
    if (error) throw error;
    json = JSON.stringify(read.toJS({ maxAliasCount: MAX_ALIASES }), null, 2);
  } catch (error) {
    const reason = (error as Error).message.split('\n', 1)[0]!;
    throw new WildcardError(`${name} cannot be read as YAML (${reason.slice(0, 200)}).`);
  }
  json ??= '{}';
  if (readCollection(name, json).size === 0) {
    throw new WildcardError(`${name} holds no wildcard lists: no key of it has texts.`);
  }
  return json;
}

// ComfyUI's graph in the form of its server ("prompt"): nodes by id, each with its class and its inputs, which are values or links
// [id of the node, which of its outputs]. Reroutes and nodes that only hold a value are seen through.
import { isList, isObject, numberOf, textOf, type Json, type JsonObject } from './json.ts';

export interface ComfyNode {
  readonly id: string;
  /** Its class: "KSampler". */
  readonly type: string;
  readonly inputs: JsonObject;
}

export interface Link {
  readonly node: ComfyNode;
  /** Which of the node's outputs. */
  readonly slot: number;
}

/** Nodes that are followed one after another: far more than any workflow has in a row, and graphs may run in circles. */
const MAX_STEPS = 500;
/** Inputs that are looked at in all: graphs may fork at every node. */
const MAX_LOOKS = 200_000;
/** Of a text that is put together, in UTF-16 units. */
const MAX_TEXT = 100_000;
/** Nodes of a graph that is looked at. */
const MAX_NODES = 20_000;

/** Nodes that hand one of their inputs on. */
const THROUGH =
  /^(?:Reroute|PrimitiveNode|Any ?Switch|.*\bReroute\b.*|ImpactSwitch|.*Switch \(rgthree\)|easy showAnything)/i;
/** Inputs by which nodes that hold a text, or build one, have it. */
const TEXT_INPUTS = [
  'text',
  'string',
  'value',
  'prompt',
  'populated_text',
  'wildcard_text',
  'STRING',
  'Text',
  'text_positive',
  'positive',
  'text_0',
];
const NUMBER_INPUTS = ['value', 'Value', 'int', 'INT', 'float', 'FLOAT', 'number', 'seed', 'noise_seed', 'a'];
const JOINS = /concat|join|combine/i;

export class ComfyGraph {
  readonly nodes: ReadonlyMap<string, ComfyNode>;
  #looks = 0;

  constructor(graph: JsonObject) {
    const nodes = new Map<string, ComfyNode>();
    for (const [id, value] of Object.entries(graph).slice(0, MAX_NODES)) {
      if (!isObject(value) || typeof value['class_type'] !== 'string') continue;
      nodes.set(id, {
        id,
        type: value['class_type'],
        inputs: isObject(value['inputs']) ? value['inputs'] : {},
      });
    }
    this.nodes = nodes;
  }

  /** Where an input comes from, reroutes seen through; null where it is a value, or nothing. */
  link(node: ComfyNode, name: string): Link | null {
    return Object.hasOwn(node.inputs, name) ? this.#linkOf(node.inputs[name]!) : null;
  }

  /** All links of a node. */
  links(node: ComfyNode): readonly (Link & { readonly name: string })[] {
    return Object.keys(node.inputs).flatMap((name) => {
      const link = this.link(node, name);
      return link ? [{ ...link, name }] : [];
    });
  }

  #linkOf(value: Json): Link | null {
    let link = this.#target(value);
    for (let steps = 0; link && THROUGH.test(link.node.type); steps += 1) {
      if (steps > MAX_STEPS || !this.#may()) return null;
      const next: Link | undefined =
        Object.values(link.node.inputs)
          .map((input) => this.#target(input))
          .find((target) => target !== null) ?? undefined;
      // One that holds a value itself.
      if (!next) return link;
      link = next;
    }
    return link;
  }

  #may(): boolean {
    this.#looks += 1;
    return this.#looks <= MAX_LOOKS;
  }

  #target(value: Json): Link | null {
    if (!isList(value) || value.length !== 2) return null;
    const [id, slot] = value;
    const node = typeof id === 'string' || typeof id === 'number' ? this.nodes.get(String(id)) : undefined;
    return node && typeof slot === 'number' ? { node, slot } : null;
  }

  /** A text, wherever it comes from; null where it cannot be told. */
  text(node: ComfyNode, name: string, steps = 0): string | null {
    if (steps > 30 || !this.#may() || !Object.hasOwn(node.inputs, name)) return null;
    const value = node.inputs[name];
    if (typeof value === 'string') return value.slice(0, MAX_TEXT);
    const link = this.link(node, name);
    if (!link) return null;
    if (JOINS.test(link.node.type)) return this.#joined(link.node, steps + 1);
    for (const input of TEXT_INPUTS) {
      const found = this.text(link.node, input, steps + 1);
      if (found !== null) return found;
    }
    return null;
  }

  /** All texts that go into a node that joins them. */
  #joined(node: ComfyNode, steps: number): string | null {
    const between = ['delimiter', 'separator']
      .map((name) => this.text(node, name, steps))
      .find((one) => one !== null);
    const parts = Object.keys(node.inputs)
      .filter((name) => !/delimiter|separator|clean|mode|action/i.test(name))
      .slice(0, 50)
      .flatMap((name) => textOf(this.text(node, name, steps) ?? undefined) ?? []);
    return parts.length === 0 ? null : parts.join(between ?? ', ').slice(0, MAX_TEXT);
  }

  number(node: ComfyNode, name: string): number | null {
    return numberOf(this.value(node, name, NUMBER_INPUTS));
  }

  /** A value; one that comes by a link is looked for under the same name there, and then under those of `names`. */
  value(node: ComfyNode, name: string, names: readonly string[], steps = 0): Json {
    if (steps > 30 || !this.#may() || !Object.hasOwn(node.inputs, name)) return null;
    const value = node.inputs[name]!;
    if (!isList(value)) return isObject(value) ? null : value;
    const link = this.link(node, name);
    for (const input of link ? [name, ...names] : []) {
      const found = this.value(link!.node, input, names, steps + 1);
      if (found !== null) return found;
    }
    return null;
  }
}

export { MAX_STEPS, NUMBER_INPUTS };

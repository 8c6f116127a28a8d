// Writes a Graph as an ONNX ModelProto. Field numbers are those of onnx.proto (ONNX 1.12, IR version 8, opset 17).
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Attribute, Constant, Dim, Graph, Node, Port } from '../graph/graph.ts';
import type { ElementType, Value } from '../graph/graph.ts';
import type { WeightPlace, WeightRef } from '../graph/types.ts';

const IR_VERSION = 8;
const OPSET = 17;

/** ONNX's numbers for element types. */
const ONNX_TYPE: Readonly<Record<ElementType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  float16: 10,
};

type Names = (value: Value) => string;

/** Protobuf bytes. Weights are not inside: `place` says where onnxruntime finds each as external data, in the graph's precision. */
export function serializeModel(graph: Graph, place: (ref: WeightRef) => WeightPlace): Uint8Array {
  const name = nameValues(graph);
  const w = new BinaryWriter();
  field(w, 1).int64(IR_VERSION);
  text(w, 2, 'Darkroom');
  message(w, 7, () => {
    for (const node of graph.nodes) message(w, 1, () => writeNode(w, node, name));
    text(w, 2, 'graph');
    for (const constant of graph.constants) {
      message(w, 5, () => writeConstant(w, constant, name(constant.value)));
    }
    for (const { value, ref } of graph.storedWeights) {
      message(w, 5, () => writeWeight(w, ref, value.type, name(value), place(ref)));
    }
    for (const port of graph.inputs)
      message(w, 11, () => writeValueInfo(w, name(port.value), port.value, port.dims));
    for (const port of graph.outputs)
      message(w, 12, () => writeValueInfo(w, name(port.value), port.value, port.dims));
    const ports = new Set([...graph.inputs, ...graph.outputs].map((port: Port) => port.value));
    for (const [value, dims] of graph.knownDims) {
      if (!ports.has(value)) message(w, 13, () => writeValueInfo(w, name(value), value, dims));
    }
  });
  message(w, 8, () => {
    text(w, 1, '');
    field(w, 2).int64(OPSET);
  });
  message(w, 8, () => {
    text(w, 1, 'com.microsoft');
    field(w, 2).int64(1);
  });
  return w.finish();
}

/** Ports and weights keep their names, everything else is numbered. Prefixes keep the kinds apart. */
function nameValues(graph: Graph): Names {
  const names = new Map<Value, string>();
  for (const { name, value } of [...graph.inputs, ...graph.outputs]) names.set(value, name);
  graph.storedWeights.forEach(({ value, ref }, index) => names.set(value, `w:${index}:${ref.name}`));
  graph.constants.forEach(({ value }, index) => names.set(value, `c:${index}`));
  let count = 0;
  for (const { output, unread } of graph.nodes) {
    if (!names.has(output)) names.set(output, `v:${count++}`);
    if (unread) names.set(unread, `v:${count++}`);
  }
  return (value) => {
    const name = names.get(value);
    if (name === undefined) throw new Error('A value of another graph got into this one.');
    return name;
  };
}

// NodeProto
function writeNode(w: BinaryWriter, node: Node, name: Names): void {
  for (const input of node.inputs) text(w, 1, input ? name(input) : '');
  if (node.unread) text(w, 2, name(node.unread));
  text(w, 2, name(node.output));
  text(w, 3, node.name);
  text(w, 4, node.op);
  for (const [key, attribute] of Object.entries(node.attributes)) {
    message(w, 5, () => writeAttribute(w, key, attribute));
  }
  if (node.domain) text(w, 7, node.domain);
}

// AttributeProto
function writeAttribute(w: BinaryWriter, key: string, attribute: Attribute): void {
  text(w, 1, key);
  switch (attribute.kind) {
    case 'float':
      w.tag(2, WireType.Bit32).float(attribute.value);
      field(w, 20).int32(1);
      break;
    case 'int':
      field(w, 3).int64(attribute.value);
      field(w, 20).int32(2);
      break;
    case 'string':
      text(w, 4, attribute.value);
      field(w, 20).int32(3);
      break;
    case 'ints':
      for (const value of attribute.value) field(w, 8).int64(value);
      field(w, 20).int32(7);
      break;
    case 'type':
      field(w, 3).int64(ONNX_TYPE[attribute.value]);
      field(w, 20).int32(2);
      break;
  }
}

// TensorProto, data inside
function writeConstant(w: BinaryWriter, constant: Constant, name: string): void {
  for (const size of constant.dims) field(w, 1).int64(size);
  field(w, 2).int32(ONNX_TYPE[constant.value.type]);
  text(w, 8, name);
  w.tag(9, WireType.LengthDelimited).bytes(constant.data);
}

// TensorProto, data elsewhere
function writeWeight(
  w: BinaryWriter,
  ref: WeightRef,
  type: ElementType,
  name: string,
  place: WeightPlace,
): void {
  const count = ref.shape.reduce((product, size) => product * size, 1);
  const entry = (key: string, value: string) => {
    message(w, 13, () => {
      text(w, 1, key);
      text(w, 2, value);
    });
  };
  for (const size of ref.shape) field(w, 1).int64(size);
  field(w, 2).int32(ONNX_TYPE[type]);
  text(w, 8, name);
  entry('location', place.location);
  entry('offset', String(place.offset));
  entry('length', String(count * (type === 'float16' ? 2 : 4)));
  field(w, 14).int32(1);
}

// ValueInfoProto > TypeProto > Tensor > TensorShapeProto > Dimension
function writeValueInfo(w: BinaryWriter, name: string, value: Value, dims: readonly Dim[]): void {
  text(w, 1, name);
  message(w, 2, () =>
    message(w, 1, () => {
      field(w, 1).int32(ONNX_TYPE[value.type]);
      message(w, 2, () => {
        for (const dim of dims) {
          message(w, 1, () => (typeof dim === 'number' ? field(w, 1).int64(dim) : text(w, 2, dim)));
        }
      });
    }),
  );
}

function field(w: BinaryWriter, number: number): BinaryWriter {
  return w.tag(number, WireType.Varint);
}

function text(w: BinaryWriter, number: number, value: string): void {
  w.tag(number, WireType.LengthDelimited).string(value);
}

function message(w: BinaryWriter, number: number, body: () => void): void {
  w.tag(number, WireType.LengthDelimited).fork();
  body();
  w.join();
}

"""The safetensors format (huggingface/safetensors): the header's length, the header in JSON, the tensors one after another."""
import json
import struct

import numpy as np
import torch

TYPES = {torch.float16: "F16", torch.float32: "F32", torch.int64: "I64"}
_NUMPY = {"F16": np.float16, "F32": np.float32, "I64": np.int64}


def write_tensors(path, tensors, metadata):
    """Writes tensors, by name, and texts of metadata."""
    header, offset = {"__metadata__": metadata}, 0
    for name, tensor in sorted(tensors.items()):
        size = tensor.numel() * tensor.element_size()
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, tensor in sorted(tensors.items()):
            file.write(np.ascontiguousarray(tensor.numpy()).tobytes())


def read_tensors(path):
    """Tensors by name, of a file that write_tensors wrote."""
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        first, last = (8 + length + offset for offset in entry["data_offsets"])
        found[name] = torch.from_numpy(np.frombuffer(data[first:last], _NUMPY[entry["dtype"]]).reshape(entry["shape"]).copy())
    return found

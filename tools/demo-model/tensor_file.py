"""The safetensors format (huggingface/safetensors): the header's length, the header in JSON, the tensors one after another."""
import json
import struct

import numpy as np
import torch

TYPES = {torch.float16: "F16", torch.float32: "F32", torch.int64: "I64"}
_NUMPY = {"F16": np.float16, "F32": np.float32, "I64": np.int64}


def pack_tensors(tensors, metadata):
    """The bytes of a file with tensors, by name, and texts of metadata."""
    header, offset = {"__metadata__": metadata}, 0
    for name, tensor in sorted(tensors.items()):
        size = tensor.numel() * tensor.element_size()
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = [np.ascontiguousarray(tensor.numpy()).tobytes() for _, tensor in sorted(tensors.items())]
    return b"".join([struct.pack("<Q", len(text)), text, *data])


def unpack_tensors(data):
    """Tensors by name, and metadata, of what pack_tensors made."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    found = {}
    for name, entry in header.items():
        first, last = (8 + length + offset for offset in entry["data_offsets"])
        found[name] = torch.from_numpy(np.frombuffer(data[first:last], _NUMPY[entry["dtype"]]).reshape(entry["shape"]).copy())
    return found, metadata

"""What PyTorch computes with a network of a checkpoint, as the measure of `npm run check-full-size`, which runs this.

Prints nothing; the argument is JSON:
  file      a checkpoint of SD 1.x, 2.x or XL in the original layout (.safetensors, .ckpt)
  network   "text", "text-2", "unet", "vae-decoder" or "vae-encoder"
  sizes     of the network, as in ../demo-model/networks.py; for a text encoder also "prefix", of its tensors' names
  inputs    by name: {"path": a file of float32, "shape": [...]}
  half      whether in float16
  out       the result goes there, as float32

In float16 means as on a graphics card: weights and every operation's result are float16, what happens inside an operation
(sums, attention as scaled_dot_product_attention has it) is float32. On a CPU, where PyTorch has no such kernels, every result
is computed in float32 and then rounded, which is the same arithmetic.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "demo-model"))
import networks  # noqa: E402


class RoundedToHalf(TorchDispatchMode):
    """Rounds every float32 result of an operation to float16, unless `exact` is set."""

    exact = False

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if RoundedToHalf.exact:
            return result
        inputs = {value.storage().data_ptr() for value in args if isinstance(value, torch.Tensor)}

        def rounded(value):
            if not isinstance(value, torch.Tensor) or value.dtype != torch.float32:
                return value
            # A view shows numbers that are rounded already.
            return value if value.storage().data_ptr() in inputs else halved(value)

        return type(result)(map(rounded, result)) if isinstance(result, (tuple, list)) else rounded(result)


def halved(values):
    return values.half().float()


def as_one(function):
    """The function as one operation: its result is rounded, what it computes on the way is not."""

    def whole(*args):
        RoundedToHalf.exact = True
        try:
            result = function(*args)
        finally:
            RoundedToHalf.exact = False
        return result.clone()

    return whole


def rounding():
    """To be used with `with`: every operation's result is rounded to float16 inside."""
    networks.timestep_embedding = as_one(networks.timestep_embedding)
    networks.attention = as_one(networks.attention)
    return RoundedToHalf()


def tensors_of(path):
    if not path.endswith(".safetensors"):
        stored = torch.load(path, map_location="cpu")
        return stored.get("state_dict", stored)
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    # Copied only where it is written to, which is nowhere.
    data = np.memmap(path, mode="c", offset=8 + length)
    types = {"F16": np.float16, "F32": np.float32, "I64": np.int64}

    def tensor(entry):
        begin, end = entry["data_offsets"]
        return torch.from_numpy(data[begin:end].view(types[entry["dtype"]]).reshape(entry["shape"]))

    return {name: tensor(entry) for name, entry in header.items() if entry["dtype"] in types}


def open_clip_names(tensors):
    """OpenCLIP's tensors by the names of transformers' CLIPTextModel; one weight for q, k and v becomes three."""
    found = {
        "embeddings.token_embedding.weight": tensors["token_embedding.weight"],
        "embeddings.position_embedding.weight": tensors["positional_embedding"],
    }
    parts = {"ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2", "attn.out_proj": "self_attn.out_proj"}
    for name, value in tensors.items():
        if name.startswith("ln_final."):
            found[name.replace("ln_final", "final_layer_norm")] = value
        if not name.startswith("transformer.resblocks."):
            continue
        layer, part = name.removeprefix("transformer.resblocks.").split(".", 1)
        layer = f"encoder.layers.{layer}."
        if part.startswith("attn.in_proj_"):
            kind = part.removeprefix("attn.in_proj_")
            for projection, rows in zip("qkv", value.chunk(3)):
                found[f"{layer}self_attn.{projection}_proj.{kind}"] = rows
        else:
            owner, kind = part.rsplit(".", 1)
            found[f"{layer}{parts[owner]}.{kind}"] = value
    return found


def build(network, sizes, tensors):
    """The module with its weights in float32, and the function of the inputs that is asked for."""
    sizes = dict(sizes)
    # The checkpoint's tensors are all that is in the module: making random ones first would take minutes.
    for name in ("kaiming_uniform_", "uniform_", "normal_", "zeros_", "constant_"):
        setattr(torch.nn.init, name, lambda tensor, *_, **__: tensor)
    if network.startswith("text"):
        named = below(tensors, sizes.pop("prefix"))
        module = networks.ClipText(**sizes)
        if "positional_embedding" in named:
            named = open_clip_names(named)
        compute = lambda inputs: module(inputs["tokens"].long())
    elif network == "unet":
        module = networks.UNet(**sizes)
        named = below(tensors, "model.diffusion_model.")
        compute = lambda inputs: module(inputs["x"], inputs["timesteps"], inputs["context"], inputs.get("vector"))
    else:
        module = networks.Autoencoder(**sizes)
        named = below(tensors, "first_stage_model.")
        decoding = network == "vae-decoder"
        compute = lambda inputs: module.decode(inputs["latent"]) if decoding else module.encode(inputs["image"])[0]
    with torch.no_grad():
        # SD 1 stores as 1x1 convolutions what SD 2 stores as linear layers. A checkpoint may have layers beyond those used.
        for name, parameter in module.state_dict().items():
            parameter.copy_(named[name].reshape(parameter.shape))
    return module.eval(), compute


def below(tensors, prefix):
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


@torch.no_grad()
def main():
    options = json.loads(sys.argv[1])
    module, compute = build(options["network"], options["sizes"], tensors_of(options["file"]))
    inputs = {
        name: torch.from_numpy(np.fromfile(given["path"], np.float32).reshape(given["shape"]))
        for name, given in options["inputs"].items()
    }
    exact = ("tokens", "timesteps")
    if options["half"]:
        for parameter in module.parameters():
            parameter.copy_(halved(parameter))
        inputs = {name: value if name in exact else halved(value) for name, value in inputs.items()}
    if torch.cuda.is_available():
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        dtype = torch.float16 if options["half"] else torch.float32
        module.to("cuda", dtype)
        result = compute({name: value.to("cuda", None if name in exact else dtype) for name, value in inputs.items()})
    elif options["half"]:
        with rounding():
            result = compute(inputs)
    else:
        result = compute(inputs)
    result.float().cpu().numpy().tofile(options["out"])


if __name__ == "__main__":
    main()

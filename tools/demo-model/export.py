"""Writes the trained networks as a Stable Diffusion 1.x checkpoint (float16 .safetensors) with its sidecar, and demo.json."""
import argparse
import hashlib
import json
from pathlib import Path

import torch

from checkpoint import to_checkpoint
from networks import SIZES
from schedule import BETA_END, BETA_START, TIMESTEPS
from tensor_file import write_tensors

NAME = "darkroom-demo"

EXAMPLE = {
    "prompt": "HD, masterpiece, best quality, (sunrise at sea), (waves), birds flying in the distance, morning",
    "negativePrompt": "",
    "width": 128,
    "height": 128,
}
# What the page offers to click: what it does well.
PROMPTS = (
    "sunset over the sea, a boat with a red sail, clouds",
    "a green pear on the left and a red balloon on the right",
    "starry night, full moon, city skyline",
    "desert at sunset with a cactus",
    "three yellow balloons, blue background",
    "meadow, noon, rainbow, flowers, clouds",
    "a large purple heart, on a pink background",
    "winter landscape, snowing, houses, night",
)


def checkpoint(folder):
    trained = torch.load(Path(folder, "diffusion.pt"), map_location="cpu")
    fine = Path(folder, "vae-fine.pt")
    vae = torch.load(fine if fine.exists() else Path(folder, "vae.pt"), map_location="cpu")
    return to_checkpoint(trained["text"], trained["vocabulary"], trained["unet"], vae)


def sidecar(scale_factor):
    text, unet, vae = SIZES["text"], SIZES["unet"], SIZES["vae"]
    listed = lambda values: "[" + ", ".join(str(v) for v in values) + "]"
    return f"""# Darkroom's demo model: Stable Diffusion 1.x at small sizes. What the tensors do not tell.
model:
  target: ldm.models.diffusion.ddpm.LatentDiffusion
  params:
    parameterization: eps
    linear_start: {BETA_START}
    linear_end: {BETA_END}
    timesteps: {TIMESTEPS}
    channels: 4
    scale_factor: {scale_factor}
    unet_config:
      target: ldm.modules.diffusionmodules.openaimodel.UNetModel
      params:
        in_channels: 4
        out_channels: 4
        model_channels: {unet["channels"]}
        attention_resolutions: {listed(2**level for level in unet["attention_levels"])}
        num_res_blocks: {unet["res_blocks"]}
        channel_mult: {listed(unet["mult"])}
        num_heads: {unet["heads"]}
        use_spatial_transformer: true
        transformer_depth: 1
        context_dim: {unet["context"]}
        legacy: false
    first_stage_config:
      target: ldm.models.autoencoder.AutoencoderKL
      params:
        embed_dim: {vae["latent"]}
        ddconfig:
          double_z: true
          z_channels: {vae["latent"]}
          resolution: 128
          in_channels: 3
          out_ch: 3
          ch: {vae["channels"]}
          ch_mult: {listed(vae["mult"])}
          num_res_blocks: {vae["res_blocks"]}
          attn_resolutions: []
          dropout: 0.0
    cond_stage_config:
      target: ldm.modules.encoders.modules.FrozenCLIPEmbedder
      params:
        text_config:
          hidden_size: {text["width"]}
          intermediate_size: {4 * text["width"]}
          num_hidden_layers: {text["layers"]}
          num_attention_heads: {text["heads"]}
          hidden_act: quick_gelu
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where the training left its states")
    parser.add_argument("--out", default=str(Path(__file__).resolve().parents[2] / "public/demo"))
    options = parser.parse_args()
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    scale_factor = json.loads(Path(options.folder, "scale.json").read_text())["scale_factor"]
    file = out / f"{NAME}.safetensors"
    write_tensors(file, checkpoint(options.folder), {"modelspec.title": "Darkroom demo", "modelspec.license": "MIT"})
    (out / f"{NAME}.yaml").write_text(sidecar(scale_factor))
    demo = {
        "name": "Darkroom demo",
        "file": file.name,
        "size": file.stat().st_size,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "sidecar": f"{NAME}.yaml",
        "example": EXAMPLE,
        "prompts": PROMPTS,
    }
    (out / "demo.json").write_text(json.dumps(demo, indent=2) + "\n")
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

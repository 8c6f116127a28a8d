"""Writes the trained networks as a Stable Diffusion 1.x checkpoint (float16 .safetensors) with its sidecar, and demo.json."""
import hashlib
import json

from checkpoint import to_checkpoint
from networks import SIZES
from places import NAME
from schedule import BETA_END, BETA_START, TIMESTEPS
from tensor_file import pack_tensors

PROMPT = "HD, masterpiece, best quality, (sunrise at sea), (waves), birds flying in the distance, morning"
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


def checkpoint(weights, vocabulary):
    """The bytes of the .safetensors file; `weights` by network, `vocabulary` the ids that the text encoder knows."""
    tensors = to_checkpoint(weights["text"], vocabulary, weights["unet"], weights["vae"])
    return pack_tensors(tensors, {"modelspec.title": "Darkroom demo", "modelspec.license": "MIT"})


def sidecar(scale_factor, size):
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
          resolution: {size}
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


def demo(file, size):
    """The text of demo.json: what the page has to know of the checkpoint (its bytes), which draws at `size` pixels."""
    listed = {
        "name": "Darkroom demo",
        "file": f"{NAME}.safetensors",
        "size": len(file),
        "sha256": hashlib.sha256(file).hexdigest(),
        "sidecar": f"{NAME}.yaml",
        "example": {"prompt": PROMPT, "negativePrompt": "", "width": size, "height": size},
        "prompts": PROMPTS,
    }
    return json.dumps(listed, indent=2) + "\n"

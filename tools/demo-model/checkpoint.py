"""The trained networks as one Stable Diffusion 1.x checkpoint, and back: to ship them, and to train on from what is shipped."""
import torch

from networks import SIZES
from prompts import UNKNOWN
from schedule import BETA_END, BETA_START, TIMESTEPS, alphas_cumprod

TEXT, UNET, VAE = "cond_stage_model.transformer.text_model.", "model.diffusion_model.", "first_stage_model."
TOKENS = "embeddings.token_embedding.weight"
POSITIONS = "embeddings.position_ids"


def to_checkpoint(text, vocabulary, unet, vae):
    """Every tensor by its name in the original layout, weights in float16. `vocabulary`: CLIP's ids of the rows after UNKNOWN's."""
    table = text[TOKENS][UNKNOWN].repeat(SIZES["text"]["vocabulary"], 1)
    table[vocabulary] = text[TOKENS][UNKNOWN + 1 :]
    text = {**text, TOKENS: table}
    tensors = {f"{prefix}{name}": value for prefix, part in ((TEXT, text), (UNET, unet), (VAE, vae)) for name, value in part.items()}
    tensors = {name: value.to(torch.float16) for name, value in tensors.items()}
    tensors[TEXT + POSITIONS] = torch.arange(SIZES["text"]["positions"])[None]
    tensors["alphas_cumprod"] = alphas_cumprod()
    tensors["betas"] = (torch.linspace(BETA_START**0.5, BETA_END**0.5, TIMESTEPS, dtype=torch.float64) ** 2).float()
    return tensors


def from_checkpoint(tensors, vocabulary):
    """State dictionaries (float32) of "text", "unet" and "vae", of the tensors that to_checkpoint made.

    `vocabulary`: the ids that the token embedding is to have rows for; those that were not in use when the file was
    trained start out as the unknown word.
    """
    parts = {
        key: {name[len(prefix) :]: value.float() for name, value in tensors.items() if name.startswith(prefix)}
        for key, prefix in (("text", TEXT), ("unet", UNET), ("vae", VAE))
    }
    text = parts["text"]
    del text[POSITIONS]
    table = text[TOKENS]
    # Most of CLIP's 49408 words mean nothing here, and share one row.
    unknown = table.mode(0).values
    text[TOKENS] = torch.cat([unknown[None], table[vocabulary]])
    return parts

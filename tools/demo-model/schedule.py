"""Stable Diffusion's noise schedule, and drawing pictures with it: k-diffusion's Euler sampler with guidance."""
import torch

from prompts import emphasise, tensors

TIMESTEPS, BETA_START, BETA_END = 1000, 0.00085, 0.012


def alphas_cumprod():
    """[1000]: how much signal is left at each timestep (ldm's "linear" schedule)."""
    betas = torch.linspace(BETA_START**0.5, BETA_END**0.5, TIMESTEPS, dtype=torch.float64) ** 2
    return (1 - betas).cumprod(0).float()


@torch.no_grad()
def draw(unet, text, vocabulary, captions, negatives, size, cfg=7.0, steps=25, seed=1):
    """Scaled latents [N, 4, size, size] of captions (lists of (text, weight)), by Euler steps (Karras et al. 2022)."""
    device, dtype = (getattr(next(unet.parameters()), name) for name in ("device", "dtype"))

    def encoded(segments):
        rows, weights = (t.to(device) for t in tensors([vocabulary.tables(s) for s in segments]))
        return emphasise(text(rows).float(), weights).to(dtype)

    context = encoded(captions) if cfg == 1 else torch.cat([encoded(captions), encoded(negatives)])
    alphas = alphas_cumprod()
    sigmas = ((1 - alphas) / alphas).sqrt()
    times = torch.linspace(TIMESTEPS - 1, 0, steps)
    low = times.floor().long()
    high = (low + 1).clamp(max=TIMESTEPS - 1)
    share = times - low
    levels = torch.cat([((1 - share) * sigmas[low].log() + share * sigmas[high].log()).exp(), torch.zeros(1)])
    noise = torch.Generator().manual_seed(seed)
    x = (torch.randn(len(captions), 4, size, size, generator=noise) * (levels[0] ** 2 + 1).sqrt()).to(device)
    for index in range(steps):
        scaled = (x / float((levels[index] ** 2 + 1).sqrt())).to(dtype)
        if cfg != 1:
            scaled = torch.cat([scaled, scaled])
        found = unet(scaled, times[index].to(device).expand(len(scaled)), context).float()
        if cfg != 1:
            cond, uncond = found.chunk(2)
            found = uncond + cfg * (cond - uncond)
        x = x + found * float(levels[index + 1] - levels[index])
    return x

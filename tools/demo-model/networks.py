"""The three networks of Stable Diffusion 1.x at demo size, with the parameter names of its checkpoints.

Text encoder: Radford et al. 2021 (names of transformers' CLIPTextModel). UNet and autoencoder: Rombach et al. 2022 (names of
CompVis/stable-diffusion's UNetModel and AutoencoderKL). Only the sizes differ; see SIZES.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

SIZES = {
    "text": {"width": 96, "layers": 4, "heads": 3, "vocabulary": 49408, "positions": 77},
    "unet": {"channels": 64, "mult": (1, 2, 3), "res_blocks": 1, "heads": 8, "attention_levels": (1, 2), "context": 96},
    # 64 channels at least: with 32, every group of a norm is one channel, whose mean (the picture's colour) it takes away.
    "vae": {"channels": 64, "mult": (1, 1, 1, 2), "res_blocks": 1, "latent": 4},
}


class norm(nn.GroupNorm):
    """Group norm over 32 groups; on CPUs in float32, which is several times faster there than bfloat16."""

    def __init__(self, channels, eps):
        super().__init__(32, channels, eps=eps)

    def forward(self, x):
        if x.device.type != "cpu":
            return super().forward(x)
        return F.group_norm(x.float(), 32, self.weight.float(), self.bias.float(), self.eps).to(x.dtype)


class LayerNorm(nn.LayerNorm):
    """On CPUs in float32, for the same reason."""

    def forward(self, x):
        if x.device.type != "cpu":
            return super().forward(x)
        return F.layer_norm(x.float(), self.normalized_shape, self.weight.float(), self.bias.float(), self.eps).to(x.dtype)


# -- text encoder ----------------------------------------------------------------------------------------------------


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


ACTIVATIONS = {"quick_gelu": quick_gelu, "gelu": F.gelu}


class ClipLayer(nn.Module):
    def __init__(self, width, heads, activation):
        super().__init__()
        self.heads, self.activation = heads, ACTIVATIONS[activation]
        self.self_attn = nn.ModuleDict({name: nn.Linear(width, width) for name in ("q_proj", "k_proj", "v_proj", "out_proj")})
        self.layer_norm1, self.layer_norm2 = LayerNorm(width), LayerNorm(width)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})

    def forward(self, x, mask):
        h = self.layer_norm1(x)
        q, k, v = (self.self_attn[name](h) for name in ("q_proj", "k_proj", "v_proj"))
        x = x + self.self_attn["out_proj"](attention(q, k, v, self.heads, mask))
        h = self.mlp["fc1"](self.layer_norm2(x))
        return x + self.mlp["fc2"](self.activation(h))


class ClipText(nn.Module):
    """Token ids [N, 77] -> [N, 77, width]. While training, `vocabulary` is the number of tokens that captions use."""

    def __init__(self, width, layers, heads, vocabulary, positions, activation="quick_gelu"):
        super().__init__()
        self.embeddings = nn.ModuleDict(
            {"token_embedding": nn.Embedding(vocabulary, width), "position_embedding": nn.Embedding(positions, width)}
        )
        self.encoder = nn.ModuleDict({"layers": nn.ModuleList(ClipLayer(width, heads, activation) for _ in range(layers))})
        self.final_layer_norm = LayerNorm(width)
        self.register_buffer("mask", torch.full((positions, positions), -1e4).triu(1), persistent=False)
        nn.init.normal_(self.embeddings["token_embedding"].weight, std=0.02 * math.sqrt(width / 16))
        nn.init.normal_(self.embeddings["position_embedding"].weight, std=0.02)
        # A1111's emphasis restores the mean of the encoder's output by dividing; this keeps that mean away from zero.
        nn.init.constant_(self.final_layer_norm.bias, 0.5)

    def forward(self, ids):
        x = self.embeddings["token_embedding"](ids) + self.embeddings["position_embedding"].weight[: ids.shape[1]]
        for layer in self.encoder["layers"]:
            x = layer(x, self.mask)
        return self.final_layer_norm(x)


# From PyTorch 2.0 on.
HAS_SDPA = hasattr(F, "scaled_dot_product_attention")


def attention(q, k, v, heads, mask=None):
    """[N, queries, channels] each: multi-head attention (Vaswani et al. 2017), without projections."""
    split = lambda t: t.unflatten(-1, (heads, -1)).transpose(1, 2)
    q, k, v = split(q), split(k), split(v)
    if q.device.type != "cpu" and HAS_SDPA:
        mask = None if mask is None else mask.to(q.dtype)
        return F.scaled_dot_product_attention(q, k, v, mask).transpose(1, 2).flatten(2)
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if mask is not None:
        scores = scores + mask.to(scores.dtype)
    return (scores.softmax(-1).to(v.dtype) @ v).transpose(1, 2).flatten(2)


# -- UNet ------------------------------------------------------------------------------------------------------------


def timestep_embedding(t, channels):
    """Cosines, then sines (Ho et al. 2020; ldm's timestep_embedding)."""
    half = channels // 2
    angles = t[:, None].float() * torch.exp(-math.log(10000) * torch.arange(half, device=t.device) / half)
    return torch.cat([angles.cos(), angles.sin()], 1)


class ResBlock(nn.Module):
    def __init__(self, inputs, outputs, time_width):
        super().__init__()
        self.in_layers = nn.Sequential(norm(inputs, 1e-5), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(time_width, outputs))
        self.out_layers = nn.Sequential(
            norm(outputs, 1e-5), nn.SiLU(), nn.Identity(), zeroed(nn.Conv2d(outputs, outputs, 3, padding=1))
        )
        self.skip_connection = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x, time, context):
        h = self.in_layers(x) + self.emb_layers(time)[:, :, None, None]
        return self.skip_connection(x) + self.out_layers(h)


def zeroed(module):
    """Starts a residual branch at nothing (Nichol and Dhariwal 2021)."""
    nn.init.zeros_(module.weight)
    nn.init.zeros_(module.bias)
    return module


class CrossAttention(nn.Module):
    def __init__(self, width, context, heads):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(context, width, bias=False)
        self.to_v = nn.Linear(context, width, bias=False)
        self.to_out = nn.Sequential(nn.Linear(width, width), nn.Identity())

    def forward(self, x, source):
        return self.to_out(attention(self.to_q(x), self.to_k(source), self.to_v(source), self.heads))


class FeedForward(nn.Module):
    """GEGLU (Shazeer 2020)."""

    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(nn.ModuleDict({"proj": nn.Linear(width, 8 * width)}), nn.Identity(), nn.Linear(4 * width, width))

    def forward(self, x):
        value, gate = self.net[0]["proj"](x).chunk(2, -1)
        # On CPUs float32 is much faster than bfloat16.
        gate = F.gelu(gate) if gate.device.type != "cpu" else F.gelu(gate.float()).to(gate.dtype)
        return self.net[2](value * gate)


class TransformerBlock(nn.Module):
    def __init__(self, width, context, heads):
        super().__init__()
        self.attn1 = CrossAttention(width, width, heads)
        self.attn2 = CrossAttention(width, context, heads)
        self.ff = FeedForward(width)
        self.norm1, self.norm2, self.norm3 = LayerNorm(width), LayerNorm(width), LayerNorm(width)

    def forward(self, x, context):
        h = self.norm1(x)
        x = x + self.attn1(h, h)
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class SpatialTransformer(nn.Module):
    def __init__(self, channels, context, heads, depth=1):
        super().__init__()
        self.norm = norm(channels, 1e-6)
        self.proj_in = nn.Conv2d(channels, channels, 1)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(channels, context, heads) for _ in range(depth)])
        self.proj_out = zeroed(nn.Conv2d(channels, channels, 1))

    def forward(self, x, time, context):
        h = self.proj_in(self.norm(x))
        height, width = h.shape[2:]
        h = h.flatten(2).transpose(1, 2)
        for block in self.transformer_blocks:
            h = block(h, context)
        return x + self.proj_out(h.transpose(1, 2).unflatten(2, (height, width)))


class Downsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x, time, context):
        return self.op(x)


class Upsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x, time, context):
        return self.conv(double(x))


def double(x):
    """Nearest neighbour, twice the size. On CPUs without F.interpolate, which is slow there in bfloat16."""
    if x.device.type != "cpu":
        return F.interpolate(x, scale_factor=2.0, mode="nearest")
    n, c, h, w = x.shape
    return x[:, :, :, None, :, None].expand(n, c, h, 2, w, 2).reshape(n, c, 2 * h, 2 * w)


class FirstConv(nn.Conv2d):
    def forward(self, x, time=None, context=None):
        return super().forward(x)


class UNet(nn.Module):
    """x [N, 4, h, w], timesteps [N], context [N, 77, width] -> predicted noise.

    `head_channels`: a head's size, as in SD 2. As in SDXL: `depth`, transformer blocks at each level (else one at each of
    `attention_levels`), `middle_depth` at the bottom, and `vector`, the width of a further input [N, vector].
    """

    def __init__(
        self, channels, mult, res_blocks, heads, attention_levels, context, head_channels=None, depth=None, middle_depth=1, vector=None
    ):
        super().__init__()
        self.channels = channels
        time = 4 * channels
        depth = depth or [int(level in attention_levels) for level in range(len(mult))]
        self.time_embed = nn.Sequential(nn.Linear(channels, time), nn.SiLU(), nn.Linear(time, time))
        if vector:
            self.label_emb = nn.Sequential(nn.Sequential(nn.Linear(vector, time), nn.SiLU(), nn.Linear(time, time)))
        self.input_blocks = nn.ModuleList([nn.ModuleList([FirstConv(4, channels, 3, padding=1)])])
        width, skips = channels, [channels]

        def attending(width, depth):
            return SpatialTransformer(width, context, width // head_channels if head_channels else heads, depth)

        def stage(inputs, outputs, level):
            parts = [ResBlock(inputs, outputs, time)]
            if depth[level] > 0:
                parts.append(attending(outputs, depth[level]))
            return parts

        for level, factor in enumerate(mult):
            for _ in range(res_blocks):
                self.input_blocks.append(nn.ModuleList(stage(width, factor * channels, level)))
                width = factor * channels
                skips.append(width)
            if level < len(mult) - 1:
                self.input_blocks.append(nn.ModuleList([Downsample(width)]))
                skips.append(width)
        self.middle_block = nn.ModuleList(
            [ResBlock(width, width, time), attending(width, middle_depth), ResBlock(width, width, time)]
        )
        self.output_blocks = nn.ModuleList()
        for level, factor in reversed(list(enumerate(mult))):
            for index in range(res_blocks + 1):
                parts = stage(width + skips.pop(), factor * channels, level)
                width = factor * channels
                if level > 0 and index == res_blocks:
                    parts.append(Upsample(width))
                self.output_blocks.append(nn.ModuleList(parts))
        self.out = nn.Sequential(norm(width, 1e-5), nn.SiLU(), zeroed(nn.Conv2d(width, 4, 3, padding=1)))

    def forward(self, x, timesteps, context, vector=None):
        time = self.time_embed(timestep_embedding(timesteps, self.channels).to(x.dtype))
        if vector is not None:
            time = time + self.label_emb(vector)
        run = lambda parts, h: [h := part(h, time, context) for part in parts][-1]
        skips = []
        for parts in self.input_blocks:
            x = run(parts, x)
            skips.append(x)
        x = run(self.middle_block, x)
        for parts in self.output_blocks:
            x = run(parts, torch.cat([x, skips.pop()], 1))
        return self.out(x)


# -- autoencoder -----------------------------------------------------------------------------------------------------


class VaeBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm1, self.conv1 = norm(inputs, 1e-6), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2, self.conv2 = norm(outputs, 1e-6), zeroed(nn.Conv2d(outputs, outputs, 3, padding=1))
        self.nin_shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        return self.nin_shortcut(x) + self.conv2(F.silu(self.norm2(h)))


class VaeAttention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = norm(channels, 1e-6)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))
        zeroed(self.proj_out)

    def forward(self, x):
        h = self.norm(x)
        tokens = lambda conv: conv(h).flatten(2).transpose(1, 2)
        mixed = attention(tokens(self.q), tokens(self.k), tokens(self.v), 1)
        return x + self.proj_out(mixed.transpose(1, 2).unflatten(2, x.shape[2:]))


def vae_middle(channels):
    return nn.ModuleDict({"block_1": VaeBlock(channels, channels), "attn_1": VaeAttention(channels), "block_2": VaeBlock(channels, channels)})


class Encoder(nn.Module):
    def __init__(self, channels, mult, res_blocks, latent):
        super().__init__()
        self.conv_in = nn.Conv2d(3, channels, 3, padding=1)
        self.down = nn.ModuleList()
        width = channels
        for level, factor in enumerate(mult):
            blocks = nn.ModuleList()
            for _ in range(res_blocks):
                blocks.append(VaeBlock(width, factor * channels))
                width = factor * channels
            parts = {"block": blocks}
            if level < len(mult) - 1:
                parts["downsample"] = nn.ModuleDict({"conv": nn.Conv2d(width, width, 3, stride=2)})
            self.down.append(nn.ModuleDict(parts))
        self.mid = vae_middle(width)
        self.norm_out, self.conv_out = norm(width, 1e-6), nn.Conv2d(width, 2 * latent, 3, padding=1)

    def forward(self, x):
        h = self.conv_in(x)
        for level in self.down:
            for block in level["block"]:
                h = block(h)
            if "downsample" in level:
                h = level["downsample"]["conv"](F.pad(h, (0, 1, 0, 1)))
        for part in self.mid.values():
            h = part(h)
        return self.conv_out(F.silu(self.norm_out(h)))


class Decoder(nn.Module):
    def __init__(self, channels, mult, res_blocks, latent):
        super().__init__()
        width = channels * mult[-1]
        self.conv_in = nn.Conv2d(latent, width, 3, padding=1)
        self.mid = vae_middle(width)
        levels = []
        for level, factor in reversed(list(enumerate(mult))):
            blocks = nn.ModuleList()
            for _ in range(res_blocks + 1):
                blocks.append(VaeBlock(width, factor * channels))
                width = factor * channels
            parts = {"block": blocks}
            if level > 0:
                parts["upsample"] = nn.ModuleDict({"conv": nn.Conv2d(width, width, 3, padding=1)})
            levels.insert(0, nn.ModuleDict(parts))
        self.up = nn.ModuleList(levels)
        self.norm_out, self.conv_out = norm(width, 1e-6), nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, z):
        h = self.conv_in(z)
        for part in self.mid.values():
            h = part(h)
        for level in reversed(self.up):
            for block in level["block"]:
                h = block(h)
            if "upsample" in level:
                h = level["upsample"]["conv"](double(h))
        return self.conv_out(F.silu(self.norm_out(h)))


class Autoencoder(nn.Module):
    """Pictures [N, 3, H, W] in -1..1 and latents [N, 4, H / 8, W / 8], unscaled."""

    def __init__(self, channels, mult, res_blocks, latent):
        super().__init__()
        self.encoder = Encoder(channels, mult, res_blocks, latent)
        self.decoder = Decoder(channels, mult, res_blocks, latent)
        self.quant_conv = nn.Conv2d(2 * latent, 2 * latent, 1)
        self.post_quant_conv = nn.Conv2d(latent, latent, 1)

    def encode(self, x):
        """Mean and log variance."""
        mean, logvar = self.quant_conv(self.encoder(x)).chunk(2, 1)
        return mean, logvar.clamp(-30, 20)

    def decode(self, z):
        return self.decoder(self.post_quant_conv(z))

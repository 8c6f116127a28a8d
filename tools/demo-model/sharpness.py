"""What makes a decoder's pictures sharp: losses that mind edges and texture, and a critic that knows real from made.

An error of pixels alone is smallest for the mean of all that a picture might be, which is soft. Features of the classifier
stand in for those of a large pretrained network (Zhang et al. 2018); the critic judges patches (Isola et al. 2017) with hinge
losses, weighed as in VQGAN (Esser et al. 2021): by what the last layer hears from either side.
"""
import torch
import torch.nn.functional as F
from torch import nn

# Of the features; of the critic, in shares of what the other losses say, and the highest weight that may come to.
FEATURES, CRITIC, HIGHEST = 0.5, 0.35, 2.0


def differences(x):
    """Neighbouring pixels' differences: what edges are made of."""
    return x[..., 1:, :] - x[..., :-1, :], x[..., :, 1:] - x[..., :, :-1]


def distance(found, wanted):
    """Absolute error, of pixels, of edges and of colours of small areas; and squared error, for what is far off."""
    error = found - wanted
    total = error.abs().mean() + 8 * (error**2).mean() + 2 * F.avg_pool2d(error, 4).abs().mean()
    for a, b in zip(differences(found), differences(wanted)):
        total = total + 0.5 * (a - b).abs().mean()
    return total


class Seen(nn.Module):
    """How differently a classifier, as it is, sees two pictures: mean squared difference of its features, each position's
    scaled to length 1."""

    def __init__(self, classifier):
        super().__init__()
        self.classifier = classifier.requires_grad_(False)

    def forward(self, found, wanted):
        with torch.no_grad():
            truth = self.classifier.features(wanted)
        total = 0.0
        for a, b in zip(self.classifier.features(found), truth):
            a, b = a.float(), b.float()
            a, b = (t / (t.square().sum(1, keepdim=True) + 1e-4).sqrt() for t in (a, b))
            total = total + (a - b).square().sum(1).mean()
        return total


class Critic(nn.Module):
    """Pictures [N, 3, H, W] -> [N, 1, h, w]: how real each patch looks, of 34 pixels across."""

    def __init__(self, channels=64):
        super().__init__()
        conv = lambda inputs, outputs, stride: nn.Conv2d(inputs, outputs, 4, stride=stride, padding=1)
        self.layers = nn.Sequential(
            conv(3, channels, 2),
            nn.LeakyReLU(0.2),
            conv(channels, 2 * channels, 2),
            nn.GroupNorm(8, 2 * channels),
            nn.LeakyReLU(0.2),
            conv(2 * channels, 4 * channels, 1),
            nn.GroupNorm(8, 4 * channels),
            nn.LeakyReLU(0.2),
            conv(4 * channels, 1, 1),
        )

    def forward(self, x):
        return self.layers(x)


def critics_loss(critic, real, made):
    """Hinge loss of the critic; `made` without its history."""
    return 0.5 * (F.relu(1 - critic(real).float()).mean() + F.relu(1 + critic(made).float()).mean())


def balance(likeness, applause, last):
    """Weight that lets `applause` (the critic's) say CRITIC times as much as `likeness` to the weights `last`."""
    theirs, critics = (torch.autograd.grad(loss, last, retain_graph=True)[0].float().norm() for loss in (likeness, applause))
    return (CRITIC * theirs / (critics + 1e-6)).clamp(max=HIGHEST).detach()


def psnr(found, wanted):
    return 10 * torch.log10(4 / F.mse_loss(found.clamp(-1, 1), wanted))


def detail_of(x):
    """What is left of pictures when small areas' means are taken away: root mean square."""
    return (x.clamp(-1, 1) - F.avg_pool2d(x.clamp(-1, 1), 3, 1, 1, count_include_pad=False)).square().mean().sqrt()

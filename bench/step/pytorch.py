"""The default tower's training step in PyTorch, CPU milliseconds, one thread: what bench/step compares with.

Prints one JSON line. Modes: plain (autograd and Adam), opacus (GradSampleModule's hooks, clip, sum, Adam) and vmap
(torch.func.vmap over grad, clip, sum, Adam). Same sizes as recommender/tower's default, without the raw text's own
term, which costs this side nothing and the other side two more products.
"""

import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("--mode", choices=["plain", "opacus", "vmap"], required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--steps", type=int, required=True)
options = parser.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import json  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402

warnings.filterwarnings("ignore")
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(1)
torch.manual_seed(0)
ITEMS, FEATURES, WIDTH, HEADS, INNER, LENGTH, NEGATIVES = 12_000, 512, 64, 2, 256, 20, 256
TEMPERATURE, CLIP_NORM, WARM_UP = 0.07, 1.0, 4
BATCH = options.batch
HIDDEN = torch.full((LENGTH, LENGTH), float("-inf")).triu(1)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.before_attention, self.before_feed_forward = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention, self.output = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)

    def forward(self, x):  # attention written out, so that every mode does the same arithmetic
        size = x.shape[0]
        heads = self.attention(self.before_attention(x)).chunk(3, -1)
        query, key, value = (h.reshape(size, LENGTH, HEADS, WIDTH // HEADS).transpose(1, 2) for h in heads)
        scores = query @ key.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5 + HIDDEN
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(size, LENGTH, WIDTH)
        x = x + self.output(mixed)
        return x + self.down(F.gelu(self.up(self.before_feed_forward(x)), approximate="tanh"))


class Tower(nn.Module):
    def __init__(self):
        super().__init__()
        self.adapter = nn.Linear(FEATURES, WIDTH, bias=False)
        self.positions = nn.Embedding(LENGTH, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.last = nn.LayerNorm(WIDTH)

    def forward(self, history, target, negative, places):
        if options.mode == "opacus":  # its hooks want one use of each layer
            together = torch.cat([history, target, negative.expand(len(history), -1, -1)], 1)
            history, target, negative = self.adapter(together).split([LENGTH, 1, NEGATIVES], 1)
        else:
            history, target, negative = self.adapter(history), self.adapter(target), self.adapter(negative)
        x = history + self.positions(places)
        for block in self.blocks:
            x = block(x)
        state = F.normalize(self.last(x)[:, -1:], dim=-1)
        target, negative = F.normalize(target, dim=-1), F.normalize(negative, dim=-1)
        logits = torch.cat([(state * target).sum(-1, keepdim=True), state @ negative.transpose(-1, -2)], -1)
        return -(logits / TEMPERATURE).log_softmax(-1)[..., 0].mean(-1)


texts = F.normalize(torch.randn(ITEMS, FEATURES), dim=-1)
PLACES = torch.arange(LENGTH)[None]
tower = Tower()
parameters = list(tower.parameters())
optimiser = torch.optim.Adam(parameters, 1e-3)


def batch():
    sequences = torch.randint(ITEMS, (BATCH, LENGTH + 1))
    return texts[sequences[:, :-1]], texts[sequences[:, -1:]], texts[torch.randint(ITEMS, (NEGATIVES,))][None]


def clip_and_apply(gradients):
    squares = sum((gradient.reshape(BATCH, -1) ** 2).sum(1) for gradient in gradients)
    shares = (CLIP_NORM / (squares.sqrt() + 1e-6)).clamp(max=1)
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = torch.tensordot(shares, gradient, 1) / BATCH
    optimiser.step()


def plain():
    optimiser.zero_grad()
    tower(*batch(), PLACES).mean().backward()
    optimiser.step()


def make_step():
    if options.mode == "plain":
        return plain
    if options.mode == "opacus":
        from opacus import GradSampleModule

        wrapped = GradSampleModule(tower, loss_reduction="sum")

        def step():
            optimiser.zero_grad()
            for parameter in parameters:
                parameter.grad_sample = None
            wrapped(*batch(), PLACES.expand(BATCH, -1)).sum().backward()
            clip_and_apply([parameter.grad_sample for parameter in parameters])

        return step
    from torch.func import functional_call, grad, vmap

    names = [name for name, _ in tower.named_parameters()]

    def loss(values, history, target, negative):
        return functional_call(tower, values, (history[None], target[None], negative, PLACES))[0]

    per_shopper = vmap(grad(loss), in_dims=(None, 0, 0, None))

    def step():
        values = {name: parameter.detach() for name, parameter in zip(names, parameters)}
        gradients = per_shopper(values, *batch())
        clip_and_apply([gradients[name] for name in names])

    return step


step = make_step()
costs = []
for index in range(-WARM_UP, options.steps):
    before = time.process_time()
    step()
    if index >= 0:
        costs.append(1000 * (time.process_time() - before))
print(json.dumps({"torch": torch.__version__, "cpuMs": sorted(costs)[len(costs) // 2]}))

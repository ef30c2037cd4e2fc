"""The body of a small BERT: everything above its word embeddings, which stay frozen and are shared by every model that ringwall ships.

Shapes: `words` (batch, tokens, width) float, `mask` (batch, tokens) 1 for a token and 0 for padding.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

WIDTH = 384
HEADS = 12
INNER = 1_536
LAYERS = 6
POSITIONS = 512
EPSILON = 1e-12


class Layer(nn.Module):
    """One transformer layer: attention and a feed-forward network, each added and normalised after."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.widen, self.narrow = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.attended, self.finished = nn.LayerNorm(WIDTH, EPSILON), nn.LayerNorm(WIDTH, EPSILON)
        self.dropout = dropout

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, tokens, _ = x.shape
        split = (batch, tokens, HEADS, WIDTH // HEADS)
        query, key, value = (part(x).view(split).transpose(1, 2) for part in (self.query, self.key, self.value))
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias, dropout_p=self.dropout if self.training else 0.0)
        mixed = self.output(mixed.transpose(1, 2).reshape(batch, tokens, WIDTH))
        x = self.attended(x + functional.dropout(mixed, self.dropout, self.training))
        inner = self.narrow(functional.gelu(self.widen(x)))
        return self.finished(x + functional.dropout(inner, self.dropout, self.training))


class Body(nn.Module):
    """Positions, segments and layers over given word embeddings."""

    def __init__(self, layers: int = LAYERS, dropout: float = 0.1) -> None:
        super().__init__()
        self.positions, self.segments = nn.Embedding(POSITIONS, WIDTH), nn.Embedding(2, WIDTH)
        self.entered = nn.LayerNorm(WIDTH, EPSILON)
        self.layers = nn.ModuleList([Layer(dropout) for _ in range(layers)])
        self.dropout = dropout

    def forward(self, words: Tensor, mask: Tensor, segments: Tensor) -> Tensor:
        """Return the last layer's states, (batch, tokens, WIDTH)."""
        x = words + self.positions.weight[: words.shape[1]].unsqueeze(0) + self.segments(segments)
        x = functional.dropout(self.entered(x), self.dropout, self.training)
        bias = ((1.0 - mask) * -1e4)[:, None, None, :].to(x.dtype)
        for layer in self.layers:
            x = layer(x, bias)
        return x


def mean_of(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean state of each text's tokens, (batch, WIDTH): what all-MiniLM-L6-v2 was trained to make."""
    kept = mask.unsqueeze(-1).to(states.dtype)
    return (states * kept).sum(1) / kept.sum(1).clamp(min=1.0)

"""Small transformers on a CPU: word pieces, one shared table of word embeddings, and bodies as ONNX files with int8 weights."""

from ringwall.watch.encoder.body import Body
from ringwall.watch.encoder.encoder import Encoder, load_encoder
from ringwall.watch.encoder.table import WordTable
from ringwall.watch.encoder.wordpiece import Pieces, WordPiece

__all__ = ["Body", "Encoder", "Pieces", "WordPiece", "WordTable", "load_encoder"]

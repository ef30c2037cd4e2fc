"""Make the small classifier of the tests (`PYTHONPATH=. python tests/unit/watch/judge/make.py`; needs the packages onnx and tokenizers)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

HERE = Path(__file__).parent
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "ignore", "instructions", "pretend", "evil", "bread", "recipe", "please")
LABELS = ("BENIGN", "INJECTION", "JAILBREAK")
PULL = {"ignore": (-4, 8, 0), "instructions": (0, 4, 0), "pretend": (-4, 0, 8), "evil": (0, 0, 4), "bread": (4, 0, 0), "recipe": (4, 0, 0)}


def model() -> bytes:
    """Logits are the sums of what each word says for a label."""
    table = np.zeros((len(WORDS), len(LABELS)), np.float32)
    for word, pull in PULL.items():
        table[WORDS.index(word)] = pull
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["said"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "two"], ["wide"]),
        helper.make_node("Mul", ["said", "wide"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "one"], ["logits"], keepdims=0),
    ]
    shape: list[object] = ["batch", "tokens"]
    graph = helper.make_graph(
        nodes,
        "judge",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(LABELS)])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([1], np.int64), "one"),
            numpy_helper.from_array(np.array([2], np.int64), "two"),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 8
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString(deterministic=True))


def main() -> None:
    """Write the three files."""
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    (HERE / "model.onnx").write_bytes(model())
    (HERE / "tokenizer.json").write_text(json.dumps(json.loads(tokenizer.to_str()), indent=1) + "\n")
    config = {"id2label": {str(at): label for at, label in enumerate(LABELS)}, "pad_token_id": 0, "architectures": ["TestOnly"]}
    (HERE / "config.json").write_text(json.dumps(config, indent=1) + "\n")


if __name__ == "__main__":
    main()

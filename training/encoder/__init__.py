"""What the trainings of small transformers share: the base model, its body as a torch module, batches, and the way to int8 ONNX."""

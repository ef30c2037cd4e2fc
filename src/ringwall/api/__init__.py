"""HTTP: aws/, openai/, anthropic/, native/; each operation is one row of a table; the pipeline is one visible list.

Today: aws/ and native/; OpenAI's and Anthropic's paths are rows of faces/chat.py. What all share (pipeline, exchange, recording) stands
beside them, how each reads and writes bytes in faces/.
"""

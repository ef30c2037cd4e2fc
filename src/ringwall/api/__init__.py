"""HTTP: aws/, openai/, anthropic/, native/; each operation is one row of a table; the pipeline is one visible list.

Today: aws/ and native/. What both share (pipeline, exchange, recording) stands beside them, how each reads and writes bytes in faces/.
"""

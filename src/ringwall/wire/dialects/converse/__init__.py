"""Amazon Bedrock's Converse and ConverseStream, in the names of its members; its answers are event streams, framed as they are written.

Source: Amazon Bedrock API reference, "Converse", "ConverseStream"; botocore's model of bedrock-runtime.
"""

from ringwall.wire.dialects.converse.dialect import Converse
from ringwall.wire.dialects.converse.stream import ConverseStreamReader, ConverseStreamWriter

__all__ = ["Converse", "ConverseStreamReader", "ConverseStreamWriter"]

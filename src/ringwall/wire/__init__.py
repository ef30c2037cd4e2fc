"""AWS protocols (rest-json, json, query, CBOR, event stream, SigV4), OpenAI, Anthropic and SSE encodings: bytes in, values out."""

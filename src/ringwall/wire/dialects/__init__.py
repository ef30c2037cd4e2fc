"""The dialects in which applications ask models (OpenAI chat completions, Anthropic messages, Bedrock Converse), and one model for all."""

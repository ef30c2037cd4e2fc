"""Server-rendered pages over the same operations; templates, one stylesheet, one small script."""

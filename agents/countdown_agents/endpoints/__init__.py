"""Language models behind an OpenAI-compatible endpoint; needs the extra `endpoints` (httpx2)."""

"""The nouns everything else is made of: versions, platforms, variants, targets, evidence. Pure."""

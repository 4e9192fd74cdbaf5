"""argv to verb to words. The only room that prints."""

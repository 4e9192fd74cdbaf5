"""Wheels as archives: read strictly, judged whole, before anything of them is written."""

"""Proving an environment: is it what was built, can it be imported, and does every device compute right?"""

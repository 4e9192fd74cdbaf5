"""NVIDIA: many sources that each know a part, can each fail, and sometimes disagree."""

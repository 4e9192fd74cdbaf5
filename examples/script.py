# /// script
# requires-python = ">=3.11"
# dependencies = ["torch>=2.2"]
#
# [tool.envplan.env]
# accelerator = "gpu"
# ///
"""A script that says what it needs (PEP 723): envplan plan --spec examples/script.py."""

import sys

import torch

sys.stdout.write(f"{torch.cuda.get_device_name()}\n")

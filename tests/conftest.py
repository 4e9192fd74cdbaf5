"""For all tests."""

from __future__ import annotations

import signal

# Whoever starts the tests in the background has them ignore these, and all that they start: `nohup` does, and
# `&` in a script. The programs that tests interrupt must not inherit that.
for _name, _usual in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)

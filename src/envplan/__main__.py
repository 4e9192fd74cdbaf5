"""`python -m envplan`, for where the console script is not on the PATH."""

from envplan.cli.start import main

raise SystemExit(main())

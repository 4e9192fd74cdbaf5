"""`python -m envplan`, for where the console script is not on the PATH."""

from envplan.cli.main import main

raise SystemExit(main())

"""`python -m pcmklog` is the command `pcmklog`."""

from pcmklog.cli import main

main()

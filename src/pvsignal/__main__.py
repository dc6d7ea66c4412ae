"""``python -m pvsignal`` is the command ``pvsignal``."""

from pvsignal.cli import main

main()

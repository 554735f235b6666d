"""Run the tool as ``python -m delivery``."""

from delivery.cli.main import main

main()

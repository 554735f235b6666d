"""Commands: validate what was asked, ask for the rest, execute, recommend what is next.

``main`` holds the table of commands and prints errors, ``options`` the options that all
commands share, ``screen`` draws, ``ask`` prompts, ``wiring`` composes adapters.
"""

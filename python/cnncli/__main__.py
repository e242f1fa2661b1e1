"""`python -m cnncli` is the command `cnn`."""

from cnncli.cli.main import main

if __name__ == "__main__":
    main()

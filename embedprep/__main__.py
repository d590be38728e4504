"""`python -m embedprep` is `embedprep`."""

from embedprep.cli import main

if __name__ == "__main__":
    main()

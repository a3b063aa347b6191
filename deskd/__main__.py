"""`python -m deskd`."""

from deskd.cli import main

if __name__ == "__main__":
    main()

"""`python -m grader` is `grade`, for where the command is not on the path."""

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - a clone is run without being installed
        this = ".".join(map(str, sys.version_info[:2]))
        print(f"grade: Python 3.11 or newer is needed, this is {this}", file=sys.stderr)
        sys.exit(2)
    from grader.cli.app import main

    main()

"""The trusted side: holds the checks and the reference, asks for answers, decides."""

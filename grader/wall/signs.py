"""What judge and zygote say on a control socket, a byte each."""

WORKER, CELL = b"W", b"C"
"""What a judge asks for, with two descriptors."""

READY = b"R"
"""What a process of the sandbox says once its libraries are loaded."""

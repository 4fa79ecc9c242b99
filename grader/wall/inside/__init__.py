"""Runs beside untrusted code: all that a sandbox holds of the engine but the protocol."""

"""All that we change in ministack, the emulator, pinned to its version."""

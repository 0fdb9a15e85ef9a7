"""Each figure the documentation claims, and the script that measured it."""
